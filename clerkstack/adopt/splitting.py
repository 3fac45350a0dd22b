"""How to take over variables that a Vercel project has: which may be, and how to split shared ones.

A shared variable becomes one for each of its places, a target or a custom environment. Vercel
refuses a second variable with the same key for a place, so each place is taken out of the shared
variable and gets its own right after. Production is never taken out if the value can be read.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clerkstack.reconcile.taken import Found, holder, is_alone
from clerkstack.settings.names import VARIABLE_COMMENT

if TYPE_CHECKING:
    from clerkstack.clients.vercel import EnvironmentVariable
    from clerkstack.desired.variables import Variable

PRODUCTION = "production"
READABLE = ("plain", "encrypted")


@dataclass(frozen=True)
class Own:
    """A variable of one place to create from a shared one. `name` is that of the declared variable,
    empty if it is somebody else's; without a `value`, it gets the shared one's."""

    place: str
    kind: str
    name: str = ""
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Split:
    """A shared variable, the places that get their own, and the declared variable that it
    remains."""

    variable: EnvironmentVariable
    own: Sequence[Own]
    stays: str = ""


@dataclass(frozen=True)
class Plan:
    """What taking over does.

    `splits` come first. `ids` are then those of the declared variables by name, except those that
    a split creates. `drop` are the names for which the state has somebody else's variable.
    `refused` are not taken over, `theirs` belong to another stack, `unsplit` cannot be split:
    these are left alone.
    """

    splits: Sequence[Split] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    drop: Sequence[str] = ()
    refused: Sequence[Found] = ()
    theirs: Sequence[Found] = ()
    unsplit: Sequence[Found] = ()


def places(variable: EnvironmentVariable) -> tuple[str, ...]:
    """The targets and custom environments of a variable."""
    return (*variable.target, *variable.custom_environment_ids)


def value_of(variable: EnvironmentVariable) -> str | None:
    """The value if it can be read and written again; None for a sensitive or system variable."""
    value = variable.readable_value if variable.type in READABLE else None
    return None if value is None else value.get_secret_value()


def plan(
    declared: Iterable[Variable[str | None]],
    live: Sequence[EnvironmentVariable],
    state: Mapping[str, str],
    overwrite: Iterable[str],
    elsewhere: Container[str] = (),
) -> Plan:
    """What to do about declared variables that the project already has.

    Args:
        declared: with the values that the stack would write, empty if unknown.
        live: all variables of the project, values decrypted.
        state: ids in the state, by name.
        overwrite: names of variables whose value may be replaced.
        elsewhere: ids in the states of other stacks: never taken over, whatever may be replaced.
    """
    by_id, may = {variable.id: variable for variable in live}, {*overwrite}
    ids: dict[str, str] = {}
    drop, refused, theirs = [], [], []
    shared: dict[str, dict[str, Variable[str | None]]] = {}
    for variable in declared:
        name = variable.name
        known = by_id.get(state.get(name, ""))
        mine = known is not None and variable.target in known.target and not known.git_branch
        found = known if mine else holder(live, name)
        if name in state and not mine and (known is not None or found is not None):
            drop.append(name)
        if found is None:
            continue
        if not mine and found.id in elsewhere:
            theirs.append(Found(name, found))
        elif not (mine or name in may or _is_same(found, variable, known=name in state)):
            refused.append(Found(name, found))
        elif is_alone(found, variable.target):
            ids[name] = found.id
        else:
            shared.setdefault(found.id, {})[variable.target] = variable
    splits, unsplit = [], []
    for variable_id, owners in shared.items():
        split = _split(by_id[variable_id], owners)
        if split is None:
            unsplit += [Found(owner.name, by_id[variable_id]) for owner in owners.values()]
        else:
            splits.append(split)
    drop = [name for name in drop if name not in ids]
    return Plan(splits, ids, drop, refused, theirs, unsplit)


def _is_same(variable: EnvironmentVariable, declared: Variable[str | None], *, known: bool) -> bool:
    """Whether taking it over replaces nobody's value. A variable that clerkstack created belongs to
    another stack, unless the state knew it under an earlier id; an integration rewrites its own."""
    if variable.comment == VARIABLE_COMMENT:
        return known and is_alone(variable, declared.target)
    if variable.configuration_id or not declared.value:
        return False
    return value_of(variable) == declared.value


def _split(
    variable: EnvironmentVariable, owners: Mapping[str, Variable[str | None]]
) -> Split | None:
    """How to split a variable; None if a place would be left without a value."""
    every, value = places(variable), value_of(variable)
    if value is not None:
        kept = [PRODUCTION if PRODUCTION in every else every[0]]
    else:
        # If the value can't be read, the other places go on sharing the variable.
        kept = [place for place in every if place not in owners] or [every[0]]
    own = []
    for place in every:
        if place in kept:
            continue
        if place not in owners:
            own.append(Own(place, variable.type))
            continue
        declared = owners[place]
        if value is None and not declared.value:
            return None
        kind = "sensitive" if declared.sensitive else "encrypted"
        own.append(Own(place, kind, declared.name, declared.value if value is None else None))
    stays = owners[kept[0]].name if len(kept) == 1 and kept[0] in owners else ""
    return Split(variable, own, stays)
