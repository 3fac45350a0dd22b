"""The values of constant expressions over all files: literals, and what names, types, loops and
callers make of them. Nothing is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from clerkstack.app.facts_of_files import Ir, column_of, line_of
from clerkstack.app.modules import Module, Modules, Unresolved
from clerkstack.app.reading import ENTRIES

_LISTING = frozenset({"Object.keys", "Object.values", "Object.entries"})
# Methods that give a list of the same entries.
_ENTRIES_OF = frozenset(
    {"filter", "slice", "sort", "reverse", "toSorted", "toReversed", "concat", "values"}
)
_ENTRY = frozenset({"find", "findLast", "at"})
# As many digits as JavaScript keeps of a whole number.
_LARGEST = 15
STEPS = 100_000
"""Of one expression."""

Literal: TypeAlias = (
    "str | Decimal | bool | list[Constant] | dict[str, Constant] | Unresolved | None"
)
Place: TypeAlias = tuple[Path, int, int]


@dataclass(frozen=True)
class Constant:
    """A value and where it is written.

    What can't be told holds its `Unresolved`: it is an error only where somebody asks for it (see
    `known`).
    """

    value: Literal
    file: Path
    line: int
    column: int
    # Where it is a field of an object: the key, as it is written or as a constant has it.
    key: Constant | None = field(default=None, compare=False, repr=False)
    # How many values are in it, itself one of them.
    size: int = field(default=1, compare=False, repr=False)
    # Where a function is given it, if it is one's parameter.
    given: Place | None = field(default=None, compare=False, repr=False)

    @property
    def known(self) -> Constant:
        """Itself. Raises Unresolved where the value can't be told."""
        if isinstance(self.value, Unresolved):
            raise self.value
        return self

    @property
    def told(self) -> bool:
        """Whether the value can be told."""
        return not isinstance(self.value, Unresolved)

    @property
    def place(self) -> Place:
        """Where it is written: what has the same place is the same."""
        return self.file, self.line, self.column


class Either(Unresolved):
    """What can be one of several values."""

    def __init__(self, file: Path, place: int, message: str, choices: Iterable[Constant]) -> None:
        super().__init__(file, place, message)
        self.choices = list(choices)


class Callers:
    """What functions are given: by file and function, the arguments of each call."""

    def __init__(self) -> None:
        self.calls: dict[tuple[Path, str], list[tuple[Module, Ir, list[int]]]] = {}
        # The functions whose callers somebody asked for.
        self.asked: set[tuple[Path, str]] = set()
        # Those that are given `has`: file, function and which parameter.
        self.given_has: set[tuple[Path, tuple[str, int]]] = set()

    def known(self, file: Path, function: str) -> list[tuple[Module, Ir, list[int]]]:
        """The calls of a function that are known."""
        return self.calls.get((file, function), [])

    def of(self, file: Path, function: str) -> list[tuple[Module, Ir, list[int]]]:
        """The same; more are looked for."""
        self.asked.add((file, function))
        return self.known(file, function)

    def unasked(self) -> Callers:
        """The same calls; asking these looks for no more."""
        found = Callers()
        found.calls = self.calls
        return found


