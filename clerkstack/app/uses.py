"""Where an app asks Clerk for a plan, a feature, a role or a permission.

The forms are those that Clerk documents (clerk.com/docs/guides/secure/authorization-checks and
the references of `has()`, `<Show>`, `<Protect>`, `auth.protect()` and of the session's claims): a
parameter object with `plan`, `feature`, `role` or `permission`, or props of those names. `user:pro`
and `org:pro` ask for a plan or feature of one payer. A slug that nothing has answers false,
silently.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from clerkstack.app.clerk import ASKING, COMPONENTS, HAS, MAY, Clerk, Kind, last
from clerkstack.app.evaluate import Callers, Constant, Either, Evaluator, alternatives, place_of
from clerkstack.app.facts_of_files import Ir, column_of, line_of
from clerkstack.app.kinds import KINDS, named
from clerkstack.app.kinds import Kind as Asked
from clerkstack.app.modules import Module, Modules, Unresolved

_CREATING = frozenset({"createElement", "cloneElement", "jsx", "jsxs", "h"})
# Methods that call what they are given.
_CALLING = frozenset({"some", "every", "find", "filter", "map", "forEach", "flatMap", "findLast"})
_SELF = frozenset({"call", "apply", "bind"})
# Of what `auth()` gives: they are nobody else's.
_CLAIMS_ALONE = frozenset({"orgRole", "orgPermissions"})


@dataclass(frozen=True)
class Use:
    """A check of a slug. `payer` is `org` or `user` where the check names one.

    A scope that Clerk does not know stays part of the slug.
    """

    kind: Asked
    slug: str
    payer: str | None
    file: str
    line: int
    column: int

    @property
    def where(self) -> str:
        """file:line:column."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Untold:
    """A check whose slug can't be told without running the code."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


Found = Use | Untold
SECONDS = 0.5
"""Of CPU, for what one file asks, once it is parsed."""


class Checks:
    """The checks of an app, once the facts of its files are there.

    Args:
        modules: the app's.
        callers: who calls the app's functions; `learn` adds to it.
        reached: see `Clerk`.
    """

    def __init__(self, modules: Modules, callers: Callers, reached: Callable[[Path], bool]) -> None:
        self._modules = modules
        self._callers = callers
        self._reached = reached
        self._clerk = Clerk(modules, callers, reached)
        self._evaluator = Evaluator(modules, callers)
        # Of what may be no check: nobody looks for who calls it.
        self._unsure = Evaluator(modules, callers.unasked())

    def learn(self, module: Module) -> None:
        """Enter the calls of functions of the app that a module has."""
        for _, callee, arguments, _, places in module.facts.calls:
            called = self._clerk.kind(module, callee)
            if called is not None and called.is_ == "function" and called.module is not None:
                calls = self._callers.calls.setdefault((called.module.file, called.name), [])
                calls.append((module, arguments, places))
            for at, each in enumerate(arguments):
                self._learn_given(module, callee, at, each)

    def _learn_given(self, module: Module, callee: Ir, at: int, given: Ir) -> None:
        """`auth.protect(allowed)`, `condition={allowed}`: Clerk calls a function with `has`."""
        inner = (
            [entry[2] for entry in given[1] if entry[0] in ("condition", "when")]
            if given[0] == "o"
            else [given]
        )
        is_protect = given[0] != "o" and at == 0 and self._clerk.protects(module, callee)
        for each in inner:
            if each[0] == "r" and (is_protect or given[0] == "o"):
                called = self._clerk.kind(module, each)
                if called is not None and called.is_ == "function" and called.module is not None:
                    function = called.module.facts.functions.setdefault(called.name, {})
                    function.setdefault("prop", "condition")

    def hooks(self, module: Module) -> Iterator[tuple[str, list[str]]]:
        """The functions of a module that give `has`, or a function that asks for what it is given,
        each with the names that they give it by."""
        for name, function in module.facts.functions.items():
            gives = function.get("gives")
            if gives is None or not function.get("named"):
                continue
            found = self._clerk.kind(module, gives)
            if found is not None and self._hands_on(found):
                yield name, []
            elif found is not None and found.is_ == "object" and found.ir is not None:
                inside = found.module or module
                entries = found.ir[1] if found.ir[0] == "o" else []
                keys = [
                    each[0]
                    for each in entries
                    if isinstance(each[0], str)
                    and each[0] != "..."
                    and self._hands_on(self._clerk.kind(inside, each[2]))
                ]
                if keys:
                    yield name, keys

    def _hands_on(self, found: Kind | None) -> bool:
        if found is None or found.module is None:
            return found == HAS
        return found.is_ == "function" and (found.module.file, found.name) in self._callers.asked

    def of(self, module: Module) -> Iterator[Found]:
        """All checks in a module."""
        for why in module.facts.stopped or ():
            message = f"{why}, and is not read. Leave it out of the scan"
            yield self._at(module, 1 << 24 | 1, message)
        for error, place in module.facts.lost:
            message = (
                f"is not TypeScript, and a check is in it ({line_of(place)}:{column_of(place)})"
            )
            yield self._at(module, error, message)
        until = time.process_time() + SECONDS
        for form, callee, arguments, place, places in module.facts.calls:
            if time.process_time() > until:
                message = f"asks for more than is told in {SECONDS:g} s. Leave it out of the scan"
                yield self._at(module, place, message)
                break
            self._evaluator.fresh()
            self._unsure.fresh()
            if form == "e":
                yield from self._of_element(module, callee, arguments[0])
            else:
                yield from self._of_call(module, callee, arguments, place, places)
        for kind, claim, value, name in module.facts.claims:
            self._evaluator.fresh()
            yield from self._of_claim(module, kind, claim, value, name)

    def _of_call(
        self, module: Module, callee: Ir, arguments: list[Ir], place: int, places: list[int]
    ) -> Iterator[Found]:
        at = 0
        name = last(callee)
        if callee[0] == "m" and name in _SELF and self._is_asker(module, callee[1]):
            if name != "call":  # has.apply(auth, [{ … }])
                if self._clerk.kind(module, callee[1]) == HAS:
                    yield self._given_on(module, place)
                return
            callee, at = callee[1], 1
        if name == "protect":
            certain = self._clerk.protects(module, callee)
        else:
            certain = self._certain(module, callee, len(arguments) - at)
        if certain is None:
            yield from self._of_created(module, callee, arguments)
            yield from self._given_away(module, callee, arguments, places)
            return
        for given in alternatives(arguments[at]) if len(arguments) > at else ():
            if given[0] == "o":
                if certain or any(each[0] in KINDS for each in given[1]):
                    yield from self._of_object(module, given)
            elif given[0] != "s" and not self._is_function(module, given):
                yield from self._of_value(module, given, tell=certain)

    def _is_asker(self, module: Module, ir: Ir) -> bool:
        return self._clerk.kind(module, ir) in (HAS, MAY)

    def _certain(self, module: Module, callee: Ir, given: int) -> bool | None:
        """Whether a call asks Clerk whatever it is given; None where it does not."""
        found = self._clerk.kind(module, callee)
        if found == HAS:
            return True
        # `has(object, path)` of another library: Clerk's takes one.
        if found != MAY or given != 1:
            return None
        if callee[0] in ("m", "d") and not self._reached(module.file):
            self._ask_for_holder(module, callee[1])
            return None
        return False

    def _ask_for_holder(self, module: Module, ir: Ir) -> None:
        """`(a) => a.has({ plan })`: whoever calls it may give what `auth()` gave."""
        held = module.facts.constants.get(ir[1]) if ir[0] == "r" else None
        if held is not None and held[0] == "p":
            self._callers.of(module.file, held[1])

    def _is_function(self, module: Module, ir: Ir) -> bool:
        found = self._clerk.kind(module, ir)
        return found is not None and found.is_ == "function"

    def _given_away(
        self, module: Module, callee: Ir, arguments: list[Ir], places: list[int]
    ) -> Iterator[Found]:
        """`has` given on to what can't be seen, or calls it as it likes."""
        for each, place in zip(arguments, places, strict=True):
            if each[0] not in ("r", "m", "d") or self._clerk.kind(module, each) != HAS:
                continue
            called = self._clerk.kind(module, callee)
            if called is not None and called.is_ == "function" and called.module is not None:
                at = arguments.index(each)
                self._callers.given_has.add((called.module.file, (called.name, at)))
                continue
            if callee[0] == "r" or (callee[0] == "m" and last(callee) in _CALLING):
                yield self._given_on(module, place)

    def _of_created(self, module: Module, callee: Ir, arguments: list[Ir]) -> Iterator[Found]:
        """`createElement(Protect, { plan: … })`."""
        if last(callee) in _CREATING and len(arguments) > 1:
            yield from self._of_element(module, arguments[0], arguments[1])

    def _of_element(self, module: Module, component: Ir, props: Ir) -> Iterator[Found]:
        """`<Protect plan="…">`, `<Show when={{ plan: … }}>`."""
        found = self._clerk.kind(module, component)
        if found is None or found.is_ != "clerk" or found.name not in COMPONENTS:
            if props[0] == "o" and (found is None or found.is_ != "function"):
                yield from self._stored(module, props)
            return
        is_protect = found.name == "Protect"
        if props[0] != "o":
            yield from self._of_value(module, props, tell=is_protect)
            return
        for entry in props[1]:
            if entry[0] == "...":
                if is_protect:
                    yield from self._of_value(module, entry[1], tell=True)
            elif is_protect and entry[0] in KINDS:
                yield from self._of_slug(module, entry[0], entry[2])
            elif is_protect and entry[0] == "condition":
                if not self._is_function(module, entry[2]):
                    yield self._given_on(module, place_of(entry[2]))
            elif not is_protect and entry[0] == "when":
                yield from self._of_when(module, entry[2])

    def _stored(self, module: Module, props: Ir) -> Iterator[Found]:
        """`<Context value={{ can: has }}>`: who takes it out there can't be seen. By its own name
        it is known everywhere."""
        for entry in props[1]:
            inner: Ir = entry[2] if entry[0] != "..." else ["z", 0]
            held: list[Ir] = inner[1] if inner[0] == "o" else [entry]
            for each in held:
                if each[0] not in (*ASKING, "...") and self._clerk.kind(module, each[2]) == HAS:
                    yield self._given_on(module, place_of(each[2]))

    def _of_when(self, module: Module, value: Ir) -> Iterator[Found]:
        for given in alternatives(value):
            if given[0] == "o":
                yield from self._of_object(module, given)
            elif given[0] not in ("s", "b") and not self._is_function(module, given):
                yield from self._of_value(module, given, tell=True)

    def _of_object(self, module: Module, ir: Ir) -> Iterator[Found]:
        """The checks in a parameter object that is written out."""
        for entry in ir[1]:
            if entry[0] == "...":
                for each in alternatives(entry[1]):
                    if each[0] == "o":
                        yield from self._of_object(module, each)
                    else:
                        yield from self._of_value(module, each, tell=True)
            elif isinstance(entry[0], str):
                if entry[0] in KINDS:
                    yield from self._of_slug(module, entry[0], entry[2])
            else:
                yield from self._of_computed(module, entry[0], entry[2])

    def _of_computed(self, module: Module, key: Ir, value: Ir) -> Iterator[Found]:
        name = self._evaluator.of(module, key).value
        if isinstance(name, Either):
            for each in name.choices:
                if each.value in KINDS:
                    yield from self._of_slug(module, str(each.value), value)
        elif isinstance(name, Unresolved):
            yield self._untold(module, place_of(key), "what is asked for", name)
        elif name in KINDS:
            yield from self._of_slug(module, str(name), value)

    def _of_value(self, module: Module, ir: Ir, *, tell: bool) -> Iterator[Found]:
        """The checks in a parameter object that a name or expression stands for."""
        evaluator = self._evaluator if tell else self._unsure
        held = evaluator.of(module, ir)
        place = place_of(ir)
        choices = held.value.choices if isinstance(held.value, Either) else [held]
        for each in choices:
            if isinstance(each.value, Unresolved):
                if tell:
                    yield self._untold(module, place, "what is asked for", each.value, each)
                continue
            for kind in KINDS:
                if isinstance(each.value, dict) and kind in each.value:
                    inner = each.value[kind]
                    yield from self._of_constant(module, kind, inner, place, each)

    def _of_slug(self, module: Module, kind: str, ir: Ir) -> Iterator[Found]:
        wanted = next(each for each in KINDS if each == kind)
        for each in alternatives(ir):
            value = self._evaluator.of(module, each)
            place = place_of(each) or place_of(ir)
            yield from self._of_constant(module, wanted, value, place, value)

    def _of_constant(
        self, module: Module, kind: Asked, constant: Constant, place: int, outer: Constant
    ) -> Iterator[Found]:
        value = constant.value
        given = constant.given or outer.given
        file, line, column = self._modules.shown(module.file), line_of(place), column_of(place)
        if given is not None:
            file, line, column = self._modules.shown(given[0]), *given[1:]
        if isinstance(value, Either):
            for each in value.choices:
                yield from self._of_constant(module, kind, each, place, outer)
        elif isinstance(value, str) and value:
            slug, payer = named(kind, value)
            yield Use(kind, slug, payer, file, line, column)
        elif isinstance(value, Unresolved):
            what = f"the {kind} that is asked for"
            found = self._untold(module, place, what, value)
            yield Untold(file, line, column, found.message)
        elif value is not None and value is not False:
            yield Untold(file, line, column, f"the {kind} that is asked for is not a text")

    def _of_claim(
        self, module: Module, kind: str, claim: Ir, value: Ir, name: str
    ) -> Iterator[Found]:
        """`sessionClaims.pla === 'u:pro'`, `orgRole === 'org:x'`."""
        found = self._clerk.kind(module, claim)
        is_clerks = found is not None and found.is_ == "clerk"
        if found is not None and not is_clerks:
            return
        if not is_clerks and not self._reached(module.file):
            return
        if not is_clerks and claim[0] == "r" and name not in _CLAIMS_ALONE:
            return
        yield from self._of_slug(module, kind, value)

    def _given_on(self, module: Module, place: int) -> Untold:
        message = "what is asked for can't be told: has is given on here, and called elsewhere"
        return self._at(module, place, message)

    def _untold(
        self,
        module: Module,
        place: int,
        what: str,
        error: Unresolved,
        given: Constant | None = None,
    ) -> Untold:
        elsewhere = f" ({error.file.name}:{error.line})" if error.line else f" ({error.file.name})"
        near = error.file == module.file and error.line in (None, line_of(place))
        message = f"{what} can't be told: {error.message}{'' if near else elsewhere}"
        found = self._at(module, place, message)
        if given is not None and given.given is not None:
            file, line, column = given.given
            found = Untold(self._modules.shown(file), line, column, message)
        return found

    def _at(self, module: Module, place: int, message: str) -> Untold:
        file = self._modules.shown(module.file)
        return Untold(file, line_of(place) or 1, column_of(place) or 1, message)
