"""YAML files that people write, with the lines of what stands in them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clerkstack.problems import InputError, Problem

if TYPE_CHECKING:
    from ruamel.yaml.comments import CommentedMap


class Document:
    """One file; problems are collected and raised at once.

    Args:
        file: where it is; without it the document is empty.
        shown: its name in messages.
    """

    def __init__(self, file: Path, shown: str) -> None:
        self.file = shown
        self.problems: list[Problem] = []
        self.top: CommentedMap | None = None
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, ValueError):
            self.refuse(None, "", "can't be read", "It must be UTF-8 text")
            return
        if all(line.strip()[:1] in ("", "#") for line in text.splitlines()):
            return  # as it comes: comments alone
        from ruamel.yaml import YAML
        from ruamel.yaml.comments import CommentedMap
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            found = YAML().load(text)
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else None
            self.refuse(line, "", f"is not YAML: {error.problem}", "Mend the syntax at this line")
            return
        except (YAMLError, ValueError, RecursionError):
            self.refuse(None, "", "is not YAML", "Mend the syntax")
            return
        if isinstance(found, CommentedMap):
            self.top = found
        elif found is not None:
            self.refuse(1, "", "is not a group of fields", "See docs/policies.md")

    def refuse(self, line: int | None, path: str, message: str, mend: str) -> None:
        """Note one problem."""
        self.problems.append(Problem(self.file, line, path, message, mend))

    def done(self) -> None:
        """Raise InputError where anything is wrong."""
        if self.problems:
            raise InputError(sorted(self.problems, key=lambda each: each.line or 0))

    def fields(
        self, group: Any, path: str, known: Collection[str], line: int | None = None
    ) -> Iterator[tuple[str, Any, int]]:
        """Name, value and line of each known field; others are refused."""
        if group is None:
            return
        from ruamel.yaml.comments import CommentedMap

        if not isinstance(group, CommentedMap):
            self.refuse(line, path, "is not a group of fields", f"Use {', '.join(known)}")
            return
        for name, value in group.items():
            at = line_of(group, name)
            if name in known:
                yield str(name), value, at
                continue
            close = difflib.get_close_matches(str(name), list(known), n=1)
            mend = f"Did you mean {close[0]}?" if close else f"Use {', '.join(known)}"
            self.refuse(at, _joined(path, name), "is not known here", mend)


def line_of(group: Any, name: Any) -> int:
    """The line (from 1) of an entry; of the whole where it was merged from elsewhere."""
    from ruamel.yaml.comments import CommentedMap

    try:
        found = group.lc.key(name) if isinstance(group, CommentedMap) else group.lc.item(name)
    except (KeyError, TypeError, IndexError):
        found = None
    return int(group.lc.line if found is None else found[0]) + 1


def _joined(path: str, name: Any) -> str:
    return f"{path}.{name}" if path else str(name)
