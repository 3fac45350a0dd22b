"""What expressions of an app's code are, as far as that is known without running it."""

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
    """What something is, apart from its value.

    `is_`: `clerk` (Clerk's, and `name` what it is called there), `has` (what asks), `may` (called
    as what asks is, and nothing is known of it), `foreign` (certainly not Clerk's), `function` of
    the app, by its id and module, or `object` of the app.
    """

    is_: str
    name: str = ""
    module: Module | None = None


HAS, MAY, FOREIGN, OBJECT = Kind("has"), Kind("may"), Kind("foreign"), Kind("object")


class Unresolved(Exception):
    """Something in the source whose value is not known without running it.

    Attributes:
        kind: what is known of it all the same.
        behind: what it is made of or can be, to look through; not its value.
        made: of a class: what is made of it, and the module that it is written in.
        type: the type that it is said to have, and the module that the type is written in.
        is_changed: `behind` is its value only at first.
        is_uncalled: of a parameter: nobody is known who calls the function.
        is_circular: it refers to itself.
    """

    type: tuple[Module, Ir] | None = None
    made: tuple[Module, Ir] | None = None
    is_changed = is_uncalled = is_circular = is_function = False
    # What `kind_of` found behind it.
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
        """The same with some other attributes."""
        found = type(self).__new__(type(self))
        found.__dict__.update(self.__dict__, is_kind_known=False, **changed)
        return found

    def at(self, file: Path, place: int) -> Unresolved:
        """The same, at a place."""
        line, column = line_of(place) or None, column_of(place) or None
        return self.but(file=file, line=line, column=column)


class Either(Unresolved):
    """What can be one of several values."""

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
    """A value and where it is written.

    What is not known holds its `Unresolved`: it is an error only where somebody asks for it (see
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
        """Itself. Raises Unresolved where the value is not known."""
        if isinstance(self.value, Unresolved):
            raise self.value
        return self

    @property
    def is_known(self) -> bool:
        """Whether the value is known."""
        return not isinstance(self.value, Unresolved)

    @property
    def is_function(self) -> bool:
        """Whether it has no value because it is a function."""
        return isinstance(self.value, Unresolved) and self.value.is_function

    @property
    def choices(self) -> list[Constant]:
        """All that it can be; itself where it is not one of several."""
        return self.value.choices if isinstance(self.value, Either) else [self]

    @property
    def place(self) -> Place:
        """Where it is written: what has the same place is the same."""
        return self.file, self.line, self.column

    def but(self, value: Literal) -> Constant:
        """The same with another value."""
        return Constant(value, self.file, self.line, self.column, self.key, self.size, self.given)

    def given_at(self, place: Place | None) -> Constant:
        """The same, given to a function at a place, where it was not given to another before."""
        if self.given or not place:
            return self
        return Constant(self.value, self.file, self.line, self.column, self.key, self.size, place)

    def wrong(self, message: str) -> Unresolved:
        """Something that is wrong with it, at its place."""
        return Unresolved(self.file, self.line << 24 | self.column, message)


def kind_of(constant: Constant) -> Kind | None:
    """What something is, None where nothing is known of it."""
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
    """A value at a place, or at the beginning of the file where it has none."""
    line, column = (line_of(place), column_of(place)) if place else (1, 1)
    return Constant(value, file, line, column, **more)  # type: ignore[arg-type]
