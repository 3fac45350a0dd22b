"""Finds the calls and elements in a file that may be access checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tree_sitter import Node

from clerkstack.app import claims
from clerkstack.app.blocks import Element
from clerkstack.app.clerk import ASKING, COMPONENTS, CREATING
from clerkstack.app.facts_of_files import Ir
from clerkstack.app.kinds import KINDS
from clerkstack.app.syntax import FUNCTIONS, arguments_of, bare, content

if TYPE_CHECKING:
    from clerkstack.app.onepass import Pass
    from clerkstack.app.scopes import Scope

WORDS = (
    rb"\b(?:has|checkAuthorization\w*|protect|Protect|Show|plan|feature|role|permission|when"
    rb"|condition|createElement|cloneElement|jsxs?)\b"
)
_PROPS = frozenset({*KINDS, "when", "condition"})
_RENAMED = re.compile(
    rb"\b(?:has|checkAuthorization\w*)[\"']?\s*:\s*(\w+)"
    rb"|\b(\w+)\s*=\s*[^=;\n]{0,80}\.\s*(?:has|checkAuthorization\w*)\b(?!\s*[?!.(])"
)
_NAMES = frozenset({"identifier", "member_expression"})
_OF_WHAT_ASKS = frozenset({"call", "apply", "bind", "value"})
_CLEARLY = re.compile(
    rb"\b(?:has|checkAuthorization\w*|protect)(?:\s*\.\s*value)?\s*!?\s*(?:\?\.)?\(\s*\{"
    rb"[^{}]{0,200}?\b(?:plan|feature|role|permission)\b"
    rb"|<Protect\s[^<>]{0,400}?\b(?:plan|feature|role|permission)\s*="
    rb"|<Show\s[^<>]{0,400}?\bwhen\s*=\s*\{"
)


def renamed(text: bytes) -> set[str]:
    """Return the other names that a file gives to `has`."""
    return {name.decode() for found in _RENAMED.findall(text) for name in found if name}


def _called(at: Pass, node: Node, scope: Scope) -> None:
    callee = bare(node.child_by_field_name("function") or node)
    given = arguments_of(node)
    for number, each in enumerate(given):
        if each.type in FUNCTIONS:
            at.exp.given_to.setdefault(each.id, (node, number, scope))
    if callee.type == "call_expression":  # has()?.({ plan }) of Solid
        last = at.source.last(callee.child_by_field_name("function"))
    else:
        last = at.source.last(callee)
    may_ask = at.is_first and _may_ask(at, callee, last, given)
    # ['pro', 'team'].some(mayAsk), mayAsk.call(null, 'pro')
    names = [at.source.last(each) for each in given if each.type in _NAMES]
    if last in _OF_WHAT_ASKS:
        names.append(at.source.last(callee.child_by_field_name("object")))
    may_ask = may_ask or (at.is_first and claims.gives(at, callee, given))
    if (may_ask or not at.local.isdisjoint([last, *names])) and at.is_new_check(node):
        items = [at.exp.item(each, scope) for each in given]
        places = [at.source.place(each) for each in given]
        at.facts.calls.append(["c", at.exp.of(callee, scope), items, at.source.place(node), places])


def _may_ask(at: Pass, callee: Node, last: str, given: list[Node]) -> bool:
    asking = ASKING | at.asking
    if last in asking or last == "protect" or last in CREATING:
        return True
    inner = callee.child_by_field_name("object") if last in _OF_WHAT_ASKS else None
    if at.source.last(inner) in asking:
        return True
    for each in map(bare, given):
        if each.type == "object":
            if any(at.source.key(it) in KINDS for it in content(each)):
                return True
        elif at.source.last(each) in asking:
            return each.type in ("identifier", "member_expression")
    return False


def _element(at: Pass, node: Node, scope: Scope) -> None:
    name = node.child_by_field_name("name")
    text = at.source.of(name)
    if name is None or (not text[:1].isupper() and "." not in text):
        return
    attributes = content(node)[1:]
    first, last = text.partition(".")[0], text.rpartition(".")[2]
    asks = _is_clerks(at, first, last) or any(
        _attribute(at, attribute) in _PROPS for attribute in attributes
    )
    asks = asks or any(_stores(at, attribute) for attribute in attributes)
    asks = asks or claims.gives_element(at, first, attributes)
    if not ((at.is_first and asks) or last in at.local) or not at.is_new_check(node):
        return
    entries = [entry for attribute in attributes for entry in _props(at, attribute, scope)]
    _add_element(at, text, scope, at.source.place(name), entries, at.source.place(node))


def _is_clerks(at: Pass, first: str, last: str) -> bool:
    _, there = at.facts.imports.get(first, ["", ""])
    return last in COMPONENTS or there in COMPONENTS


def _add_element(
    at: Pass, name: str, scope: Scope, named: int, entries: list[Ir], place: int
) -> None:
    first, *others = name.split(".")
    component: Ir = ["r", at.exp.reference(first, scope), named]
    for other in others:
        component = ["m", component, ["s", other, named], named]
    at.facts.calls.append(["e", component, [["o", entries, place]], place, [place]])


def _attribute(at: Pass, node: Node) -> str:
    return at.source.of(content(node)[0]) if node.type == "jsx_attribute" else ""


def _stores(at: Pass, attribute: Node) -> bool:
    """`can={has}`, `value={{ can: has }}`."""
    asking = ASKING | at.asking | at.local
    for value in content(attribute)[1:]:
        for inner in content(value) if value.type == "jsx_expression" else ():
            entries = content(inner) if inner.type == "object" else []
            held = [entry.child_by_field_name("value") or entry for entry in entries]
            if any(at.source.last(each) in asking for each in (inner, *held)):
                return True
    return False


def _props(at: Pass, node: Node, scope: Scope) -> Iterator[Ir]:
    """Yield an attribute as an object entry, or a spread."""
    place = at.source.place(node)
    if node.type == "jsx_expression":
        for each in content(node):
            if each.type == "spread_element":
                yield at.exp.item(each, scope)
    elif node.type == "jsx_attribute":
        name, *values = content(node)
        value = values[0] if values else None
        if value is None:
            found: Ir = ["b", True, place]
        elif value.type == "string":
            found = ["s", at.source.of(value)[1:-1], at.source.place(value)]
        elif value.type == "jsx_expression":
            inner = content(value)
            found = at.exp.of(inner[0], scope) if inner else ["z", place]
            if value.has_error and not inner:
                found = ["x", "is not TypeScript", place]
        else:
            found = ["x", "is an element, not a constant", place]
        yield [at.source.of(name), place, found]


def _given_to_element(at: Pass, node: Node, _: Scope) -> None:
    name, *values = content(node)
    for value in values:
        for inner in content(value):
            if inner.type in FUNCTIONS:
                at.exp.props.setdefault(inner.id, at.source.of(name))


def _named(at: Pass, node: Node, _: Scope) -> None:
    """Record a function under the name of its variable, field or property."""
    value, name = node.child_by_field_name("value"), node.child_by_field_name("name")
    is_pattern = name is not None and name.type.endswith("_pattern")
    known = None if is_pattern else at.source.key(node)
    if value is not None and known:
        at.exp.name_function(value, known, node.child_by_field_name("type"))


def _assigned(at: Pass, node: Node, scope: Scope) -> None:
    """`check = auth.has`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type != "identifier":
        return
    if at.source.last(right) in ASKING or claims.is_said(at, right):
        binding = scope.find(at.source.of(left))
        if binding is not None:
            at.exp.assign(binding, right, scope)


