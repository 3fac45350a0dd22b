"""A YAML file as plain values that know their lines. YAML 1.2, no tags, no duplicate keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Report = Callable[[int | None, str, str, str], None]
"""Takes line, path, message, mend."""

_PLAIN = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Value:
    """A value of the file and the line it stands on (from 1)."""

    line: int
    value: Any  # None, bool, int, float, str, list[Value] or dict[str, Value]
    key_lines: dict[str, int] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        """The line of a key of this mapping, or the mapping's own."""
        return self.key_lines.get(key, self.line)


def read_document(file: Path, report: Report) -> Value | None:
    """The file's one document; None where it can't be read at all, and that is reported."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        report(None, "", "there is no such file", "Check clerkstack:catalog")
        return None
    except (OSError, UnicodeDecodeError) as error:
        report(None, "", f"can't be read ({type(error).__name__})", "It must be UTF-8 text")
        return None
    yaml = YAML(typ="rt", pure=True)
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = None if mark is None else mark.line + 1
        report(line, "", f"is not YAML: {error.problem}", "Mend the syntax at this line")
        return None
    except YAMLError as error:
        report(None, "", f"is not YAML: {error}", "Mend the syntax")
        return None
    if node is None:
        report(None, "", "is empty", "Write at least `features:` and `plans:`")
        return None
    return _Reader(yaml, report).read(node, "")


class _Reader:
    def __init__(self, yaml: YAML, report: Report) -> None:
        self._yaml = yaml
        self._report = report
        # An anchor's node is read once for each place that uses it; a node inside itself never.
        self._open: set[int] = set()

    def read(self, node: Node, path: str) -> Value:
        line = node.start_mark.line + 1
        if id(node) in self._open:
            self._report(line, path, "contains itself", "Remove the alias")
            return Value(line, None)
        self._open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, path, line)
            if isinstance(node, SequenceNode):
                items = [self.read(item, f"{path}[{n}]") for n, item in enumerate(node.value)]
                return Value(line, items)
            return Value(line, self._scalar(node, path, line))
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: MappingNode, path: str, line: int) -> Value:
        found: dict[str, Value] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            at = key_node.start_mark.line + 1
            key = key_node.value if isinstance(key_node, ScalarNode) else None
            if key is None or _kind(key_node) != "str":
                shown = key if key is not None else "this key"
                self._report(at, path, f"{shown} is not text", f'Write it in quotes: "{shown}"')
                continue
            inner = f"{path}.{key}" if path else key
            if key in found:
                self._report(
                    at,
                    inner,
                    f"is there twice, first in line {lines[key]}",
                    "Keep one of the two",
                )
                continue
            lines[key] = at
            found[key] = self.read(value_node, inner)
        return Value(line, found, lines)

    def _scalar(self, node: Node, path: str, line: int) -> Any:
        kind = _kind(node)
        text = str(node.value)
        if kind == "str":
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int":
            return int(text.replace("_", ""), 0) if text.lower()[:2] in ("0x", "0o") else int(text)
        if kind == "float":
            return float(text)
        self._report(line, path, f"has the tag {node.tag}", "Write a plain value without a tag")
        return None


def _kind(node: Node) -> str:
    tag = str(node.tag)
    return tag.removeprefix(_PLAIN) if tag.startswith(_PLAIN) else tag
