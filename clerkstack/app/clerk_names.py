"""Which calls and elements of a module are Clerk's, however they came and whatever they are called
there."""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

from tree_sitter import Node

from clerkstack.app.modules import Modules
from clerkstack.app.source import Module, Unresolved
from clerkstack.app.syntax import bare, content, every, part, text_of

CLERK = "@clerk/"
_ASKING = frozenset({"has", "checkAuthorization", "checkAuthorizationWithCustomPermissions"})
_COMPONENTS = frozenset({"Protect", "Show"})
# What gives an object with `has`: auth(), useAuth(), getAuth(request), requestState.toAuth(), …
_GIVING = frozenset({"auth", "useAuth", "getAuth", "toAuth", "useSession", "currentSession"})
_DECLARING = ("function_declaration", "class_declaration", "variable_declarator")
# Text without which nothing is another name of `has`: `{ has: can }`, `= session.has`.
_RENAMING = re.compile(
    rb"\b(has|checkAuthorization\w*)[\"']?\s*:|\.\s*(has|checkAuthorization\w*)\b(?!\s*[?!.]*\s*\()"
)
# As far as a component is passed on from file to file.
_DEEPEST = 20


class Called(NamedTuple):
    """A call that may be Clerk's. `certain`: it is, whatever it is given."""

    certain: bool


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
    def _declared(self) -> frozenset[str]:
        """What the module itself declares, anywhere in it."""
        found = every(self._module.root, *_DECLARING)
        return frozenset(text_of(each.child_by_field_name("name")) for each in found)

    def called(self, call: Node) -> Called | None:
        """What a call is of Clerk's, None where it is something else."""
        callee = bare(part(call, "function"))
        if callee.type == "identifier":
            return self._by_name(callee)
        if callee.type != "member_expression":
            return None
        name, holder = text_of(part(callee, "property")), bare(part(callee, "object"))
        if name == "value" and _last(holder) in _ASKING:  # a ref of Vue
            return Called(certain=False)
        if name == "protect":
            if not self._gives(holder) and "auth" not in _last(holder).lower():
                return None
            return Called(certain=self._gives(holder) or _last(holder) == "auth")
        return Called(certain=self._gives(holder)) if name in _ASKING else None

    def component(self, element: Node) -> str | None:
        """`Protect` or `Show` where an element is one of Clerk's."""
        name = text_of(element.child_by_field_name("name"))
        namespace, _, last = name.rpartition(".")
        if namespace:
            imported = self._module.imports.get(namespace, (CLERK, "*"))
            ours = imported[1] == "*" and not imported[0].startswith(".")
            return last if ours and last in _COMPONENTS else None
        if name in self._module.imports:
            found = self._passed_on(*self._module.imports[name])
        else:
            found = None if name in self._declared else name
        return found if found in _COMPONENTS else None

    def _by_name(self, callee: Node) -> Called | None:
        name = text_of(callee)
        if name not in _ASKING and not any(name == each for each, _ in self._renamed):
            return None
        local = self._module.changes.local(name, callee)
        renamed = (name, None if local is None else id(local)) in self._renamed
        if not renamed and name not in _ASKING:
            return None
        own = local is not None and not local.functions and (not local.value or bool(local.key))
        return Called(certain=renamed or own)

    def _renamings(self) -> list[tuple[str, int | None]]:
        """`const { has: can } = …`, `const can = session.has`."""
        found = []
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
                local = self._module.changes.local(text_of(name), name)
                found.append((text_of(name), None if local is None else id(local)))
        return found

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

    def _passed_on(self, source: str, name: str) -> str | None:
        """What a component is called where it comes from; None where the app itself has it."""
        pending = [(self._module, source, name)]
        for _ in range(_DEEPEST):
            if not pending:
                break
            module, source, name = pending.pop()
            if source.startswith(CLERK):
                return name
            try:
                module = self._modules.from_statement(module, source)
            except Unresolved:
                if not source.startswith("."):
                    return name  # of a package, which may pass on Clerk's
                continue
            again, inner = module.exports.get(name, (None, name))
            if again is None and inner in module.imports:
                again, inner = module.imports[inner]
            if again is not None:
                pending.append((module, again, inner))
            elif name not in module.exports:
                pending += [(module, each, name) for each in module.all_of]
        return None


def _last(node: Node) -> str:
    """The last name of `a.b.c`, and a name or key itself."""
    node = bare(node)
    if node.type == "member_expression":
        return text_of(node.child_by_field_name("property"))
    return text_of(node).strip("'\"")
