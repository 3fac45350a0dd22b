"""Evaluates expressions across files without running code: literals, and the names, types, loops
and callers that lead to them. Also decides what belongs to Clerk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from clerkstack.app import clerk
from clerkstack.app.clerk import COMPUTING, last
from clerkstack.app.facts_of_files import Ir
from clerkstack.app.modules import Module, Modules
from clerkstack.app.reading import ENTRIES
from clerkstack.app.values import (
    FOREIGN,
    HAS,
    MAY,
    OBJECT,
    Constant,
    Either,
    Kind,
    Literal,
    Unresolved,
    constant_at,
    kind_of,
)

_LISTING = frozenset({"Object.keys", "Object.values", "Object.entries"})
# Methods that return a list of the same entries; that return one entry; that call a function with
# each entry.
_ENTRIES_OF = frozenset(
    {"filter", "slice", "sort", "reverse", "toSorted", "toReversed", "concat", "values"}
)
_ENTRY = frozenset({"find", "findLast", "at"})
VISITING = frozenset(
    {"forEach", "map", "filter", "find", "findLast", "findIndex", "some", "every", "flatMap"}
)
# They return a function with the parameters of their argument.
SAME = frozenset(
    {"memo", "forwardRef", "cache", "useCallback", "observer", "debounce", "styled", "throttle"}
)
# They return the component that their function loads.
_LOADING = frozenset({"dynamic", "lazy", "defineAsyncComponent", "loadable"})
# They return a value that was stored elsewhere.
_ELSEWHERE = frozenset({"useContext", "use", "inject", "getContext"})
# The digits that JavaScript keeps of an integer.
_LARGEST = 15
STEPS = 100_000
"""The most steps for one expression, its parts included."""
# Each level takes some frames of Python's stack.
_DEEPEST = 130
HANDED_ON = "is passed on here and called elsewhere"
_NO_STEPS = "takes too many steps"


class Call(NamedTuple):
    """A call of one of the app's functions: the module, the arguments and their places."""

    module: Module
    arguments: list[Ir]
    places: list[int]


class Callers:
    """The known calls of each function, by file and function id."""

    def __init__(self) -> None:
        self.calls: dict[tuple[Path, str], list[Call]] = {}
        # Where a function is passed to code that calls it out of sight.
        self.handed: dict[tuple[Path, str], list[Call]] = {}
        # The functions whose callers were requested.
        self.asked: set[tuple[Path, str]] = set()
        # The parameters that receive `has` or a function that calls it: file, function and index.
        self.given: set[tuple[Path, tuple[str, int]]] = set()

    def of(self, file: Path, function: str) -> list[Call]:
        """Return the known calls of a function, and request a search for more."""
        self.asked.add((file, function))
        return self.calls.get((file, function), [])

    def unasked(self) -> Callers:
        """Return the same calls without requests for more."""
        found = Callers()
        found.calls, found.handed = self.calls, self.handed
        return found


