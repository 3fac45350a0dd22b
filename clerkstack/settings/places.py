"""Where in Pulumi.<stack>.yaml a setting stands, for messages."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clerkstack import quickly
from clerkstack.problems import shown
from clerkstack.settings.names import PREFIX, Step

if TYPE_CHECKING:
    from ruamel.yaml.comments import CommentedMap


class Places:
    """Line numbers of a stack's file; without the file, or a part of it, there are none."""

    def __init__(self, file: Path | None, stack: str) -> None:
        self.name = shown(file) if file is not None else f"Pulumi.{stack}.yaml"
        self._text: str | None = None
        if file is not None and file.exists():
            # Pulumi itself has read its config: a second opinion on the file is not needed.
            with contextlib.suppress(OSError, ValueError):
                self._text = file.read_text(encoding="utf-8")

    @cached_property
    def _config(self) -> CommentedMap | None:
        """The settings with their lines."""
        from ruamel.yaml import YAML
        from ruamel.yaml.comments import CommentedMap
        from ruamel.yaml.error import YAMLError

        try:
            document = None if self._text is None else YAML().load(self._text)
        except (YAMLError, ValueError, RecursionError):
            return None
        return document.get("config") if isinstance(document, CommentedMap) else None

    @cached_property
    def _document(self) -> Any:
        """The file read faster, without lines of settings; None where it can't be read so."""
        return None if self._text is None else quickly.nodes(self._text)

    @cached_property
    def _nodes(self) -> Any:
        """The settings of that."""
        return None if self._document is None else _below(self._document, "config")

    def beside_config(self) -> list[tuple[str, int]]:
        """The keys at the top of the file, where the engine looks for `config:` and its own, each
        with its line (from 1)."""
        document = self._document
        if document is not None:
            return [
                (str(key.value), key.start_mark.line + 1)
                for key, _ in (document.value if document.id == "mapping" else ())
            ]
        # What takes ruamel.yaml to read it is looked at by lines: such a key is at the margin.
        found = re.finditer(r"^[\"']?(\w[\w .-]*:[\w.]+)[\"']?\s*:", self._text or "", re.MULTILINE)
        text = self._text or ""
        return [(each[1], text.count("\n", 0, each.start()) + 1) for each in found]

    def line(self, path: Sequence[Step]) -> int | None:
        """The line (from 1) of the setting, or of the nearest thing that holds it."""
        lines = [line for line, _ in self._walk(path)]
        return lines[-1] if lines else None

    def in_the_clear(self, path: Sequence[Step]) -> bool:
        """Whether the file holds the setting as plain text; encrypted it is `secure: …`."""
        at = self._nodes
        for key in _keys(path):
            at = None if at is None else _below(at, key)
        if at is not None:
            return at.id != "mapping" and not at.tag.endswith(":null")
        if self._text is None:
            return False
        from ruamel.yaml.comments import CommentedMap

        steps = list(self._walk(path))
        return len(steps) == len(path) and not isinstance(steps[-1][1], CommentedMap | None)

    def _walk(self, path: Sequence[Step]) -> Iterator[tuple[int, Any]]:
        """Line and value of each step, as far as the file has them."""
        if self._text is None:
            return
        from ruamel.yaml.comments import CommentedMap, CommentedSeq

        at: Any = self._config
        line = 0
        for key in _keys(path):
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


def _keys(path: Sequence[Step]) -> Iterator[Step]:
    """A path as the file has it: the first step with its namespace."""
    for number, step in enumerate(path):
        yield f"{PREFIX}{step}" if number == 0 and ":" not in str(step) else step


def _below(node: Any, key: Step) -> Any:
    """What libyaml read under a key; None also where it takes ruamel.yaml to tell."""
    if node.id != "mapping":
        return None
    found = [value for name, value in node.value if name.value == key]
    merges = any(name.value == "<<" for name, _ in node.value)
    return found[0] if len(found) == 1 and not merges else None


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
