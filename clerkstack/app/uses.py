"""Finds the places where an app checks a plan, a feature, a role or a permission.

The supported forms are those that Clerk documents
(clerk.com/docs/guides/secure/authorization-checks and the references of `has()`, `<Show>`,
`<Protect>`, `auth.protect()` and the session claims): a parameter object with `plan`, `feature`,
`role` or `permission`, or props with these names. `user:pro` and `org:pro` name the payer. A check
of an unknown slug silently returns false.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from clerkstack.app import clerk
from clerkstack.app.clerk import ASKING, COMPONENTS, CREATING, last
from clerkstack.app.evaluate import (
    SAME,
    VISITING,
    Call,
    Callers,
    Evaluator,
    alternatives,
    place_of,
)
from clerkstack.app.facts_of_files import Ir, column_of, line_of
from clerkstack.app.kinds import KINDS, SCOPES, named
from clerkstack.app.kinds import Kind as Asked
from clerkstack.app.modules import Module, Modules
from clerkstack.app.values import HAS, MAY, Constant, Either, Kind, Place, Unresolved, kind_of
from clerkstack.app.words import GIVEN

_SELF = frozenset({"call", "apply", "bind"})
# Claims with several slugs, and calls that return several.
_LISTS = frozenset({"fea", "pla", "orgPermissions", "org_permissions", "permissions"})
_LISTING = frozenset({"split", "map", "flatMap", "filter", "concat"})
# Values that are shown and grant nothing: elements, translations, template strings; and labels.
_SHOWN = re.compile(
    r"is an? (?:jsx |template string)|calls (?:[\w.]+\.)?(?:t|_|\$t|msg|translate)\b"
)
_LABEL = re.compile(r"^[A-Z#]|\s|[^\x00-\x7f]")
_PART = "is part of a string, not a constant"
# A reason whose subject is the value, as where its place precedes it.
_WITHOUT_SUBJECT = re.compile(r"(?:is|has|does|can|calls|comes|spreads|takes|exports) ")


@dataclass(frozen=True)
class Use:
    """A check of a slug. `payer` is `org` or `user` if the check names one, else None.

    An unknown scope stays part of the slug.
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
class UnresolvedCheck:
    """A check whose slug is not known without running the code."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


def given_by(method: str, arguments: list[Ir], places: list[int]) -> tuple[list[Ir], list[int]]:
    """Return the arguments that `call`, `apply` or `bind` passes, and their places."""
    given, places = arguments[1:], places[1:]
    if method == "apply" and given:
        if given[0][0] != "a":
            return [["...", given[0], places[0]]], places[:1]
        return given[0][1], [place_of(each) or places[0] for each in given[0][1]]
    if method == "bind":  # its callers may pass more
        more = (places or [0])[-1]
        return [*given, *([["...", ["z", 0], more]] if given else [])], [*places, more]
    return given, places


def _values(ir: Ir) -> list[Ir]:
    """Return an argument, or the props of an element."""
    return [entry[2] for entry in ir[1] if entry[0] != "..."] if ir[0] == "o" else [ir]


def _entries_of(held: Ir, place: int, *, of_keys: bool) -> Ir:
    """Return one entry of a list, or one key of a table."""
    name = last(held) or "the value that it is looked up in"
    if of_keys:
        keys: Ir = ["m", ["r", "Object", 0], ["s", "keys", 0], 0]
        held = ["c", keys, [held], place, "Object.keys"]
    return ["?", "is one of several values", [["e", held, name]], place]


def _is_shown(table: dict[str, Constant], *, any_text: bool) -> bool:
    """Whether a table holds only what is shown for each role or plan: elements, translations and
    texts. With `any_text`, texts need not look like labels."""
    for entry in table.values():
        value = entry.value
        if isinstance(value, dict):
            is_one = _is_shown(value, any_text=any_text)
        elif isinstance(value, Unresolved):
            is_one = _SHOWN.match(value.message) is not None
        else:
            is_one = isinstance(value, str) and (any_text or _LABEL.search(value) is not None)
        if not is_one:
            return False
    return bool(table)


def _is_list(module: Module, ir: Ir) -> bool:
    """Whether an expression turns a claim into several values."""
    for _ in range(_DEEPEST):
        if ir[0] == "r" and ir[1] in module.facts.constants:
            ir = module.facts.constants[ir[1]]
        elif ir[0] in "vtw|":
            ir = ir[1]
        else:
            break
    is_set = ir[0] == "x" and len(ir) > 3 and str(ir[1]).startswith("is a new")
    return is_set or (ir[0] == "c" and last(ir[1]) in _LISTING)


def _is_of_parameter(module: Module, callee: Ir) -> bool:
    """Whether the callee is a parameter, or a member of one."""
    for _ in range(_DEEPEST):
        if callee[0] in ("m", "d", "|"):
            callee = callee[1]
        elif callee[0] == "r" and callee[1] in module.facts.constants:
            callee = module.facts.constants[callee[1]]
        else:
            break
    return bool(callee[0] in ("p", "q"))


Found = Use | UnresolvedCheck
SECONDS = 0.5
"""Seconds of CPU to resolve the checks of one parsed file."""

_TOO_MUCH = f"the file takes more than {SECONDS} s to resolve. Exclude it from the scan"
_MANY_STEPS = 1000
_DEEPEST = 30


class _Budget:
    """The time limit of one file; looks at the clock only after many steps."""

    def __init__(self) -> None:
        self.steps = 0
        self._until = time.process_time() + SECONDS

    @property
    def is_spent(self) -> bool:
        return self.steps > _MANY_STEPS and time.process_time() > self._until


class Checks:
    """Resolves the checks of an app from the facts of its files.

    Args:
        modules: the app's modules.
        callers: the known calls of the app's functions; `learn` adds to them.
        reached: see `Evaluator`.
    """

    def __init__(self, modules: Modules, callers: Callers, reached: Callable[[Path], bool]) -> None:
        self._modules = modules
        self._callers = callers
        self._reached = reached
        self._evaluator = Evaluator(modules, callers, reached)
        self._budget = _Budget()
        # By file, the first call that was skipped for lack of time.
        self._cut: dict[Path, int] = {}
        # For expressions that may not be checks: does not request callers.
        self._quiet = Evaluator(modules, callers.unasked(), reached, self._evaluator)

    def learn(self, module: Module, *, of_parameters: bool) -> None:
        """Record a module's calls of the app's functions: either calls of parameters, or all
        others, which determine the values of parameters."""
        self._budget = _Budget()
        for _, callee, arguments, place, places in module.facts.calls:
            if _is_of_parameter(module, callee) != of_parameters:
                continue
            if self._fresh():
                self._cut.setdefault(module.file, place)
                return
            called = self._functions(module, callee)
            self._learn_call(module, called, arguments, places)
            for at, each in enumerate(arguments):
                self._learn_given(module, callee, at, each)
                self._learn_handed(module, callee, called, at, each, places)
            if callee[0] == "m" and last(callee) in _SELF:
                given = given_by(last(callee), arguments, places)
                self._learn_call(module, self._functions(module, callee[1]), *given)
            if last(callee) in CREATING and len(arguments) > 1:
                created = self._functions(module, arguments[0])
                self._learn_call(module, created, arguments[1:], places[1:])
        if of_parameters:
            return
        known = {place for *_, place, _ in module.facts.calls}
        for place, part in (it for held in module.facts.handed.values() for it in held):
            if place not in known:
                self._hand_on(self._wrapper(module, part), module, place)

    def _learn_call(
        self,
        module: Module,
        called: Collection[tuple[Path, str]],
        arguments: list[Ir],
        places: list[int],
    ) -> None:
        for each in called:
            calls = self._callers.calls.setdefault(each, [])
            calls.append(Call(module, arguments, places))

    def _learn_handed(
        self,
        module: Module,
        callee: Ir,
        called: Collection[tuple[Path, str]],
        at: int,
        given: Ir,
        places: list[int],
    ) -> None:
        """Record a function that checks its parameter and is passed to another function."""
        if given[0] == "o":
            for entry in given[1]:
                if entry[0] not in ("condition", "when", "..."):
                    wrapper = self._wrapper(module, entry[2])
                    self._hand_on(wrapper, module, place_of(entry[2]) or places[at])
            return
        wrapper = self._wrapper(module, given)
        if wrapper is None or last(callee) in SAME | CREATING:
            return
        if called:
            self._callers.given |= {(file, (function, at)) for file, function in called}
        elif given[0] == "f":
            return
        elif callee[0] == "m" and last(callee) in VISITING and at == 0:
            entry = ["e", callee[1], "an entry of a list"]
            self._learn_call(module, [wrapper], [entry], places[:1])
        elif not self._quiet.protects(module, callee):
            self._hand_on(wrapper, module, places[at])

    def _wrapper(self, module: Module, ir: Ir) -> tuple[Path, str] | None:
        """Return the function behind an expression, if it checks its parameter."""
        found = self._function(module, ir) if ir[0] in "rmdf" else None
        functions = {} if found is None else self._modules.read(found[0]).facts.functions
        return found if found is not None and "types" in functions.get(found[1], {}) else None

    def _hand_on(self, wrapper: tuple[Path, str] | None, module: Module, place: int) -> None:
        if wrapper is not None:
            call = Call(module, [["...", ["z", 0], place]], [place])
            self._callers.handed.setdefault(wrapper, []).append(call)

    def _learn_given(self, module: Module, callee: Ir, at: int, given: Ir) -> None:
        """Record functions that Clerk calls with `has`: `auth.protect(allowed)`,
        `condition={allowed}`."""
        if given[0] == "o":
            inner = [entry[2] for entry in given[1] if entry[0] in ("condition", "when")]
        else:
            inner = [given] if at == 0 and self._quiet.protects(module, callee) else []
        for each in inner:
            called = self._function(module, each) if each[0] == "r" else None
            if called is not None:
                functions = self._modules.read(called[0]).facts.functions
                functions.setdefault(called[1], {}).setdefault("prop", "condition")

    def learned(self) -> None:
        """Finish a round: the calls of all modules are recorded."""
        self._quiet.forget_callers()

    def hooks(self, module: Module) -> Iterator[tuple[str, list[str]]]:
        """Yield the functions of a module that return `has`, a claim, or a function that checks its
        parameter, each with the keys of the result; `GIVEN` stands for a claim."""
        for name, function in module.facts.functions.items():
            gives = function.get("gives")
            if gives is None or not function.get("named"):
                continue
            self._quiet.fresh()
            found = self._quiet.of(module, gives)
            if self._hands_on(kind_of(found)):
                yield name, []
                continue
            held: object = found.value
            while isinstance(held, Unresolved) and held.behind is not None:
                held = held.behind.value
            fields = [*held.items()] if isinstance(held, dict) else []
            keys = [key for key, each in fields if key != "..." and self._hands_on(kind_of(each))]
            if clerk.claim_in(kind_of(found)) or any(
                clerk.claim_in(kind_of(it)) for _, it in fields
            ):
                keys.append(GIVEN)
            if keys:
                yield name, keys

    def given_claims(self, module: Module) -> Iterator[Path]:
        """Yield the files with functions to which a module passes a claim."""
        for _, callee, arguments, *_ in module.facts.calls if module.facts.compares else ():
            functions = self._functions(module, callee)
            given = [it for each in arguments for it in (_values(each) if functions else ())]
            if any(clerk.claim_in(self._quiet.kind(module, it)) for it in given):
                yield from (file for file, _ in functions)

    def _hands_on(self, found: Kind | None) -> bool:
        if found is None or found.module is None:
            return found == HAS
        return (found.module.file, found.name) in self._callers.asked

    def of(self, module: Module) -> Iterator[Found]:
        """Yield all checks in a module."""
        for why in module.facts.stopped or ():
            message = f"the file {why}, and is not read. Exclude it from the scan"
            yield self._at(module, 1 << 24 | 1, message)
        for error, place in module.facts.lost:
            where = f"{line_of(place)}:{column_of(place)}"
            yield self._at(module, error, f"this is not TypeScript but contains a check ({where})")
        self._budget = _Budget()
        for form, callee, arguments, place, places in module.facts.calls:
            if self._fresh() or self._cut.get(module.file) == place:
                yield self._at(module, place, _TOO_MUCH)
                break
            if form == "e":
                yield from self._of_element(module, callee, arguments[0])
            else:
                yield from self._of_call(module, callee, arguments, place, places)
        for form, claim, value, place in module.facts.claims:
            if self._fresh():
                yield self._at(module, place, _TOO_MUCH)
                break
            name = self._claim(module, claim)
            if name is not None:
                yield from self._of_claim(module, form, claim, name, value, place)

    def _fresh(self) -> bool:
        """Begin an expression; return whether no time is left for it."""
        self._budget.steps += self._evaluator.fresh() + self._quiet.fresh()
        return self._budget.is_spent

    def _of_call(
        self, module: Module, callee: Ir, arguments: list[Ir], place: int, places: list[int]
    ) -> Iterator[Found]:
        at, name = 0, last(callee)
        if callee[0] == "m" and name in _SELF:
            asks = self._quiet.kind(module, callee[1])
            if asks in (HAS, MAY) and name != "call":  # has.apply(auth, [{ … }])
                if asks == HAS:
                    yield self._given_on(module, place)
                return
            if asks in (HAS, MAY):
                callee, at = callee[1], 1
        if name == "protect":
            certain = self._quiet.protects(module, callee)
        else:
            certain = self._certain(module, callee, len(arguments) - at)
        if certain is None:
            if name in CREATING and len(arguments) > 1:  # createElement(Protect, { plan: … })
                yield from self._of_element(module, arguments[0], arguments[1])
            yield from self._given_away(module, callee, arguments, places)
            return
        for given in alternatives(arguments[at]) if len(arguments) > at else ():
            if given[0] == "...":  # has(...checks)
                given = ["e", given[1], "the spread value"]
            if given[0] == "o":
                if certain or any(each[0] in KINDS for each in given[1]):
                    yield from self._of_object(module, given)
            elif given[0] != "s" and not self._function(module, given):
                yield from self._of_value(module, given, is_check=certain, place=places[at])

    def _certain(self, module: Module, callee: Ir, given: int) -> bool | None:
        """Return True if a call is a check, False if its arguments decide, None if it is not a
        check."""
        found = self._quiet.kind(module, callee)
        if found == HAS:
            return True
        # Clerk's `has` takes one argument, unlike `has(object, path)` of another library.
        if found != MAY or given != 1:
            return None
        if callee[0] in ("m", "d") and not self._reached(module.file):
            # `(a) => a.has({ plan })`: a caller may pass the result of `auth()`.
            held = module.facts.constants.get(callee[1][1]) if callee[1][0] == "r" else None
            if held is not None and held[0] == "p":
                self._callers.of(module.file, held[1])
            return None
        return False

    def _functions(self, module: Module, ir: Ir) -> list[tuple[Path, str]]:
        """Return the app's functions that an expression may be."""
        kinds = [kind_of(choice) for choice in self._quiet.of(module, ir).choices]
        functions = (it for it in kinds if it is not None and it.is_ == "function")
        return [(it.module.file, it.name) for it in functions if it.module is not None]

    def _function(self, module: Module, ir: Ir) -> tuple[Path, str] | None:
        """Return the app's function that an expression is."""
        found = self._quiet.kind(module, ir)
        if found is None or found.is_ != "function" or found.module is None:
            return None
        return found.module.file, found.name

    def _given_away(
        self, module: Module, callee: Ir, arguments: list[Ir], places: list[int]
    ) -> Iterator[Found]:
        """Yield places where `has` is passed to code that cannot be followed."""
        for at, (each, place) in enumerate(zip(arguments, places, strict=True)):
            if each[0] not in ("r", "m", "d") or self._quiet.kind(module, each) != HAS:
                continue
            called = self._function(module, callee)
            if called is not None:
                self._callers.given.add((called[0], (called[1], at)))
            elif callee[0] == "r" or (callee[0] == "m" and last(callee) in VISITING):
                yield self._given_on(module, place)

    def _of_element(self, module: Module, component: Ir, props: Ir) -> Iterator[Found]:
        """`<Protect plan="…">`, `<Show when={{ plan: … }}>`."""
        found = self._quiet.kind(module, component)
        if found is None or found.is_ != "clerk" or found.name not in COMPONENTS:
            if props[0] == "o" and (found is None or found.is_ != "function"):
                yield from self._stored(module, props)
            return
        is_protect = found.name == "Protect"
        if props[0] != "o":
            yield from self._of_value(module, props, is_check=is_protect)
            return
        for entry in props[1]:
            if entry[0] == "...":
                if is_protect:
                    yield from self._of_value(module, entry[1], is_check=True, place=entry[2])
            elif is_protect and entry[0] in KINDS:
                yield from self._of_slug(module, entry[0], entry[2])
            elif is_protect and entry[0] == "condition":
                if not self._function(module, entry[2]):
                    yield self._given_on(module, place_of(entry[2]))
            elif not is_protect and entry[0] == "when":
                yield from self._of_when(module, entry[2])

    def _stored(self, module: Module, props: Ir) -> Iterator[Found]:
        """Yield places such as `<Context value={{ can: has }}>`, whose readers cannot be followed.
        Under its own name, `has` is found everywhere."""
        for entry in props[1]:
            inner: Ir = entry[2] if entry[0] != "..." else ["z", 0]
            for each in inner[1] if inner[0] == "o" else [entry]:
                if each[0] not in (*ASKING, "...") and self._quiet.kind(module, each[2]) == HAS:
                    yield self._given_on(module, place_of(each[2]))

    def _of_when(self, module: Module, value: Ir) -> Iterator[Found]:
        for given in alternatives(value):
            if given[0] == "o":
                yield from self._of_object(module, given)
            elif given[0] not in ("s", "b") and not self._function(module, given):
                yield from self._of_value(module, given, is_check=True)

    def _of_object(self, module: Module, ir: Ir) -> Iterator[Found]:
        """Yield the checks in a literal parameter object."""
        for entry in ir[1]:
            if entry[0] == "...":
                for alternative in alternatives(entry[1]):
                    if alternative[0] == "o":
                        yield from self._of_object(module, alternative)
                    else:
                        yield from self._of_value(module, alternative, is_check=True)
                continue
            keys = [entry[0]]
            if not isinstance(entry[0], str):
                key = self._evaluator.of(module, entry[0])
                keys = [choice.value for choice in key.choices]
                if not key.is_known and not isinstance(key.value, Either):
                    yield self._unresolved(
                        module, place_of(entry[0]), "the argument of this check", key
                    )
            for name in keys:
                if name in KINDS:
                    yield from self._of_slug(module, str(name), entry[2])

    def _of_value(
        self, module: Module, ir: Ir, *, is_check: bool, place: int = 0
    ) -> Iterator[Found]:
        """Yield the checks in a parameter object behind a name or expression."""
        evaluator = self._evaluator if is_check else self._quiet
        place = place_of(ir) or place
        for choice in evaluator.of(module, ir).choices:
            if not choice.is_known and is_check:
                yield self._unresolved(module, place, "the argument of this check", choice)
            for kind in KINDS:
                if isinstance(choice.value, dict) and kind in choice.value:
                    inner = choice.value[kind]
                    yield from self._of_constant(module, kind, inner, place, choice)

    def _of_slug(self, module: Module, kind: str, ir: Ir) -> Iterator[Found]:
        wanted = next(each for each in KINDS if each == kind)
        for alternative in alternatives(ir):
            value = self._evaluator.of(module, alternative)
            place = place_of(alternative) or place_of(ir)
            yield from self._of_constant(module, wanted, value, place, value)

    def _of_constant(
        self, module: Module, kind: Asked, constant: Constant, place: int, outer: Constant
    ) -> Iterator[Found]:
        self._budget.steps += len(constant.choices)
        for choice in constant.choices:
            value = choice.value
            given = choice.given or constant.given or outer.given
            if isinstance(value, Either):
                yield from self._of_constant(module, kind, choice, place, outer)
            elif isinstance(value, str) and value:
                slug, payer = named(kind, value)
                yield Use(kind, slug, payer, *self._shown(module, place, given))
            elif isinstance(value, Unresolved):
                what = f"the {kind} in this check"
                yield self._unresolved(module, place, what, replace(choice, given=given))
            elif value is not None and value is not False:
                message = f"the {kind} in this check is not a string"
                yield UnresolvedCheck(*self._shown(module, place, given), message)

    def _claim(self, module: Module, ir: Ir) -> str | None:
        """Return the name of the claim that an expression is: `sessionClaims.pla`, `orgRole`."""
        found = clerk.claim_in(self._quiet.kind(module, ir))
        if found is None or found.name not in clerk.CLAIMS:
            return None
        return found.name if found.is_ == "clerk" or self._reached(module.file) else None

    def _of_claim(
        self, module: Module, form: str, claim: Ir, name: str, value: Ir, place: int
    ) -> Iterator[Found]:
        """Yield the checks in a comparison or look-up of a claim."""
        kind = clerk.CLAIMS[name]
        if form in ("entry", "shown"):
            table = self._quiet.of(module, value).value
            if isinstance(table, dict) and _is_shown(table, any_text=form == "shown"):
                return
        if form in ("key", "entry", "shown", "in"):
            yield from self._of_slug(module, kind, _entries_of(value, place, of_keys=form != "in"))
            return
        is_list = name in _LISTS or _is_list(module, claim)
        is_part = form == "part" or (form == "has" and not is_list)
        if form == "has" and not is_list and claim[0] not in "rmd":
            return
        # A text without a colon is a part of a permission; a payer alone is no plan.
        if value[0] == "s":
            is_part = is_part or (kind == "permission" and ":" not in value[1])
            if value[1] in SCOPES:
                return
        if is_part:
            message = f"the {kind} in this check {_PART}"
            yield self._at(module, place, message)
        elif value[0] in "srmd?t" and self._claim(module, value) is None:
            yield from self._of_slug(module, kind, value)

    def _given_on(self, module: Module, place: int) -> UnresolvedCheck:
        message = "a check cannot be followed: `has` is passed on here and called elsewhere"
        return self._at(module, place, message)

    def _unresolved(
        self, module: Module, place: int, what: str, constant: Constant
    ) -> UnresolvedCheck:
        error = constant.value
        assert isinstance(error, Unresolved)
        elsewhere = f" ({error.file.name}:{error.line})" if error.line else f" ({error.file.name})"
        near = error.file == module.file and error.line in (None, line_of(place))
        near = near or (error.file, error.line) == (constant.given or ())[:2]
        why = f"it {error.message}" if _WITHOUT_SUBJECT.match(error.message) else error.message
        message = f"{what} is unresolved: {why}{'' if near else elsewhere}"
        return UnresolvedCheck(*self._shown(module, place, constant.given), message)

    def _at(self, module: Module, place: int, message: str) -> UnresolvedCheck:
        self._budget.steps += 1
        return UnresolvedCheck(*self._shown(module, place), message)

    def _shown(
        self, module: Module, place: int, given: Place | None = None
    ) -> tuple[str, int, int]:
        """Return the place to show: of the argument at the call, if there is one."""
        file, line, column = given or (module.file, line_of(place) or 1, column_of(place) or 1)
        return self._modules.shown(file), line, column
