"""Values of expressions in an app's code, as far as known without running it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from clerkstack.app.facts_of_files import Ir, column_of, line_of

if TYPE_CHECKING:
    from clerkstack.app.modules import Module

Literal: TypeAlias = (
    "str | Decimal | bool | list[Constant] | dict[str, Constant] | Unresolved | None"
)
Place: TypeAlias = tuple[Path, int, int]


class Kind(NamedTuple):
    """What an expression is, apart from its value.

    `is_`: `clerk` (Clerk's, with its name there), `claim` (a session claim), `has` (the check
    function), `may` (named like it, origin unknown), `foreign` (certainly not Clerk's), `function`
    (the app's, by id and module) or `object` (the app's).
    """

    is_: str
    name: str = ""
    module: Module | None = None


HAS, MAY, FOREIGN, OBJECT = Kind("has"), Kind("may"), Kind("foreign"), Kind("object")


class Unresolved(Exception):
    """An expression whose value is not known without running the code.

    Attributes:
        kind: its kind, if known.
        behind: the values that it is made from or may have; not its value.
        made: for a class, its instances, and the module in which it is written.
        type: its declared type, and the module in which the type is written.
        is_changed: `behind` is only its initial value.
        is_uncalled: a parameter of a function without known callers.
        is_circular: it refers to itself.
    """

    type: tuple[Module, Ir] | None = None
    made: tuple[Module, Ir] | None = None
    is_changed = is_uncalled = is_circular = is_function = False
    # The result of `kind_of`.
    kind_behind: Kind | None = None
    is_kind_known = False

    def __init__(
        self,
        file: Path,
        place: int | None,
        message: str,
        *,
        kind: Kind | None = None,
        behind: Constant | None = None,
    ) -> None:
        super().__init__(message)
        self.file = file
        self.line = line_of(place) if place else None
        self.column = column_of(place) if place else None
        self.message = message
        self.kind = kind
        self.behind = behind

    def but(self, **changed: object) -> Unresolved:
        """Return a copy with some attributes replaced."""
        found = type(self).__new__(type(self))
        found.__dict__.update(self.__dict__, is_kind_known=False, **changed)
        return found

    def at(self, file: Path, place: int) -> Unresolved:
        """Return a copy at a place."""
        line, column = line_of(place) or None, column_of(place) or None
        return self.but(file=file, line=line, column=column)


class Either(Unresolved):
    """One of several values."""

    def __init__(
        self,
        file: Path,
        place: int | None,
        message: str,
        choices: Iterable[Constant],
        kind: Kind | None = None,
    ) -> None:
        super().__init__(file, place, message, kind=kind)
        self.choices = list(choices)
        if kind is None:
            kinds = (kind_of(choice) for choice in self.choices)
            self.kind = next((it for it in kinds if it not in (None, FOREIGN)), None)


@dataclass(slots=True)
class Constant:
    """A value and the place where it is written.

    An unknown value is an `Unresolved`, which is an error only when the value is used (see
    `known`).
    """

    value: Literal
    file: Path
    line: int
    column: int
    # The key, if it is a field of an object: as written, or from a constant.
    key: Constant | None = field(default=None, compare=False, repr=False)
    # The number of values in it, including itself.
    size: int = field(default=1, compare=False, repr=False)
    # The place where a caller passes it, if it is a parameter.
    given: Place | None = field(default=None, compare=False, repr=False)

    @property
    def known(self) -> Constant:
        """Return the constant itself. Raise Unresolved if its value is unknown."""
        if isinstance(self.value, Unresolved):
            raise self.value
        return self

    @property
    def is_known(self) -> bool:
        """Return whether the value is known."""
        return not isinstance(self.value, Unresolved)

    @property
    def is_function(self) -> bool:
        """Return whether it is a function, and therefore has no value."""
        return isinstance(self.value, Unresolved) and self.value.is_function

    @property
    def choices(self) -> list[Constant]:
        """Return all possible values; only itself if there are no alternatives."""
        return self.value.choices if isinstance(self.value, Either) else [self]

    @property
    def place(self) -> Place:
        """Return where it is written; constants at one place are the same."""
        return self.file, self.line, self.column

    def but(self, value: Literal) -> Constant:
        """Return a copy with another value."""
        return Constant(value, self.file, self.line, self.column, self.key, self.size, self.given)

    def given_at(self, place: Place | None) -> Constant:
        """Return a copy that is passed to a function at a place, unless it has such a place
        already."""
        if self.given or not place:
            return self
        return Constant(self.value, self.file, self.line, self.column, self.key, self.size, place)

    def wrong(self, message: str) -> Unresolved:
        """Return an error about it, at its place."""
        return Unresolved(self.file, self.line << 24 | self.column, message)


def kind_of(constant: Constant) -> Kind | None:
    """Return the kind of a constant; None if unknown."""
    value, path = constant.value, []
    while isinstance(value, Unresolved) and value.kind is None and value.behind is not None:
        if value.is_kind_known:
            break
        path.append(value)
        value = value.behind.value
    if isinstance(value, Unresolved):
        kind = value.kind_behind if value.is_kind_known else value.kind
    else:
        kind = OBJECT if isinstance(value, dict | list) else FOREIGN
    for each in path:
        each.kind_behind, each.is_kind_known = kind, True
    return kind


def constant_at(value: Literal, file: Path, place: int, **more: object) -> Constant:
    """Return a value at a place, or at the beginning of the file if it has none."""
    line, column = (line_of(place), column_of(place)) if place else (1, 1)
    return Constant(value, file, line, column, **more)  # type: ignore[arg-type]
