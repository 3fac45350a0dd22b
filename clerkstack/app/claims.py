"""Finds comparisons and look-ups in a file that may involve a session claim.

`evaluate` decides whether it is a claim, by following the value through all files.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from tree_sitter import Node

from clerkstack.app.clerk import CLAIMS
from clerkstack.app.facts_of_files import Ir
from clerkstack.app.syntax import arguments_of, bare, content
from clerkstack.app.words import CLAIMED, GIVEN

if TYPE_CHECKING:
    from clerkstack.app.onepass import Pass
    from clerkstack.app.scopes import Scope

WORDS = (
    rb"[=!]==?|\bswitch\b|\[|\b(?:in|includes|indexOf|has|get|startsWith|endsWith|match|search"
    rb"|test|hasOwn\w*|with)\b"
)
# A file without these words compares no claim, unless one of its functions receives one.
_CLAIMS = re.compile(rb"\b(?:" + CLAIMED + rb")\b|[\"'`]org:\w")
_EQUAL = frozenset({"===", "!==", "==", "!="})
_LOOKING = frozenset({"includes", "startsWith", "indexOf", "has", "get"})
_PARTLY = frozenset({"endsWith", "match", "search", "matchAll"})
_OF_KEYS = frozenset({"hasOwnProperty", "hasOwn"})
_WHOLE = re.compile(r"\^(\((?:\?:)?)?([\w:|-]+)(?(1)\))\$")
_WRITING = frozenset(
    {"assignment_expression", "augmented_assignment_expression", "update_expression"}
)
_NAMED = frozenset({"identifier", "member_expression", "subscript_expression"})
_SUBJECTS = _NAMED | {
    *("call_expression", "await_expression", "binary_expression", "ternary_expression"),
    *("template_string", "new_expression"),
}
_NO_SLUGS = frozenset({"null", "undefined", "number", "true", "false", "object", "array"})
_AS_IT_IS = frozenset(
    {"parenthesized_expression", "non_null_expression", "as_expression", "member_expression"}
)
_SHOWING = frozenset({"jsx_expression", "template_substitution"})


def may_compare(text: bytes, wanted: Collection[str]) -> bool:
    """Return whether a file may compare a claim."""
    return _CLAIMS.search(text) is not None or any(name.startswith(GIVEN) for name in wanted)


def gives(at: Pass, callee: Node, given: list[Node]) -> bool:
    """Return whether a call may pass a claim to a function of another file."""
    if not at.compares or callee.type not in _NAMED:
        return False
    name = at.source.of(callee).partition(".")[0]
    return name in at.facts.imports and any(bare(each).type in _SUBJECTS for each in given)


def gives_element(at: Pass, name: str, attributes: list[Node]) -> bool:
    """Return whether an element may pass a claim to a component of another file."""
    return name in at.facts.imports and any(
        is_said(at, inner)
        for attribute in attributes
        for value in content(attribute)[1:]
        for inner in content(value)
        if inner.type in _SUBJECTS
    )


def is_said(at: Pass, value: Node) -> bool:
    """Return whether an expression may be a claim, judged by its names."""
    names = at.source.short(value).encode()
    return at.compares and (at.source.last(value) in CLAIMS or bool(_CLAIMS.search(names)))


def _compared(at: Pass, node: Node, scope: Scope) -> None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = at.source.operator(node)
    if left is None or right is None:
        return
    if operator in _EQUAL:
        _equal(at, left, right, scope)
        _equal(at, right, left, scope)
    elif operator == "in":
        _add(at, "key", left, at.exp.of(right, scope), right, scope)


def _switched(at: Pass, node: Node, scope: Scope) -> None:
    subject = node.child_by_field_name("value")
    for case in content(node.child_by_field_name("body")):
        value = case.child_by_field_name("value")
        if subject is not None and value is not None:
            _equal(at, subject, value, scope)


def _indexed(at: Pass, node: Node, scope: Scope) -> None:
    """`LIMITS[sessionClaims.pla]` compares the claim with the keys of the table."""
    table, index = node.child_by_field_name("object"), node.child_by_field_name("index")
    above = node.parent
    is_written = (
        above is not None and above.type in _WRITING and above.child_by_field_name("right") != node
    )
    if table is not None and index is not None and not is_written:
        form = "shown" if _is_shown(at, node) else "entry"
        _add(at, form, index, at.exp.of(table, scope), table, scope)


def _is_shown(at: Pass, node: Node) -> bool:
    """Whether an expression goes unchanged into an element or a text."""
    above = node.parent
    while above is not None and (
        above.type in _AS_IT_IS
        or (above.type == "binary_expression" and at.source.operator(above) in ("??", "||"))
    ):
        above = above.parent
    return above is not None and above.type in _SHOWING


def _looked_up(at: Pass, node: Node, scope: Scope) -> None:
    """`sessionClaims.fea.includes('o:x')`, `['org:a', 'org:b'].includes(orgRole)`."""
    callee = bare(node.child_by_field_name("function") or node)
    given = arguments_of(node)
    held, method = callee.child_by_field_name("object"), at.source.last(callee)
    if not given or held is None:
        return
    held = bare(held)
    if method == "test" and held.type == "regex":
        _matched(at, given[0], held, scope)
    elif method in _OF_KEYS:
        table = given[0] if at.source.of(held) == "Object" and len(given) > 1 else held
        _add(at, "key", given[len(given) > 1], at.exp.of(table, scope), table, scope)
    elif method == "with":
        _chosen(at, held, given, scope)
    elif method in _LOOKING | _PARTLY:
        _looked_for(at, method, held, bare(given[0]), scope)


def _looked_for(at: Pass, method: str, held: Node, sought: Node, scope: Scope) -> None:
    # `startsWith('org:')` checks only the payer, or that there is a plan.
    is_payer = method == "startsWith" and at.source.of(sought)[-2:-1] == ":"
    if sought.type == "regex":
        _matched(at, held, sought, scope)
    elif not is_payer:
        form = "has" if method in _LOOKING else "part"
        _add(at, form, held, at.exp.of(sought, scope), sought, scope)
    if held.type == "array" and method in _LOOKING:
        for each in content(held):
            _equal(at, sought, each, scope)
    elif method in _LOOKING and sought.type in _SUBJECTS:
        _add(at, "in", sought, at.exp.of(held, scope), held, scope)


def _chosen(at: Pass, chain: Node, given: list[Node], scope: Scope) -> None:
    """`match(orgRole).with('org:a', …).with(P.union('org:b', 'org:c'), …)` of ts-pattern."""
    callee = chain.child_by_field_name("function")
    while callee is not None and callee.type == "member_expression":
        chain = bare(callee.child_by_field_name("object") or chain)
        callee = chain.child_by_field_name("function")
    subject = arguments_of(chain)
    if not subject or at.source.of(callee) != "match":
        return
    for pattern in given[:-1]:
        is_one = at.source.last(pattern.child_by_field_name("function")) == "union"
        for value in arguments_of(pattern) if is_one else [pattern]:
            _equal(at, subject[0], value, scope)


def _matched(at: Pass, claim: Node, regex: Node, scope: Scope) -> None:
    """`/^org:admin$/.test(orgRole)`."""
    whole = _WHOLE.fullmatch(at.source.of(next(iter(content(regex)), None)))
    place = at.source.place(regex)
    for slug in [] if whole is None else whole.group(2).split("|"):
        _add(at, "=", claim, ["s", slug, place], regex, scope)
    if whole is None:
        _add(at, "part", claim, ["z", place], regex, scope)


def _equal(at: Pass, claim: Node, value: Node, scope: Scope) -> None:
    if bare(value).type not in _NO_SLUGS:
        _add(at, "=", claim, at.exp.of(value, scope), value, scope)


def _add(at: Pass, form: str, claim: Node, value: Ir, where: Node, scope: Scope) -> None:
    if bare(claim).type in _SUBJECTS:
        of_claim = at.exp.of(claim, scope)
        at.facts.claims.append([form, of_claim, value, at.source.place(where)])


VISITS = {
    "binary_expression": _compared,
    "switch_statement": _switched,
    "subscript_expression": _indexed,
    "call_expression": _looked_up,
}
