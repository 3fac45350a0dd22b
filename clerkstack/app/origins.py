"""What a change in place changes: the variable that an expression is a part of.

Followed are members, variables that are given such a part, and loops: what is handed to functions,
stored elsewhere or put together anew is not.
"""

from __future__ import annotations

from collections.abc import Mapping

from tree_sitter import Node

from clerkstack.app.scopes import Scope
from clerkstack.app.syntax import MEMBERS, Source, bare, content

# Methods that change the list they are called on, and functions that change their first argument.
CHANGING_METHODS = frozenset(
    {"push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill", "copyWithin"}
)
CHANGING_FIRST = frozenset(
    {
        "Object.assign",
        "Object.defineProperty",
        "Object.defineProperties",
        "Reflect.set",
        "Reflect.deleteProperty",
    }
)
CHANGED = (
    rb"(?:\.\s*\w+|\]|!|\))\s*(?:[-+*/%&|^?]{0,3}|<<|>>>?)=(?![=>])|\+\+|--|\bdelete\b"
    rb"|\b(?:Object\s*\.\s*(?:assign|define\w+)|Reflect)\b"
    rb"|\.\s*(?:push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin)\b"
)
"""Text without which a file changes no value."""

VISITING = frozenset(
    {"forEach", "map", "filter", "find", "findLast", "findIndex", "some", "every", "flatMap"}
)
"""Methods that give their function each entry."""

# Methods that give one entry; the list itself; a new list of the same entries.
_ENTRY = frozenset({"find", "findLast", "at", "get", "pop", "shift"})
_SAME = frozenset({"sort", "reverse"})
_ANEW = frozenset({"filter", "slice", "toSorted", "toReversed", "concat"})
_SAME_AS_GIVEN = frozenset({"Object.freeze", "Object.seal", "Object.preventExtensions"})
# How many steps lead to a value within what these put around it.
_AROUND = {"Object.values": 1, "Object.entries": 2, "Array.from": 1}
_DEEPEST = 40
_FOLLOWED = MEMBERS | {"identifier", "call_expression", "ternary_expression", "binary_expression"}


def origin(
    node: Node | None,
    scope: Scope,
    source: Source,
    given_to: Mapping[int, tuple[Node, int, Scope]],
) -> str | None:
    """The id of the variable that an expression is a part of, None where it is of none, or new."""
    steps = 0
    for _ in range(_DEEPEST):
        if node is None:
            return None
        node = bare(node)
        if node.type in MEMBERS:
            steps += 1
            node = node.child_by_field_name("object")
        elif node.type == "call_expression":
            callee = bare(node.child_by_field_name("function") or node)
            given = content(node.child_by_field_name("arguments"))
            text, called = source.short(callee), source.last(callee)
            if text in _AROUND or text in _SAME_AS_GIVEN:
                if steps < _AROUND.get(text, 0):
                    return None  # the new list itself
                steps -= text == "Object.entries"
                node = given[0] if given else None
            elif callee.type != "member_expression":
                return None
            elif called in _ENTRY | _SAME | _ANEW:
                if called in _ANEW and not steps:
                    return None
                steps += called in _ENTRY
                node = callee.child_by_field_name("object")
            else:
                return None
        elif node.type in ("ternary_expression", "binary_expression"):
            name = "consequence" if node.type == "ternary_expression" else "left"
            node = node.child_by_field_name(name)
        elif node.type == "identifier":
            name = source.of(node)
            binding = scope.find(name)
            if binding is None:
                return name  # imported, or nobody's
            ways = [step.kind for step in binding.steps]
            if "rest" in ways and not steps:
                return None
            inside = sum(kind in ("key", "index") for kind in ways)
            if binding.kind in ("const", "let") and binding.base is not None:
                inner = bare(binding.base)
                if inner.type not in _FOLLOWED:
                    return None if ways else binding.id
                steps += inside
                node, scope = inner, binding.scope
            elif binding.kind == "each":
                steps += 1 + inside
                node, scope = binding.base, binding.scope.outer or binding.scope
            elif binding.kind == "param" and binding.base is not None:
                call, at, around = given_to.get(binding.base.id, (node, 0, scope))
                method = call.child_by_field_name("function")
                if method is None or at or binding.index or source.last(method) not in VISITING:
                    return binding.id
                steps += 1 + inside
                node, scope = bare(method).child_by_field_name("object"), around
            else:
                return binding.id
        else:
            return None
    return None
