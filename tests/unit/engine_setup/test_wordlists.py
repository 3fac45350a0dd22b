"""The copy of a module that reads its word lists on first use."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.machine.engine.wordlists import EDITS, OtherModule, lazy_copy

MATCHING = (
    "a\nfunc init() {\n\tloadFrequencyList()\n}\nb\n\tfor n, list := range frequency.Lists {\n"
)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module with the lines that the copy changes, read-only as in Go's cache."""
    folder = tmp_path / "module"
    for name, text in (
        ("frequency/frequency.go", "func init() {\n\tread()\n}\n"),
        ("matching/matching.go", MATCHING),
        ("data/lists.go", "lists"),
    ):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o444)
    for each in (folder / "data", folder / "frequency", folder / "matching", folder):
        each.chmod(0o555)
    return folder


def test_the_lists_are_read_at_the_first_question(module: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"

    lazy_copy(module, copy)

    assert "func init()" not in (copy / "frequency/frequency.go").read_text()
    matching = (copy / "matching/matching.go").read_text()
    assert matching == "a\nb\n\tfrequency.Load()\n\tfor n, list := range frequency.Lists {\n"
    assert (copy / "data/lists.go").read_text() == "lists"
    assert (module / "matching/matching.go").read_text() == MATCHING


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("text", ["", MATCHING * 2 + "func init() {\n" * 2])
def test_another_module_is_not_changed(module: Path, tmp_path: Path, name: str, text: str) -> None:
    (module / name).chmod(0o644)
    (module / name).write_text(text)

    with pytest.raises(OtherModule, match=name):
        lazy_copy(module, tmp_path / "copy")
