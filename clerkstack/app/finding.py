"""Which constants of the app's code are its plans and features, told by their shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tree_sitter import Node

from clerkstack.app.evaluate import Constant, Evaluator
from clerkstack.app.source import Modules, Unresolved
from clerkstack.app.syntax import text_of

_FUNCTIONS = ("arrow_function", "function_expression", "class")


class Finding:
    """The exports of one file, and the constants they are made of."""

    def __init__(self, path: Path) -> None:
        self._modules = Modules()
        self._evaluator = Evaluator(self._modules)
        self._module = self._modules.read(path)
        self._exported: dict[str, Constant] = {}
        self._failed: dict[str, Unresolved] = {}
        # Of each file: from where to where each constant is written.
        self._spans: dict[Path, list[tuple[tuple[int, int], tuple[int, int], str]]] = {}
        for name in self._names():
            try:
                self._exported[name] = self._evaluator.exported(self._module, name)
            except Unresolved as error:
                self._failed[name] = error

    def plans(self, name: str | None = None) -> list[Constant]:
        """Every plan: the entries of each export of that shape, or of the constant named.

        Raises:
            Unresolved: there are none, or an export that could hold some can't be told.
        """
        if name is not None:
            return _once(_entries(self._named(name)))
        found = {key: each for key, each in self._exported.items() if _is_plans(key, each)}
        suspects = [key for key in self._failed if self._could_be_plans(key, found)]
        if suspects:
            raise self._failed[min(suspects, key=lambda key: not re.search("(?i)plan", key))]
        if not found:
            message = "exports no plans: no object whose values have slug and features"
            raise Unresolved(self._module.file, None, message)
        return _once(entry for each in found.values() for entry in _entries(each))

    def features(self, attached: Iterable[Constant], name: str | None = None) -> list[Constant]:
        """Every feature slug: the objects whose values plans attach.

        Where plans attach literals instead, the exports with a name like FEATURES.
        """
        if name is not None:
            return _texts(self._named(name))
        by_use = [text for used in _once(attached) for text in self._owner(used)]
        if by_use:
            return _once(by_use)
        named = [each for key, each in self._exported.items() if re.search("(?i)features$", key)]
        return [text for each in named for text in _texts(each)]

    def _named(self, name: str) -> Constant:
        if name in self._module.constants or name in self._module.imports:
            return self._evaluator.name(self._module, name).known
        return self._evaluator.exported(self._module, name).known

    def _names(self) -> Iterator[str]:
        yield from self._module.exports
        for source in self._module.all_of:
            try:
                there = self._modules.beside(self._module, self._module.root, source)
            except Unresolved as error:
                self._failed[f"* from {source}"] = error
            else:
                yield from (name for name in there.exports if name not in self._module.exports)

    def _could_be_plans(self, name: str, found: Iterable[str]) -> bool:
        """Whether an export that can't be told may hold plans beside those found.

        Functions hold none, and what is made from plans that were found adds none.
        """
        node = self._initializer(name)
        if node is not None and node.type in _FUNCTIONS:
            return False
        known = set(found)
        if not known:
            return True
        if node is not None and known & {text_of(each) for each in _all(node, "identifier")}:
            return False
        return bool(re.search("(?i)plans$", name)) or (node is not None and _writes_plans(node))

    def _initializer(self, name: str) -> Node | None:
        source, inner = self._module.exports.get(name, (None, name))
        node = self._module.constants.get(inner) if source is None else None
        while node is not None and node.type.endswith(("_expression", "_assertion")):
            if node.type in ("call_expression", "new_expression", *_FUNCTIONS):
                break
            if node.type not in ("as_expression", "satisfies_expression"):
                break
            node = node.named_children[0]
        return node

    def _owner(self, used: Constant) -> list[Constant]:
        """The texts of the constant that a used text is written in; none for plans themselves."""
        module = self._modules.read(used.file)
        if module.file not in self._spans:
            self._spans[module.file] = [
                (module.place(node), module.place_after(node), name)
                for name, node in {**module.constants, **module.enums}.items()
            ]
        for start, end, name in self._spans[module.file]:
            if start <= (used.line, used.column) < end:
                return _texts(self._evaluator.name(module, name))
        return []


def _is_plans(name: str, constant: Constant) -> bool:
    """Whether a value of it has slug and features; one that has not is then a mistake."""
    entries = _entries(constant)
    unknown = any(isinstance(each.value, Unresolved) for each in entries)
    return (unknown and bool(re.search("(?i)plans$", name))) or any(
        isinstance(each.value, dict) and {"slug", "features"} <= each.value.keys()
        for each in entries
    )


def _entries(constant: Constant) -> list[Constant]:
    if isinstance(constant.value, dict):
        return list(constant.value.values())
    return constant.value if isinstance(constant.value, list) else []


def _texts(constant: Constant) -> list[Constant]:
    """The texts of an object or list that holds texts; none of anything else.

    Raises:
        Unresolved: some of its values can't be told, and may be texts.
    """
    entries = _entries(constant)
    if not any(isinstance(each.value, str) for each in entries):
        return []
    return [each for each in entries if isinstance(each.known.value, str)]


def _once(constants: Iterable[Constant]) -> list[Constant]:
    """Without repetitions: the same plan is often exported under two names."""
    return list({(each.file, each.line, each.column): each for each in constants}.values())


def _writes_plans(node: Node) -> bool:
    names = {text_of(each) for each in _all(node, "property_identifier")}
    return node.type in ("object", "array") and {"slug", "features"} <= names


def _all(node: Node, kind: str) -> Iterator[Node]:
    if node.type == kind:
        yield node
    for child in node.named_children:
        yield from _all(child, kind)
