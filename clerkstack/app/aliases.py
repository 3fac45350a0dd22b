"""What is a part of what: after `const p = PLANS.basic`, who changes `p` changes PLANS."""

from __future__ import annotations

from collections.abc import Iterable

from tree_sitter import Node

from clerkstack.app.scopes import Part, Scope, Scopes, parameters, targets
from clerkstack.app.syntax import FUNCTIONS, bare, content, part, text_of

# Methods that give one of the entries, or what they were called on; all others are taken to give
# something new with the same content.
_ENTRY = frozenset({"find", "findLast", "at", "get", "pop", "shift"})
_SAME = frozenset({"sort", "reverse", "fill", "copyWithin"})
_STORING = frozenset({"push", "unshift", "splice", "fill", "set", "add"})
_REDUCING = ("reduce", "reduceRight")
_SAME_AS_GIVEN = ("Object.freeze", "Object.seal", "Object.preventExtensions")
_COPYING = ("Object.values", "Array.from")

Parts = set[Part]


class Aliases:
    """The variables of a file with what each is a part of."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        for node, scope in self.scopes.nodes:
            self._flow(node, scope)

    def parts(self, node: Node | None, scope: Scope) -> Parts:
        """What an expression has of which variables."""
        if node is None:
            return set()
        node = bare(node)
        kind = node.type
        if kind in ("identifier", "shorthand_property_identifier"):
            return {Part(scope.find(text_of(node)))}
        if kind in ("member_expression", "subscript_expression"):
            holder, name = self.parts(part(node, "object"), scope), _step(node)
            return {each for it in holder if (each := it.along(name)) is not None}
        if kind in ("array", "object"):
            return self._listed(content(node), scope)
        if kind == "ternary_expression":
            return self._any(node, ("consequence", "alternative"), scope)
        if kind == "binary_expression" and text_of(part(node, "operator")) in ("||", "??", "&&"):
            return self._any(node, ("left", "right"), scope)
        if kind == "assignment_expression":
            return self.parts(part(node, "right"), scope)
        if kind in ("await_expression", "sequence_expression"):
            return self.parts(content(node)[-1], scope)
        if kind == "new_expression":
            given = self._given(node, scope)
            made = text_of(part(node, "constructor"))
            return _of_entries(given) if made == "Map" else _copies(given)
        return self._result(node, scope) if kind == "call_expression" else set()

    def _any(self, node: Node, names: Iterable[str], scope: Scope) -> Parts:
        return {each for name in names for each in self.parts(part(node, name), scope)}

    def _listed(self, entries: Iterable[Node], scope: Scope) -> Parts:
        """Of a list or object, or of arguments as a list."""
        found: Parts = set()
        entries = list(entries)
        for number, entry in enumerate(entries):
            if entry.type == "spread_element":
                # What is written behind it replaces what it brings.
                others = frozenset(filter(None, map(_field, entries[number + 1 :])))
                spread = self.parts(content(entry)[0], scope)
                found |= {each.copied(others) for each in spread}
            else:
                value = entry.child_by_field_name("value") if entry.type == "pair" else entry
                found |= {each.within() for each in self.parts(value, scope)}
        return found

    def _given(self, call: Node, scope: Scope) -> Parts:
        """Of all arguments."""
        return _members(self._listed(content(call.child_by_field_name("arguments")), scope))

    def _result(self, call: Node, scope: Scope) -> Parts:
        given = self._given(call, scope)
        arguments = content(call.child_by_field_name("arguments"))
        callee = bare(part(call, "function"))
        called = text_of(callee)
        own = self.scopes.functions(callee, scope)
        if own:
            return self._returned(own)
        if called in _SAME_AS_GIVEN:
            return given
        if called in _COPYING:
            return _copies(given) | {each.within() for each in self._by_callbacks(call, scope)}
        if called == "Object.entries":
            return {each.member().within(2) for each in given}
        if called == "Object.fromEntries":
            return _of_entries(given)
        if called == "Object.assign" and arguments:
            return self.parts(arguments[0], scope) | _copies(given)
        if callee.type != "member_expression":
            return set()
        return self._of_method(call, self.parts(part(callee, "object"), scope), given, scope)

    def _of_method(self, call: Node, holder: Parts, given: Parts, scope: Scope) -> Parts:
        method = method_of(call)
        if method in _ENTRY:
            return _members(holder)
        if method in _SAME:
            return holder
        if method == "entries":
            return {each.member().within(2) for each in holder}
        if method == "map":
            return {each.within() for each in self._by_callbacks(call, scope)}
        if method == "flatMap":
            return _copies(self._by_callbacks(call, scope))
        if method in _REDUCING:
            start = content(call.child_by_field_name("arguments"))[1:]
            return self._by_callbacks(call, scope) | _members(self._listed(start, scope))
        return _copies(holder | given) if method == "concat" else _copies(holder)

    def _callbacks(self, call: Node, scope: Scope) -> list[Node]:
        arguments = content(call.child_by_field_name("arguments"))
        return [each for given in arguments for each in self.scopes.functions(given, scope)]

    def _by_callbacks(self, call: Node, scope: Scope) -> Parts:
        return self._returned(self._callbacks(call, scope))

    def _returned(self, functions: Iterable[Node]) -> Parts:
        return {Part(self.scopes.returned(each)) for each in functions}

    def _flow(self, node: Node, scope: Scope) -> None:
        """Notes what the variables get by a statement or a call."""
        kind = node.type
        if kind == "variable_declarator":
            value = self.parts(node.child_by_field_name("value"), scope)
            self._bind(part(node, "name"), value, scope)
        elif kind == "for_in_statement":
            of = text_of(node.child_by_field_name("operator")) == "of"
            entries = _members(self.parts(part(node, "right"), scope)) if of else set()
            self._bind(part(node, "left"), entries, self.scopes.inside(node))
        elif kind == "assignment_expression":
            self._assign(part(node, "left"), self.parts(part(node, "right"), scope), scope)
        elif kind == "return_statement" and scope.returned is not None:
            for child in content(node):
                scope.returned.sources |= self.parts(child, scope)
        elif kind in FUNCTIONS:
            self._function(node)
        elif kind == "call_expression":
            self._call(node, scope)

    def _function(self, node: Node) -> None:
        scope = self.scopes.inside(node)
        for parameter in parameters(node):
            self._bind(parameter, set(), scope)
        body = node.child_by_field_name("body")
        if body is not None and body.type != "statement_block":
            self.scopes.returned(node).sources |= self.parts(body, scope)

    def _assign(self, left: Node, value: Parts, scope: Scope) -> None:
        left = bare(left)
        if left.type in ("member_expression", "subscript_expression"):
            _store(self.parts(part(left, "object"), scope), value)
        else:
            self._bind(left, value, scope)

    def _bind(self, pattern: Node, value: Parts, scope: Scope) -> None:
        for target in targets(pattern):
            given = value if target.default is None else self.parts(target.default, scope)
            scope.find(text_of(target.node)).sources |= {target.taken(each) for each in given}

    def _call(self, call: Node, scope: Scope) -> None:
        callee = bare(part(call, "function"))
        arguments = content(call.child_by_field_name("arguments"))
        for function in self.scopes.functions(callee, scope):
            inner = self.scopes.inside(function)
            for at, parameter in enumerate(parameters(function)):
                rest = any(child.type == "rest_pattern" for child in content(parameter))
                given = self._listed(arguments[at:] if rest else arguments[at : at + 1], scope)
                self._bind(parameter, given if rest else _members(given), inner)
        holder: Parts = set()
        if callee.type == "member_expression":
            holder = self.parts(part(callee, "object"), scope)
            if method_of(call) in _STORING:
                _store(holder, self._given(call, scope))
        for function in self._callbacks(call, scope):
            self._call_back(call, function, holder, scope)

    def _call_back(self, call: Node, function: Node, holder: Parts, scope: Scope) -> None:
        """A function given to a call gets entries of what the call has; `reduce` has its own."""
        entries, start = _members(holder | self._given(call, scope)), None
        if method_of(call) in _REDUCING:
            entries = _members(holder)
            start = self._result(call, scope)
            if len(content(part(call, "arguments"))) == 1:
                start |= entries
        for at, parameter in enumerate(parameters(function)):
            given = entries if at or start is None else start
            self._bind(parameter, given, self.scopes.inside(function))


def method_of(call: Node) -> str:
    """The name of the method that a call calls, or nothing."""
    callee = bare(part(call, "function"))
    return text_of(callee.child_by_field_name("property"))


def _store(holder: Parts, value: Parts) -> None:
    """Notes that the value is now inside what the holder is a part of."""
    for each in holder:
        if not each.fresh:
            each.variable.sources |= {it.within(each.depth + 1) for it in value}


def _members(parts: Parts) -> Parts:
    return {each.member() for each in parts}


def _copies(parts: Parts) -> Parts:
    return {each.copied() for each in parts}


def _of_entries(parts: Parts) -> Parts:
    """Of a container made from pairs of key and value."""
    return {each.member(2).within() for each in parts}


def _step(node: Node) -> str | None:
    """The name of a member, None where it is not known."""
    name = node.child_by_field_name("property") or node.child_by_field_name("index")
    if name is None or name.type not in ("property_identifier", "string"):
        return None
    return text_of(name).strip("'\"")


def _field(entry: Node) -> str | None:
    """The name of a field of an object, None where it is not known."""
    if entry.type == "shorthand_property_identifier":
        return text_of(entry)
    key = entry.child_by_field_name("key") if entry.type == "pair" else None
    if key is None or key.type == "computed_property_name":
        return None
    return text_of(key).strip("'\"")
