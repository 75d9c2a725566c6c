"""The word-counting classifier as something to take away: a saved scikit-learn model and a script that asks it.

Where it is as good as a tuned model it is what we advise, so it must not stay a figure. It is trained on the rows that it
was measured on, and needs nothing of ours: the script runs wherever scikit-learn is installed.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from tools.errors import DataError
from tools.simple import fit
from training.rows import Row
from training.text import Text

MODEL_FILE, SCRIPT_FILE = "classifier.joblib", "classify.py"
SCRIPT = '''"""Sort texts: python classify.py "a text" "another", or one text a line on standard input.

Needs Python and scikit-learn: pip install scikit-learn=={version}
"""

import sys
from pathlib import Path

import joblib

classifier = joblib.load(Path(__file__).with_name("{model}"))
texts = sys.argv[1:] or [line.strip() for line in sys.stdin if line.strip()]
for text, answer in zip(texts, classifier.predict(texts)):
    print(answer, text, sep="\\t")
'''


def hand_over(train: Sequence[Row], folder: Path) -> Path:
    """Train the classifier on these rows and write it into the folder, beside the script; give the script.

    Raises DataError where the rows have no answers to tell apart, or the folder cannot be written.
    """
    import joblib  # noqa: PLC0415 (only here)
    import sklearn  # noqa: PLC0415

    found = fit([row for row in train if row.has_answer])
    if found is None:
        raise DataError(
            Text("A word-counting classifier needs rows with at least two different answers."),
            where=str(folder),
            what_to_do=Text("Hand over texts with the group each one belongs to."),
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        joblib.dump(found, folder / MODEL_FILE, compress=3)
        script = SCRIPT.format(version=sklearn.__version__, model=MODEL_FILE)
        (folder / SCRIPT_FILE).write_text(script, encoding="utf-8")
    except OSError as error:
        raise DataError(
            Text(
                "The classifier could not be written: {reason}.",
                reason=error.strerror or str(error),
            ),
            where=str(folder),
            what_to_do=Text("Free some space, or name another folder."),
        ) from error
    return folder / SCRIPT_FILE


def command(script: Path, text: str) -> str:
    """How the script is asked from a terminal."""
    return shlex.join(["python", str(script), text])
