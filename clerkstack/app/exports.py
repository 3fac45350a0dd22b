"""Finds the constants that are the app's plans and features, by their shape."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from clerkstack.app.candidates import Candidates
from clerkstack.app.evaluate import Evaluator
from clerkstack.app.facts_of_files import Ir
from clerkstack.app.features import NAMED_FEATURES, features_beside, features_by_name, texts_in
from clerkstack.app.modules import Module, Modules
from clerkstack.app.plans import NAMED_PLANS, declared, entries, is_plan, plans_in
from clerkstack.app.values import Constant, Either, Unresolved


class Exports:
    """The exports of one file, and the constants behind them."""

    def __init__(self, path: Path, modules: Modules) -> None:
        self._modules = modules
        self._evaluator = Evaluator(self._modules)
        self._module = self._modules.read(path)
        self._candidates = Candidates(self._module, self._modules, self._evaluator)
        self._exported: dict[str, Constant] = {}
        self._failed: dict[str, Unresolved] = {}
        for name in self._names():
            try:
                self._evaluator.fresh()
                self._exported[name] = self._evaluator.exported(self._module, name).known
            except Unresolved as error:
                self._failed[name] = error

    def plans(self, name: str | None = None) -> list[Constant]:
        """Return every plan in the exports, or in the named constant.

        Raises:
            Unresolved: there are no plans, or an export that may hold some is unresolved.
        """
        if name is not None:
            constant = self._named(name)
            held = self._declared(name, constant) or [each for _, each in entries(constant)]
            return _once(held)
        places = {
            each.place
            for key, constant in self._exported.items()
            for each in (*plans_in(constant), *_unknown_plans(key, constant))
        }
        candidates = [key for key in self._failed if self._candidates.may_be_plans(key, places)]
        if candidates:
            raise self._failed[min(candidates, key=lambda key: "plan" not in key.lower())]
        unread = self._candidates.unread_export(places)
        if unread is not None:
            place, form = unread
            message = f"is {form} with plans, which is not read: write export const … = …"
            raise Unresolved(self._module.file, place, message)
        if not places and self._module.facts.error is not None:
            error = self._module.facts.error
            raise Unresolved(self._module.file, error, "is not TypeScript")
        if not places:
            message = "exports no plans: no object whose values have slug and features"
            raise Unresolved(self._module.file, None, message)
        listed = [
            each
            for key, constant in self._exported.items()
            if not is_plan(constant)
            for each in (*self._declared(key, constant), *_unknown_plans(key, constant))
        ]
        return _once([*listed, *self._alone(listed)])

    def features(self, attached: Iterable[Constant], name: str | None = None) -> list[Constant]:
        """Return every feature slug, whether or not a plan includes it.

        They are in the constants that define the included ones, in the exports that hold included
        ones, and in the exports named like FEATURES.

        Raises:
            Unresolved: one of these is unresolved.
        """
        if name is not None:
            return texts_in(self._named(name))
        attached = _once(attached)
        places = {each.place for each in attached}
        values = {each.value for each in attached if isinstance(each.value, str)}
        found_in = dict.fromkeys(filter(None, map(self._modules.owner, attached)))
        owners = [(self._modules.read(file), name) for file, name in found_in]
        found = [
            text
            for module, name in owners
            for text in features_beside(
                self._evaluator.name(module, name).known, lambda it: it.place in places, own=True
            )
        ]
        for module in self._modules.reached():
            for _, constant in self._values(module):
                found += features_beside(constant, lambda it: it.place in places, own=False)
        for constant in self._named_features(dict.fromkeys(module for module, _ in owners)):
            found += features_by_name(constant, lambda it: it.value in values)
        return _once(found)

    def behind(self, constants: Iterable[Constant]) -> set[tuple[Path, str]]:
        """Return the constants that contain these values, and all constants behind those."""
        pending = list(filter(None, map(self._modules.owner, constants)))
        found: set[tuple[Path, str]] = set()
        while pending:
            each = pending.pop()
            if each not in found:
                found.add(each)
                pending += self._evaluator.made_of.get(each, ())
        return found

    def changed(self, made_of: Collection[tuple[Path, str]]) -> Iterator[Unresolved]:
        """Yield the places where a file mutates one of its own constants."""
        for file in dict.fromkeys(file for file, _ in made_of):
            module = self._modules.read(file)
            for place, ir in module.facts.changed:
                for _, name in changed_by(self._evaluator, self._modules, module, ir, made_of):
                    yield Unresolved(file, place, f"{name} may have another value here")

    def _named_features(self, beside: Iterable[Module]) -> list[Constant]:
        """Return the exports named like FEATURES, here and in the files of included features."""
        for key, error in self._failed.items():
            if self._candidates.may_be_features(key):
                raise error
        exported = [*self._exported.items()]
        exported += [value for module in beside for value in self._values(module)]
        return [constant for key, constant in exported if NAMED_FEATURES.search(key)]

    def _values(self, module: Module) -> Iterator[tuple[str, Constant]]:
        """Yield the exports that a module declares itself and that are resolved."""
        for key, (source, _) in module.facts.exports.items():
            if source is None:
                try:
                    self._evaluator.fresh()
                    yield key, self._evaluator.exported(module, key).known
                except Unresolved:
                    continue

    def _declared(self, name: str, constant: Constant) -> list[Constant]:
        def apart(one: Constant, other: Constant) -> bool:
            return self._modules.owner(one) != self._modules.owner(other)

        return list(declared(name, constant, apart))

    def _alone(self, listed: list[Constant]) -> Iterator[Constant]:
        """Yield plans that are separate exports, unless a listed plan is made from them."""
        slugs = {_slug_of(each) for each in listed}
        for constant in self._exported.values():
            if is_plan(constant) and _slug_of(constant) not in slugs:
                yield constant

    def _named(self, name: str) -> Constant:
        facts = self._module.facts
        if name in facts.constants or name in facts.imports:
            return self._evaluator.name(self._module, name).known
        return self._evaluator.exported(self._module, name).known

    def _names(self) -> Iterator[str]:
        exports = self._module.facts.exports
        yield from exports
        for source in self._module.facts.all_of:
            try:
                there = self._modules.from_statement(self._module, source)
            except Unresolved as error:
                self._failed[f"* from {source}"] = error
            else:
                yield from (name for name in there.facts.exports if name not in exports)


def changed_by(
    evaluator: Evaluator,
    modules: Modules,
    module: Module,
    ir: Ir,
    made_of: Collection[tuple[Path, str]],
) -> Iterator[tuple[Path, str]]:
    """Yield the constant that a mutated expression belongs to, if it is in `made_of`."""
    evaluator.fresh()
    pending = [evaluator.of(module, ir)]
    while pending:
        each = pending.pop()
        if isinstance(each.value, Either):
            pending += reversed(each.value.choices)
        elif isinstance(each.value, Unresolved):
            pending += [] if each.value.behind is None else [each.value.behind]
        elif isinstance(each.value, dict | list):
            owner = modules.owner(each)
            if owner is not None and owner in made_of:
                yield owner
                return


def _unknown_plans(name: str, constant: Constant) -> list[Constant]:
    """Return the entries of an export named like PLANS if some are unresolved."""
    held = [each for _, each in entries(constant)]
    if NAMED_PLANS.search(name) and not plans_in(constant) and not all(it.is_known for it in held):
        return held
    return []


def _slug_of(plan: Constant) -> object:
    """Return the place of a plan's slug; None for anything else."""
    value = plan.value
    return value["slug"].place if isinstance(value, dict) and "slug" in value else None


def _once(constants: Iterable[Constant]) -> list[Constant]:
    """Remove repetitions: the same plan is often exported under two names."""
    return list({constant.place: constant for constant in constants}.values())
