"""Exports that can't be told: which of them may hold plans or features that would be missed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from tree_sitter import Node

from clerkstack.app.evaluate import Constant, Evaluator
from clerkstack.app.features import NAMED_FEATURES, are_slugs, texts_in
from clerkstack.app.modules import Modules
from clerkstack.app.plans import NAMED_PLANS, plans_in
from clerkstack.app.scopes import taken
from clerkstack.app.source import Module, Unresolved
from clerkstack.app.syntax import FUNCTIONS, bare, content, every, text_of

_NO_VALUES = FUNCTIONS | {"class"}
_LITERALS = ("object", "array")
# Names of functions, as in `fetchPlans = cache(async () => …)`.
_DOES = re.compile("(get|fetch|load|list|find|use|has|is|can)[A-Z]")
_COMMON = re.compile(r"(module\s*\.\s*)?exports\b")
_BODIES = ("a class", "a namespace")
_FORMS = {
    **dict.fromkeys(("class", "class_declaration", "abstract_class_declaration"), "a class"),
    **dict.fromkeys(("internal_module", "module"), "a namespace"),
}
Place = tuple[Path, int, int]


class Suspects:
    """Judges exports of one module by how they are written."""

    def __init__(self, module: Module, modules: Modules, evaluator: Evaluator) -> None:
        self._module = module
        self._modules = modules
        self._evaluator = evaluator

    def may_be_plans(self, name: str, found: Collection[Place]) -> bool:
        """Whether an export may hold plans beside those found.

        Functions hold none, and what is made from plans that were found adds none.
        """
        written = self._written(name)
        if written is None:
            return not found or bool(NAMED_PLANS.search(name))
        module, node = written
        if node.type in _NO_VALUES:
            return False
        if not found:
            return True
        places = [each.place for each in self._plans_behind(module, node, set())]
        if places:
            return not set(places) <= set(found)
        return bool(NAMED_PLANS.search(name) and not _DOES.match(name)) or (
            node.type in _LITERALS and any(True for _ in _written_plans(node))
        )

    def may_be_features(self, name: str) -> bool:
        """Whether an export with a name like FEATURES may hold some that no plan attaches.

        Functions hold none, what is made from known constants adds none, and a list of texts to
        be read or translated is none.
        """
        if not NAMED_FEATURES.search(name) or _DOES.match(name):
            return False
        written = self._written(name)
        if written is None:
            return True
        module, node = written
        if node.type in _NO_VALUES:
            return False
        if node.type in _LITERALS:
            told = [text for child in content(node) for text in self._texts(module, child)]
            return bool(told) and are_slugs(told)
        return not any(True for _ in self._constants_in(module, node))

    def unread_export(self, found: Collection[Place]) -> tuple[Node, str] | None:
        """An export of a form that is not read and holds other plans than those found, with what
        form that is."""
        for node in self._module.root.named_children:
            form = _unread_form(node)
            if form in _BODIES:
                plans = [self._module.place(each) for each, _ in _written_plans(node, inside=False)]
            elif form is not None:
                behind = self._plans_behind(self._module, node, set())
                plans = [each.place[1:] for each in behind if each.place not in found]
            if form is not None and plans:
                return node, form
        return None

    def _written(self, name: str) -> tuple[Module, Node] | None:
        origin = self._modules.origin(self._module, name)
        if origin is None:
            return None
        module, inner = origin
        node = module.constants.get(inner)
        return None if node is None else (module, bare(node))

    def _plans_behind(
        self, module: Module, node: Node, seen: set[tuple[Path, str]]
    ) -> Iterator[Constant]:
        """The plans that are written in an expression or in the constants that it names."""
        for each, slug in _written_plans(node):
            found = self._evaluated(module, slug)
            if found is not None and isinstance(found.value, str):
                yield Constant(None, module.file, *module.place(each))
        for name in {text_of(each) for each in _names_in(node)}:
            if (module.file, name) in seen:
                continue
            seen.add((module.file, name))
            try:
                yield from plans_in(self._evaluator.name(module, name))
            except Unresolved:
                if name in module.constants:
                    yield from self._plans_behind(module, module.constants[name], seen)

    def _constants_in(self, module: Module, node: Node) -> Iterator[Constant]:
        for each in _names_in(node):
            try:
                yield self._evaluator.name(module, text_of(each), each)
            except Unresolved:
                continue

    def _texts(self, module: Module, entry: Node) -> list[Constant]:
        """The texts that an entry of a list or object adds to it, where they can be told."""
        inner = content(entry)[0] if entry.type == "spread_element" else entry
        constant = self._evaluated(module, inner)
        try:
            return [] if constant is None else texts_in(constant)
        except Unresolved:
            return []

    def _evaluated(self, module: Module, entry: Node) -> Constant | None:
        """The value of an expression, or of an entry of an object; None where it can't be told."""
        node = entry.child_by_field_name("value") if entry.type == "pair" else entry
        try:
            return None if node is None else self._evaluator.node(module, node)
        except Unresolved:
            return None


def _names_in(node: Node) -> Iterator[Node]:
    return every(node, "identifier", "shorthand_property_identifier")


def _unread_form(node: Node) -> str | None:
    """What an exporting statement is where its values are not read, None where they are."""
    if node.type == "expression_statement":
        assigned = content(node)[0]
        left = text_of(assigned.child_by_field_name("left"))
        is_common = assigned.type == "assignment_expression" and _COMMON.match(left)
        return "an export of CommonJS" if is_common else None
    if node.type != "export_statement":
        return None
    exported = node.child_by_field_name("declaration") or node.child_by_field_name("value")
    if exported is None:
        is_assigned = any(child.type == "=" for child in node.children)
        return "an export of CommonJS" if is_assigned else None
    if exported.type in _FORMS:
        return _FORMS[exported.type]
    patterns = [each.child_by_field_name("name") for each in exported.named_children]
    return "a pattern" if any(each is not None and _is_unread(each) for each in patterns) else None


def _is_unread(pattern: Node) -> bool:
    """Whether some name of a pattern is none of those that are read out of an object."""
    if pattern.type == "object_pattern":
        return len(list(taken(pattern))) < len(content(pattern))
    return pattern.type == "array_pattern"


def _written_plans(node: Node, *, inside: bool = True) -> Iterator[tuple[Node, Node]]:
    """Objects with slug and features, and what their slug is; `inside`: of functions too."""
    for each in every(node, "object"):
        if not inside and _in_function(each):
            continue
        fields = {
            text_of(child.child_by_field_name("key") or child).strip("'\""): child
            for child in content(each)
        }
        if {"slug", "features"} <= fields.keys():
            yield each, fields["slug"]


def _in_function(node: Node) -> bool:
    at = node.parent
    while at is not None and at.type not in FUNCTIONS:
        at = at.parent
    return at is not None
