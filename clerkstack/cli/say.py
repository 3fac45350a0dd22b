"""Prints the output of commands; everything goes through `safe`."""

from __future__ import annotations

import os
from collections.abc import Collection

import typer

from clerkstack.safe import safe

SHOW_ADDRESSES = typer.Option(
    "--show-addresses",
    help=(
        "Show complete addresses. Their query can contain a secret; an address that is set as a "
        "secret stays hidden."
    ),
)


def say(
    text: str,
    *,
    err: bool = False,
    nl: bool = True,
    hidden: Collection[str] = (),
    addresses: bool = False,
) -> None:
    """Print a text; on standard error with `err`, without a line break if not `nl`."""
    typer.echo(safe(text, hidden=hidden, addresses=addresses), err=err, nl=nl)


def report(step: str) -> None:
    """Print the current step on standard error."""
    say(step, err=True)


def say_marked(mark: str, text: str, *, colour: str | None, width: int) -> None:
    """Print a text after a word in a colour, if the output has colours."""
    # None: click decides by the output; it does not know https://no-color.org/.
    colours = False if os.environ.get("NO_COLOR") else None
    styled = typer.style(f"{safe(mark):<{width}}", fg=colour)
    typer.echo(f"{styled} {safe(text)}", color=colours)
