"""Finds the properties of a resource that change, with both values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from clerkstack.state.cleaning import SECRET

_PLAIN_NAME = re.compile(r"[A-Za-z_$][\w$-]*")
_STEP = re.compile(r'\.?(?:\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.\[]+))')


@dataclass(frozen=True)
class Property:
    """A property that changes, by its path. None means missing."""

    path: str
    before: Any
    after: Any


def changed(before: Any, after: Any, path: str = "") -> Iterator[Property]:
    """The leaves in which two values differ. A list without objects is one leaf."""
    if before == after:
        return
    if isinstance(before, dict | None) and isinstance(after, dict | None) and (before or after):
        old, new = before or {}, after or {}
        for key in [*old, *(key for key in new if key not in old)]:
            yield from changed(old.get(key), new.get(key), joined(path, key))
    elif _listed(before) and _listed(after) and (_of_objects(before) or _of_objects(after)):
        for index, (one, other) in enumerate(zip_longest(before or [], after or [])):
            yield from changed(one, other, f"{path}[{index}]")
    else:
        yield Property(path, before, after)


def named(
    paths: Iterable[str], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Property]:
    """The properties at the paths that the engine names, whether or not it shows their values."""
    for path in paths:
        old, new = at(before, path), at(after, path)
        leaves = list(changed(old, new, path))
        yield from leaves or [Property(path, old, new)]


def secret_leaves(value: Any, path: str = "") -> Iterator[Property]:
    """The secrets in a value: the engine shows that they exist, never whether they change."""
    if value == SECRET:
        yield Property(path, SECRET, SECRET)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from secret_leaves(item, joined(path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from secret_leaves(item, f"{path}[{index}]")


def at(value: Any, path: str) -> Any:
    """The value at a path in the engine's form (`plans.pro["a.b"][0]`), or None."""
    for index, quoted, name in _STEP.findall(path):
        key = name or re.sub(r"\\(.)", r"\1", quoted)
        if isinstance(value, list) and index and int(index) < len(value):
            value = value[int(index)]
        elif isinstance(value, dict) and not index:
            value = value.get(key)
        else:
            return None
    return value


def joined(path: str, key: str) -> str:
    """A path extended by a key, in the engine's form."""
    if not _PLAIN_NAME.fullmatch(key):
        quoted = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{quoted}"]'
    return f"{path}.{key}" if path else key


def top_of(path: str) -> str:
    """The first step of a path: the top-level property."""
    index, quoted, name = next(iter(_STEP.findall(path)), ("", "", path))
    return name or index or re.sub(r"\\(.)", r"\1", quoted)


def _listed(value: Any) -> bool:
    return isinstance(value, list | None)


def _of_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict | list) for item in value)
