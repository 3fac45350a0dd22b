"""What one pass over a file finds, small enough to be kept and sent between processes.

An expression is a list: its form, its parts, and last its place. Nothing in it is evaluated.

| form | parts |
|---|---|
| `s` `n` `b` `z` | a text; a number as it is written; true or false; null or undefined |
| `a` | the items, each an expression |
| `o` | the entries, each `[key, place of the key, value]`; a key is a text or an expression |
| `...` | what is spread, in an `a` or `o` |
| `r` | the id of a variable |
| `m` `d` | an object and a key: a member; one that a pattern takes out |
| `c` | what is called, the arguments, what is called as text |
| `f` | the id of a function |
| `?` | what it is in words, the alternatives, of which one is the value |
| `|` | the parameter, and its default |
| `p` `q` | the id of a function and which parameter, its name; of the rest of them |
| `e` | what a loop goes over, the name that the loop gives each entry |
| `w` | what is awaited |
| `t` | an expression, and the type that it is said to have |
| `u` | the entries of an enum, as of `o`; a value may be None |
| `C` | of a class: its static members and those of an instance, each as `o` |
| `i` | what is made of a class: the class |
| `x` | why it has no value; what it is made of, where that may be looked through |

Another kind of facts is one more field of `FileFacts`, and a module that fills it (see `onepass`;
`looking` has the words by which a file is looked into). It is joined beside `uses.Checks`: what
`evaluate` knows of an expression is there for it. What needs no expression has a walk of its
own, as `says`, so that a file which asks for nothing is not read for checks.

A type is written as what has it: a union as `?`, an object's type as `o`, a tuple as `a`,
`T[number]` as an entry of a list. Besides there are `R` the name of a type, `L` a list of entries
of a type, `U` the name of an enum, `K` the name of a class, `E` `Exclude` or `Extract` and its two
types, and, of a type that another file has, `X` that file's source and the name there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

Ir: TypeAlias = list[Any]


def line_of(place: int) -> int:
    """The line of a place, from 1."""
    return place >> 24


def column_of(place: int) -> int:
    """Its column in characters, from 1."""
    return place & 0xFFFFFF


def stem_of(source: str) -> str:
    """What the file of an import is called: `gate` of `../ui/gate.tsx`."""
    return source.rpartition("/")[2].partition(".")[0]


@dataclass
class FileFacts:
    """What a file says.

    Attributes:
        imports: by local name: (source, name there); `*` is all.
        exports: by the name that others use: (source or None, name there).
        common: by the name that others use, exports of CommonJS: the name here; `=` is
            `module.exports` itself.
        all_of: sources of `export *`.
        sources: the place of the first statement that imports or exports from each.
        loads: by the name of a constant of the top: the sources that it loads: `lazy(() =>
            import('./gate'))`.
        constants: by the id of a variable: its expression.
        owned: from where to where each constant of the top is written.
        types: by name: a type.
        writes: by the id of a variable: the first place where it is changed by its name.
        changed: what is changed in place: (place, the object or list that is).
        handed: by the id of a variable of the top: where a part of it is handed on, as (place, the
            part). It is looked for where it is wanted.
        fixed: constants of the top that are written as ones: `as const`, `Object.freeze(…)`, …
        calls: what may ask, or may give something to what asks: see `Call`.
        compares: whether it may compare a claim of the session.
        claims: what is compared: (how, what may be a claim, with what, the place); see `claims`.
        functions: by id: see `Function`.
        inside: of constants of the top that have no value: (names in them, plans written in them).
        unread: exports of a form that is not read: (place, form, names in it, plans in it).
        error: the place of the first error at the top.
        lost: checks that lie in what is no TypeScript: (place of the error, place of the check).
        stopped: why there is nothing else: the file takes too long, or has too much in it.
        says: what it says of webhook events and variables: see `says`.
    """

    imports: dict[str, list[str]] = field(default_factory=dict)
    exports: dict[str, list[str | None]] = field(default_factory=dict)
    common: dict[str, str] = field(default_factory=dict)
    all_of: list[str] = field(default_factory=list)
    sources: dict[str, int] = field(default_factory=dict)
    loads: dict[str, list[str]] = field(default_factory=dict)
    constants: dict[str, Ir] = field(default_factory=dict)
    owned: list[list[Any]] = field(default_factory=list)
    types: dict[str, Ir] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)
    changed: list[Ir] = field(default_factory=list)
    handed: dict[str, list[Ir]] = field(default_factory=dict)
    fixed: list[str] = field(default_factory=list)
    calls: list[list[Any]] = field(default_factory=list)
    compares: bool = False
    claims: list[list[Any]] = field(default_factory=list)
    functions: dict[str, dict[str, Any]] = field(default_factory=dict)
    inside: dict[str, list[Any]] = field(default_factory=dict)
    unread: list[list[Any]] = field(default_factory=list)
    error: int | None = None
    lost: list[list[int]] = field(default_factory=list)
    stopped: list[Any] | None = None
    says: dict[str, Any] = field(default_factory=dict)

    def exported(self) -> Iterator[tuple[str, str | None, str | None]]:
        """All exports: the name that others use, the source or None, the name there or here."""
        for name, (source, inner) in self.exports.items():
            yield name, source, inner
        for name, inner in self.common.items():
            if name not in self.exports and name != "=":
                yield name, None, inner

    @property
    def says_nothing(self) -> bool:
        """Whether the file asks for nothing, and gives nothing to what asks."""
        gives = self.compares or any("gives" in function for function in self.functions.values())
        return not (gives or self.calls or self.lost or self.stopped)

    def as_json(self) -> dict[str, Any]:
        """Without what is empty."""
        there = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in there if value}

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> FileFacts:
        """What `as_json` made."""
        return cls(**found)
