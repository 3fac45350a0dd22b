"""Helper functions for nodes of a syntax tree."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from tree_sitter import Node

# Wrappers that do not change the value.
TRANSPARENT = frozenset(
    {
        "as_expression",
        "satisfies_expression",
        "parenthesized_expression",
        "non_null_expression",
        "type_assertion",
    }
)
FUNCTIONS = frozenset(
    {
        "arrow_function",
        "function_expression",
        "function_declaration",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)
VARIABLES = frozenset({"lexical_declaration", "variable_declaration"})
MEMBERS = frozenset({"member_expression", "subscript_expression"})
# Of CommonJS.
EXPORTS = re.compile(r"(module\s*\.\s*)?exports\b")
LOADED = r"\b(?:import|require)\s*\(\s*([\"'`])((?:[^\"'`\n$]|\$(?!\{)){1,300})\1"
"""What is loaded by a call: `import('./gates')`, `require('./gates')`."""
# Longer lines belong to bundles; their columns are counted in bytes.
_LONGEST_LINE = 20_000
_SHORT = 200


def content(node: Node | None) -> list[Node]:
    """Return the named children without comments and errors."""
    if node is None:
        return []
    return [child for child in node.named_children if child.type not in ("comment", "ERROR")]


def arguments_of(call: Node) -> list[Node]:
    """Return the arguments of a call; none for a tagged template."""
    arguments = call.child_by_field_name("arguments")
    return content(arguments) if arguments is not None and arguments.type == "arguments" else []


def bare(node: Node) -> Node:
    """Return an expression without its wrappers: parentheses, `as …`, `satisfies …`, `!`."""
    while node.type in TRANSPARENT:
        inside = content(node)
        if not inside:
            break
        node = inside[-1 if node.type == "type_assertion" else 0]
    return node


def around(node: Node) -> Node:
    """Return an expression with its wrappers: see `bare`."""
    while node.parent is not None and node.parent.type in TRANSPARENT:
        node = node.parent
    return node


class Source:
    """The text of a file, for its nodes."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._plain = text.isascii()

    @cached_property
    def _starts(self) -> list[int]:
        """Return the offset of each line."""
        starts = [0]
        at = self.text.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find(b"\n", at + 1)
        return starts

    def of(self, node: Node | None) -> str:
        """Return the source text of a node."""
        return "" if node is None else self.text[node.start_byte : node.end_byte].decode()

    def operator(self, node: Node) -> str:
        """Return the operator of an expression."""
        return self.of(node.child_by_field_name("operator"))

    def short(self, node: Node | None) -> str:
        """Return the beginning of a node's text, long enough for any name."""
        if node is None:
            return ""
        end = min(node.end_byte, node.start_byte + _SHORT)
        return self.text[node.start_byte : end].decode(errors="ignore")

    def place(self, node: Node) -> int:
        """Return where a node begins, as one number: see `facts_of_files.line_of`."""
        row, column = node.start_point
        return self._counted(row, column)

    def place_after(self, node: Node) -> int:
        """Return where a node ends, as one number."""
        row, column = node.end_point
        return self._counted(row, column)

    def place_at(self, at: int) -> int:
        """Return the place of a byte offset."""
        row = bisect_right(self._starts, at) - 1
        return self._counted(row, at - self._starts[row])

    def _counted(self, row: int, column: int) -> int:
        if not self._plain and column < _LONGEST_LINE:
            start = self._starts[row]
            column = len(self.text[start : start + column].decode(errors="replace"))
        return (row + 1) << 24 | min(column + 1, 0xFFFFFF)

    def last(self, node: Node | None) -> str:
        """Return the last name of `a.b.c` or `a?.['c']`; a name or key itself."""
        if node is None:
            return ""
        node = bare(node)
        if node.type == "member_expression":
            return self.of(node.child_by_field_name("property"))
        if node.type == "subscript_expression":
            inner = node.child_by_field_name("index")
            node = node if inner is None else inner
        return self.of(node).strip("'\"") if node.type in NAMING else ""

    def key(self, entry: Node) -> str | None:
        """Return the key of an object entry; None if it is computed."""
        if entry.type == "shorthand_property_identifier":
            return self.of(entry)
        key = entry.child_by_field_name("key") or entry.child_by_field_name("name")
        if key is None or key.type == "computed_property_name":
            return None
        return self.of(key).strip("'\"")


def without_nothing(node: Node, source: Source) -> Node:
    """Return an expression without an empty fallback: `a` for `a ?? ''`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if node.type != "binary_expression" or left is None or right is None:
        return node
    operator = source.operator(node)
    if operator in ("??", "||") and source.of(right) in ("''", '""'):
        return bare(left)
    return node


NAMING = frozenset(
    {
        "identifier",
        "string",
        "property_identifier",
        "private_property_identifier",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
        "nested_identifier",
        "this",
    }
)
