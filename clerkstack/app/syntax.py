"""What is asked of the nodes of a syntax tree."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

# Expressions that have the value of what is in them.
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


def text_of(node: Node | None) -> str:
    """The source text of a node."""
    return node.text.decode() if node is not None and node.text is not None else ""


def part(node: Node, name: str) -> Node:
    """The part of a node that the grammar says it has."""
    found = node.child_by_field_name(name)
    assert found is not None
    return found


def content(node: Node | None) -> list[Node]:
    """The named children that are no comments."""
    if node is None:
        return []
    return [child for child in node.named_children if child.type != "comment"]


def bare(node: Node) -> Node:
    """An expression without what is around it: parentheses, `as …`, `satisfies …`, `!`."""
    while node.type in TRANSPARENT:
        node = content(node)[-1 if node.type == "type_assertion" else 0]
    return node


def every(node: Node, *kinds: str) -> Iterator[Node]:
    """The node and all in it that are of some kind, in the order of the text."""
    pending = [node]
    while pending:
        at = pending.pop()
        if at.type in kinds:
            yield at
        pending += reversed(at.named_children)
