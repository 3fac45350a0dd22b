"""The values of literals: numbers exactly, texts with their escapes."""

from __future__ import annotations

import json
from decimal import Decimal

from tree_sitter import Node

from clerkstack.app.source import Module, Unresolved
from clerkstack.app.syntax import text_of

# As many digits as JavaScript keeps of a whole number.
_LARGEST = 15


def number_of(module: Module, node: Node, text: str) -> Decimal:
    """The value of a number as it is written, `1_500` and `0x10` too.

    Raises:
        Unresolved: it is none, a bigint, or larger than JavaScript keeps exactly.
    """
    plain = text.replace("_", "")
    try:
        if plain[:2].lower() in ("0x", "0o", "0b"):
            plain = str(int(plain, 0))
        number = Decimal(plain)
    except (ValueError, ArithmeticError):
        raise Unresolved(module, node, f"{text} is not a number") from None
    if number.adjusted() > _LARGEST:
        raise Unresolved(module, node, f"{text} is larger than any price or time")
    return number


def string_of(module: Module, node: Node) -> str:
    """The text of a string or of a template without holes.

    Raises:
        Unresolved: an escape is of a form that is not read.
    """
    parts = []
    for child in node.named_children:
        part = text_of(child)
        if child.type == "escape_sequence":
            part = _unescaped(module, child, part)
        parts.append(part)
    return "".join(parts)


def _unescaped(module: Module, node: Node, sequence: str) -> str:
    if sequence in ("\\'", "\\`", "\\$"):
        return sequence[1]
    try:
        return str(json.loads(f'"{sequence}"'))
    except ValueError:
        raise Unresolved(module, node, f"{sequence} is an escape that is not read") from None
