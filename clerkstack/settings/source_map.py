"""The source map of a stack's settings: their lines in Pulumi.<stack>.yaml, for messages."""

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
    """Line numbers of a stack's file; None for settings that the file does not have."""

    def __init__(self, file: Path | None, stack: str) -> None:
        self.name = shown(file) if file is not None else f"Pulumi.{stack}.yaml"
        self._file = file

    @cached_property
    def _document(self) -> Node | None:
        # Pulumi has already read and accepted this file, so errors are ignored here.
        with contextlib.suppress(OSError, ValueError, NotYamlError, RecursionError):
            return None if self._file is None else compose(self._file.read_text(encoding="utf-8"))
        return None

    def beside_config(self) -> list[tuple[str, int]]:
        """The keys at the top of the file, where the engine expects `config:` and its own keys,
        each with its line (from 1)."""
        return [(str(key.value), line_of(key)) for key, _ in pairs(self._document)]

    def line(self, path: Sequence[Step]) -> int | None:
        """The line (from 1) of the setting, or of the nearest group around it."""
        lines = [line for line, _ in self._walk(path)]
        return lines[-1] if lines else None

    def in_the_clear(self, path: Sequence[Step]) -> bool:
        """Whether the file has the setting as plain text; an encrypted one is `secure: …`."""
        steps = list(self._walk(path))
        if len(steps) < len(path):
            return False
        node = steps[-1][1]
        return node.id != "mapping" and type_of(node) != "null"

    def _walk(self, path: Sequence[Step]) -> Iterator[tuple[int, Node]]:
        """Line and node of each step, as far as the file has them."""
        position = child(self._document, "config")
        for number, step in enumerate(path):
            if position is None:
                return
            bare = number > 0 or ":" in str(step)
            position = child(position[1], step if bare else f"{PREFIX}{step}")
            if position is not None:
                yield position


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
