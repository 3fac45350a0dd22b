"""`make messages` lists what a person may read, and nothing else."""

from __future__ import annotations

import ast

import pytest

from local.messages import PRODUCT, TOP, Message, messages

SOURCE = '''
"""A docstring is for who reads the code."""
import re
from typing import Annotated, TypeAlias
import typer

Words: TypeAlias = "list of words"
MEND = "Run it again"
FORM = re.compile("some words of a form")

def run(
    stack: Annotated[str, typer.Option("--stack", help="The stack to run for.")] = "",
) -> None:
    """Run it.

    Exit codes: 0 done.
    """
    say(f"{stack}: {len(stack)} letters", err=True)
    if stack == "word":
        raise Failed(join(["no stack", f"called {stack}"]))

def other(a: "int or str") -> None:
    """Not a command."""
    report("is missing", "Add it")
'''


def test_messages_are_listed_with_their_lines_and_what_takes_them() -> None:
    found = [(message.taken_by, message.text) for message in messages(SOURCE)]

    assert found == [
        ("MEND", "Run it again"),
        ("Option", "The stack to run for."),
        ("help of run", "Run it. Exit codes: 0 done."),
        ("say", "{stack}: {len(stack)} letters"),
        ("raise Failed", "no stack"),
        ("raise Failed", "called {stack}"),
        ("report", "is missing"),
        ("report", "Add it"),
    ]
    assert Message(18, "say", "{stack}: {len(stack)} letters") in messages(SOURCE)


@pytest.mark.parametrize("folder", PRODUCT)
def test_every_error_with_a_text_of_its_own_is_listed(folder: str) -> None:
    for file in (TOP / folder).rglob("*.py"):
        source = file.read_text()
        texts = " ".join(message.text for message in messages(source))
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Raise(exc=ast.Call(args=[ast.Constant(value=str(text)), *_])) if (
                    " " in text
                ):
                    assert " ".join(text.split()) in texts, f"{file}:{node.lineno}"
