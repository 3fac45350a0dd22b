"""Which calls of a module are Clerk's, whatever they are called there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from tree_sitter import Node

from clerkstack.app.modules import Modules
from clerkstack.app.scopes import parameters
from clerkstack.app.source import Module, Unresolved
from clerkstack.app.syntax import FUNCTIONS, bare, content, every, part, text_of

CLERK = "@clerk/"
_ASKING = frozenset({"has", "checkAuthorization", "checkAuthorizationWithCustomPermissions"})
# What gives an object with `has`: auth(), useAuth(), getAuth(request), requestState.toAuth(), …
_GIVING = frozenset({"auth", "useAuth", "getAuth", "toAuth", "useSession", "currentSession"})
# What is Clerk's wherever it has one of these names.
_HOLDERS = frozenset({"auth", "session"})
# Where a function is given to Clerk, which calls it with `has`.
_CONDITIONS = frozenset({"condition", "when"})
_SELF = frozenset({"call", "apply", "bind"})
# Text without which nothing is another name of `has`: `{ has: can }`, `= session.has`,
# `protect((can) => …)`.
_RENAMING = re.compile(
    rb"\b(has|checkAuthorization\w*)[\"']?\s*:|\.\s*(has|checkAuthorization\w*)\b(?!\s*[?!.]*\s*\()"
    rb"|\bprotect\b|\b(condition|when)\s*=|[(,]\s*(\w+\.)?(has|checkAuthorization\w*)\s*[,)]"
)
# As far as a value is followed from name to name.
_DEEPEST = 20
# Beginnings of imports that a bundler may lead to the app's own files.
_OWN = (".", "@/", "~", "#", "/")


class Called(NamedTuple):
    """A call that may be Clerk's.

    Attributes:
        certain: it is, whatever it is given.
        at: which argument says what is asked for; None where that is not among them.
    """

    certain: bool
    at: int | None = 0


class ClerkNames:
    """The names of one module."""

    def __init__(self, module: Module, modules: Modules) -> None:
        self._module = module
        self._modules = modules

    @cached_property
    def _renamed(self) -> frozenset[tuple[str, int | None]]:
        """The variables that are another name of `has`, each as (name, id of the local one)."""
        return frozenset(self._renamings() if _RENAMING.search(self._module.text) else ())

    @cached_property
    def _functions(self) -> dict[str, Node]:
        """The functions that the file declares at its top, exported or not."""
        found = every(self._module.root, "function_declaration")
        tops = ("program", "export_statement")
        return {
            text_of(each.child_by_field_name("name")): each
            for each in found
            if each.parent is not None and each.parent.type in tops
        }

    def called(self, call: Node) -> Called | None:
        """What a call is of Clerk's, None where it is something else."""
        callee = bare(part(call, "function"))
        if callee.type == "identifier":
            found = self._by_name(callee)
        elif callee.type in ("member_expression", "subscript_expression"):
            found = self._of_member(callee)
        else:
            return None
        if found is None or found.certain or _last(callee) == "protect":
            return found
        # `has(object, path)` of another library: Clerk's takes one.
        given = content(call.child_by_field_name("arguments"))
        return found if len(given) == 1 + (found.at or 0) else None

    def is_has(self, node: Node) -> bool:
        """Whether an expression is Clerk's `has` itself, given on and not called."""
        node = bare(node)
        if node.type == "identifier":
            found = self._by_name(node)
            return found is not None and found.certain
        if node.type not in ("member_expression", "subscript_expression"):
            return False
        return _last(node) in _ASKING and self._is_holder(part(node, "object"))

    def _of_member(self, callee: Node) -> Called | None:
        name, holder = _last(callee), bare(part(callee, "object"))
        if name in _SELF and _last(holder) in _ASKING:  # has.call(auth, { … })
            certain = self.is_has(holder)
            if name == "call":
                return Called(certain, at=1)
            return Called(certain, at=None) if certain else None
        if name == "value" and _last(holder) in _ASKING:  # a ref of Vue
            return Called(certain=False)
        if name == "protect":
            if not self._gives(holder) and "auth" not in _last(holder).lower():
                return None
            return Called(certain=self._gives(holder) or _last(holder) == "auth")
        return Called(certain=self._is_holder(holder)) if name in _ASKING else None

    def _is_holder(self, node: Node) -> bool:
        return _last(node) in _HOLDERS or self._gives(node)

    def _by_name(self, callee: Node) -> Called | None:
        name = text_of(callee)
        if name not in _ASKING and not any(name == each for each, _ in self._renamed):
            return None
        local = self._module.changes.local(name, callee)
        renamed = (name, None if local is None else id(local)) in self._renamed
        if not renamed and (name not in _ASKING or (local is None and self._is_foreign(name))):
            return None
        own = local is not None and not local.functions and (not local.value or bool(local.key))
        return Called(certain=renamed or own)

    def _is_foreign(self, name: str) -> bool:
        """Whether a name is imported from a package that is neither Clerk's nor the app's."""
        source, _ = self._module.imports.get(name, ("", ""))
        if not source or source.startswith((CLERK, *_OWN)):
            return False
        try:
            self._modules.from_statement(self._module, source)
        except Unresolved:
            return True
        return False

    def _renamings(self) -> list[tuple[str, int | None]]:
        """`const { has: can } = …`, `const can = session.has`, `protect((can) => …)`."""
        found = [self._variable(each) for each in self._given_to_conditions()]
        for node in every(self._module.root, "pair_pattern", "variable_declarator"):
            if node.type == "pair_pattern":
                given, name = node.child_by_field_name("key"), node.child_by_field_name("value")
            else:
                given, name = node.child_by_field_name("value"), node.child_by_field_name("name")
                given = None if given is None else bare(given)
                if given is not None and given.type != "member_expression":
                    given = None
            if name is not None and name.type == "assignment_pattern":  # { has: can = … }
                name = name.child_by_field_name("left")
            if given is None or name is None or name.type != "identifier":
                continue
            if _last(given) in _ASKING:
                found.append(self._variable(name))
        return found

    def _variable(self, name: Node) -> tuple[str, int | None]:
        local = self._module.changes.local(text_of(name), name)
        return text_of(name), None if local is None else id(local)

    def _given_to_conditions(self) -> Iterator[Node]:
        """What the functions call `has` that are given to Clerk: `condition={(can) => …}`."""
        for node in every(self._module.root, "call_expression", "jsx_attribute"):
            if node.type == "jsx_attribute":
                name, *value = content(node)
                given = content(value[0]) if value and text_of(name) in _CONDITIONS else []
            else:
                arguments = content(node.child_by_field_name("arguments"))
                is_protect = _last(part(node, "function")) == "protect"
                given = arguments if is_protect else []
                yield from self._given_has(part(node, "function"), arguments)
            function = self.function(given[0]) if given else None
            first = parameters(function)[:1] if function is not None else []
            yield from filter(None, map(_named, first))

    def _given_has(self, callee: Node, arguments: list[Node]) -> Iterator[Node]:
        """The parameters of a function of this file for which a call gives `has`."""
        at = [number for number, each in enumerate(arguments) if _last(each) in _ASKING]
        function = self.function(callee) if at else None
        if function is not None:
            those = parameters(function)
            yield from filter(None, (_named(those[each]) for each in at if each < len(those)))

    def function(self, node: Node) -> Node | None:
        """The function that an expression is, or names in this file."""
        node = bare(node)
        if node.type == "identifier":
            name = text_of(node)
            local = self._module.changes.local(name, node)
            value = self._module.constants.get(name) if local is None else local.value
            if local is not None and local.functions:
                return local.functions[0]
            declared = None if local is not None else self._functions.get(name)
            node = bare(value) if value is not None else declared or node
        return node if node.type in FUNCTIONS else None

    def _gives(self, node: Node, depth: int = 0) -> bool:
        """Whether an expression is what Clerk gives with `has` in it."""
        node = bare(node)
        if node.type == "await_expression":
            return self._gives(content(node)[0], depth)
        if node.type == "call_expression":
            return _last(bare(part(node, "function"))) in _GIVING
        if node.type == "identifier" and depth < _DEEPEST:
            local = self._module.changes.local(text_of(node), node)
            value = self._module.constants.get(text_of(node)) if local is None else local.value
            if local is not None and local.key not in (None, "session"):
                return False
            return value is not None and self._gives(value, depth + 1)
        return False


def _named(parameter: Node) -> Node | None:
    """The name of a parameter, None where it is a pattern."""
    name = parameter.child_by_field_name("pattern") or parameter
    return name if name.type == "identifier" else None


def _last(node: Node) -> str:
    """The last name of `a.b.c`, and a name or key itself."""
    node = bare(node)
    if node.type == "member_expression":
        return text_of(node.child_by_field_name("property"))
    if node.type == "subscript_expression":
        node = part(node, "index")
    return text_of(node).strip("'\"")
