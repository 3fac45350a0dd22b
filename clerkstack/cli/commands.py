"""The commands by name. Each is imported only when it runs, so that help and other commands start
quickly."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = {
    "check": (
        "check:check",
        "Check that the catalog is valid and agrees with the app's code.",
    ),
    "drift": (
        "drift:drift",
        "Compare what a stack declares with what is live at Clerk, Svix and Vercel.",
    ),
    "doctor": (
        "doctor:doctor",
        "Check this machine, a stack, and the services and the app that the stack uses.",
    ),
    "dry-run": (
        "dry_run:dry_run",
        "Ask Clerk whether it would accept the config that the next `pulumi up` writes.",
    ),
    "adopt": (
        "adopt:adopt",
        "Adopt a live deployment that was made by hand, without changing it.",
    ),
    "take-over": (
        "take_over:take_over",
        "Take over variables that exist at Vercel, and split shared ones.",
    ),
    "parity": (
        "parity:parity",
        "Compare two live instances: what a clone did not copy, and what has changed since.",
    ),
    "probe": (
        "probe:probe",
        "Check on a real account that Clerk, Svix and Vercel behave as clerkstack expects.",
    ),
    "redeploy": (
        "redeploy:redeploy",
        "Build the newest deployment of a target again, and wait until it is ready.",
    ),
    "recover": (
        "recover:recover",
        "Make a stack usable again after `pulumi up` was killed, or its state was lost or damaged.",
    ),
    "move": (
        "move:move",
        "Move a stack's state from the current backend to another one, for a team.",
    ),
    "review": (
        "review:review",
        "Show what a pull request would do to each stack, and what blocks it.",
    ),
    "comment": (
        "comment:comment",
        "Post a pull request's review as its comment, or update that comment.",
    ),
    "rotate": (
        "rotate:rotate",
        "Rotate the secrets of the running app without refusing a valid request.",
    ),
    "smoke": (
        "smoke:smoke",
        "Sign up, create an organization, mint an API key, use the app with it, and remove it all.",
    ),
    "cutover": (
        "cutover:app",
        "Check whether production is ready for traffic: the checklist, and what else fails "
        "at launch.",
    ),
}
"""The module, the member and the help line of each command below `clerkstack.cli`. The help line is
the first line of the command's docstring."""


class Commands(TyperGroup):
    """The group of the commands in `COMMANDS`; imports a command on first use."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Later()

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 (typer's own form)
        """Write the list of commands for `--help`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


class _Later(MutableMapping[str, Any]):
    """A mapping from names to Typer commands that creates each on first look-up."""

    def __init__(self) -> None:
        self._made: dict[str, TyperCommand | TyperGroup] = {}

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        if name not in self._made:
            self._made[name] = _command(name)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __setitem__(self, name: str, command: TyperCommand | TyperGroup) -> None:
        raise TypeError(f"{name}: add the command to COMMANDS")

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name}: remove the command from COMMANDS")


def _command(name: str) -> TyperCommand | TyperGroup:
    module, member = COMMANDS[name][0].split(":")
    found = getattr(import_module(f"clerkstack.cli.{module}"), member)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name)(found)
        found = alone
    made: Any = typer.main.get_command(found)
    made.name = name
    command: TyperCommand | TyperGroup = made
    return command
