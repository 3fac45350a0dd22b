"""The source map of a stack's settings: where each stands in Pulumi.<stack>.yaml, for messages."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from clerkstack.handwritten.nodes import Node, NotYamlError, child, compose, line_of, pairs, type_of
from clerkstack.problems import shown
from clerkstack.settings.names import PREFIX, Step


class SourceMap:
    """Line numbers of a stack's file; None for what the file does not have."""

    def __init__(self, file: Path | None, stack: str) -> None:
        self.name = shown(file) if file is not None else f"Pulumi.{stack}.yaml"
        self._file = file

    @cached_property
    def _document(self) -> Node | None:
        # Pulumi itself has read its config: a second opinion on the file is not needed.
        with contextlib.suppress(OSError, ValueError, NotYamlError, RecursionError):
            return None if self._file is None else compose(self._file.read_text(encoding="utf-8"))
        return None

    def beside_config(self) -> list[tuple[str, int]]:
        """The keys at the top of the file, where the engine looks for `config:` and its own, each
        with its line (from 1)."""
        return [(str(key.value), line_of(key)) for key, _ in pairs(self._document)]

    def line(self, path: Sequence[Step]) -> int | None:
        """The line (from 1) of the setting, or of the nearest thing that holds it."""
        lines = [line for line, _ in self._walk(path)]
        return lines[-1] if lines else None

    def in_the_clear(self, path: Sequence[Step]) -> bool:
        """Whether the file holds the setting as plain text; encrypted it is `secure: …`."""
        steps = list(self._walk(path))
        if len(steps) < len(path):
            return False
        node = steps[-1][1]
        return node.id != "mapping" and type_of(node) != "null"

    def _walk(self, path: Sequence[Step]) -> Iterator[tuple[int, Node]]:
        """Line and node of each step, as far as the file has them."""
        found = child(self._document, "config")
        for number, step in enumerate(path):
            if found is None:
                return
            bare = number > 0 or ":" in str(step)
            found = child(found[1], step if bare else f"{PREFIX}{step}")
            if found is not None:
                yield found


def spelled(path: Sequence[Step]) -> str:
    """A path as `pulumi config set --path` takes it: webhook.events[0], roles["org:x"]."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif not text:
            text = step
        elif re.fullmatch(r"\w+", step):
            text += f".{step}"
        else:
            text += f'["{step}"]'
    return text
