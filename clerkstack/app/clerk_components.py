"""Which elements of a module are Clerk's, however they came and whatever they are called there."""

from __future__ import annotations

import re
from functools import cached_property

from tree_sitter import Node

from clerkstack.app.clerk_names import CLERK
from clerkstack.app.modules import Modules
from clerkstack.app.source import Module, Unresolved
from clerkstack.app.syntax import bare, content, every, part, text_of

COMPONENTS = frozenset({"Protect", "Show"})
_DECLARING = ("function_declaration", "class_declaration", "variable_declarator")
# `lazy(() => import('@clerk/nextjs').then((it) => it.Protect))`
_LAZY = re.compile(r"""import\(\s*["']@clerk/[^"'\n]*["']\s*\)""")
_OF_CLERK = re.compile(r"\b(Protect|Show)\b")
# As far as a component is passed on from name to name and from file to file.
_DEEPEST = 20


class ClerkComponents:
    """The components of one module."""

    def __init__(self, module: Module, modules: Modules) -> None:
        self._module = module
        self._modules = modules

    def named(self, node: Node | None, depth: int = 0) -> str | None:
        """`Protect` or `Show` where the name of an element, or an expression, is one of Clerk's."""
        if node is None or depth > _DEEPEST:
            return None
        name = text_of(node)
        namespace, _, last = name.rpartition(".")
        if namespace:
            imported = self._module.imports.get(namespace, (CLERK, "*"))
            ours = imported[1] == "*" and not imported[0].startswith(".")
            return last if ours and last in COMPONENTS else None
        if name in self._module.imports:
            found = self._passed_on(*self._module.imports[name])
        elif name in self._declared:
            local = self._module.changes.local(name, node)
            value = self._module.constants.get(name) if local is None else local.value
            taken_out = local is not None and local.key is not None
            return None if value is None or taken_out else self._made_from(value, depth + 1)
        else:
            found = name
        return found if found in COMPONENTS else None

    @cached_property
    def _declared(self) -> frozenset[str]:
        """What the module itself declares, anywhere in it."""
        found = every(self._module.root, *_DECLARING)
        return frozenset(text_of(each.child_by_field_name("name")) for each in found)

    def _made_from(self, value: Node, depth: int) -> str | None:
        """Of `const Gate = Protect`, `paid ? Protect : Other`, `memo(Protect)`, `lazy(…)`."""
        value = bare(value)
        if value.type in ("identifier", "member_expression"):
            return self.named(value, depth)
        if value.type == "ternary_expression":
            sides = [part(value, "consequence"), part(value, "alternative")]
        elif value.type == "call_expression":
            text = text_of(value)
            lazy = _LAZY.search(text)
            taken = _OF_CLERK.findall(text, lazy.end()) if lazy is not None else []
            if taken:
                return str(taken[-1])
            given = content(value.child_by_field_name("arguments"))
            sides = [
                each for each in given if bare(each).type in ("identifier", "member_expression")
            ]
        else:
            return None
        return next(filter(None, (self._made_from(each, depth + 1) for each in sides)), None)

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
            else:
                value = module.constants.get(inner)
                own = ClerkComponents(module, self._modules)
                found = None if value is None else own._made_from(value, 0)
                if found is not None:
                    return found
        return None
