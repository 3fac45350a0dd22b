"""YAML that a person reads and edits, written by a command: comments and order stay."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML


def yaml_text(document: Mapping[str, Any]) -> str:
    """A document as YAML, in the order of its keys."""
    return dumped(dict(document))


REMOVED = object()
"""Instead of a value: remove the path."""


def edited_yaml(text: str, changes: Mapping[tuple[str, ...], Any]) -> str:
    """The YAML with `changes` made: new values at some paths, `REMOVED` paths gone. Comments, order
    and everything else stay."""
    yaml = round_trip()
    document = yaml.load(text) or {}
    for path, value in changes.items():
        *outer, last = path
        at = document
        if value is REMOVED:
            for step in outer:
                at = at.get(step) if isinstance(at, dict) else None
            if isinstance(at, dict):
                at.pop(last, None)
            continue
        for step in outer:
            if not isinstance(at.get(step), dict):
                at[step] = {}
            at = at[step]
        at[last] = value
    # Dumped by the object that loaded it, which knows the file's %YAML line.
    return dumped(document, yaml)


def dumped(document: Any, yaml: YAML | None = None) -> str:
    """A document that `round_trip` loaded, or a plain one, as text."""
    out = io.StringIO()
    (yaml or round_trip()).dump(document, out)
    return out.getvalue()


def round_trip() -> YAML:
    """A YAML reader and writer that keeps comments, quotes and order."""
    yaml = YAML()
    yaml.width = 100
    yaml.preserve_quotes = True
    yaml.allow_unicode = True
    return yaml
