"""What only the package of the state knows: the engine's command, its marks, its English."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from clerkstack.state import failures, marks

TOP = Path(__file__).parents[3]
STATE = TOP / "clerkstack" / "state"
WORDS = (
    # the document
    "pending_operations",
    "pendingReplacement",
    "secrets_providers",
    marks.SIGNATURE,
    marks.SECRET,
    marks.ASSET,
    *sorted(marks.UNKNOWNS),
    # the English
    failures._CANNOT_LOAD,
    failures._NO_TARGET,
    failures._NO_PROJECT,
    "no stack named",
    "currently locked",
    "created by",
)


def texts(tree: ast.Module) -> Iterator[str]:
    """The texts of a source, without its docstrings."""
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


TREES = {
    file: ast.parse(file.read_text(encoding="utf-8"))
    for part in ("clerkstack", "components", "policies", "local/plugins")
    for file in sorted((TOP / part).rglob("*.py"))
}
TEXTS = {file: "\n".join(texts(tree)) for file, tree in TREES.items()}


@pytest.mark.parametrize("word", WORDS)
def test_nobody_else_reads_what_the_engine_writes(word: str) -> None:
    assert [
        file for file, text in TEXTS.items() if word in text and STATE not in file.parents
    ] == []
    assert any(word in text for file, text in TEXTS.items() if STATE in file.parents) or (
        # Of these the library has the words: clerkstack.state.failures asks it.
        word in ("no stack named", "currently locked")
    )


def test_nobody_else_starts_the_engine() -> None:
    started = [
        file
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.List)
        and node.elts
        and isinstance(node.elts[0], ast.Constant)
        and node.elts[0].value == "pulumi"
    ]

    assert [file.name for file in started] == ["engine.py"]
