"""What in an app's code is Clerk's, however it came there: `has`, what holds it, and components."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clerkstack.app.evaluate import Callers
from clerkstack.app.facts_of_files import Ir
from clerkstack.app.modules import Module, Modules, Unresolved

COMPONENTS = frozenset({"Protect", "Show"})
ASKING = frozenset({"has", "checkAuthorization", "checkAuthorizationWithCustomPermissions"})
# What gives an object with `has`: auth(), useAuth(), getAuth(request), requestState.toAuth(), …
GIVING = frozenset({"auth", "useAuth", "getAuth", "toAuth", "useSession", "currentSession"})
# What is Clerk's wherever it has one of these names.
_HOLDERS = frozenset({"auth", "session"})
# What a file may use that imports nothing: names that a framework imports by itself.
_FREE = GIVING | COMPONENTS | {"clerkClient", "clerkMiddleware", "useOrganization", "useUser"}
# `@clerk/nextjs`, and the packages for other frameworks: svelte-clerk, @hono/clerk-auth, …
_PACKAGE = re.compile(r"(?:^|[@/-])clerk(?:[/-]|$)")
# What bundlers lead to files of the app, or to what they import by themselves.
_OWN = (".", "@/", "~", "#", "/", "$")
# Where a function is given to Clerk, which calls it with `has`.
_CONDITIONS = frozenset({"condition", "when"})
# What gives what somebody has put there elsewhere.
_UNKNOWN = frozenset({"useContext", "use", "inject", "getContext"})
_DEEPEST = 40
_STEPS = 20_000  # of one expression
_MOST_FILES = 2000


@dataclass(frozen=True)
class Kind:
    """What an expression is.

    `is_`: `clerk` (Clerk's, and `name` what it is called there), `has` (what asks), `may` (called
    as what asks is, and nothing is known of it), `foreign` (certainly not Clerk's), `function` or
    `object` of the app, written in a module.
    """

    is_: str
    name: str = ""
    module: Module | None = None
    ir: Ir | None = None


HAS = Kind("has")
FOREIGN = Kind("foreign")
MAY = Kind("may")


def is_clerks(source: str) -> bool:
    """Whether a package is one of Clerk's."""
    return _PACKAGE.search(source) is not None


class Clerk:
    """Tells what expressions are.

    Args:
        modules: the app's.
        callers: who calls the app's functions with what.
        reached: whether the file at a path, or one that it imports, imports a package of Clerk's.
    """

    def __init__(self, modules: Modules, callers: Callers, reached: Callable[[Path], bool]) -> None:
        self._modules = modules
        self._callers = callers
        self._reached = reached
        self._done: dict[tuple[Path, str], Kind | None] = {}
        self._depth = 0
        self._left = _STEPS

    def kind(self, module: Module, ir: Ir) -> Kind | None:
        """What an expression is, None where nothing is known of it."""
        if self._depth == 0:
            self._left = _STEPS
        self._left -= 1
        if self._depth > _DEEPEST or self._left < 0:
            return None
        self._depth += 1
        try:
            return self._kind(module, ir)
        finally:
            self._depth -= 1

    def _kind(self, module: Module, ir: Ir) -> Kind | None:
        form = ir[0]
        if form == "r":
            return self._of_name(module, ir[1])
        if form in ("m", "d"):
            return self._of_member(module, ir)
        if form == "c":
            return self._of_call(module, ir)
        if form == "p":
            key = (module.file, f"{ir[1]}:{ir[2]}")
            if key not in self._done:
                self._done[key] = None  # ends a circle
                self._done[key] = self._of_parameter(module, ir)
            return self._done[key]
        if form in ("w", "t", "v", "|"):
            return self.kind(module, ir[1])
        if form == "?":
            found = (self.kind(module, each) for each in ir[2])
            return next((each for each in found if each is not None and each != FOREIGN), None)
        if form == "f":
            return Kind("function", ir[1], module)
        if form in ("o", "a"):
            return Kind("object", module=module, ir=ir)
        if form == "k":
            return Kind("clerk", ir[1])
        if form in "snbz" or (form == "x" and str(ir[1]).startswith(("is a new", "is a class"))):
            return FOREIGN
        return None

    def _of_name(self, module: Module, id_: str) -> Kind | None:
        key = (module.file, id_)
        if key not in self._done:
            self._done[key] = None  # ends a circle
            self._done[key] = self._named(module, id_)
        return self._done[key]

    def _named(self, module: Module, id_: str) -> Kind | None:
        name, facts = id_.partition("@")[0], module.facts
        if id_ not in facts.constants:
            if id_ in facts.imports:
                return self._imported(module, name, *facts.imports[id_])
            if name in _FREE:
                return Kind("clerk", name)
            return MAY if name in ASKING else None
        held = facts.constants[id_]
        found = self.kind(module, held)
        if found is None and name in _HOLDERS:
            return Kind("clerk", name)
        if name in ASKING:
            if held[0] == "p" and found is None:
                return HAS
            if found is None:
                return MAY
        return found

    def _imported(self, module: Module, local: str, source: str, name: str) -> Kind | None:
        if self._modules.file_of(module.file.parent, source) is None:
            if is_clerks(source):
                return Kind("clerk", name)
            if source.startswith(_OWN) or self._modules.is_package_here(source):
                return self._by_name(name if name != "default" else local, None)
            return FOREIGN
        try:
            there = self._modules.from_statement(module, source)
            found = self.exported(there, name)
        except Unresolved:
            return self._by_name(name, None)
        return found or self._by_name(name if name != "default" else local, there)

    def _by_name(self, name: str, there: Module | None) -> Kind | None:
        """What something of the app is by its name alone, where it can't be looked into."""
        if there is not None and not self._reached(there.file):
            return FOREIGN
        if name in GIVING or (name in COMPONENTS and there is None):
            return Kind("clerk", name)
        return MAY if name in ASKING else None

    def exported(self, module: Module, name: str, depth: int = 0) -> Kind | None:
        """What a module exports under a name.

        Raises:
            Unresolved: it is exported from what is not there.
        """
        facts = module.facts
        if name == "*":
            return Kind("object", module=module)
        if depth > _DEEPEST:
            return None
        if name in facts.exports:
            source, inner = facts.exports[name]
            if source is None:
                return self._of_name(module, str(inner))
            return self._from(module, source, str(inner), depth)
        for source in facts.all_of:
            try:
                found = self._from(module, source, name, depth)
            except Unresolved:
                continue
            if found is not None:
                return found
        return None

    def _from(self, module: Module, source: str, name: str, depth: int) -> Kind | None:
        if self._modules.file_of(module.file.parent, source) is None and is_clerks(source):
            return Kind("clerk", name)
        return self.exported(self._modules.from_statement(module, source), name, depth + 1)

    def _of_member(self, module: Module, ir: Ir) -> Kind | None:
        name = str(ir[2][1]) if ir[2][0] in "sn" else ""
        taken = ir[0] == "d"
        if name == "value" and last(ir[1]) in ASKING:  # a ref of Vue
            return self.kind(module, ir[1])
        holder = self.kind(module, ir[1])
        if holder is not None and holder.is_ == "object":
            return self._of_object(holder, name)
        if holder is not None and holder.is_ == "clerk":
            return HAS if name in ASKING else Kind("clerk", name)
        if holder == FOREIGN or (holder is not None and holder.is_ == "function"):
            return FOREIGN
        if ir[1][0] == "r" and ir[1][1] not in module.facts.constants and name in COMPONENTS:
            return Kind("clerk", name) if ir[1][1] not in module.facts.imports else None
        if name in ASKING:
            return HAS if taken or last(ir[1]) in _HOLDERS else MAY
        return Kind("clerk", name) if name in _HOLDERS else None

    def _of_object(self, holder: Kind, name: str) -> Kind | None:
        module, ir = holder.module, holder.ir
        if module is None:
            return None
        if ir is None:
            try:
                return self.exported(module, name)
            except Unresolved:
                return None
        if ir[0] == "a":
            return (
                self.kind(module, ir[1][int(name)])
                if name.isdigit() and int(name) < len(ir[1])
                else None
            )
        found: Kind | None = FOREIGN
        for entry in ir[1]:
            if entry[0] == "...":
                spread = self.kind(module, entry[1])
                if spread is not None and spread.is_ == "clerk":
                    found = HAS if name in ASKING else Kind("clerk", name)
                elif spread is not None and spread.is_ == "object":
                    found = self._of_object(spread, name)
                else:
                    found = MAY if name in ASKING else None
            elif entry[0] == name:
                found = self.kind(module, entry[2])
        return found

    def _of_call(self, module: Module, ir: Ir) -> Kind | None:
        callee, given, text = ir[1], ir[2], ir[4]
        if text in ("require", "import") and given and given[0][0] == "s":
            return self._imported(module, "", given[0][1], "*")
        called = self.kind(module, callee)
        if called is not None and called.is_ == "clerk":
            return Kind("clerk", "()")
        if called is not None and called.is_ == "function" and called.module is not None:
            return self._given_by(called.module, called.name)
        name = last(callee)
        if name in _UNKNOWN:
            return None
        if name == "useMemo" and given and given[0][0] == "f":
            return self._given_by(module, given[0][1])
        for each in given:
            if each[0] in "rmfkc":  # memo(Protect), useCallback(() => …)
                found = self.kind(module, each)
                if found is not None and found.is_ == "clerk" and found.name in COMPONENTS:
                    return found
                if found is not None and each[0] == "f":
                    return found
        if called == FOREIGN:
            return FOREIGN
        return Kind("clerk", "()") if last(callee) in GIVING else None

    def _given_by(self, module: Module, function: str) -> Kind | None:
        """What a function of the app gives."""
        key = (module.file, function)
        if key not in self._done:
            self._done[key] = None  # ends a circle
            self._done[key] = self._looked_into(module, function)
        return self._done[key]

    def _looked_into(self, module: Module, function: str) -> Kind | None:
        gives = module.facts.functions.get(function, {}).get("gives")
        found = None if gives is None else self.kind(module, gives)
        if found is None and not self._reached(module.file):
            return FOREIGN
        return found

    def _of_parameter(self, module: Module, ir: Ir) -> Kind | None:
        """What a parameter is: what Clerk calls its function with, or what the app does."""
        function, index = module.facts.functions.get(ir[1], {}), ir[2]
        if index == 0 and function.get("prop") in _CONDITIONS:
            return HAS
        if self._is_others(module, (function.get("types") or []), index):
            return FOREIGN
        given = function.get("given")
        if given is not None and index == 0 and given[1] == 0 and self.protects(module, given[0]):
            return HAS
        for there, arguments, _ in self._callers.known(module.file, ir[1]):
            if index < len(arguments):
                found = self.kind(there, arguments[index])
                if found is not None and found != FOREIGN:
                    return found
        return None

    def _is_others(self, module: Module, types: list[Ir | None], index: int) -> bool:
        """Whether a parameter's type is imported from a package that is not Clerk's."""
        held = types[index] if index < len(types) else None
        if held is None or held[0] != "R" or held[1] not in module.facts.imports:
            return False
        source = module.facts.imports[held[1]][0]
        own = source.startswith(_OWN) or self._modules.is_package_here(source)
        is_there = self._modules.file_of(module.file.parent, source) is not None
        return not (own or is_there or is_clerks(source))

    def protects(self, module: Module, callee: Ir) -> bool | None:
        """Whether a call is of `auth.protect`: None where it is certainly not."""
        if callee[0] == "r":
            found = self.kind(module, callee)
            is_clerks = found is not None and found.is_ == "clerk" and found.name == "protect"
            return True if is_clerks else None
        if callee[0] != "m" or callee[2][1] != "protect":
            return None
        holder = self.kind(module, callee[1])
        if holder is not None:
            return True if holder.is_ == "clerk" else None
        name = last(callee[1]).lower()
        return False if "auth" in name else None


def last(ir: Ir) -> str:
    """The last name of an expression: `has` of `auth.has`."""
    if ir[0] == "r":
        return str(ir[1]).partition("@")[0]
    if ir[0] in ("m", "d"):
        return str(ir[2][1]) if ir[2][0] == "s" else ""
    return ""