class Evaluator:
    """Evaluates expressions of modules."""

    def __init__(self, modules: Modules, callers: Callers | None = None) -> None:
        self._modules = modules
        self._callers = callers or Callers()
        self._open: list[tuple[Path, str]] = []
        self._done: dict[tuple[Path, str], Constant] = {}
        self._left = STEPS
        # By constant: those that its value is made of, each as (file, name).
        self.made_of: dict[tuple[Path, str], set[tuple[Path, str]]] = {}

    def fresh(self) -> None:
        """Begin an expression: it has steps of its own."""
        self._left = STEPS

    def name(self, module: Module, name: str, at: int = 0) -> Constant:
        """The value of a variable, by its id; where it can't be told, an `Unresolved` in it."""
        key = (module.file, name)
        if self._open:
            self.made_of.setdefault(self._open[-1], set()).add(key)
        if key in self._done:
            return self._done[key]
        if key in self._open:
            short = name.partition("@")[0]
            lost = Unresolved(module.file, at or None, f"{short} is defined by itself")
            lost.circular = True
            return Constant(lost, module.file, *_line(at))
        self._open.append(key)
        try:
            found = self._named(module, name, at)
        finally:
            self._open.pop()
        if self._left >= 0:
            self._done[key] = found
        return found

    def _named(self, module: Module, name: str, at: int) -> Constant:
        facts, short = module.facts, name.partition("@")[0]
        form = facts.constants.get(name, ["-"])[0]
        if name in facts.writes and form not in ("v", "f"):
            return self._lost(module, facts.writes[name], f"{short} can have another value here")
        if name in facts.constants:
            return self.of(module, facts.constants[name])
        if name in facts.imports:
            source, there = facts.imports[name]
            place = at or facts.sources.get(source, 0)
            try:
                found = self._modules.beside(module, place, source)
                return self.exported(found, there)
            except Unresolved as error:
                if error.line is None and error.file == found_file(self._modules, module, source):
                    message = f"comes from '{source}', which {error.message}"
                    return self._lost(module, place, message)
                return Constant(error, module.file, 1, 1)
        return self._lost(module, 0, f"{short} is not a constant of this file")

    def exported(self, module: Module, name: str) -> Constant:
        """The value of a name that a module exports; `*` is all of them.

        Raises:
            Unresolved: it exports none of that name, or what it exports it from is not there.
        """
        facts = module.facts
        if name == "*":
            names = {each: self._or_unresolved(module, each) for each in self._all(module)}
            return Constant(names, module.file, 1, 1)
        if name in facts.exports:
            source, inner = facts.exports[name]
            if source is None:
                return self.name(module, str(inner))
            return self.exported(self._modules.from_statement(module, source), str(inner))
        for source in facts.all_of:
            there = self._modules.from_statement(module, source)
            if name in there.facts.exports or there.facts.all_of:
                return self.exported(there, name)
        raise Unresolved(module.file, None, f"does not export {name}")

    def _all(self, module: Module) -> list[str]:
        """The names that a module exports, those of `export *` with them."""
        names, pending = dict.fromkeys(module.facts.exports), [module]
        seen = {module.file}
        while pending:
            at = pending.pop()
            for source in at.facts.all_of:
                there = self._modules.from_statement(at, source)
                if there.file not in seen:
                    seen.add(there.file)
                    pending.append(there)
                    own = (each for each in there.facts.exports if each != "default")
                    names |= dict.fromkeys(own)
        return list(names)

    def _or_unresolved(self, module: Module, name: str) -> Constant:
        try:
            return self.exported(module, name)
        except Unresolved as error:
            return Constant(error, module.file, 1, 1)

    def of(self, module: Module, ir: Ir) -> Constant:
        """The value of an expression; where it can't be told, an `Unresolved` in it.

        Raises:
            TooMuch: the app takes more than it may.
        """
        self._left -= 1
        if self._left < 0:
            return self._lost(module, _place(ir), "takes more steps than are gone")
        if self._left % 64 == 0:
            self._modules.allowance.look(module.file)
        try:
            found = getattr(self, f"_of_{_FORMS[ir[0]]}")(module, ir)
        except Unresolved as error:
            found = Constant(error, module.file, *_line(_place(ir)))
        if not isinstance(found, Constant):
            size = 1 + sum(each.size for each in _held(found))
            if size > ENTRIES:
                return self._lost(module, _place(ir), f"has more than {ENTRIES:,} values")
            found = Constant(found, module.file, *_line(_place(ir)), size=size)
        return found

    def _of_literal(self, _: Module, ir: Ir) -> Literal:
        return None if ir[0] == "z" else ir[1]

    def _of_number(self, module: Module, ir: Ir) -> Literal:
        """Of a number as it is written, `1_500` and `0x10` too."""
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

    def _of_list(self, module: Module, ir: Ir) -> Literal:
        items: list[Constant] = []
        for each in ir[1]:
            if each[0] == "...":
                spread = self.of(module, each[1]).known
                if not isinstance(spread.value, list):
                    message = "spreads something that is not a list"
                    raise Unresolved(module.file, each[2], message)
                items += spread.value
            else:
                item = self.of(module, each)
                items.append(item if isinstance(item.value, Either) else item.known)
            if len(items) > ENTRIES:
                raise Unresolved(module.file, ir[2], f"has more than {ENTRIES:,} values")
        return items

    def _of_object(self, module: Module, ir: Ir) -> Literal:
        fields: dict[str, Constant] = {}
        for each in ir[1]:
            if each[0] == "...":
                spread = self.of(module, each[1]).known
                if not isinstance(spread.value, dict):
                    message = "spreads something that is not an object"
                    raise Unresolved(module.file, each[2], message)
                fields |= spread.value
                continue
            key = self._key(module, each[0], each[1])
            fields[str(key.value)] = replace(self.of(module, each[2]), key=key)
        return fields

    def _key(self, module: Module, key: str | Ir, place: int) -> Constant:
        if isinstance(key, str):
            return Constant(key, module.file, *_line(place))
        found = self.of(module, key).known
        if isinstance(found.value, str | Decimal):
            return found
        raise Unresolved(module.file, _place(key), "is not a text, as a key must be")

    def _of_enum(self, module: Module, ir: Ir) -> Literal:
        fields: dict[str, Constant] = {}
        following = Decimal(0)
        for key, place, value in ir[1]:
            name = str(self._key(module, key, place).value)
            if value is None:
                fields[name] = Constant(following, module.file, *_line(place))
                following += 1
                continue
            fields[name] = self.of(module, value)
            number = fields[name].value
            if isinstance(number, Decimal):
                following = number + 1
        return fields

    def _of_name(self, module: Module, ir: Ir) -> Constant:
        found = self.name(module, ir[1], ir[2])
        error = found.value
        if isinstance(error, Unresolved) and error.line is None and error.file == module.file:
            return replace(found, value=error.at(module.file, ir[2]))
        return found

    def _of_member(self, module: Module, ir: Ir) -> Constant:
        holder, key = self.of(module, ir[1]), self.of(module, ir[2])
        return self._member(module, holder, key, ir)

    def _member(self, module: Module, holder: Constant, key: Constant, ir: Ir) -> Constant:
        error = holder.value
        place = ir[3] or _place(ir[1])
        if isinstance(error, Unresolved):
            inner = self._of_field(error, key)
            if inner is not None:
                return Constant(inner, module.file, *_line(place), given=holder.given)
            if isinstance(error, Either):
                each = [self._member_of_one(module, it, key, ir) for it in error.choices]
                given = [
                    replace(found, given=found.given or it.given)
                    for it, found in zip(error.choices, each, strict=True)
                ]
                return self._either(module, place, error.message, given)
            return holder
        held, wanted = holder.value, key.value
        if isinstance(wanted, Unresolved) and isinstance(held, dict | list):
            if isinstance(wanted, Either):
                named = [self._member(module, holder, each, ir) for each in wanted.choices]
                return self._either(module, _place(ir[2]), wanted.message, named)
            values = list(held.values()) if isinstance(held, dict) else held
            return self._either(module, _place(ir[2]), wanted.message, values)
        key = key.known
        if isinstance(wanted, Decimal) and isinstance(held, list):
            if 0 <= int(wanted) < len(held):
                return held[int(wanted)]
            raise Unresolved(module.file, place, f"has no item {wanted}")
        if not isinstance(wanted, str | Decimal):
            raise Unresolved(module.file, _place(ir[2]), "is not a text")
        if isinstance(held, dict) and str(wanted) in held:
            return held[str(wanted)]
        at = ir[3] or 0
        raise Unresolved(module.file, at or None, f"{_shown(module, ir[1])} has no {wanted}")

    def _member_of_one(self, module: Module, holder: Constant, key: Constant, ir: Ir) -> Constant:
        """Of one of several: what it does not have is undefined there."""
        if (
            isinstance(holder.value, dict)
            and isinstance(key.value, str)
            and key.value not in holder.value
        ):
            return Constant(None, *holder.place, given=holder.given)
        return self._member(module, holder, key, ir)

    def _of_field(self, error: Unresolved, key: Constant) -> Unresolved | None:
        """What the type of something says of a field of it."""
        if error.type is None or not isinstance(key.value, str):
            return None
        module, held = error.type
        found = self._field_type(module, held, key.value)
        if found is None:
            return None
        values = self.values_of_type(*found)
        if values:
            inner: Unresolved = Either(error.file, 0, f"{key.value} is not a constant", values)
        else:
            if isinstance(error, Either):
                return None
            inner = Unresolved(error.file, None, error.message)
        inner.line, inner.column, inner.type = error.line, error.column, found
        return inner

    def _of_call(self, module: Module, ir: Ir) -> Literal | Constant:
        called, given = ir[4], ir[2]
        if ir[1][0] == "m" and ir[1][2][0] == "s" and ir[1][2][1] in _ENTRY:
            found = self.elements(module, ir[1][1], "")
            if isinstance(found.value, Either):
                message = f"calls {_plain(called)}, which is not run"
                return self._either(module, ir[3], message, found.value.choices)
        if called == "Object.freeze" and len(given) == 1:
            return self.of(module, given[0]).known
        if called not in _LISTING or len(given) != 1:
            raise Unresolved(module.file, ir[3], f"calls {_plain(called)}, which is not run")
        held = self.of(module, given[0]).known
        if not isinstance(held.value, dict):
            raise Unresolved(module.file, _place(given[0]), "is not an object")
        keys = [Constant(key, module.file, *_line(ir[3])) for key in held.value]
        if called == "Object.keys":
            return keys
        values = list(held.value.values())
        if called == "Object.values":
            return values
        pairs = zip(keys, values, strict=True)
        return [replace(key, value=[key, value], size=1 + value.size) for key, value in pairs]

    def _of_either(self, module: Module, ir: Ir) -> Constant:
        choices = [self.of(module, each) for each in ir[2]]
        return self._either(module, ir[3], ir[1], choices)

    def _of_default(self, module: Module, ir: Ir) -> Constant:
        given, default = self.of(module, ir[1]), self.of(module, ir[2])
        error = given.value
        if not isinstance(error, Unresolved):
            return default if given.value is None else given
        choices = [default] if error.uncalled else [given, default]
        return self._either(module, _place(ir[2]), error.message, choices)

    def _of_parameter(self, module: Module, ir: Ir) -> Constant:
        """What a parameter may be: by its type, by who calls the function, by what calls it."""
        function, index, name = module.facts.functions.get(ir[1], {}), ir[2], ir[3]
        message = f"{name} is not a constant"
        types = function.get("types") or []
        held = types[index] if index < len(types) else None
        given = function.get("given")
        choices: list[Constant] = []
        callee: Ir = ["x"] if given is None else given[0]
        at = 0 if given is None else given[1]
        reduces = callee[0] == "m" and callee[2][1] in ("reduce", "reduceRight")
        visits = callee[0] == "m" and callee[2][1] in _VISITING
        if at == 0 and ((visits and index == 0) or (reduces and index == 1)):
            found = self.elements(module, callee[1], name)
            if isinstance(found.value, Either):
                return found
        values = None if held is None else self.values_of_type(module, held)
        uncalled = False
        if values:
            choices = values
        elif given is None or function.get("name"):
            for there, arguments, places in self._callers.of(module.file, ir[1]):
                if index < len(arguments) and arguments[index][0] != "...":
                    choices += self._given(there, arguments[index], places[index])
                elif arguments and arguments[-1][0] == "...":
                    spread = self.of(there, ["x", message, places[-1]])
                    choices.append(replace(spread, given=(there.file, *_line(places[-1]))))
            uncalled = not choices
        error: Unresolved
        if choices:
            error = Either(module.file, 0, message, choices[:ENTRIES])
            error.line = error.column = None
        else:
            error = Unresolved(module.file, None, message)
            error.uncalled = uncalled
        error.type = None if held is None else (module, held)
        return Constant(error, module.file, 1, 1)

    def _of_rest(self, module: Module, ir: Ir) -> Constant:
        """What a rest parameter may be: the lists that callers give."""
        function, index, message = (
            module.facts.functions.get(ir[1], {}),
            ir[2],
            f"{ir[3]} is not a constant",
        )
        types = function.get("types") or []
        held = types[index] if index < len(types) else None
        choices = []
        for there, arguments, places in self._callers.of(module.file, ir[1]):
            items = [
                each
                for given, place in zip(arguments[index:], places[index:], strict=False)
                if given[0] != "..."
                for each in self._given(there, given, place)
            ]
            choices.append(Constant(items, there.file, 1, 1, size=1 + len(items)))
        error: Unresolved = Unresolved(module.file, None, message)
        if choices:
            error = Either(module.file, 0, message, choices)
            error.line = error.column = None
        error.type = None if held is None else (module, held)
        return Constant(error, module.file, 1, 1)

    def _given(self, module: Module, ir: Ir, place: int) -> Iterator[Constant]:
        """What a call gives: all that it may be, each with its place."""
        for each in alternatives(ir):
            found = self.of(module, each)
            if isinstance(found.value, Unresolved) and found.value.circular:
                continue  # a function that calls itself with what it is given
            at = found.given or (module.file, *_line(_place(each) or place))
            yield replace(found, given=at)

    def _of_entry(self, module: Module, ir: Ir) -> Constant:
        return self.elements(module, ir[1], ir[2])

    def elements(self, module: Module, ir: Ir, name: str) -> Constant:
        """What an entry of a list may be, one after the other."""
        message = f"{name} is not a constant"
        choices = self._elements(module, ir)
        if isinstance(choices, Unresolved):
            error = Unresolved(module.file, None, message)
            error.type = choices.type
            values = None if error.type is None else self.values_of_type(*error.type)
            if values:
                error = Either(module.file, 0, message, values)
                error.line = error.column = None
            return Constant(error, module.file, 1, 1)
        if not choices:
            return Constant(Unresolved(module.file, None, message), module.file, 1, 1)
        either = Either(module.file, 0, message, choices[:ENTRIES])
        either.line = either.column = None
        return Constant(either, module.file, 1, 1)

    def _elements(self, module: Module, ir: Ir) -> list[Constant] | Unresolved:
        if ir[0] == "a":
            found: list[Constant] = []
            for each in ir[1]:
                if each[0] == "...":
                    inner = self._elements(module, each[1])
                    found += (
                        inner
                        if isinstance(inner, list)
                        else [Constant(inner, module.file, *_line(each[2]))]
                    )
                else:
                    found.append(self.of(module, each))
            return found
        if ir[0] == "c" and ir[1][0] == "m" and ir[1][2][0] == "s":
            if len(ir) > 5:
                mapped = self.of(module, ir[5]).value
                return (
                    mapped.choices
                    if isinstance(mapped, Either)
                    else Unresolved(module.file, ir[3], "")
                )
            if ir[1][2][1] in _ENTRIES_OF and ir[4] not in _LISTING:
                return self._elements(module, ir[1][1])
        if ir[0] == "x" and len(ir) > 3:  # new Set([…])
            return self._elements(module, ir[3])
        if ir[0] == "r" and ir[1] in module.facts.constants and ir[1] not in module.facts.writes:
            inner_ir = module.facts.constants[ir[1]]
            if inner_ir[0] in ("a", "c", "x") and (module.file, ir[1]) not in self._open:
                self._open.append((module.file, ir[1]))
                try:
                    return self._elements(module, inner_ir)
                finally:
                    self._open.pop()
        value = self.of(module, ir).value
        if isinstance(value, list):
            return value
        if isinstance(value, Either) and value.choices:
            return [
                replace(inner, given=inner.given or each.given)
                for each in value.choices
                for inner in (each.value if isinstance(each.value, list) else [])
            ]
        if isinstance(value, Unresolved):
            error = Unresolved(module.file, None, value.message)
            if value.type is not None:
                error.type = self._entry_type(*value.type)
            return error
        return Unresolved(module.file, None, "")

    def _of_typed(self, module: Module, ir: Ir) -> Constant:
        found = self.of(module, ir[1])
        error = found.value
        if not isinstance(error, Unresolved) or isinstance(error, Either) or ir[2] is None:
            return found
        values = self.values_of_type(module, ir[2])
        typed: Unresolved = Unresolved(error.file, None, error.message)
        if values:
            typed = Either(error.file, 0, error.message, values)
        typed.line, typed.column, typed.type = error.line, error.column, (module, ir[2])
        return replace(found, value=typed)

    def _of_variable(self, module: Module, ir: Ir) -> Constant:
        raise Unresolved(module.file, ir[3] or None, ir[2])

    def _of_function(self, module: Module, ir: Ir) -> Constant:
        error = Unresolved(module.file, ir[2] or None, "is a function, not a constant")
        error.is_function = True
        raise error

    def _of_unknown(self, module: Module, ir: Ir) -> Constant:
        words = {"w": "is an await expression, not a constant", "k": "is a component"}
        raise Unresolved(module.file, _place(ir) or None, words.get(ir[0], str(ir[1])))

    def _either(
        self, module: Module, place: int, message: str, choices: list[Constant]
    ) -> Constant:
        """One of several; those of which one is again one of several are taken apart."""
        flat: dict[object, Constant] = {}
        for each in choices:
            inner = each.value.choices if isinstance(each.value, Either) else [each]
            for it in inner:
                one = it if it.given or not each.given else replace(it, given=each.given)
                text = one.value if isinstance(one.value, str) else id(one)
                flat.setdefault((text, one.given), one)
        if len(flat) > ENTRIES:
            return self._lost(module, place, f"can be one of more than {ENTRIES:,} values")
        error = Either(module.file, place, message, flat.values())
        if not place:
            error.line = error.column = None
        return Constant(error, module.file, *_line(place))

    def _lost(self, module: Module, place: int, message: str) -> Constant:
        error = Unresolved(module.file, place or None, message)
        return Constant(error, module.file, *_line(place))

    # Types.

    def values_of_type(self, module: Module, held: Ir) -> list[Constant] | None:
        """The texts that a type is the union of, None where it is none."""
        self._left -= 1
        if self._left < 0:
            return None
        form = held[0]
        if form in ("Exclude", "Extract"):
            one, other = (self.values_of_type(module, each) if each else None for each in held[1:])
            if one is None or other is None:
                return one
            texts = {each.value for each in other if isinstance(each.value, str)}
            return [each for each in one if (each.value in texts) == (form == "Extract")]
        if form == "|":
            found: list[Constant] = []
            for each in held[1]:
                inner = None if each is None else self.values_of_type(module, each)
                if inner is None:
                    return None
                found += inner
            return found
        if form == "P":
            return [] if held[1] in ("undefined", "null") else None
        if form == "K":
            return None if held[1] is None else self._keys_of_type(module, held[1])
        if form == "R":
            named = self._named_type(module, held[1])
            if named is not None:
                return self.values_of_type(*named)
        trees = self._trees(module, held)
        if trees is None:
            return None
        values: list[Constant] = []
        for tree in trees:
            value = tree.value
            if isinstance(value, dict) and form == "R":  # an enum
                values += [it for it in value.values() if isinstance(it.value, str)]
            elif isinstance(value, str):
                values.append(tree)
            elif value is not None:
                return None
        return values

    def _trees(self, module: Module, held: Ir) -> list[Constant] | None:
        """The values whose type it is."""
        form = held[0]
        if form in ("l", "T"):
            found = self.of(module, held[1])
            return [found] if found.told else None
        if form == "R":
            enum = self.name(module, held[1])
            if enum.told and self._is_enum(module, held[1]):
                return [enum]
            named = self._named_type(module, held[1])
            return None if named is None else self._trees(*named)
        if form == "A":
            return None
        if form == "I" and held[1] is not None and held[2] is not None:
            if held[2][0] == "P" and held[1][0] == "A":
                inner = held[1][1]
                return None if inner is None else self.values_of_type(module, inner)
            trees = self._trees(module, held[1])
            if trees is None:
                return None
            if held[2][0] == "P":
                items = [it for tree in trees if isinstance(tree.value, list) for it in tree.value]
                return items or None
            keys = self.values_of_type(module, held[2])
            if keys is None:
                return None
            return [
                tree.value[str(key.value)]
                for tree in trees
                if isinstance(tree.value, dict)
                for key in keys
                if str(key.value) in tree.value
            ]
        return None

    def _is_enum(self, module: Module, name: str) -> bool:
        origin = (module, name)
        if name in module.facts.imports:
            source, there = module.facts.imports[name]
            try:
                followed = self._modules.origin(self._modules.from_statement(module, source), there)
            except Unresolved:
                return False
            if followed is None:
                return False
            origin = followed
        held = origin[0].facts.constants.get(origin[1])
        return held is not None and bool(held[0] == "u")

    def _keys_of_type(self, module: Module, held: Ir) -> list[Constant] | None:
        if held[0] == "R":
            named = self._named_type(module, held[1])
            if named is not None:
                return self._keys_of_type(*named)
        if held[0] == "O":
            return [Constant(name, module.file, 1, 1) for name, _ in held[1]]
        trees = self._trees(module, held) or []
        keys = [
            Constant(key, *it.place)
            for tree in trees
            if isinstance(tree.value, dict)
            for key, it in tree.value.items()
        ]
        return keys or None

    def _named_type(self, module: Module, name: str, depth: int = 0) -> tuple[Module, Ir] | None:
        """The type that a name stands for, and the module that it is written in."""
        facts = module.facts
        source: str | None = None
        if name in facts.types:
            held = facts.types[name]
            if held[0] != "E":
                return module, held
            source, name = held[1], held[2]
            if source is None and name in facts.types:
                return module, facts.types[name]
        if source is None and name in facts.imports:
            source, name = facts.imports[name]
        elif source is None and name in facts.exports:
            source, name = facts.exports[name][0], str(facts.exports[name][1])
        for each in facts.all_of if source is None else [source]:
            if depth < 20:
                try:
                    there = self._modules.from_statement(module, each)
                except Unresolved:
                    continue
                found = self._named_type(there, name, depth + 1)
                if found is not None:
                    return found
        return None

    def _field_type(self, module: Module, held: Ir, name: str) -> tuple[Module, Ir] | None:
        if held[0] == "R":
            named = self._named_type(module, held[1])
            return None if named is None else self._field_type(*named, name)
        if held[0] == "O":
            inner = next((each for key, each in held[1] if key == name), None)
            return None if inner is None else (module, inner)
        for each in held[1] if held[0] == "&" else ():
            found = None if each is None else self._field_type(module, each, name)
            if found is not None:
                return found
        return None

    def _entry_type(self, module: Module, held: Ir) -> tuple[Module, Ir] | None:
        if held[0] == "R":
            named = self._named_type(module, held[1])
            return None if named is None else self._entry_type(*named)
        return (module, held[1]) if held[0] == "A" and held[1] is not None else None