class Evaluator:
    """Evaluates expressions of modules.

    Args:
        modules: the app's modules.
        callers: the known calls of the app's functions.
        reached: whether a file, or one that it imports, imports a package of Clerk's.
        like: another evaluator of the same modules; both share the values that do not depend on
            callers.
    """

    def __init__(
        self,
        modules: Modules,
        callers: Callers | None = None,
        reached: Callable[[Path], bool] = lambda _: True,
        like: Evaluator | None = None,
    ) -> None:
        self._modules = modules
        self._callers = callers or Callers()
        self._reached = reached
        self._open: dict[tuple[Module, str], None] = {}
        self._done: dict[tuple[Module, str], Constant] = {} if like is None else like._done
        # Values that depend on callers.
        self._of_callers: dict[tuple[Module, str], Constant] = {}
        self._is_of_callers = False
        self._left = STEPS
        self._depth = 0
        # By constant, the constants that its value uses, each as (file, name).
        self.made_of: dict[tuple[Path, str], set[tuple[Path, str]]] = {}
        self._is_traced = like is None

    def fresh(self) -> int:
        """Begin a new expression with all its steps. Return how many the last one took."""
        taken, self._left = STEPS - self._left, STEPS
        return taken

    def forget_callers(self) -> None:
        """Forget the values that depend on callers, because more callers are known."""
        self._of_callers.clear()

    def kind(self, module: Module, ir: Ir) -> Kind | None:
        """Return the kind of an expression; None if unknown."""
        return kind_of(self.of(module, ir))

    def name(self, module: Module, name: str, at: int = 0) -> Constant:
        """Return the value of a variable by its id; it holds an `Unresolved` if unknown."""
        return self._once(module, name, at, lambda: self._named(module, name, at))

    def _once(self, module: Module, name: str, at: int, make: Callable[[], Constant]) -> Constant:
        key = (module, name)
        if self._open and self._is_traced:
            outer, of = next(reversed(self._open))
            self.made_of.setdefault((outer.file, of), set()).add((module.file, name))
        if key in self._done:
            return self._done[key]
        if key in self._of_callers:
            self._is_of_callers = True
            return self._of_callers[key]
        if key in self._open:
            short = name.partition("@")[0]
            error = Unresolved(module.file, at or None, f"{short} refers to itself")
            error.is_circular = True
            return constant_at(error, module.file, at)
        before, self._is_of_callers = self._is_of_callers, False
        self._open[key] = None
        try:
            found = make()
        finally:
            del self._open[key]
        if self._left >= 0:
            (self._of_callers if self._is_of_callers else self._done)[key] = found
        self._is_of_callers |= before
        return found

    def _named(self, module: Module, name: str, at: int) -> Constant:
        facts, short = module.facts, name.partition("@")[0]
        if name in facts.constants:
            held = facts.constants[name]
            found = self.of(module, held)
            if name in facts.writes and held[0] not in ("v", "f"):
                message = f"{short} may have another value here"
                error = Unresolved(module.file, facts.writes[name], message, behind=found)
                error.is_changed = True
                found = constant_at(error, module.file, facts.writes[name])
            if kind_of(found) is None:
                kind = clerk.kind_of_variable(short, is_parameter=held[0] == "p")
                found = found if kind is None else _of_kind(found, kind)
            return found
        if name in facts.imports:
            return self._imported(module, at, short, *facts.imports[name])
        kind = clerk.kind_of_free(short)
        by_framework = self._modules.by_framework(short) if kind is None else None
        if by_framework is not None:
            return self.exported(*by_framework)
        return _lost(module, 0, f"{short} is not a constant of this file", kind=kind)

    def _imported(self, module: Module, at: int, local: str, source: str, name: str) -> Constant:
        place = at or module.facts.sources.get(source, 0)
        file = self._modules.file_of(module.folder, source)
        there: Module | None = None
        try:
            there = self._modules.beside(module, place, source)
            found = self.exported(there, name)
        except Unresolved as error:
            if error.line is None and error.file == file:
                message = f"comes from '{source}', which {error.message}"
                error = Unresolved(module.file, place, message, kind=error.kind)
            found = Constant(error, module.file, 1, 1)
        if kind_of(found) is not None:
            return found
        if file is None:
            kind: Kind | None = FOREIGN
            if clerk.is_clerks(source):
                kind = Kind("clerk", name)
            elif source.startswith(clerk.OWN) or self._modules.is_package_here(source):
                kind = clerk.kind_of_export(name if name != "default" else local, is_read=False)
        elif there is not None and not self._reached(there.file):
            kind = FOREIGN
        else:
            known = local if name == "default" and there is not None else name
            kind = clerk.kind_of_export(known, is_read=there is not None)
        return found if kind is None else _of_kind(found, kind)

    def exported(
        self, module: Module, name: str, seen: set[tuple[Path, str]] | None = None
    ) -> Constant:
        """Return the value of an exported name; `*` is an object of all exports.

        Raises:
            Unresolved: the module has no such export, or the file that it comes from does not
                exist.
        """
        facts = module.facts
        if name == "*":
            names = {each: self._or_unresolved(module, each) for each in self._all(module)}
            found = Constant(names, module.file, 1, 1)
            whole = self.name(module, facts.common["="]) if "=" in facts.common else found
            if whole.is_function:  # module.exports = may
                assert isinstance(whole.value, Unresolved)
                return whole.but(whole.value.but(behind=found))
            return found
        lost = Unresolved(module.file, None, f"does not export {name}")
        seen = set() if seen is None else seen
        if (module.file, name) in seen:
            raise Unresolved(module.file, None, f"has {name} only through circular imports")
        seen.add((module.file, name))
        source, inner = facts.exports.get(name, (None, facts.common.get(name)))
        if inner is not None and source is None:
            return self.name(module, inner)
        for each in facts.all_of if source is None else [source]:
            try:
                there = self._modules.from_statement(module, each)
                return self.exported(there, inner or name, seen)
            except Unresolved as error:
                if each == source or error.line is not None or error.kind is not None:
                    lost = error
                if clerk.is_clerks(each) and self._modules.file_of(module.folder, each) is None:
                    lost = error.but(kind=Kind("clerk", inner or name))
        raise lost

    def _all(self, module: Module) -> list[str]:
        """Return the names that a module exports, including those of `export *`."""
        names, pending = dict.fromkeys(each for each, *_ in module.facts.exported()), [module]
        seen = {module.file}
        while pending:
            at = pending.pop()
            for source in at.facts.all_of:
                there = self._modules.from_statement(at, source)
                if there.file not in seen:
                    seen.add(there.file)
                    pending.append(there)
                    own = (each for each, *_ in there.facts.exported() if each != "default")
                    names |= dict.fromkeys(own)
        return list(names)

    def _or_unresolved(self, module: Module, name: str) -> Constant:
        try:
            return self.exported(module, name)
        except Unresolved as error:
            return Constant(error, module.file, 1, 1)

    def of(self, module: Module, ir: Ir) -> Constant:
        """Return the value of an expression; it holds an `Unresolved` if unknown.

        Raises:
            TooMuch: the app exceeds the limits of `Allowance`.
        """
        self._left -= 1
        if self._left < 0:
            return _lost(module, place_of(ir), _NO_STEPS)
        if self._left % 64 == 0:
            self._modules.allowance.look(module.file)
        if self._depth > _DEEPEST:
            return _lost(module, place_of(ir), "is nested too deeply or has circular imports")
        self._depth += 1
        try:
            found = _FORMS[ir[0]](self, module, ir)
        except Unresolved as error:
            found = error.with_traceback(None)  # a traceback keeps all frames alive
        finally:
            self._depth -= 1
        if isinstance(found, Constant):
            return found
        size = 1
        if isinstance(found, dict | list):
            size += sum(
                each.size for each in (found.values() if isinstance(found, dict) else found)
            )
            if size > ENTRIES:
                return _lost(module, place_of(ir), f"has more than {ENTRIES:,} values")
        return constant_at(found, module.file, place_of(ir), size=size)

    # Literals.

    def _text(self, _: Module, ir: Ir) -> Literal:
        return None if ir[0] == "z" else ir[1]

    def _number(self, module: Module, ir: Ir) -> Literal:
        """Parse a number literal, including `1_500` and `0x10`."""
        text = ir[1]
        plain = text.replace("_", "")
        try:
            if plain[:2].lower() in ("0x", "0o", "0b"):
                plain = str(int(plain, 0))
            number = Decimal(plain)
        except (ValueError, ArithmeticError):
            raise Unresolved(module.file, ir[2], f"{text} is not a number") from None
        if number.adjusted() > _LARGEST:
            raise Unresolved(module.file, ir[2], f"{text} is larger than any price or time")
        return number

    def _list(self, module: Module, ir: Ir) -> Literal:
        items: list[Constant] = []
        error: Unresolved | None = None
        for each in ir[1]:
            item = self.of(module, each[1] if each[0] == "..." else each)
            if each[0] == "...":
                inner = self.listed(item)
                if not isinstance(item.value, list):
                    message = "spreads something that is not a list"
                    error = error or _error_of(item) or Unresolved(module.file, each[2], message)
                items += [item] if inner is None else inner
            else:
                items.append(item)
                if not item.is_known and not isinstance(item.value, Either):
                    error = error or _error_of(item)
            if len(items) > ENTRIES:
                raise Unresolved(module.file, ir[2], f"has more than {ENTRIES:,} values")
        if error is not None:
            raise error.but(kind=OBJECT, behind=constant_at(items, module.file, ir[2]))
        return items

    def _object(self, module: Module, ir: Ir) -> Literal:
        fields: dict[str, Constant] = {}
        error: Unresolved | None = None
        for each in ir[1]:
            if each[0] == "...":
                spread = self.of(module, each[1])
                if isinstance(spread.value, dict):
                    fields |= spread.value
                    continue
                message = "spreads something that is not an object"
                error = error or _error_of(spread) or Unresolved(module.file, each[2], message)
                # The spread may override the entries before it.
                fields = {"...": spread}
                continue
            key = self._key(module, each[0], each[1])
            if isinstance(key.value, str | Decimal):
                fields[str(key.value)] = replace(self.of(module, each[2]), key=key)
            else:
                message = "is not a string, as a key must be"
                error = (
                    error or _error_of(key) or Unresolved(module.file, place_of(each[0]), message)
                )
        if error is not None:
            raise error.but(kind=OBJECT, behind=constant_at(fields, module.file, ir[2]))
        return fields

    def _key(self, module: Module, key: str | Ir, place: int) -> Constant:
        if isinstance(key, str):
            return constant_at(key, module.file, place)
        return self.of(module, key)

    def _enum(self, module: Module, ir: Ir) -> Literal:
        fields: dict[str, Constant] = {}
        following = Decimal(0)
        for key, place, value in ir[1]:
            name = str(self._key(module, key, place).known.value)
            if value is None:
                fields[name] = constant_at(following, module.file, place)
                following += 1
                continue
            fields[name] = self.of(module, value)
            number = fields[name].value
            if isinstance(number, Decimal):
                following = number + 1
        return fields

    # Names and members.

    def _name(self, module: Module, ir: Ir) -> Constant:
        found = self.name(module, ir[1], ir[2])
        error = found.value
        if isinstance(error, Unresolved) and error.line is None and error.file == module.file:
            return found.but(error.at(module.file, ir[2]))
        return found

    def _member_of(self, module: Module, ir: Ir) -> Constant:
        name = str(ir[2][1]) if ir[2][0] in "sn" else ""
        is_ref = name == "value" and (
            last(ir[1]) in clerk.ASKING or self.kind(module, ir[1]) == HAS
        )
        if is_ref:  # Vue's `ref`
            return self.of(module, ir[1])
        field = self._field_type(module, ir[1], name) if ir[1][0] == "R" and name else None
        if field is not None:
            return self.of(*field)
        there = self._namespace(module, ir[1])
        if there is not None and name:
            try:
                return self.exported(there, name)
            except Unresolved as error:
                if error.line is not None:
                    raise
                message = f"{_shown(module, ir[1])} has no {name}"
                raise Unresolved(module.file, ir[3] or None, message) from None
        holder, key = self.of(module, ir[1]), self.of(module, ir[2])
        return self._member(module, holder, key, ir)

    def _namespace(self, module: Module, ir: Ir) -> Module | None:
        """Return the module of `import * as …`, so that one member needs no evaluation of all
        exports."""
        if ir[0] != "r" or ir[1] in module.facts.constants:
            return None
        source, name = module.facts.imports.get(ir[1], ("", ""))
        if name != "*" or self._modules.file_of(module.folder, source) is None:
            return None
        try:
            return self._modules.from_statement(module, source)
        except Unresolved:
            return None

    def _member(self, module: Module, holder: Constant, key: Constant, ir: Ir) -> Constant:
        held, wanted = holder.value, key.value
        place = ir[3] or place_of(ir[1])
        self._left -= 1
        if self._left < 0:
            return _lost(module, place, _NO_STEPS)
        if isinstance(held, Either):
            inner = self._of_field(held, key)
            if inner is not None:
                return constant_at(inner, module.file, place, given=holder.given)
            choices = []
            for choice in held.choices:
                found = self._member_of_one(module, choice, key, ir)
                choices.append(found.given_at(choice.given))
            return self._either(module, place, held.message, choices)
        if isinstance(held, Unresolved):
            return self._member_behind(module, holder, key, ir, place)
        if isinstance(wanted, Unresolved) and isinstance(held, dict | list):
            if isinstance(wanted, Either):
                values = [self._member(module, holder, choice, ir) for choice in wanted.choices]
            else:
                values = list(held.values()) if isinstance(held, dict) else held
            return self._either(module, place_of(ir[2]), wanted.message, values)
        key = key.known
        if isinstance(wanted, Decimal) and isinstance(held, list):
            if 0 <= int(wanted) < len(held):
                return held[int(wanted)]
            raise Unresolved(module.file, place, f"has no item {wanted}")
        if not isinstance(wanted, str | Decimal):
            raise Unresolved(module.file, place_of(ir[2]), "is not a string")
        if wanted == "value" and isinstance(held, str):  # of a Vue ref
            return holder
        if isinstance(held, dict) and str(wanted) in held:
            return held[str(wanted)]
        if isinstance(held, dict) and "..." in held:
            return self._member(module, held["..."], key, ir)
        message = f"{_shown(module, ir[1])} has no {wanted}"
        raise Unresolved(module.file, ir[3] or None, message, kind=FOREIGN)

    def _member_of_one(self, module: Module, holder: Constant, key: Constant, ir: Ir) -> Constant:
        """Return a member of one alternative; a missing member is undefined."""
        held = holder.value
        if isinstance(held, dict) and isinstance(key.value, str) and key.value not in held:
            return Constant(None, *holder.place, given=holder.given)
        try:
            return self._member(module, holder, key, ir)
        except Unresolved as error:
            return constant_at(error.with_traceback(None), module.file, ir[3])

    def _member_behind(
        self, module: Module, holder: Constant, key: Constant, ir: Ir, place: int
    ) -> Constant:
        """Return a member of something without a value, from its type or its parts."""
        error = holder.value
        assert isinstance(error, Unresolved)
        found = self._of_field(error, key)
        if found is not None:
            return constant_at(found, module.file, place, given=holder.given)
        kind = kind_of(holder)
        behind: Constant | None = None
        looks = kind in (None, OBJECT) or (kind is not None and kind.is_ == "function")
        if error.behind is not None and looks and self._depth <= _DEEPEST:
            self._depth += 1
            try:
                behind = self._member(module, error.behind, key, ir)
            except Unresolved as lost:
                behind = constant_at(lost, module.file, place)
            finally:
                self._depth -= 1
        of_behind = None if behind is None else kind_of(behind)
        if kind != OBJECT and of_behind is None:
            of_behind = clerk.kind_of_member(kind, str(key.value), ir, module)
        return holder.but(error.but(kind=of_behind, behind=behind, type=None))

    def _of_field(self, error: Unresolved, key: Constant) -> Unresolved | None:
        """Return what the type of an object says about one of its fields."""
        if error.type is None or not isinstance(key.value, str):
            return None
        found = self._field_type(*error.type, key.value)
        if found is None:
            return None
        inner = Unresolved(error.file, None, error.message)
        if found[1][0] == "f":  # a method of a class
            return inner.but(kind=Kind("function", found[1][1], found[0]))
        inner = self._typed(inner, *found, message=f"{key.value} is not a constant")
        if isinstance(error, Either) and not isinstance(inner, Either):
            return None
        return inner.but(line=error.line, column=error.column)

    # Calls and functions.

    def _call(self, module: Module, ir: Ir) -> Literal | Constant:
        called, given, place = ir[4], ir[2], ir[3]
        error = Unresolved(
            module.file, place, f"calls {' '.join(called.split())[:80]}, which is not run"
        )
        if called == "Object.freeze" and len(given) == 1:
            return self.of(module, given[0]).known
        if called in _LISTING and len(given) == 1:
            return self._entries(module, ir)
        if called in ("require", "import") and given and given[0][0] == "s":
            return error.but(behind=self._imported(module, place, "", given[0][1], "*"))
        method = ir[1][2][1] if ir[1][0] == "m" and ir[1][2][0] == "s" else ""
        if method in _ENTRY:
            choices = self.listed(self.of(module, ir[1][1]))
            if choices:
                return self._either(module, place, error.message, choices)
        if len(ir) > 5:
            mapped = self.of(module, ir[5])
            error.kind = clerk.claim_in(kind_of(mapped))
            if mapped.choices[0].is_known:
                error.behind = constant_at(mapped.choices, module.file, place)
        elif method in _ENTRIES_OF:
            items = self.listed(self.of(module, ir[1][1]))
            error.behind = None if items is None else constant_at(items, module.file, place)
        if error.behind is None and error.kind is None:
            self._given_back(module, ir, error)
        behind = error.behind
        if last(ir[1]) in COMPUTING and behind is not None:
            return behind if behind.is_known or isinstance(behind.value, Either) else error
        return error

    def _entries(self, module: Module, ir: Ir) -> Literal:
        """Return the result of `Object.keys`, `values` or `entries`."""
        held = self.of(module, ir[2][0]).known
        if not isinstance(held.value, dict):
            raise Unresolved(module.file, place_of(ir[2][0]), "is not an object")
        keys = [constant_at(key, module.file, ir[3]) for key in held.value]
        if ir[4] == "Object.keys":
            return keys
        values = list(held.value.values())
        if ir[4] == "Object.values":
            return values
        pairs = zip(keys, values, strict=True)
        return [replace(key, value=[key, value], size=1 + value.size) for key, value in pairs]

    def _given_back(self, module: Module, ir: Ir, error: Unresolved) -> None:
        """Record in the error what is known about a call's result."""
        given, name = ir[2], last(ir[1])
        if name == "bind" and ir[1][0] == "m" and len(given) <= 1:
            kind = self.kind(module, ir[1][1])
            error.kind = kind if kind is not None and kind.is_ == "function" else None
            return
        called = self.kind(module, ir[1])
        if name in _LOADING and given and given[0][0] == "f":
            error.behind, error.kind = self._loaded(module, given[0][1])
        elif name == "then" and given and given[0][0] == "f":
            error.behind, error.kind = self._result(module, given[0][1])
        elif called in (HAS, MAY) and not given:  # a Solid signal: has()({ plan })
            error.kind = called
        elif called is not None and called.is_ == "clerk":
            # `styled(Protect)({ … })` is still `Protect`.
            is_made = ir[1][0] in "cm?" and called.name in clerk.COMPONENTS
            is_made = is_made or clerk.holds_claims(called.name)
            error.kind = called if is_made else Kind("clerk", "()")
        elif called is not None and called.is_ == "function" and called.module is not None:
            error.behind, error.kind = self._result(called.module, called.name)
        elif name not in _ELSEWHERE:
            if name in COMPUTING and given and given[0][0] == "f":
                error.behind, error.kind = self._result(module, given[0][1])
                return
            if name == "String" and given:
                error.kind = clerk.claim_in(self.kind(module, given[0]))
                return
            for each in given:
                if each[0] in "rmfc":  # memo(Protect), useCallback(() => …)
                    kind = self.kind(module, each)
                    is_component = kind and kind.is_ == "clerk" and kind.name in clerk.COMPONENTS
                    is_same = kind and kind.is_ == "function" and name in SAME
                    if is_component or is_same or (kind and each[0] == "f"):
                        error.kind = kind
                        return
            if called == FOREIGN:
                error.kind = FOREIGN
            elif name in clerk.GIVING:
                error.kind = Kind("clerk", "()")

    def _result(self, module: Module, function: str) -> tuple[Constant | None, Kind | None]:
        """Return what a function of the app returns."""
        gives = module.facts.functions.get(function, {}).get("gives")
        found = None
        if gives is not None:
            found = self._once(module, function, 0, lambda: self.of(module, gives))
        is_others = (found is None or kind_of(found) is None) and not self._reached(module.file)
        return found, FOREIGN if is_others else None

    def _loaded(self, module: Module, function: str) -> tuple[Constant | None, Kind | None]:
        """Return the component that a function loads: `() => import('./gate')`."""
        found, kind = self._result(module, function)
        if found is None or (kind_of(found) or OBJECT).is_ == "clerk":
            return found, kind
        default: Ir = ["m", ["r", "it", 0], ["s", "default", 0], 0]
        try:
            inner = self._member(module, found, constant_at("default", module.file, 0), default)
        except Unresolved:
            return found, kind
        return (found, kind) if kind_of(inner) in (None, FOREIGN) else (None, kind_of(inner))

    def protects(self, module: Module, callee: Ir) -> bool | None:
        """Return True if a call is `auth.protect`, False if it may be, None if it is not."""
        if callee[0] == "r":
            kind = self.kind(module, callee)
            return True if kind == Kind("clerk", "protect") else None
        if callee[0] != "m" or callee[2][1] != "protect":
            return None
        holder = self.kind(module, callee[1])
        if holder is not None:
            return True if holder.is_ == "clerk" else None
        return False if "auth" in last(callee[1]).lower() else None

    def _function(self, module: Module, ir: Ir) -> Literal:
        kind = Kind("function", ir[1], module)
        error = Unresolved(module.file, ir[2] or None, "is a function, not a constant", kind=kind)
        error.is_function = True
        return error

    def _class(self, module: Module, ir: Ir) -> Literal:
        message = "is a class, not a constant"
        behind = self.of(module, ir[1])
        error = Unresolved(module.file, ir[3] or None, message, kind=OBJECT, behind=behind)
        error.made = (module, ir[2])
        return error

    def _instance(self, module: Module, ir: Ir) -> Literal:
        """Return an instance of a class: its members, if the class is the app's."""
        error = Unresolved(module.file, ir[2] or None, "is a new expression, not a constant")
        held = self.of(module, ir[1]).value
        while isinstance(held, Unresolved) and held.made is None and held.behind is not None:
            held = held.behind.value
        if not isinstance(held, Unresolved) or held.made is None:
            error.kind = None if ir[1][0] == "x" else FOREIGN
            return error
        there, members = held.made
        made = self._once(there, f"new@{members[2]}", ir[2], lambda: self.of(there, members))
        return error.but(kind=OBJECT, behind=made)

    def _parameter(self, module: Module, ir: Ir) -> Constant:
        """Return the possible values of a parameter: from its type, its callers, or the method that
        calls it."""
        form, id_, index, name = ir
        function = module.facts.functions.get(id_, {})
        types: list[Ir | None] = function.get("types") or []
        type_ = types[index] if index < len(types) else None
        given = function.get("given")
        error = Unresolved(module.file, None, f"{name} is not a constant")
        if form == "p":
            visited = self._visited(module, given, index, name)
            if visited is not None:
                return visited
            error.kind = self._kind_of_parameter(module, function, index, type_)
        if type_ is not None:
            error = self._typed(error, module, type_)
        is_named = form == "q" or given is None or function.get("name")
        is_known = is_named or (module.file, id_) in self._callers.calls
        self._is_of_callers |= not isinstance(error, Either)
        if not isinstance(error, Either) and is_known:
            choices: list[Constant] = []
            for call in self._callers.of(module.file, id_):
                choices += self._given(call, index, error.message, rest=form == "q")
            for call in self._callers.handed.get((module.file, id_), ()) if choices else ():
                choices += self._given(call, index, HANDED_ON, rest=form == "q")
            error.is_uncalled = form == "p" and not choices
            if choices:
                either = Either(module.file, 0, error.message, choices[:ENTRIES], error.kind)
                error = either.but(type=error.type)
        return Constant(error, module.file, 1, 1)

    def _visited(
        self, module: Module, given: list[Any] | None, index: int, name: str
    ) -> Constant | None:
        """Return what a list method passes to its function: `PLANS.map((plan) => …)`."""
        if given is None or given[1] or given[0][0] != "m":
            return None
        method = given[0][2][1]
        if method == "then" and index == 0:  # import('./gate').then((it) => …)
            return self.of(module, given[0][1])
        visits = method in VISITING and index == 0
        if not visits and not (method in ("reduce", "reduceRight") and index == 1):
            return None
        found = self.elements(module, given[0][1], name)
        is_certain = isinstance(found.value, Either) or clerk.claim_in(kind_of(found)) is not None
        return found if is_certain else None

    def _kind_of_parameter(
        self, module: Module, function: dict[str, Any], index: int, type_: Ir | None
    ) -> Kind | None:
        if index == 0 and function.get("prop") in clerk.CONDITIONS:
            return HAS
        if type_ is not None and self._is_others(module, type_):
            return FOREIGN
        source, name = (
            module.facts.imports.get(type_[1], ("", "")) if type_ and type_[0] == "R" else ("", "")
        )
        of_type = clerk.kind_of_type(name) if clerk.is_clerks(source) else None
        if of_type is not None:
            return of_type
        given = function.get("given")
        if given is not None and index == given[1] == 0 and self.protects(module, given[0]):
            return HAS
        return None

    def _is_others(self, module: Module, type_: Ir) -> bool:
        """Whether a type is built into JavaScript, or from a package that is not Clerk's."""
        if type_[0] != "R":
            return bool(type_[0] == "L")
        if type_[1] not in module.facts.imports:
            return clerk.is_others_type(type_[1]) and type_[1] not in module.facts.types
        source = module.facts.imports[type_[1]][0]
        own = source.startswith(clerk.OWN) or self._modules.is_package_here(source)
        is_there = self._modules.file_of(module.folder, source) is not None
        return not (own or is_there or clerk.is_clerks(source))

    def _given(self, call: Call, index: int, message: str, *, rest: bool) -> Iterator[Constant]:
        """Yield the values that a call passes to a parameter."""
        given, places, file = call.arguments[index:], call.places[index:], call.module.file
        if rest:
            entries = [["e", ir[1], "the spread value"] if ir[0] == "..." else ir for ir in given]
            pairs = zip(entries, places, strict=False)
            items = [it for ir, at in pairs for it in self._each(call, ir, at)]
            yield Constant(items, file, 1, 1, size=1 + len(items))
        elif given and given[0][0] != "...":
            yield from self._each(call, given[0], places[0])
        elif call.arguments and call.arguments[-1][0] == "...":
            place = call.places[-1]
            at = constant_at(None, file, place).place
            yield constant_at(Unresolved(file, place, message), file, place, given=at)

    def _each(self, call: Call, ir: Ir, place: int) -> Iterator[Constant]:
        """Yield the possible values of an argument, each with its place."""
        for alternative in alternatives(ir):
            found = self.of(call.module, alternative)
            if isinstance(found.value, Unresolved) and found.value.is_circular:
                continue  # a recursive call that passes the parameter on
            at = constant_at(None, call.module.file, place_of(alternative) or place).place
            yield found.given_at(at)

    # One of several.

    def _choice(self, module: Module, ir: Ir) -> Constant:
        return self._either(module, ir[3], ir[1], [self.of(module, each) for each in ir[2]])

    def _default(self, module: Module, ir: Ir) -> Constant:
        given, default = self.of(module, ir[1]), self.of(module, ir[2])
        error = given.value
        if not isinstance(error, Unresolved):
            return default if given.value is None else given
        choices = [default] if error.is_uncalled else [given, default]
        found = self._either(module, place_of(ir[2]), error.message, choices)
        return _of_kind(found, kind_of(given))

    def _either(
        self, module: Module, place: int, message: str, choices: list[Constant]
    ) -> Constant:
        """Return one of several alternatives; nested alternatives are flattened."""
        flat: dict[object, Constant] = {}
        for choice in choices:
            for it in choice.choices:
                one = it.given_at(choice.given)
                text = one.value if isinstance(one.value, str) else id(one)
                flat.setdefault((text, one.given), one)
        if len(flat) > ENTRIES:
            return _lost(module, place, f"can be one of more than {ENTRIES:,} values")
        return constant_at(Either(module.file, place, message, flat.values()), module.file, place)

    def _entry(self, module: Module, ir: Ir) -> Constant:
        return self.elements(module, ir[1], ir[2])

    def elements(self, module: Module, ir: Ir, name: str) -> Constant:
        """Return the possible values of an entry of a list."""
        over = self.of(module, ir)
        error = Unresolved(module.file, None, f"{name} is not a constant")
        choices = self.listed(over)
        if choices:
            error = Either(module.file, 0, error.message, choices[:ENTRIES])
        elif isinstance(over.value, Unresolved) and over.value.type is not None:
            type_ = self._entry_type(*over.value.type)
            error = error if type_ is None else self._typed(error, *type_)
        if not choices:
            error.kind = clerk.claim_in(kind_of(over))
        return Constant(error, module.file, 1, 1)

    def listed(self, constant: Constant) -> list[Constant] | None:
        """Return the entries of a list or of a value derived from one; None for anything else."""
        value = constant.value
        while isinstance(value, Unresolved) and not isinstance(value, Either):
            if value.behind is None or value.is_changed:
                return None
            value = value.behind.value
        if isinstance(value, Either):
            pairs = [(choice, self.listed(choice) or ()) for choice in value.choices]
            return [inner.given_at(each.given) for each, held in pairs for inner in held]
        return value if isinstance(value, list) else None

    # Values that stay unknown.

    def _variable(self, module: Module, ir: Ir) -> Literal:
        error = Unresolved(module.file, ir[3] or None, ir[2], behind=self.of(module, ir[1]))
        error.is_changed = True
        return error

    def _awaited(self, module: Module, ir: Ir) -> Literal:
        message = "is an await expression, not a constant"
        return Unresolved(module.file, ir[2] or None, message, behind=self.of(module, ir[1]))

    def _unknown(self, module: Module, ir: Ir) -> Literal:
        message = str(ir[1])
        error = Unresolved(module.file, place_of(ir) or None, message)
        if message.startswith(("is a new", "is a class")):
            error.kind = FOREIGN
        if len(ir) > 3:  # new Set([…])
            error.behind = self.of(module, ir[3])
            error.kind = clerk.claim_in(kind_of(error.behind)) or error.kind
        return error

    # Types, each as a value of that type.

    def _cast(self, module: Module, ir: Ir) -> Constant:
        found = self.of(module, ir[1])
        error = found.value
        if not isinstance(error, Unresolved) or isinstance(error, Either) or ir[2] is None:
            return found
        if kind_of(found) is None and self._is_others(module, ir[2]):
            error = error.but(kind=FOREIGN)
        return found.but(self._typed(error, module, ir[2]))

    def _typed(
        self, error: Unresolved, module: Module, type_: Ir, message: str | None = None
    ) -> Unresolved:
        """Return a value of unknown content with a type; alternatives if the type is a union of
        texts."""
        values = self._texts_of(module, type_)
        if values:
            either = Either(error.file, 0, message or error.message, values, error.kind)
            kind = error.kind or (None if error.behind is None else kind_of(error.behind))
            error = either.but(line=error.line, column=error.column, kind=kind)
        return error.but(type=(module, type_))

    def _texts_of(self, module: Module, type_: Ir) -> list[Constant] | None:
        """Return the texts of a union type; None for any other type."""
        named = self._named_type(module, type_[1]) if type_[0] == "R" else None
        if (named[1] if named else type_)[0] in ("o", "L"):
            return None  # do not evaluate anything in it
        choices = self.of(module, type_).choices
        if not all(isinstance(choice.value, str | None) for choice in choices):
            return None
        return [choice for choice in choices if choice.value is not None]

    def _type_name(self, module: Module, ir: Ir) -> Constant:
        named = self._named_type(module, ir[1])
        if named is None:
            return _lost(module, 0, f"{ir[1]} is not a type of this file")
        return self._once(named[0], f"@{ir[1]}", 0, lambda: self.of(*named))

    def _enum_type(self, module: Module, ir: Ir) -> Constant:
        fields = self.name(module, ir[1]).known.value
        values = fields.values() if isinstance(fields, dict) else ()
        texts = [value for value in values if isinstance(value.value, str)]
        return self._either(module, 0, "is an enum", texts)

    def _list_type(self, module: Module, ir: Ir) -> Literal:
        behind = constant_at([self.of(module, ir[1])], module.file, 0)
        return Unresolved(module.file, None, "is a list", behind=behind)

    def _selected(self, module: Module, ir: Ir) -> Constant:
        """`Exclude<One, Other>`, `Extract<One, Other>`."""
        one, other = (self.of(module, each or ["x", "", 0]) for each in ir[2:4])
        texts = {choice.value for choice in other.choices if isinstance(choice.value, str)}
        if not other.is_known and not isinstance(other.value, Either):
            return one
        kept = [it for it in one.choices if (it.value in texts) == (ir[1] == "Extract")]
        return self._either(module, 0, "is one of several", kept)

    def _named_type(self, module: Module, name: str) -> tuple[Module, Ir] | None:
        """Return the type behind a name, and the module in which it is written."""
        origin = self._modules.origin(module, name, is_type=True)
        if origin is None:
            return None
        facts = origin[0].facts
        type_ = facts.types[origin[1]]
        if type_[0] == "K":  # an instance of a class
            held = facts.constants.get(type_[1], ["x", "", 0])
            type_ = held[2] if held[0] == "C" else ["x", "is a class", 0]
        return origin[0], type_

    def _field_type(
        self, module: Module, type_: Ir, name: str, depth: int = 0
    ) -> tuple[Module, Ir] | None:
        if type_[0] == "R":
            named = None if depth > _DEEPEST else self._named_type(module, type_[1])
            return None if named is None else self._field_type(*named, name, depth + 1)
        for entry in type_[1] if type_[0] == "o" else ():
            if entry[0] == name:
                return module, entry[2]
            if entry[0] == "...":
                found = self._field_type(module, entry[1], name, depth + 1)
                if found is not None:
                    return found
        return None

    def _entry_type(self, module: Module, type_: Ir, depth: int = 0) -> tuple[Module, Ir] | None:
        if type_[0] == "R":
            named = None if depth > _DEEPEST else self._named_type(module, type_[1])
            return None if named is None else self._entry_type(*named, depth + 1)
        if type_[0] == "a":
            return module, ["?", "", type_[1], 0]
        return (module, type_[1]) if type_[0] == "L" else None


