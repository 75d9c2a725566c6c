"""Buttons inside a drawn piece of HTML: their script, their HTML, and the reading of what the script reports.

The script sends the name of the button; nothing of it is trusted: each tab knows its own buttons and checks the rest.
"""

from __future__ import annotations

import re
from typing import Any

from agent.ui.safe import show

PRESS = """
element.addEventListener('click', (event) => {
  const copy = event.target.closest('[data-copy]');
  if (copy) {
    const text = copy.parentElement.querySelector('code').innerText;
    const done = () => { const was = copy.textContent; copy.textContent = copy.dataset.copied; setTimeout(() => { copy.textContent = was; }, 1500); };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => {});
    else { const range = document.createRange(); range.selectNodeContents(copy.parentElement.querySelector('code')); getSelection().removeAllRanges(); getSelection().addRange(range); }
    return;
  }
  const button = event.target.closest('[data-do]');
  if (!button || button.disabled) return;
  const once = button.closest('[data-once]');
  if (once) once.querySelectorAll('[data-do]').forEach((one) => { one.disabled = true; });
  trigger('submit', {do: button.dataset.do});
});
"""
"""Buttons in a `data-once` box go dead at the first press; the redraw that follows brings them back where they stand.
Where the browser has no clipboard (a page over plain HTTP), the text is marked instead."""
NAME = re.compile(r"[\w.:@-]{1,160}")


def button(name: str, words: str, *, kind: str = "", label: str = "") -> str:
    """A button. `words` and `label` are HTML; a label is for words that need their surroundings."""
    named = f' aria-label="{label}"' if label else ""
    return f'<button type="button" class="ts-press {kind}" data-do="{show(name, 160)}"{named}>{words}</button>'


def pressed(data: Any) -> str | None:
    """The name of the pressed button; None where it is nothing of that form.

    >>> pressed({"do": "export:merged"})
    'export:merged'
    """
    name = data.get("do") if isinstance(data, dict) else None
    return name if isinstance(name, str) and NAME.fullmatch(name) else None
