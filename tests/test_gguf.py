"""One GGUF file comes from llama.cpp's converter, and where that is missing or fails the person is told so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agent.runs.gguf import CONVERTER, convert, converter
from tools.errors import RunError


def test_a_missing_converter_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LLAMA_CPP", str(tmp_path))
    with pytest.raises(RunError, match=r"llama\.cpp") as caught:
        converter()
    assert "merged" in str(caught.value.what_to_do)


def test_the_converter_in_the_named_folder_writes_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / CONVERTER
    script.write_text("import sys\nopen(sys.argv[3], 'w').write(sys.argv[1])\n")
    monkeypatch.setenv("LLAMA_CPP", str(tmp_path))
    assert converter() == [sys.executable, str(script)]
    convert(tmp_path, tmp_path / "model.gguf", command=converter())
    assert (tmp_path / "model.gguf").read_text() == str(tmp_path)


def test_what_the_converter_says_last_is_shown_and_nothing_half_is_left(tmp_path: Path) -> None:
    script = tmp_path / CONVERTER
    script.write_text("import sys\nopen(sys.argv[3], 'w')\nsys.exit('unknown tokenizer')\n")
    with pytest.raises(RunError, match="unknown tokenizer"):
        convert(tmp_path, tmp_path / "model.gguf", command=[sys.executable, str(script)])
    assert not (tmp_path / "model.gguf").exists()
