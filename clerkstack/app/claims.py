"""Where a file compares what a session claims, or what `auth()` gives of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tree_sitter import Node

from clerkstack.app.facts_of_files import Ir
from clerkstack.app.syntax import bare, content

if TYPE_CHECKING:
    from clerkstack.app.onepass import Pass
    from clerkstack.app.scopes import Scope

WORDS = rb"\b(?:pla|fea|orgRole|orgPermissions|org_role|org_permissions|rol|permissions|org:\w+)\b"
CLAIMS = {
    "pla": "plan",
    "fea": "feature",
    "orgRole": "role",
    "rol": "role",
    "role": "role",
    "orgPermissions": "permission",
    "org_role": "role",
    "org_permissions": "permission",
    "permissions": "permission",
}
"""What claims of a session, and what `auth()` gives of them, are called, and what they are of."""

# These are words of everybody: they count on what has these names.
_COMMON = frozenset({"role", "rol", "permissions"})
_MEMBERS = re.compile("(?i)membership$|^o$|^org$")
_LISTS = frozenset({"fea", "pla", "orgPermissions", "org_permissions", "permissions"})
_LOOKING = frozenset({"includes", "startsWith", "indexOf", "has"})
_EQUAL = frozenset({"===", "!==", "==", "!="})
_NAMED = frozenset({"identifier", "member_expression"})
_SPLIT = frozenset({"split", "map", "trim"})
# What looks at a part of a text.
_PARTLY = frozenset({"includes", "startsWith", "endsWith", "indexOf", "match", "search"})
_TEXTS = frozenset({"pla", "fea", "orgRole", "org_role"})


def _compared(at: Pass, node: Node, scope: Scope) -> None:
    if at.source.operator(node) in _EQUAL:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        _claim(at, left, right, scope)
        _claim(at, right, left, scope)


def _switched(at: Pass, node: Node, scope: Scope) -> None:
    for case in content(node.child_by_field_name("body")):
        subject, value = node.child_by_field_name("value"), case.child_by_field_name("value")
        _claim(at, subject, value, scope)


def _claim(at: Pass, claim: Node | None, value: Node | None, scope: Scope) -> None:
    if claim is None or value is None:
        return
    claim, bared = _held(at, claim), bare(value)
    name, text = at.source.last(claim), at.source.of(bared)
    is_role = bared.type == "string" and text[1:].startswith("org:")
    if is_role and claim.type == "identifier" and name not in CLAIMS:
        name = "role"  # what it is made of says so
    elif name not in CLAIMS or text in ("null", "undefined") or claim.type == "unary_expression":
        return
    elif name in _COMMON and claim.type == "identifier":
        if not is_role:
            return
    elif name in _COMMON:
        owner = _owner(at, claim)
        if not _MEMBERS.search(owner) and (not is_role or "etadata" in owner):
            return
    _add(at, name, claim, at.exp.of(value, scope), scope)


def _held(at: Pass, claim: Node) -> Node:
    """What a reference of Vue holds: `orgRole` of `orgRole.value`."""
    claim = bare(claim)
    held = claim.child_by_field_name("object")
    if held is not None and at.source.last(claim) == "value" and bare(held).type in _NAMED:
        return bare(held)
    return claim


def _owner(at: Pass, claim: Node) -> str:
    held = claim.child_by_field_name("object")
    return "" if held is None else at.source.last(_held(at, held))


def _looked_up(at: Pass, node: Node, scope: Scope) -> None:
    """`sessionClaims.fea.includes('o:x')`, `['org:a', 'org:b'].includes(orgRole)`."""
    callee = bare(node.child_by_field_name("function") or node)
    given = content(node.child_by_field_name("arguments"))
    held = callee.child_by_field_name("object")
    method = at.source.last(callee)
    if not given or held is None or method not in _LOOKING | _PARTLY:
        return
    inner, value = _held(at, held), _held(at, given[0])
    is_of_role = value.type in _NAMED and at.source.last(value) in ("orgRole", "org_role")
    if at.is_check(node) and not is_of_role:
        return
    name = at.source.last(inner)
    if inner.type in _NAMED and name in _TEXTS and method in _PARTLY:
        is_whole = name in _LISTS and method in _LOOKING
        if method == "startsWith" and at.source.of(value)[-2:-1] == ":":
            return  # whose plan, or that there is one
        if not is_whole:
            part: Ir = ["x", "is a part of a text, not a constant", at.source.place(given[0])]
            _add(at, name, inner, part, scope)
            return
    if method not in _LOOKING:
        return
    if inner.type == "array":
        for each in content(inner) if value.type in _NAMED else ():
            _claim(at, value, each, scope)
        return
    name = at.source.last(value)
    if is_of_role and inner.type in (*_NAMED, "new_expression"):  # new Set(['org:a']).has(orgRole)
        entry: Ir = ["e", at.exp.of(inner, scope), at.source.last(inner)]
        either: Ir = ["?", "is one of a list", [entry], at.source.place(inner)]
        _add(at, name, value, either, scope)
        return
    while inner.type == "call_expression":  # .split(',')
        callee = bare(inner.child_by_field_name("function") or inner)
        if callee.type != "member_expression" or at.source.last(callee) not in _SPLIT:
            return
        inner = _held(at, callee.child_by_field_name("object") or inner)
    name, owner = at.source.last(inner), _owner(at, inner)
    if name in _LISTS and (name not in _COMMON or _MEMBERS.search(owner)):
        _add(at, name, inner, at.exp.of(given[0], scope), scope)


def _add(at: Pass, name: str, claim: Node, value: Ir, scope: Scope) -> None:
    at.facts.claims.append([CLAIMS[name], at.exp.of(claim, scope), value, name])


VISITS = {
    "binary_expression": _compared,
    "switch_statement": _switched,
    "call_expression": _looked_up,
}
