"""The reference of the commands, from their `--help`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from clerkstack.cli import app
from clerkstack.cli.commands import COMMANDS
from local.reference.words import escaped, linked
from local.sections import table

PROGRAM = "bin/clerkstack"


def sections() -> dict[str, str]:
    """Return the sections of docs/commands.md by name: the list, and each command."""
    listed = [(f"[`{name}`](#{name})", line) for name, (_, line) in COMMANDS.items()]
    program: Any = typer.main.get_command(app)
    each = "\n".join(_command(name, program.commands[name]) for name in COMMANDS)
    return {"list": table(("Command", "What it does"), listed), "commands": each}


def _command(name: str, command: Any) -> str:
    inner = [_command(f"{name} {key}", each) for key, each in _below(command)]
    return "\n".join([_alone(name, command), *inner])


def _below(command: Any) -> Iterator[tuple[str, Any]]:
    yield from getattr(command, "commands", {}).items()


def _alone(name: str, command: Any) -> str:
    context = command.make_context(f"{PROGRAM} {name}", [], resilient_parsing=True)
    usage = " ".join(
        word for word in command.collect_usage_pieces(context) if word != "COMMAND [ARGS]..."
    )
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    rows = [
        (f"`{names}`", linked(escaped(" ".join(what.split()))))
        for names, what in filter(None, records)
        if names != "--help"
    ]
    parts = [
        f"## {name}\n",
        *(f"{linked(escaped(' '.join(paragraph.split())))}\n" for paragraph in paragraphs),
        f"```\n{PROGRAM} {name} {usage}\n```\n",
    ]
    return "\n".join([*parts, *([table(("Option", ""), rows)] if rows else [])])
