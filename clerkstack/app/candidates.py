"""Decides which unresolved exports may hold plans or features that would otherwise be missed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from clerkstack.app.evaluate import Evaluator
from clerkstack.app.facts_of_files import Ir, column_of, line_of
from clerkstack.app.features import NAMED_FEATURES, are_slugs, texts_in
from clerkstack.app.modules import Module, Modules
from clerkstack.app.plans import NAMED_PLANS, plans_in
from clerkstack.app.values import Constant, Unresolved

# Names of functions, such as `fetchPlans = cache(async () => …)`.
_DOES = re.compile("(get|fetch|load|list|find|use|has|is|can)[A-Z]")
_BODIES = ("a class", "a namespace")
_LITERALS = ("o", "a")
Place = tuple[Path, int, int]


class Candidates:
    """Judges the exports of one module by their form."""

    def __init__(self, module: Module, modules: Modules, evaluator: Evaluator) -> None:
        self._module = module
        self._modules = modules
        self._evaluator = evaluator

    def may_be_plans(self, name: str, found: Collection[Place]) -> bool:
        """Return whether an export may hold plans other than those found.

        Functions hold none, and a value derived from known plans adds none.
        """
        written = self._written(name)
        if written is None:
            return not found or bool(NAMED_PLANS.search(name))
        module, inner, held = written
        if _is_code(held):
            return False
        if not found:
            return True
        places = [constant.place for constant in self._plans_behind(module, inner)]
        if places:
            return not set(places) <= set(found)
        plans = module.facts.inside.get(inner, [[], []])[1]
        return bool(NAMED_PLANS.search(name) and not _DOES.match(name)) or (
            held[0] in _LITERALS and bool(plans)
        )

    def may_be_features(self, name: str) -> bool:
        """Return whether an export named like FEATURES may hold features that no plan includes.

        Functions hold none, a value derived from known constants adds none, and a list of texts for
        people does not count.
        """
        if not NAMED_FEATURES.search(name) or _DOES.match(name):
            return False
        written = self._written(name)
        if written is None:
            return True
        module, inner, held = written
        if _is_code(held):
            return False
        if held[0] in _LITERALS:
            texts = [text for each in held[1] for text in self._texts(module, held[0], each)]
            return bool(texts) and are_slugs(texts)
        names = module.facts.inside.get(inner, [[], []])[0]
        return not any(self._evaluator.name(module, each).is_known for each in names)

    def unread_export(self, found: Collection[Place]) -> tuple[int, str] | None:
        """Return the place and form of an unsupported export that holds plans other than those
        found."""
        for place, form, names, plans in self._module.facts.unread:
            written = [at for at, _ in plans]
            if form not in _BODIES:
                behind = self._behind(self._module, names, plans, set())
                written = [constant for constant in behind if constant.place not in found]
            if written:
                return place, form
        return None

    def _written(self, name: str) -> tuple[Module, str, Ir] | None:
        origin = self._modules.origin(self._module, name)
        if origin is None:
            return None
        module, inner = origin
        held = module.facts.constants.get(inner)
        while held is not None and held[0] in ("v", "t"):
            held = held[1]
        return None if held is None or held[0] == "d" else (module, inner, held)

    def _plans_behind(self, module: Module, name: str) -> Iterator[Constant]:
        """Yield the plans written in a constant or in the constants that it names."""
        names, plans = module.facts.inside.get(name, [[], []])
        yield from self._behind(module, names, plans, {(module.file, name)})

    def _behind(
        self, module: Module, names: Iterable[str], plans: Iterable[Ir], seen: set[tuple[Path, str]]
    ) -> Iterator[Constant]:
        for place, slug in plans:
            found = self._evaluator.of(module, slug).value
            if isinstance(found, str):
                yield Constant(None, module.file, line_of(place), column_of(place))
        for name in names:
            if (module.file, name) in seen:
                continue
            seen.add((module.file, name))
            held = self._evaluator.name(module, name)
            if held.is_known:
                yield from plans_in(held)
            elif name in module.facts.inside:
                names_in, plans_in_it = module.facts.inside[name]
                yield from self._behind(module, names_in, plans_in_it, seen)

    def _texts(self, module: Module, form: str, entry: Ir) -> list[Constant]:
        """Return the resolved texts in an entry of a list or object."""
        inner = entry[1] if entry[0] == "..." else entry[2] if form == "o" else entry
        try:
            return texts_in(self._evaluator.of(module, inner).known)
        except Unresolved:
            return []


def _is_code(held: Ir) -> bool:
    return bool(held[0] in "fC" or (held[0] == "x" and held[1].startswith("is a class")))
