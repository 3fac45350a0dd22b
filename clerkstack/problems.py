"""Errors that the project raises on purpose, and problems in hand-written files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class ClerkstackError(Exception):
    """Base of every error the project raises on purpose."""

    of_service = False
    """Whether a service failed, and not what it was given."""


@dataclass(frozen=True)
class Problem:
    """A problem in a file: where it is, and how to fix it."""

    file: str
    line: int | None
    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        path = f" {self.path}:" if self.path else ""
        return f"{where}:{path} {self.message}. {self.remedy}"


class InputError(ClerkstackError):
    """Every problem in what was read."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def shown(path: Path) -> str:
    """A path as messages show it: relative to the working directory if it is below that."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError, RuntimeError):  # elsewhere, not a path, a loop of links
        return path.name


def hidden_name(name: str) -> str | None:
    """What is wrong with a name that Pulumi reserves; None for any other name."""
    hidden = "starts with __, and Pulumi's preview shows no change of such a name"
    return hidden if name.startswith("__") else None
