"""Parses YAML 1.2 into nodes with line numbers; every hand-written file is read with it.

libyaml parses what it reads as YAML 1.2 does, because it is much faster, also to import.
ruamel.yaml parses the rest, and invalid files, because its messages are better.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol, cast

import yaml as libyaml

PLAIN = "tag:yaml.org,2002:"
# What the two may read differently: tabs, line breaks that only YAML 1.1 has, directives, tags.
_DIFFERENT = re.compile("[\t\x85\u2028\u2029\ufeff]|^%|(?<![^\\s,:\\[{?-])!", re.MULTILINE)
_CERTAIN = (
    ("bool", re.compile("true|True|TRUE|false|False|FALSE"), "tTfF"),
    ("null", re.compile("~|null|Null|NULL|"), ["~", "n", "N", ""]),
    ("int", re.compile(r"[-+]?[0-9]+"), "-+0123456789"),
)
# Made of the characters of numbers and times, so it may be one in some spelling.
_DOUBTFUL = re.compile(r"[-+.\d][-+.:_ \da-fotxz]*|[-+]?\.(inf|nan)|<<|=", re.IGNORECASE)


class Node(Protocol):
    """A part of a document. `value` is a scalar's text, a sequence's nodes, or a mapping's pairs of
    nodes."""

    id: str  # scalar, sequence or mapping
    tag: str
    value: Any
    start_mark: Any


class NotYamlError(Exception):
    """A text is not YAML."""

    def __init__(self, line: int | None, message: str, remedy: str) -> None:
        self.line, self.message, self.remedy = line, message, remedy
        super().__init__(message)


def compose(text: str) -> Node | None:
    """The document's outermost node; None if it is empty.

    Raises:
        NotYamlError: it is not YAML, or more than one document.
        RecursionError: it is nested too deeply.
    """
    node = _composed_quickly(text)
    return _composed(text) if node is None else node


def type_of(node: Node) -> str:
    """The type of a node, as the tags of YAML name it: str, int, map and so on."""
    return str(node.tag).removeprefix(PLAIN)


def line_of(node: Node) -> int:
    """The line (from 1) on which a node begins."""
    return int(node.start_mark.line) + 1


def child(node: Node | None, step: str | int) -> tuple[int, Node] | None:
    """The value under a key or index, with the key's line; None if missing or duplicated."""
    if node is not None and node.id == "sequence" and isinstance(step, int):
        item = node.value[step] if step < len(node.value) else None
        return None if item is None else (line_of(item), item)
    values = [(line_of(key), value) for key, value in pairs(node) if key.value == step]
    return values[0] if len(values) == 1 else None


def pairs(node: Node | None, merging: tuple[Node, ...] = ()) -> Iterator[tuple[Node, Node]]:
    """The keys and values of a mapping, including those that `<<` merges into it."""
    if node is None or node.id != "mapping" or node in merging:
        return
    own = {key.value for key, _ in node.value if key.id == "scalar"}
    for key, value in node.value:
        if key.id == "scalar" and key.value != "<<":
            yield key, value
        elif key.id == "scalar":
            for merged_node in value.value if value.id == "sequence" else [value]:
                merged = pairs(merged_node, (*merging, node))
                yield from ((name, held) for name, held in merged if name.value not in own)


def text_at(node: Node | None, *keys: str) -> str | None:
    """The text under nested keys; None if there is none."""
    for key in keys:
        below = child(node, key)
        node = None if below is None else below[1]
    return None if node is None or node.id != "scalar" or type_of(node) == "null" else node.value


def _composed_quickly(text: str) -> Node | None:
    """The document as libyaml reads it; None if it is empty or left to ruamel.yaml."""
    if not libyaml.__with_libyaml__ or _DIFFERENT.search(text):
        return None
    try:
        node: Any = libyaml.compose(text, Loader=_Loader)
    except libyaml.YAMLError:
        return None
    return cast("Node | None", node)


def _composed(text: str) -> Node | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        node: Node | None = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = None if mark is None else mark.line + 1
        problem = str(error.problem or error.context).split("\n", 1)[0]
        raise NotYamlError(at, f"is not YAML: {problem}", "Fix the syntax at this line") from None
    except ReaderError as error:
        at = text.count("\n", 0, error.position) + 1
        remedy = "Remove the invisible character"
        raise NotYamlError(at, "contains a control character", remedy) from None
    except YAMLError as error:
        problem = str(error).splitlines()[0]
        raise NotYamlError(None, f"is not YAML: {problem}", "Fix the syntax") from None
    return node


class _Loader(getattr(libyaml, "CBaseLoader", object)):  # type: ignore[misc]
    """libyaml's loader with the plain values of YAML 1.2."""


class _Whole:
    """A pattern that must match a whole value."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.match = pattern.fullmatch


class _Doubt:
    """A pattern that stops libyaml when it matches."""

    def match(self, text: str) -> None:
        if _DOUBTFUL.fullmatch(text):
            raise libyaml.YAMLError


if libyaml.__with_libyaml__:
    for _kind, _form, _first in _CERTAIN:
        _Loader.add_implicit_resolver(PLAIN + _kind, _Whole(_form), list(_first))
    _Loader.add_implicit_resolver(PLAIN + "doubt", _Doubt(), list("-+.0123456789<="))