def of_block(at: Pass, element: Element) -> bool:
    """Record a template element if it may be a check. Return whether it may."""
    first, last = element.name.partition(".")[0], element.name.rpartition(".")[2]
    asks = _is_clerks(at, first, last) or last in at.local
    if not asks and not any(attribute.name in _PROPS for attribute in element.attributes):
        return False
    entries: list[Ir] = []
    for name, start, end, is_code in element.attributes:
        if not is_code:
            place = at.source.place_at(start - 1)  # the opening quote, as in JSX
            entries.append([name, place, ["s", at.block.text[start:end].decode(), place]])
            continue
        place = at.source.place_at(start)
        node = at.root.named_descendant_for_byte_range(start, end)
        if node is not None and node.type == "expression_statement" and content(node):
            node = content(node)[0]
        value: Ir = [
            "x",
            "is not TypeScript" if start < end else "is a template string with expressions",
            place,
        ]
        if start < end and node is not None and node.type not in ("program", "ERROR"):
            if node.type in FUNCTIONS:
                at.exp.props.setdefault(node.id, name)
            value = at.exp.of(node, at.top)
        entries.append(["...", value, place] if name == "..." else [name, place, value])
    place = at.source.place_at(element.start)
    _add_element(at, element.name, at.top, place, entries, place)
    return True


def clearly_asks(text: bytes, begin: int, end: int) -> Iterator[int]:
    """Yield the offsets of likely checks in text that does not parse."""
    for word in re.compile(rb"\b(?:has|checkAuthorization|protect)|<(?:Protect|Show)").finditer(
        text, begin, end
    ):
        if _CLEARLY.match(text, word.start()):
            yield word.start()


VISITS_FIRST = {
    "variable_declarator": _named,
    **dict.fromkeys(("pair", "public_field_definition"), _named),
    "jsx_attribute": _given_to_element,
    **dict.fromkeys(("assignment_expression", "augmented_assignment_expression"), _assigned),
}
VISITS = {
    "call_expression": _called,
    **dict.fromkeys(("jsx_opening_element", "jsx_self_closing_element"), _element),
}
