"""docs/threats.md: each line names an existing test, or says that nothing stops the threat."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PAGE = TOP / "docs" / "threats.md"
COLUMNS = ["Who", "What they could do", "What stops it", "Shown by"]
NOT_STOPPED = "not stopped"


def rows() -> list[list[str]]:
    """Return the cells of every row of every table, without headings."""
    found = []
    for line in PAGE.read_text().splitlines():
        if line.startswith("|"):
            cells = [each.strip() for each in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
            if set("".join(cells)) - set("-: ") and cells != COLUMNS:
                found.append(cells)
    return found


@cache
def names_in(file: Path) -> set[str]:
    """Return the names of the tests in a file."""
    return {
        each.name
        for each in ast.walk(ast.parse(file.read_text()))
        if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
    }


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[1][:60])
def test_a_threat_has_its_test_or_is_said_to_be_open(row: list[str]) -> None:
    assert len(row) == len(COLUMNS)
    *_, stops, shown = row
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+)(?:\[[^`]*\])?)?`", shown)

    assert named or NOT_STOPPED in shown
    for file, test in named:
        assert (TOP / file).is_file(), file
        assert not test or test in names_in(TOP / file), test
    assert stops or not named


def test_what_is_not_stopped_is_said() -> None:
    assert any(NOT_STOPPED in row[-1] for row in rows())
