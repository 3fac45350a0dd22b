"""Where in Pulumi.<stack>.yaml a setting stands, for messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from clerkstack.problems import shown
from clerkstack.settings.names import PREFIX, Step


class Places:
    """Line numbers of a stack's file; without the file, or a part of it, there are none."""

    def __init__(self, file: Path | None, stack: str) -> None:
        self.name = shown(file) if file is not None else f"Pulumi.{stack}.yaml"
        self._config: Any = None
        if file is not None and file.exists():
            try:
                document = YAML().load(file.read_text(encoding="utf-8"))
            except (YAMLError, ValueError, OSError, RecursionError):
                # Pulumi itself has read its config: a second opinion on the file is not needed.
                document = None
            if isinstance(document, CommentedMap):
                self._config = document.get("config")

    def line(self, path: Sequence[Step]) -> int | None:
        """The line (from 1) of the setting, or of the nearest thing that holds it."""
        lines = [line for line, _ in self._walk(path)]
        return lines[-1] if lines else None

    def in_the_clear(self, path: Sequence[Step]) -> bool:
        """Whether the file holds the setting as plain text; encrypted it is `secure: …`."""
        steps = list(self._walk(path))
        return len(steps) == len(path) and not isinstance(steps[-1][1], CommentedMap | None)

    def _walk(self, path: Sequence[Step]) -> Iterator[tuple[int, Any]]:
        """Line and value of each step, as far as the file has them."""
        at, line = self._config, 0
        for number, step in enumerate(path):
            key = f"{PREFIX}{step}" if number == 0 and ":" not in str(step) else step
            try:
                if isinstance(at, CommentedMap) and key in at:
                    line = int(at.lc.key(key)[0])
                elif isinstance(at, CommentedSeq) and isinstance(key, int) and key < len(at):
                    line = int(at.lc.item(key)[0])
                else:
                    return
            except (KeyError, TypeError, IndexError):
                pass  # merged from elsewhere (<<): the line of what it was merged into
            at = at[key]
            yield line + 1, at


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