_VISITING = frozenset(
    {"forEach", "map", "filter", "find", "findLast", "findIndex", "some", "every", "flatMap"}
)
_FORMS = {
    **dict.fromkeys("sbz", "literal"),
    "n": "number",
    "a": "list",
    "o": "object",
    "u": "enum",
    "r": "name",
    **dict.fromkeys("md", "member"),
    "c": "call",
    "?": "either",
    "|": "default",
    "p": "parameter",
    "q": "rest",
    "e": "entry",
    "t": "typed",
    "v": "variable",
    "f": "function",
    **dict.fromkeys(("x", "w", "k", "..."), "unknown"),
}


def alternatives(ir: Ir) -> Iterator[Ir]:
    """The expressions of which one is the value: both of `a ? b : c`, `a ?? b`, `a || b`."""
    if ir[0] == "?":
        for each in ir[2]:
            yield from alternatives(each)
    else:
        yield ir


def found_file(modules: Modules, module: Module, source: str) -> Path | None:
    """The file that an import means."""
    return modules.file_of(module.file.parent, source)


def _held(value: Literal) -> Iterable[Constant]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _place(ir: Ir) -> int:
    """Where an expression begins, 0 where it is nobody's text."""
    if ir[0] == "t":
        return _place(ir[1])
    if ir[0] == "|":
        return _place(ir[2])
    if ir[0] in "pqe":
        return 0
    at = 3 if ir[0] in "mdc?" else 2
    if ir[0] == "z":
        at = 1
    if ir[0] == "v":
        return 0
    return int(ir[at])


place_of = _place


def _line(place: int) -> tuple[int, int]:
    return (line_of(place), column_of(place)) if place else (1, 1)


def _plain(text: str) -> str:
    return " ".join(text.split())[:80]


def _shown(module: Module, ir: Ir) -> str:
    """An expression in words."""
    if ir[0] == "r":
        name = str(ir[1]).partition("@")[0]
        if name == "=":
            return _shown(module, module.facts.constants.get(ir[1], ["x", "it"]))
        return name
    if ir[0] in "md":
        key = ir[2][1] if ir[2][0] == "s" else "…"
        return f"{_shown(module, ir[1])}.{key}"
    return "it"
