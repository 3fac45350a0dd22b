"""Finds all checks of plans, features, roles and permissions in an app's code."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from clerkstack.app.auto_imports import component_names, kebab
from clerkstack.app.clerk import is_clerks
from clerkstack.app.evaluate import Callers
from clerkstack.app.facts_of_files import FileFacts, Ir, stem_of
from clerkstack.app.gathering import Gathering, Job
from clerkstack.app.imports import Imports
from clerkstack.app.kept import Kept
from clerkstack.app.listing import listed
from clerkstack.app.modules import Module, Modules
from clerkstack.app.reading import NotRead, Reader
from clerkstack.app.uses import Checks, Found, UnresolvedCheck, Use
from clerkstack.app.words import GIVEN
from clerkstack.problems import InputError, Problem

if TYPE_CHECKING:
    from clerkstack.app.says import Says

# The most rounds of searching for callers of functions that check a parameter.
_ROUNDS = 12
_MOST_FILES = 3000
_NAMES_CLERK = re.compile(rb"\bclerk\b|@clerk/", re.IGNORECASE)
_OTHERS_LARGEST = 512 * 1024


@dataclass(frozen=True)
class Scan:
    """The result, sorted by file and line. `files` is the number of code files, `names` are their
    paths, `others` are files of other languages that name Clerk, and `says` are the facts of `says`
    by path."""

    uses: tuple[Use, ...]
    unresolved: tuple[UnresolvedCheck, ...]
    files: int
    others: tuple[str, ...] = ()
    says: Mapping[str, Says] = field(default_factory=dict)
    names: tuple[str, ...] = ()


def scan(
    root: Path,
    folders: Sequence[str] = (),
    *,
    modules: Modules | None = None,
    unread: Sequence[str] = (),
    kept: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Scan:
    """Find every check below the root, or below some of its folders.

    Args:
        root: the app's checkout; nothing outside of it is read.
        folders: paths within the root; none means all of it.
        modules: modules that were read before.
        unread: patterns, as in a .gitignore, of files in other languages that are ignored on
            purpose.
        kept: the cache folder; None for no cache.
        progress: called with each step's name.

    Raises:
        InputError: there is no code, or none in one of the folders.
        TooMuch: the app exceeds the limits of `Allowance`.
    """
    root = root.resolve()
    modules = modules or Modules(root)
    files = listed(root, folders)
    _refuse_empty(folders, files.code)
    progress(f"the app: {len(files.code)} files")
    held = None if kept is None else Kept(root, kept)
    gathering = Gathering(root, modules.allowance, held)
    modules.kept = held
    try:
        scanning = _Scanning(root, files.code, modules, gathering, progress)
        found = scanning.checks()
    finally:
        modules.kept = None
        if held is not None:
            held.save()
    order = {name: number for number, name in enumerate(files.code)}
    found = sorted(dict.fromkeys(found), key=lambda it: (order.get(it.file, 0), it.line, it.column))
    return Scan(
        tuple(each for each in found if isinstance(each, Use)),
        tuple(each for each in found if isinstance(each, UnresolvedCheck)),
        len(files.code),
        tuple(_naming_clerk(root, files.others, unread)),
        {name: scanning.says[name] for name in files.code if name in scanning.says},
        tuple(files.code),
    )


class _Scanning:
    def __init__(
        self,
        root: Path,
        names: list[str],
        modules: Modules,
        gathering: Gathering,
        progress: Callable[[str], None],
    ) -> None:
        self._root = root
        self._names = names
        self._modules = modules
        self._gathering = gathering
        self._progress = progress
        self._scanned: dict[str, Module] = {}
        self._unread: dict[str, UnresolvedCheck] = {}
        self.says: dict[str, Says] = {}
        # The wanted names of each file.
        self._wanted: dict[str, frozenset[str]] = {}
        self._comparing: set[str] = set()
        self._reached = Reached(root, modules)

    def checks(self) -> list[Found]:
        """Return all checks. Search files again while new callers are requested."""
        self._gather((name, ()) for name in self._names)
        wanted: set[str] = set()
        own: dict[str, set[str]] = {}
        found: list[Found] = []
        for number in range(_ROUNDS):
            callers = Callers()
            checks = Checks(self._modules, callers, self._reached)
            # The callers decide what a called parameter is.
            for of_parameters in (False, True):
                for module in self._scanned.values():
                    checks.learn(module, of_parameters=of_parameters)
                checks.learned()
            found = [each for module in self._scanned.values() for each in checks.of(module)]
            files = {file for file, _ in callers.asked}
            more = self._names_of(callers.asked) | self._renamed(wanted, files)
            more |= self._hooks(checks)
            own_now = self._own_parameters(callers)
            for file in self._given_claims(checks):
                own_now.setdefault(file, set()).add(GIVEN)
            if (more <= wanted and own_now == own) or number == _ROUNDS - 1:
                break
            wanted |= more
            own = own_now
            self._progress(f"the app: finding calls of {', '.join(sorted(more)[:3])}")
            self._gather(self._again(wanted, own))
        return [*found, *self._unread.values()]

    def _gather(self, jobs: Iterable[Job]) -> None:
        for name, found in self._gathering.found(jobs):
            self._unread.pop(name, None)
            if found[0] == "unresolved":
                line, column, why = found[1:]
                self._unread[name] = UnresolvedCheck(name, line, column, f"the file {why}")
            elif found[0] == "facts":
                facts = FileFacts.of_json(found[1])
                self._scanned[name] = self._modules.known(self._root / name, facts)
                self._say(name, facts.says)
            elif found[0] == "says":
                self._say(name, found[1])

    def _say(self, name: str, says: Says) -> None:
        if says:
            self.says[name] = says

    def _again(self, wanted: set[str], own: dict[str, set[str]]) -> list[Job]:
        """Return jobs for the files with new wanted names."""
        jobs: list[Job] = []
        words = {each: each.lstrip("*" + GIVEN).encode() for each in wanted}
        for name, text in self._gathering.texts(self._names):
            named = {each for each, word in words.items() if word in text}
            here = frozenset(named | own.get(name, set()))
            if here and here != self._wanted.get(name):
                self._wanted[name] = here
                jobs.append((name, tuple(sorted(here))))
        return jobs

    def _given_claims(self, checks: Checks) -> set[str]:
        """Return the files that compare a claim only because a caller passes one."""
        for module in self._scanned.values():
            for file in checks.given_claims(module):
                if not self._modules.read(file).facts.compares:
                    self._comparing.add(self._modules.shown(file))
        return self._comparing

    def _hooks(self, checks: Checks) -> set[str]:
        """Return the names of functions that return `has`, and the keys that hold it."""
        found: set[str] = set()
        for module in self._scanned.values():
            for function, keys in checks.hooks(module):
                names = self._names_of([(module.file, function)], "named")
                if GIVEN in keys:  # its callers may compare a claim
                    found |= {f"{GIVEN}{name}" for name in names}
                found |= {*names, *keys} - {"has", GIVEN} if names else set()
        return found

    def _names_of(self, functions: Iterable[tuple[Path, str]], by: str = "name") -> set[str]:
        """Return the names of these functions in other files."""
        found: set[str] = set()
        for file, function in functions:
            module = self._modules.read(file)
            name = module.facts.functions.get(function, {}).get(by)
            if name is None:
                continue
            constants = module.facts.constants
            exported = [
                each
                for each, source, inner in module.facts.exported()
                if inner == name or (source is None and _is_of(constants.get(inner or ""), name))
            ]
            is_top = name in constants
            for _, source, inner in module.facts.exported():
                found |= set() if source is not None else _keys_of(constants.get(inner or ""), name)
            found |= {each for each in exported or ([] if is_top else [name]) if each != "default"}
            if "default" in exported or name == "default":
                stem = file.parent.name if file.stem == "index" else file.stem
                found.add(f"*{stem}")
                for each in component_names(self._modules.shown(file)):
                    found |= {each, kebab(each)}
        return found

    def _renamed(self, wanted: set[str], files: Collection[Path]) -> set[str]:
        """Return their names in barrel files and in files that load one of `files`."""
        found: set[str] = set()
        for module in self._scanned.values():
            for name, source, inner in module.facts.exported():
                if name == "default":
                    continue
                if source is None:
                    loads = module.facts.loads.get(inner or "", ())
                    if any(self._modules.file_of(module.folder, it) in files for it in loads):
                        found.add(name)
                elif (inner if inner != "default" else f"*{stem_of(source)}") in wanted:
                    found.add(name)
        return found

    def _own_parameters(self, callers: Callers) -> dict[str, set[str]]:
        """Return, by file, the parameters that receive `has` or a function that checks its
        parameter."""
        found: dict[str, set[str]] = {}
        for file, function in callers.given:
            module = self._modules.read(file)
            names = module.facts.functions.get(function[0], {}).get("names") or []
            name = names[function[1]] if function[1] < len(names) else None
            if name:
                shown = self._modules.shown(file)
                found.setdefault(shown, set()).add(name)
        return found


def _keys_of(ir: Ir | None, name: str) -> set[str]:
    """Return the keys that hold a function in an object: `{ may: askPlan }`."""
    while ir is not None and ir[0] in ("v", "t"):
        ir = ir[1]
    found: set[str] = set()
    for key, _, value in ir[1] if ir is not None and ir[0] == "o" else ():
        if isinstance(key, str) and key != "...":
            found |= {key} if _is_of(value, name) else _keys_of(value, name)
    return found


def _is_of(ir: Ir | None, name: str) -> bool:
    """Whether an expression is the named function, or wraps it: `memo(Gate)`."""
    while ir is not None and ir[0] in ("v", "t"):
        ir = ir[1]
    if ir is None or ir[0] != "c":
        return ir is not None and bool(ir[0] == "r" and ir[1] == name)
    return any(_is_of(each, name) for each in ir[2])


class Reached:
    """Decides whether a file, or one that it imports, imports a Clerk package."""

    def __init__(self, root: Path, modules: Modules) -> None:
        self._imports = Imports(root, modules)
        self._there: dict[Path, bool] = {}

    def __call__(self, file: Path) -> bool:
        if file not in self._there:
            self._there[file] = self._look(file)
        return self._there[file]

    def _look(self, file: Path) -> bool:
        pending, seen = [file], {file}
        while pending and len(seen) < _MOST_FILES:
            at = pending.pop()
            if self._there.get(at):
                return True
            if at in self._there and at != file:
                continue
            for source, there in self._imports.of(at, types=True):
                if there is None and is_clerks(source):
                    return True
                if there is not None and there not in seen:
                    seen.add(there)
                    pending.append(there)
        # None of its imports does.
        self._there |= dict.fromkeys(seen, False) if not pending else {}
        return False


def _refuse_empty(folders: Sequence[str], names: Sequence[str]) -> None:
    """An app without code would pass every check, so it is an error."""
    if not names and not folders:
        message = "names an app without code files"
        remedy = "Name the folder or repository with the app's code"
        raise InputError([Problem("clerkstack:app", None, "", message, remedy)])
    paths = [Path(name) for name in names] if folders else []
    empty = [folder for folder in folders if not any(it.is_relative_to(folder) for it in paths)]
    remedy = "Name folders with source code: no build output, no links, nothing that git ignores"
    if empty:
        raise InputError(
            Problem("clerkstack:app", None, "scan", f"names {each}, which has no code", remedy)
            for each in empty
        )


def _naming_clerk(root: Path, names: Sequence[str], unread: Sequence[str]) -> list[str]:
    """Return the files of other languages that name Clerk, except the ignored ones."""
    if names and unread:
        from pathspec import GitIgnoreSpec

        spec = GitIgnoreSpec.from_lines(unread)
        names = [name for name in names if not spec.match_file(name)]
    reader, found = Reader(root), []
    for name in names:
        try:
            text = reader.read(name, _OTHERS_LARGEST)
        except NotRead:
            continue
        if _NAMES_CLERK.search(text):
            found.append(name)
    return found
