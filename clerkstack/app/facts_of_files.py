"""The facts that one pass over a file collects, small enough to cache and to send to a process.

An expression is a list: its form, its parts and, last, its place. It is not evaluated.

| form | parts |
|---|---|
| `s` `n` `b` `z` | a text; a number as written; true or false; null or undefined |
| `a` | the items, each an expression |
| `o` | the entries, each `[key, place of the key, value]`; a key is a text or an expression |
| `...` | the spread value, in an `a` or `o` |
| `r` | the id of a variable |
| `m` `d` | an object and a key: a member; a member in a pattern |
| `c` | the callee, the arguments, the callee as text |
| `f` | the id of a function |
| `?` | a description, and the alternatives, one of which is the value |
| `|` | a parameter, and its default |
| `p` `q` | the id of a function, the parameter's index and its name; a rest parameter |
| `e` | what a loop iterates over, and the name of the loop variable |
| `w` | the awaited expression |
| `t` | an expression, and its declared type |
| `u` | the entries of an enum, as in `o`; a value may be None |
| `C` | a class: its static members and its instance members, each as `o` |
| `i` | an instance: the class |
| `x` | why it has no value; the expression behind it, if that helps |

To add another kind of facts, add a field to `FileFacts` and a module that fills it (see `onepass`;
`looking` has the words that decide whether a file is parsed). Join it beside `uses.Checks`, with
the help of `evaluate`. Facts without expressions have a walk of their own, like `says`, so that a
file without checks is not searched for checks.

A type is written like a value of that type: a union as `?`, an object type as `o`, a tuple as `a`,
`T[number]` as an entry of a list. In addition: `R` the name of a type, `L` a list of a type, `U`
the name of an enum, `K` the name of a class, `E` `Exclude` or `Extract` with its two types, and `X`
a type of another file: its source and the name there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

Ir: TypeAlias = list[Any]


def line_of(place: int) -> int:
    """Return the line of a place, from 1."""
    return place >> 24


def column_of(place: int) -> int:
    """Return the column of a place in characters, from 1."""
    return place & 0xFFFFFF


def stem_of(source: str) -> str:
    """Return the name of an imported file: `gate` for `../ui/gate.tsx`."""
    return source.rpartition("/")[2].partition(".")[0]


@dataclass
class FileFacts:
    """The facts of one file.

    Attributes:
        imports: (source, name there) by local name; `*` is all.
        exports: (source or None, name there) by exported name.
        common: CommonJS exports: the local name by exported name; `=` is `module.exports` itself.
        all_of: the sources of `export *`.
        sources: the place of the first import or export statement by source.
        loads: the sources that a top-level constant loads, by its name: `lazy(() =>
            import('./gate'))`.
        constants: expressions by the id of the variable.
        owned: the range of each top-level constant.
        types: types by name.
        writes: the first place where a variable is changed by name, by its id.
        changed: mutations, as (place, the object or list).
        handed: where a part of a top-level variable is passed on, as (place, the part) by the id of
            the variable. Only collected on request.
        fixed: top-level constants that are declared immutable: `as const`, `Object.freeze(…)`, …
        calls: calls and elements that may be checks, or may pass something to one: see `Call`.
        compares: whether the file may compare a session claim.
        claims: comparisons, as (form, possible claim, value, place); see `claims`.
        functions: functions by id: see `Function`.
        inside: for top-level constants without a value: (names in them, plans written in them).
        unread: exports in an unsupported form: (place, form, names in it, plans in it).
        error: the place of the first top-level syntax error.
        lost: checks inside a syntax error: (place of the error, place of the check).
        stopped: why there are no other facts: the file takes too long, or is too large.
        says: how the file uses webhook events and variables: see `says`.
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
        """Yield all exports: the exported name, the source or None, the name there or here."""
        for name, (source, inner) in self.exports.items():
            yield name, source, inner
        for name, inner in self.common.items():
            if name not in self.exports and name != "=":
                yield name, None, inner

    @property
    def says_nothing(self) -> bool:
        """Return whether the file has no checks, and passes nothing to one."""
        gives = self.compares or any("gives" in function for function in self.functions.values())
        return not (gives or self.calls or self.lost or self.stopped)

    def as_json(self) -> dict[str, Any]:
        """Return the facts as JSON, without empty ones."""
        there = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in there if value}

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> FileFacts:
        """Return the facts from the result of `as_json`."""
        return cls(**found)
