"""Where a file compares what a session claims, or what `auth()` gives of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tree_sitter import Node

from clerkstack.app.facts_of_files import Ir
from clerkstack.app.syntax import bare, content

if TYPE_CHECKING:
    from clerkstack.app.onepass import Pass
    from clerkstack.app.scopes import Binding, Scope

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
_EQUAL = frozenset({"===", "!==", "==", "!="})
_NAMED = frozenset({"identifier", "member_expression"})
# What looks for a text in a list or a text, for a key, and at a part of a text.
_LOOKING = frozenset({"includes", "startsWith", "indexOf", "has", "get"})
_OF_KEYS = frozenset({"hasOwnProperty", "hasOwn"})
_PARTLY = frozenset({"includes", "startsWith", "endsWith", "indexOf", "match", "search"})
_MATCHING = frozenset({"match", "search", "matchAll"})
_TEXTS = frozenset({"pla", "fea", "orgRole", "org_role"})
# What gives a list of the same, or each of a list to its function.
_SAME = frozenset({"split", "map", "trim", "filter", "slice", "toLowerCase", "concat"})
_VISITING = frozenset({"some", "every", "find", "findIndex", "filter", "map", "forEach"})
_WHOLE = re.compile(r"\^(\((?:\?:)?)?([\w:|-]+)(?(1)\))\$")
_WRITING = frozenset(
    {"assignment_expression", "augmented_assignment_expression", "update_expression"}
)
_MOST_STEPS = 12
_CLAIM = re.compile(rb"\b(?:pla|fea|org_?[rR]ole|org_?[pP]ermissions|rol|permissions)\b")
# What a claim is called besides: `const plan = claims.pla`, `for (const it of orgPermissions)`,
# `{ orgRole: mine }`, `orgPermissions.some((it) => …)`.
_CALLED_BEFORE = re.compile(rb"\b(\w+)\s*(?:=(?!=)|\bof\b)[^=;{}]*\Z")
_CALLED_AFTER = re.compile(
    rb"[\"']?\s*:\s*(\w+)|[^;\n=]{0,80}?\(\s*(?:async\s*)?\(?\s*(\w+)[^=()]*\)?\s*=>"
)
_NEAR, _ROUNDS = 200, 3

Claim = tuple[str, Node, "Scope"]


def renamed(at: Pass) -> set[str]:
    """What a file calls claims besides."""
    found: set[bytes] = set()
    text, words = at.source.text, _CLAIM
    for _ in range(_ROUNDS):
        more: set[bytes] = set()
        for number, each in enumerate(words.finditer(text)):
            if number % 64 == 0:
                at.go_on()
            before = _CALLED_BEFORE.search(text[max(0, each.start() - _NEAR) : each.start()])
            after = _CALLED_AFTER.match(text[each.end() : each.end() + _NEAR])
            more |= {name for way in (before, after) if way for name in way.groups() if name}
        more -= found
        if not more:
            break
        found |= more
        words = re.compile(rb"\b(?:" + rb"|".join(map(re.escape, sorted(more))) + rb")\b")
    return {name.decode(errors="ignore") for name in found}


def _origin(at: Pass, node: Node | None, scope: Scope) -> Claim | None:
    """The claim that an expression is made of: its name, and the expression that names it."""
    for _ in range(_MOST_STEPS):
        if node is None:
            return None
        node = bare(node)
        inner: Node | None = None
        if node.type in _NAMED or _is_key(node):
            name, held = at.source.last(node), node.child_by_field_name("object")
            if name in CLAIMS and (name not in _COMMON or _MEMBERS.search(_owner(at, node))):
                return name, node, scope
            if _is_key(node) and at.source.last(node) not in CLAIMS:
                return None
            if held is not None:
                inner = held if name == "value" and bare(held).type in _NAMED else None  # of Vue
            else:
                binding = scope.find(name)
                keys = [step.key for step in binding.steps if step.key] if binding else []
                if keys and keys[-1] in {*CLAIMS} - _COMMON:
                    return keys[-1], node, scope
                inner = None if binding is None or keys else _base(at, binding)
                scope = scope if binding is None else binding.scope
        elif node.type == "call_expression":
            callee = bare(node.child_by_field_name("function") or node)
            if not content(node.child_by_field_name("arguments")) and callee.type in _NAMED:
                inner = callee  # orgRole() of Solid
            if callee.type == "member_expression" and at.source.last(callee) in _SAME:
                inner = callee.child_by_field_name("object")
        elif node.type == "new_expression":
            inner = next(iter(content(node.child_by_field_name("arguments"))), None)
        elif node.type == "binary_expression" and at.source.operator(node) in ("??", "||"):
            inner = node.child_by_field_name("left")
        node = inner
    return None


def _is_key(node: Node) -> bool:
    """`sessionClaims['pla']`."""
    index = node.child_by_field_name("index")
    return index is not None and index.type == "string"


def _base(at: Pass, binding: Binding) -> Node | None:
    """What a constant, an entry in a loop or the parameter of `some` and the like is made of."""
    if binding.kind in ("const", "each"):
        return binding.base
    if binding.kind == "param" and binding.base is not None and not binding.index:
        call, number, _ = at.exp.given_to.get(binding.base.id, (None, 0, None))
        callee = None if call is None else call.child_by_field_name("function")
        if callee is not None and not number and at.source.last(callee) in _VISITING:
            return callee.child_by_field_name("object")
    return None


def _owner(at: Pass, claim: Node) -> str:
    held = claim.child_by_field_name("object")
    if held is not None and at.source.last(held) == "value":
        held = bare(held).child_by_field_name("object")
    return "" if held is None else at.source.last(held)


def _compared(at: Pass, node: Node, scope: Scope) -> None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = at.source.operator(node)
    if operator in _EQUAL:
        _claim(at, left, right, scope)
        _claim(at, right, left, scope)
    elif operator == "in" and right is not None:
        _add_keys(at, _origin(at, left, scope), right, scope)


def _switched(at: Pass, node: Node, scope: Scope) -> None:
    for case in content(node.child_by_field_name("body")):
        subject, value = node.child_by_field_name("value"), case.child_by_field_name("value")
        _claim(at, subject, value, scope)


def _indexed(at: Pass, node: Node, scope: Scope) -> None:
    """`LIMITS[sessionClaims.pla]`: the keys of the table are compared."""
    table, above = node.child_by_field_name("object"), node.parent
    is_written = (
        above is not None and above.type in _WRITING and above.child_by_field_name("right") != node
    )
    if table is not None and not is_written:
        _add_keys(at, _origin(at, node.child_by_field_name("index"), scope), table, scope)


def _claim(at: Pass, claim: Node | None, value: Node | None, scope: Scope) -> None:
    if claim is None or value is None:
        return
    text = at.source.of(bare(value))
    if text in ("null", "undefined"):
        return
    found = _origin(at, claim, scope)
    claim = bare(claim)
    is_role = bare(value).type == "string" and text[1:].startswith("org:")
    if found is None and is_role and claim.type in _NAMED:
        # What it is made of says so.
        name = at.source.last(claim)
        if claim.type == "identifier" or (name in CLAIMS and "etadata" not in _owner(at, claim)):
            found = (name if name in CLAIMS else "role", claim, scope)
    _add(at, found, at.exp.of(value, scope))


def _looked_up(at: Pass, node: Node, scope: Scope) -> None:
    """`sessionClaims.fea.includes('o:x')`, `['org:a', 'org:b'].includes(orgRole)`."""
    callee = bare(node.child_by_field_name("function") or node)
    given = content(node.child_by_field_name("arguments"))
    held, method = callee.child_by_field_name("object"), at.source.last(callee)
    if not given or held is None:
        return
    held = bare(held)
    if method == "test" and held.type == "regex":
        _matched(at, _origin(at, given[0], scope), held)
    elif method in _OF_KEYS and at.source.of(held) == "Object" and len(given) > 1:
        _add_keys(at, _origin(at, given[1], scope), given[0], scope)
    elif method in _OF_KEYS:
        _add_keys(at, _origin(at, given[0], scope), held, scope)
    elif method in _LOOKING | _PARTLY:
        claim, sought = _origin(at, held, scope), _origin(at, given[0], scope)
        if claim is not None:
            _sought(at, claim, held, method, given[0], scope)
        elif held.type == "array" and method in _LOOKING:
            for each in content(held) if bare(given[0]).type in _NAMED else ():
                _claim(at, given[0], each, scope)
        elif sought is not None and method in _LOOKING:
            _add_entries(at, sought, at.exp.of(held, scope), held)


def _sought(at: Pass, claim: Claim, held: Node, method: str, value: Node, scope: Scope) -> None:
    """What is looked for in a claim."""
    name, is_text = claim[0], held.type in _NAMED
    if is_text and name in _TEXTS and method in _PARTLY:
        if method == "startsWith" and at.source.of(value)[-2:-1] == ":":
            return  # whose plan, or that there is one
        if value.type == "regex" and method in _MATCHING:
            _matched(at, claim, value)
            return
        if name not in _LISTS or method not in _LOOKING:
            _add(at, claim, _part(at, value))
            return
    if method in _LOOKING and name in _LISTS:
        _add(at, claim, at.exp.of(value, scope))


def _matched(at: Pass, claim: Claim | None, regex: Node) -> None:
    """`/^org:admin$/.test(orgRole)`."""
    written = at.source.of(next(iter(content(regex)), None))
    whole = _WHOLE.fullmatch(written)
    place = at.source.place(regex)
    for each in [] if whole is None else whole.group(2).split("|"):
        _add(at, claim, ["s", each, place])
    if whole is None:
        _add(at, claim, _part(at, regex))


def _part(at: Pass, node: Node) -> Ir:
    return ["x", "is part of a string, not a constant", at.source.place(node)]


def _add_keys(at: Pass, claim: Claim | None, table: Node, scope: Scope) -> None:
    if claim is not None:
        keys: Ir = ["m", ["r", "Object", 0], ["s", "keys", 0], 0]
        place = at.source.place(table)
        _add_entries(at, claim, ["c", keys, [at.exp.of(table, scope)], place, "Object.keys"], table)


def _add_entries(at: Pass, claim: Claim, entries: Ir, table: Node) -> None:
    name = at.source.last(table) or "what it is looked up in"
    entry: Ir = ["e", entries, name]
    _add(at, claim, ["?", "is one of several values", [entry], at.source.place(table)])


def _add(at: Pass, claim: Claim | None, value: Ir) -> None:
    if claim is not None:
        name, node, scope = claim
        at.facts.claims.append([CLAIMS[name], at.exp.of(node, scope), value, name])


VISITS = {
    "binary_expression": _compared,
    "switch_statement": _switched,
    "subscript_expression": _indexed,
    "call_expression": _looked_up,
}
