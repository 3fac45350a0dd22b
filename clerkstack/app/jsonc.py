"""JSON with comments and trailing commas, as tsconfig.json and package.json are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from clerkstack.app.reading import NotRead, read
from clerkstack.app.syntax import content, text_of

_LANGUAGE = Language(tree_sitter_typescript.language_typescript())
_WORDS = {"true": True, "false": False, "null": None}


def read_object(file: Path, root: Path | None) -> dict[str, Any]:
    """The object in a file; empty where there is none that may be read (see `reading.read`), or no
    object in it.

    Numbers are left out: no setting that is asked for here is one.
    """
    try:
        text = read(file, root).removeprefix(b"\xef\xbb\xbf")
        text.decode()
    except (NotRead, UnicodeDecodeError):
        return {}
    top = Parser(_LANGUAGE).parse(b"(" + text + b")").root_node
    statement = content(top)[:1]
    inner = content(statement[0])[:1] if statement else []
    try:
        value = _value(content(inner[0])[0]) if inner and content(inner[0]) else None
    except RecursionError:
        return {}  # nested more deeply than any setting is
    return value if isinstance(value, dict) else {}


def _value(node: Node) -> Any:
    if node.type == "object":
        return {
            _text(pair.child_by_field_name("key")): _value(value)
            for pair in content(node)
            if pair.type == "pair" and (value := pair.child_by_field_name("value")) is not None
        }
    if node.type == "array":
        return [_value(each) for each in content(node)]
    return _text(node) if node.type == "string" else _WORDS.get(text_of(node))


def _text(node: Node | None) -> str:
    """A string, in which no path or name needs more than a backslash taken away."""
    return "" if node is None else text_of(node)[1:-1].replace("\\", "")
