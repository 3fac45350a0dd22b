"""Finds where a file mutates a value, and where it passes on a constant of interest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from clerkstack.app.syntax import EXPORTS, MEMBERS, TRANSPARENT, arguments_of, bare

if TYPE_CHECKING:
    from clerkstack.app.onepass import Pass
    from clerkstack.app.scopes import Scope

WORDS = (
    rb"(?:\.\s*\w+|\]|!|\))\s*(?:[-+*/%&|^?]{0,3}|<<|>>>?)=(?![=>])|\+\+|--|\bdelete\b"
    rb"|\b(?:Object\s*\.\s*(?:assign|define\w+)|Reflect)\b"
    rb"|\.\s*(?:push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin)\b"
)
# Methods that mutate their list, and functions that mutate their first argument.
_METHODS = frozenset(
    {"push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill", "copyWithin"}
)
_FIRST = frozenset(
    {
        *("Object.assign", "Object.defineProperty", "Object.defineProperties"),
        *("Reflect.set", "Reflect.deleteProperty"),
    }
)
# Calls that do not mutate their arguments.
_HARMLESS = frozenset(
    {
        *(f"Object.{name}" for name in ("freeze", "keys", "values", "entries", "fromEntries")),
        *("JSON.stringify", "structuredClone", "console.log", "Array.isArray", "Array.from"),
        *("Set", "Map", "String", "Boolean", "has"),
    }
)
_SAME_ENTRIES = frozenset({"Object.values", "Object.entries", "Array.from"})
_MOST_HANDED = 8
# Each step asks the parser for a parent. Deeper expressions have no value anyway.
_DEEPEST = 60


def _called(at: Pass, node: Node, scope: Scope) -> None:
    callee = bare(node.child_by_field_name("function") or node)
    given = arguments_of(node)
    if at.source.short(callee) in _FIRST and given:
        _change(at, given[0], node, scope)
    elif callee.type == "member_expression" and at.source.last(callee) in _METHODS:
        _change(at, callee.child_by_field_name("object"), node, scope)


def _assigned(at: Pass, node: Node, scope: Scope) -> None:
    """`a.b = c`, `a.b += c`, `a.b++`, `delete a.b`."""
    if node.type == "unary_expression" and at.source.operator(node) != "delete":
        return
    target = node.child_by_field_name("left") or node.child_by_field_name("argument")
    target = None if target is None else bare(target)
    if target is not None and target.type in MEMBERS:
        _change(at, target.child_by_field_name("object"), node, scope)


def _change(at: Pass, target: Node | None, node: Node, scope: Scope) -> None:
    """Record a mutation: of a variable by name, or of an expression."""
    root = None if target is None else bare(target)
    while root is not None and root.type in MEMBERS:
        inner = root.child_by_field_name("object")
        root = None if inner is None else bare(inner)
    name = ""
    if root is not None and root.type == "identifier":
        name = at.exp.reference(at.source.of(root), scope)
        at.facts.writes.setdefault(name, at.source.place(node))
    change = (name, at.source.of(target))
    if change not in at.changes or not name:
        at.changes.add(change)
        at.facts.changed.append([at.source.place(node), at.exp.of(target, scope)])


def _named(at: Pass, node: Node, scope: Scope) -> None:
    """Record where a part of a constant of interest is passed to a call, stored or returned."""
    name = at.source.of(node)
    if name not in at.local:
        return
    binding = scope.find(name)
    handed = at.facts.handed.setdefault(name, [])
    part, where = node, _handed_to(at, node)
    for _ in range(_DEEPEST):
        around = None if where is not None else _larger(at, part)
        if around is None:
            break
        part, where = around, _handed_to(at, around)
    if where is None:
        return
    place = at.source.place(where)
    is_new = place not in (known for known, _ in handed)
    if (binding is None or binding.id == name) and len(handed) < _MOST_HANDED and is_new:
        handed.append([place, at.exp.of(part, scope)])


def _larger(at: Pass, part: Node) -> Node | None:
    """Return the enclosing expression if its value is still part of the same object."""
    around = part.parent
    if around is None or around.type in TRANSPARENT:
        return around
    if around.type in MEMBERS:
        return around if around.child_by_field_name("object") == part else None
    if around.type == "call_expression":
        return around if part.type == "member_expression" else None
    call = around.parent if around.type == "arguments" else None
    called = "" if call is None else at.source.short(call.child_by_field_name("function"))
    return call if called in _SAME_ENTRIES else None


def _handed_to(at: Pass, part: Node) -> Node | None:
    """Return the node that receives the expression, if any."""
    around = part.parent
    if around is None:
        return None
    above, kind = around.parent, around.type
    if kind in ("return_statement", "spread_element", "array"):
        return around
    if kind == "variable_declarator":
        is_const = above is not None and at.source.of(above.child_by_field_name("kind")) == "const"
        return None if is_const or around.child_by_field_name("value") != part else around
    if kind == "assignment_expression":
        left = around.child_by_field_name("left")
        is_export = EXPORTS.match(at.source.short(left)) is not None
        return around if left != part and not is_export else None
    if kind == "arrow_function":
        return part if around.child_by_field_name("body") == part else None
    if kind == "arguments" and above is not None:
        callee = above.child_by_field_name("function")
        return None if at.source.short(callee) in _HARMLESS else above
    if kind == "member_expression" and above is not None and above.type == "call_expression":
        given = arguments_of(above)
        visits = at.source.last(around).startswith("reduce")
        return above if visits or any(it.type == "identifier" for it in given) else None
    return None


VISITS = {
    "call_expression": _called,
    **dict.fromkeys(
        (
            *("assignment_expression", "augmented_assignment_expression"),
            *("update_expression", "unary_expression"),
        ),
        _assigned,
    ),
    "identifier": _named,
}