_FORMS: dict[str, Callable[[Evaluator, Module, Ir], Literal | Constant]] = {
    **dict.fromkeys("sbz", Evaluator._text),
    "n": Evaluator._number,
    "a": Evaluator._list,
    "o": Evaluator._object,
    "u": Evaluator._enum,
    "r": Evaluator._name,
    **dict.fromkeys("md", Evaluator._member_of),
    "c": Evaluator._call,
    "?": Evaluator._choice,
    "|": Evaluator._default,
    **dict.fromkeys("pq", Evaluator._parameter),
    "e": Evaluator._entry,
    "t": Evaluator._cast,
    "v": Evaluator._variable,
    "w": Evaluator._awaited,
    "f": Evaluator._function,
    **dict.fromkeys(("x", "..."), Evaluator._unknown),
    "R": Evaluator._type_name,
    "L": Evaluator._list_type,
    "U": Evaluator._enum_type,
    "E": Evaluator._selected,
    "C": Evaluator._class,
    "i": Evaluator._instance,
}


def alternatives(ir: Ir) -> Iterator[Ir]:
    """Yield the expressions that may be the value: both branches of `a ? b : c`, `a ?? b`, `a ||
    b`."""
    if ir[0] == "?":
        for each in ir[2]:
            yield from alternatives(each)
    else:
        yield ir


