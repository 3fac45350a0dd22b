"""Which constants of a file its code changes later, by their name or by an alias."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from tree_sitter import Node

from clerkstack.app.aliases import Aliases, Parts, method_of
from clerkstack.app.scopes import Part, Scope, Scopes, Variable
from clerkstack.app.syntax import bare, content, part, text_of

# Methods that change the list they are called on, and functions that change their first argument.
_CHANGING = frozenset(
    {"push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill", "copyWithin"}
)
_CHANGING_FIRST = frozenset(
    {
        "Object.assign",
        "Object.defineProperty",
        "Object.defineProperties",
        "Reflect.set",
        "Reflect.deleteProperty",
    }
)
# Text without which a file changes no value: `x.y =`, `x[y] +=`, `x.y++`, a call of one of these.
CHANGING = re.compile(
    rb"(\.\s*\w+|\]|!|\))\s*([-+*/%&|^?]{0,3}|<<|>>>?)=(?![=>])|\+\+|--|\bdelete\b"
    rb"|\b(Object\s*\.\s*(assign|define\w+)|Reflect)\b"
    rb"|\.\s*(push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin)\b"
)
# Deeper than any declaration; it ends the search where a variable is a part of itself.
_DEEPEST = 30


class Changes:
    """What the code of a file changes.

    `names` are those of the file (declared in it or imported) whose value is changed, with the
    first place where it is.
    """

    def __init__(self, root: Node) -> None:
        self._root = root

    @cached_property
    def _scopes(self) -> Scopes:
        return Scopes(self._root)

    @cached_property
    def _variables(self) -> dict[Variable, Node]:
        """Where each variable is changed. It is only looked for where somebody asks."""
        if not CHANGING.search(self._root.text or b""):
            return {}
        aliases = Aliases(self._scopes)
        found: dict[Variable, Node] = {}
        for node, scope in self._scopes.nodes:
            for each in _origins(_changed(node, scope, aliases)):
                found.setdefault(each.variable, node)
        return found

    @property
    def names(self) -> dict[str, Node]:
        """See the class."""
        return {each.name: at for each, at in self._variables.items() if each.top}

    def local(self, name: str, at: Node) -> Variable | None:
        """The variable inside a function or block that a name means at a place, if it is one."""
        variable = self._scopes.inside(at).find(name)
        return None if variable.top else variable

    def of(self, variable: Variable) -> Node | None:
        """Where a variable's value is changed, if it is."""
        return self._variables.get(variable)


def _changed(node: Node, scope: Scope, aliases: Aliases) -> Parts:
    """What a statement or call changes."""
    kind = node.type
    if kind in ("assignment_expression", "augmented_assignment_expression"):
        return _written(part(node, "left"), scope, aliases)
    if kind == "update_expression" or (
        kind == "unary_expression" and text_of(part(node, "operator")) == "delete"
    ):
        return _written(part(node, "argument"), scope, aliases)
    if kind != "call_expression":
        return set()
    called = bare(part(node, "function"))
    arguments = content(node.child_by_field_name("arguments"))
    if text_of(called) in _CHANGING_FIRST:
        return aliases.parts(arguments[0], scope) if arguments else set()
    if method_of(node) in _CHANGING:
        return aliases.parts(part(called, "object"), scope)
    return set()


def _written(target: Node, scope: Scope, aliases: Aliases) -> Parts:
    target = bare(target)
    if target.type in ("member_expression", "subscript_expression"):
        return aliases.parts(part(target, "object"), scope)
    # Another value for the name itself leaves what it was a part of as it is.
    return set()


def _origins(parts: Parts) -> Iterator[Part]:
    """All that is changed with these: what they are parts of, and so on."""
    seen: Parts = set()
    pending = list(parts)
    while pending:
        each = pending.pop()
        if each.fresh or each.depth > _DEEPEST or each in seen:
            continue
        seen.add(each)
        yield each
        ways = (source.along(*each.path) for source in each.variable.sources)
        pending += [way for way in ways if way is not None]
