"""Finds changes to the declaration in other files of the app.

A constant of the declaration must never change, which cannot be proved: a change through its name,
or through a variable that holds a part of it, is an error. Code that receives the constant could
change it too, which is a note unless the constant is immutable (`as const`, `satisfies`,
`readonly`, `Object.freeze`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from clerkstack.app.declaration import AppDeclaration, refused
from clerkstack.app.evaluate import Evaluator
from clerkstack.app.exports import changed_by
from clerkstack.app.facts_of_files import FileFacts, Ir
from clerkstack.app.gathering import Gathering, Job
from clerkstack.app.kept import Kept
from clerkstack.app.listing import listed
from clerkstack.app.modules import Module, Modules
from clerkstack.app.uses import UnresolvedCheck
from clerkstack.app.values import Either, Unresolved

# Tests run in no deployment and may replace anything.
_TESTS = re.compile(r"(\.|_)(test|spec)\.[cm]?[jt]sx?$|(^|/)__(tests|mocks)__/")
_RENAMED = re.compile(rb"\b(\w+)\s+as\s+(\w+)")


def refuse_changes(
    declared: AppDeclaration,
    root: Path,
    modules: Modules,
    folders: Sequence[str] = (),
    kept: Path | None = None,
) -> list[UnresolvedCheck]:
    """Search the app for code that changes the declaration. Return the places that could change it.

    Raises:
        InputError: code changes the declaration; lists file, line and column of each change.
    """
    looking = _Looking(declared, root.resolve(), modules)
    held = None if kept is None else Kept(looking.root, kept, "changes")
    gathering = Gathering(looking.root, modules.allowance, held)
    try:
        found = list(looking.modules(gathering, listed(looking.root, folders).code))
    finally:
        if held is not None:
            held.save()
    errors = [error for module in found for error in looking.changes(module)]
    if errors:
        raise refused(errors, modules)
    return looking.notes(found)


class _Looking:
    def __init__(self, declared: AppDeclaration, root: Path, modules: Modules) -> None:
        self._made_of = declared.made_of
        self.root = root
        self._modules = modules
        self._evaluator = Evaluator(modules)

    def modules(self, gathering: Gathering, names: list[str]) -> Iterator[Module]:
        """Yield the files that name a constant of the declaration and mutate or pass on
        something."""
        looked = [name for name in names if not _TESTS.search(name)]
        called = self._called(gathering, looked)
        jobs: list[Job] = []
        for name, text in gathering.texts(looked):
            here = [each for each in called if each in text]
            if here:
                jobs.append((name, tuple(sorted(each.decode() for each in here))))
        for name, found in gathering.found(jobs):
            if found[0] == "facts":  # the scan reports unreadable files
                yield Module(self.root / name, FileFacts.of_json(found[1]))

    def changes(self, module: Module) -> Iterator[Unresolved]:
        """Yield the places where a module changes a constant of the declaration."""
        if any(module.file == file for file, _ in self._made_of):
            return  # a constant that its own file changes has no value there
        for place, ir in module.facts.changed:
            for _, name in changed_by(self._evaluator, self._modules, module, ir, self._made_of):
                root = ir
                while root[0] in ("m", "d"):
                    root = root[1]
                here = root[1] if root[0] == "r" and root[1] in module.facts.imports else name
                message = f"{here} of the app's declaration is changed here"
                yield Unresolved(module.file, place, message)

    def notes(self, modules: list[Module]) -> list[UnresolvedCheck]:
        """Return the places where a mutable constant is passed to code that could change it."""
        found: dict[tuple[Path, str], UnresolvedCheck] = {}
        for module in modules:
            for name, handed in module.facts.handed.items():
                said = self._said(module, name)
                if said is None or said in found or self._is_fixed(*said):
                    continue
                place = next((at for at, part in handed if self._can_change(module, part)), None)
                if place is None:
                    continue
                error = Unresolved(module.file, place, "")
                message = (
                    f"{name} of the app's declaration is passed on here and may be changed there: "
                    "write it `as const`"
                )
                at = (error.line or 1, error.column or 1)
                found[said] = UnresolvedCheck(self._modules.shown(module.file), *at, message)
        return list(found.values())

    def _is_fixed(self, file: Path, name: str) -> bool:
        facts = self._modules.read(file).facts
        return name in facts.fixed or facts.constants.get(name, ["x"])[0] == "u"

    def _can_change(self, module: Module, part: Ir) -> bool:
        """Whether a part is a list or an object, or is unresolved."""
        self._evaluator.fresh()
        value = self._evaluator.of(module, part).value
        if isinstance(value, Either):
            return any(isinstance(choice.value, dict | list) for choice in value.choices)
        return isinstance(value, dict | list | Unresolved)

    def _called(self, gathering: Gathering, names: list[str]) -> Collection[bytes]:
        """Return the names that the constants may have in files that import them."""
        found: set[bytes] = set()
        for file, name in self._made_of:
            if "@" in name:
                continue
            found.add(name.encode())
            exports = self._modules.read(file).facts.exports
            if exports.get("default") in ([None, name], (None, name)) or name == "default":
                found.add(file.stem.encode())
        renamed = {
            pair
            for _, text in gathering.texts(names)
            if b" as " in text
            for pair in _RENAMED.findall(text)
        }
        more = found
        while more:
            more = {new for old, new in renamed if old in more and new != b"const"} - found
            found |= more
        return found

    def _said(self, module: Module, name: str) -> tuple[Path, str] | None:
        """Return the constant of the declaration that a name in a module refers to, if any."""
        if (module.file, name) in self._made_of:
            return module.file, name
        if name not in module.facts.imports:
            return None
        source, inner = module.facts.imports[name]
        try:
            there = self._modules.from_statement(module, source)
        except Unresolved:
            return None
        if inner == "*":
            own = (each for each in self._made_of if each[0] == there.file)
            return next(own, None)
        origin = self._modules.origin(there, inner)
        found = None if origin is None else (origin[0].file, origin[1])
        return found if found in self._made_of else None
