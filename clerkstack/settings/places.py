"""Where in Pulumi.<stack>.yaml a setting stands, for messages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError


class Places:
    """Line numbers of a stack's file; without the file, or a part of it, there are none."""

    def __init__(self, file: Path | None, stack: str) -> None:
        self.name = file.name if file is not None else f"Pulumi.{stack}.yaml"
        self._config: Any = None
        if file is not None and file.exists():
            try:
                document = YAML().load(file.read_text())
            except YAMLError:
                # Pulumi itself has read the file: a second opinion on its syntax is not needed.
                document = None
            if isinstance(document, CommentedMap):
                self._config = document.get("config")

    def line(self, path: Sequence[str | int]) -> int | None:
        """The line (from 1) of the setting, or of the nearest thing that holds it."""
        found: int | None = None
        at = self._config
        for step in _spelled(path):
            if not isinstance(at, CommentedMap) or step not in at:
                break
            found = int(at.lc.key(step)[0]) + 1
            at = at[step]
        return found


def _spelled(path: Sequence[str | int]) -> list[str]:
    """The path as in the file: `clerkstack:billing`, then the keys inside."""
    steps = [str(step) for step in path]
    if steps and ":" not in steps[0]:
        steps[0] = f"clerkstack:{steps[0]}"
    return steps
