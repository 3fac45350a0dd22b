"""Hand-written YAML 1.2 as nodes that know their lines: every file is read in this one way.

libyaml reads what it takes for the same as YAML 1.2 does: it is much faster, to import as well.
ruamel.yaml reads the rest, and what is wrong, because its messages say more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol, cast

import yaml as libyaml

PLAIN = "tag:yaml.org,2002:"
# What the two may read differently: tabs, line breaks of YAML 1.1 alone, directives, tags.
_DIFFERENT = re.compile("[\t\x85\u2028\u2029\ufeff]|^%|(?<![^\\s,:\\[{?-])!", re.MULTILINE)
_CERTAIN = (
    ("bool", re.compile("true|True|TRUE|false|False|FALSE"), "tTfF"),
    ("null", re.compile("~|null|Null|NULL|"), ["~", "n", "N", ""]),
    ("int", re.compile(r"[-+]?[0-9]+"), "-+0123456789"),
)
# Made of what numbers and times are made of, so that it may be one in some spelling.
_DOUBTFUL = re.compile(r"[-+.\d][-+.:_ \da-fotxz]*|[-+]?\.(inf|nan)|<<|=", re.IGNORECASE)


class Node(Protocol):
    """A part of a document. `value` is the text of a scalar, the nodes of a sequence, or the pairs
    of nodes of a mapping."""

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
    """The document's outermost node; None if there is nothing in it.

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
    """What stands under a key or index, with the line of that; None if it is there twice."""
    if node is not None and node.id == "sequence" and isinstance(step, int):
        item = node.value[step] if step < len(node.value) else None
        return None if item is None else (line_of(item), item)
    found = [(line_of(key), value) for key, value in pairs(node) if key.value == step]
    return found[0] if len(found) == 1 else None


def pairs(node: Node | None, merging: tuple[Node, ...] = ()) -> Iterator[tuple[Node, Node]]:
    """The keys and values of a mapping, also those that `<<` merges into it."""
    if node is None or node.id != "mapping" or node in merging:
        return
    own = {key.value for key, _ in node.value if key.id == "scalar"}
    for key, value in node.value:
        if key.id == "scalar" and key.value != "<<":
            yield key, value
        elif key.id == "scalar":
            for each in value.value if value.id == "sequence" else [value]:
                merged = pairs(each, (*merging, node))
                yield from ((name, held) for name, held in merged if name.value not in own)


def text_at(node: Node | None, *keys: str) -> str | None:
    """The text under keys, one inside the other; None if there is none."""
    for key in keys:
        found = child(node, key)
        node = None if found is None else found[1]
    return None if node is None or node.id != "scalar" or type_of(node) == "null" else node.value


def _composed_quickly(text: str) -> Node | None:
    """As libyaml reads it; None if there is nothing, or ruamel.yaml has to say what it is."""
    if not libyaml.__with_libyaml__ or _DIFFERENT.search(text):
        return None
    try:
        found: Any = libyaml.compose(text, Loader=_Loader)
    except libyaml.YAMLError:
        return None
    return cast("Node | None", found)


def _composed(text: str) -> Node | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        found: Node | None = YAML(typ="rt", pure=True).compose(text)
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
    return found


class _Loader(getattr(libyaml, "CBaseLoader", object)):  # type: ignore[misc]
    """libyaml's reader with the plain values of YAML 1.2."""


class _Whole:
    """A pattern for all of a value."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.match = pattern.fullmatch


class _Doubt:
    """A pattern that ends the reading."""

    def match(self, text: str) -> None:
        if _DOUBTFUL.fullmatch(text):
            raise libyaml.YAMLError


if libyaml.__with_libyaml__:
    for _kind, _form, _first in _CERTAIN:
        _Loader.add_implicit_resolver(PLAIN + _kind, _Whole(_form), list(_first))
    _Loader.add_implicit_resolver(PLAIN + "doubt", _Doubt(), list("-+.0123456789<="))
