"""A YAML file as values with line numbers. YAML 1.2, no tags, no duplicate keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from clerkstack.handwritten.nodes import Node, NotYamlError, compose, line_of, type_of

Report = Callable[[int | None, str, str, str], None]
"""Takes line, path, message, remedy."""

FIELDS_OUT = "Write the fields out"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONGEST_NUMBER = 40  # characters; Python refuses to parse very long numbers


class Reported:
    """Takes the place of an unusable value that has already been reported."""


REPORTED = Reported()


@dataclass(frozen=True)
class Value:
    """A value of the file and its line (from 1)."""

    line: int
    value: Any  # None, bool, int, Decimal, str, list[Value], dict[str, Value] or REPORTED
    key_lines: dict[str, int] = field(default_factory=dict)
    complete: bool = True
    """Whether every key of this mapping was usable."""

    def line_of(self, key: str) -> int:
        """The line of a key of this mapping, or the mapping's own."""
        return self.key_lines.get(key, self.line)

    def line_at(self, path: Sequence[str | int]) -> int:
        """The line of the value at a path, or of the nearest value around it."""
        return self._walk(path)[1]

    def at(self, path: Sequence[str | int]) -> Value:
        """The value at a path, or the nearest value around it."""
        return self._walk(path)[0]

    def _walk(self, path: Sequence[str | int]) -> tuple[Value, int]:
        at, line = self, self.line
        for step in path:
            inside = at.value
            if isinstance(inside, dict) and isinstance(step, str):
                line = at.key_lines.get(step, line)
                below = inside.get(step)
            elif isinstance(inside, list) and isinstance(step, int) and step < len(inside):
                below = inside[step]
                line = below.line
            else:
                below = None
            if below is None:
                break
            at = below
        return at, line

    def plain(self) -> Any:
        """The value without lines; unusable parts are REPORTED."""
        if isinstance(self.value, dict):
            return {key: value.plain() for key, value in self.value.items()}
        return [item.plain() for item in self.value] if isinstance(self.value, list) else self.value


def read_document(
    file: Path,
    report: Report,
    *,
    needed: str | None,
    no_file: str | None,
    merged: str = FIELDS_OUT,
) -> Value | None:
    """The file's only document; None if there is none, or if it cannot be read, which is reported.

    `needed` is the remedy for an empty file, `no_file` for a missing one; None allows it. `merged`
    is the remedy for `<<`.
    """
    try:
        node = compose(file.read_text(encoding="utf-8-sig"))
        if node is not None:
            return _Reader(report, merged).read(node, "")
        if needed is not None:
            report(None, "", "is empty", needed)
    except FileNotFoundError:
        if no_file is not None:
            report(None, "", "there is no such file", no_file)
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or not a path
        report(None, "", f"cannot be read ({type(error).__name__})", "Save it as UTF-8 text")
    except NotYamlError as error:
        report(error.line, "", error.message, error.remedy)
    except RecursionError:
        report(None, "", "is nested too deeply", "Write it with fewer levels")
    return None


class _Reader:
    """Reads nodes, and reports what it cannot use."""

    def __init__(self, report: Report, merged: str) -> None:
        self._report = report
        self._merged = merged
        # Each node is read once, however many aliases it has: with aliases of aliases, the time
        # would grow without limit.
        self._done: dict[int, Value] = {}
        self._open: set[int] = set()

    def read(self, node: Node, path: str) -> Value:
        line = line_of(node)
        if id(node) in self._done:
            return self._done[id(node)]
        if id(node) in self._open:
            return self._refused(line, path, "contains itself", "Remove the alias")
        self._open.add(id(node))
        value = self._value(node, path, line)
        self._open.discard(id(node))
        self._done[id(node)] = value
        return value

    def _value(self, node: Node, path: str, line: int) -> Value:
        kind = type_of(node)
        if node.id == "mapping" and kind == "map":
            return self._mapping(node, path, line)
        if node.id == "sequence" and kind == "seq":
            items = [self.read(item, f"{path}[{n}]") for n, item in enumerate(node.value)]
            return Value(line, items)
        if node.id == "scalar":
            return self._scalar(str(node.value), kind, path, line)
        return self._tagged(line, path, kind)

    def _mapping(self, node: Node, path: str, line: int) -> Value:
        values: dict[str, Value] = {}
        lines: dict[str, int] = {}
        complete = True
        for key_node, value_node in node.value:
            at = line_of(key_node)
            key = self._key(key_node, path, at)
            if key is None:
                complete = False
                continue
            inner = f"{path}.{key}" if path else key
            if key in values:
                message = f"appears twice, first in line {lines[key]}"
                self._report(at, inner, message, "Keep one of the two")
                continue
            lines[key] = at
            values[key] = self.read(value_node, inner)
        return Value(line, values, lines, complete)

    def _key(self, node: Node, path: str, line: int) -> str | None:
        if node.id != "scalar":
            self._report(line, path, "has a key that is not text", "Write a name")
            return None
        key, kind = _joined(str(node.value)), type_of(node)
        if key is None:
            self._report(line, path, "has a key that is not text", "Write a name")
            return None
        if kind == "merge":
            self._report(line, path, "merges with <<, which is not YAML 1.2", self._merged)
            return None
        if kind not in ("str", "timestamp"):
            shown = key or "an empty key"
            self._report(line, path, f"{shown} is not text", f'Write it in quotes: "{key}"')
            return None
        return key

    def _scalar(self, text: str, kind: str, path: str, line: int) -> Value:
        if kind in ("str", "timestamp", "merge"):  # YAML 1.2 has neither dates nor merging
            return self._text(text, path, line)
        if kind == "null":
            return Value(line, None)
        if kind == "bool" and text.lower() in ("true", "false"):
            return Value(line, text.lower() == "true")
        if kind == "bool":
            remedy = "Write true or false"
            return self._refused(line, path, f"is {text}, a boolean of YAML 1.1 only", remedy)
        if kind in ("int", "float"):
            return self._number(text, path, line)
        return self._tagged(line, path, kind)

    def _text(self, text: str, path: str, line: int) -> Value:
        joined = _joined(text)
        if joined is None:
            message = "contains half a character (\\ud800 to \\udfff)"
            return self._refused(line, path, message, "Write the character itself")
        if _CONTROL.search(joined):
            return self._refused(line, path, "contains a control character", "Remove it")
        return Value(line, joined)

    def _number(self, text: str, path: str, line: int) -> Value:
        if "_" in text:  # text in YAML 1.2
            return Value(line, text)
        if len(text) > _LONGEST_NUMBER:
            return self._refused(line, path, "is too long for a number", "Write a shorter number")
        try:
            if text[:2] in ("0x", "0o"):
                return Value(line, int(text, 0))
            number = Decimal(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        except (ValueError, InvalidOperation):
            return self._refused(line, path, f"is {text}, not a number", "Write a plain number")
        return Value(line, int(text) if text.lstrip("+-").isdigit() else number)

    def _tagged(self, line: int, path: str, kind: str) -> Value:
        return self._refused(line, path, f"has the tag {kind}", "Write a plain value without a tag")

    def _refused(self, line: int, path: str, message: str, remedy: str) -> Value:
        self._report(line, path, message, remedy)
        return Value(line, REPORTED)


def _joined(text: str) -> str | None:
    """The text with JSON's surrogate pairs joined into characters; None if half a pair is left."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return None