def place_of(ir: Ir) -> int:
    """Return where an expression begins; 0 if it is not in a file."""
    form = ir[0]
    if form in "t|":
        return place_of(ir[1 if form == "t" else 2])
    if form in "pqevRLUE":
        return 0
    return int(ir[3 if form in "mdc?C" else 1 if form == "z" else 2])


def _lost(module: Module, place: int, message: str, kind: Kind | None = None) -> Constant:
    error = Unresolved(module.file, place or None, message, kind=kind)
    return constant_at(error, module.file, place)


def _error_of(constant: Constant) -> Unresolved | None:
    return constant.value if isinstance(constant.value, Unresolved) else None


def _of_kind(constant: Constant, kind: Kind | None) -> Constant:
    """Record a kind for a constant without a value."""
    value = constant.value
    return (
        replace(constant, value=value.but(kind=kind)) if isinstance(value, Unresolved) else constant
    )


def _shown(module: Module, ir: Ir) -> str:
    """Describe an expression for a message."""
    if ir[0] == "r":
        name = str(ir[1]).partition("@")[0]
        if name == "=":
            return _shown(module, module.facts.constants.get(ir[1], ["x", "it"]))
        return name
    if ir[0] in "md":
        key = ir[2][1] if ir[2][0] == "s" else "…"
        return f"{_shown(module, ir[1])}.{key}"
    return "it"
