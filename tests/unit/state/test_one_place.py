"""What only the package of the state knows: the engine's command, its marks, its English."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from clerkstack.state import failures, marks
from tests.sources import TOP, files, nodes

# One worker reads the sources.

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


@dataclass(frozen=True)
class Source:
    """The parts of a source that are looked at."""

    texts: str
    """Its texts without its docstrings, one a line."""
    starts_the_engine: bool


def read(file: Path) -> Source:
    texts: dict[int, str] = {}
    docstrings: set[int] = set()
    starts = False
    for node in nodes(file):
        match node:
            case ast.Expr(value=ast.Constant()):
                docstrings.add(id(node.value))
            case ast.Constant(value=str(text)):
                texts[id(node)] = text
            case ast.List(elts=[ast.Constant(value="pulumi"), *_]):
                starts = True
    said = "\n".join(text for key, text in texts.items() if key not in docstrings)
    return Source(said, starts)


@cache
def sources() -> dict[Path, Source]:
    return {
        file: read(file) for file in files("clerkstack", "components", "policies", "local/plugins")
    }


@pytest.mark.parametrize("word", WORDS)
def test_nobody_else_reads_what_the_engine_writes(word: str) -> None:
    reading = {file for file, source in sources().items() if word in source.texts}

    assert {file for file in reading if STATE not in file.parents} == set()
    assert reading or (
        # The library has words for these, which clerkstack.state.failures uses.
        word in ("no stack named", "currently locked")
    )


def test_nobody_else_starts_the_engine() -> None:
    started = [file.name for file, source in sources().items() if source.starts_the_engine]

    assert started == ["engine.py"]


def test_nobody_else_reads_or_edits_the_document() -> None:
    """Others ask the model of a state: `resource.created`, not `resource.entry["created"]`."""
    document = re.compile(r"\.entry(?:\[|\.get\b|\.setdefault\b|\.pop\b)|\bSIGNATURE\b")

    reading = [
        str(file.relative_to(TOP))
        for file in sources()
        if STATE not in file.parents and document.search(file.read_text())
    ]

    assert reading == []
