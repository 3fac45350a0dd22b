"""What other stacks have of a resource, and what this stack does about it.

The backend has the states of other stacks; the intent records of this folder show what their killed
runs did since. Both are read when a resource is created, changed or removed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from clerkstack.intent_log import Record, records_of
from clerkstack.notices import notice
from clerkstack.reconcile.ownership import joined
from clerkstack.reconcile.sharing import Contradiction, Holding, Sharing
from clerkstack.shapes import Groups, JsonObject, whole_numbers
from clerkstack.state.model import Resource
from clerkstack.state.neighbours import (
    Neighbour,
    States,
    UnknownNeighbours,
    is_same_stack,
    stacks_on,
)

Hold = Callable[[str, str, JsonObject], Holding]
"""Makes a Holding from a stack, the time of its first update and the resource's properties."""
RECENT = 5.0  # seconds for which the backend's answer is reused by the next resource, or
SLOW = 10  # times as long as the answer took


class Neighbourhood:
    """The stacks of this run's instance that the backend knows."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, list[Neighbour]]] = {}
        self._states: States = {}
        self._unknown = False

    def look_again(self) -> None:
        """Read the backend again next time: this run has written its own state since."""
        self._known.clear()

    def stacks(self, application_id: str, environment: str) -> list[Neighbour]:
        """All stacks; none, with a single notice, if they cannot be listed.

        Raises:
            UnreadableStack: the state of one cannot be read.
        """
        place = (application_id, environment)
        until, known = self._known.get(place, (0.0, []))
        began = time.monotonic()
        if self._unknown or began < until:
            return known
        try:
            known = stacks_on(*place, self._states)
        except UnknownNeighbours as failure:
            self._unknown = True
            notice(f"what other stacks have of the {environment} instance is unknown. {failure}")
        finished = time.monotonic()
        self._known[place] = (finished + max(RECENT, SLOW * (finished - began)), known)
        return known


def sharing(
    stacks: Iterable[Neighbour],
    kind: str,
    resource_id: str,
    stack: str | None,
    olds: JsonObject,
    hold: Hold,
    since: Callable[[JsonObject], JsonObject],
) -> Sharing:
    """What the stacks have of a resource.

    Args:
        stacks: those of the instance.
        kind: the name of the resource's type.
        resource_id: its id, by which records are found.
        stack: this stack's full name, None if unknown.
        olds: its properties in this stack's state; empty if it is not there.
        hold: reads a state's properties.
        since: how records name the state that they build on.
    """
    stacks = list(stacks)
    by_stack = {
        neighbour.stack: (resource.created, _plain(resource))
        for neighbour in stacks
        if (resource := neighbour.resource(kind)) is not None
    }
    names = [neighbour.stack for neighbour in stacks]
    me = _me(names, by_stack, stack, olds)
    holdings = {name: hold(name, at, props) for name, (at, props) in by_stack.items()}
    for record in records_of(resource_id):
        name = next((name for name in names if is_same_stack(name, record.stack)), None)
        if name is not None and name != me:
            known = since(by_stack[name][1]) if name in by_stack else {}
            if record.facts.get("since") == known:
                holdings[name] = _with_record(holdings.get(name), hold, name, record)
    mine = holdings.pop(me or "", None) or hold(me or "", "", olds)
    others = sorted(holdings.values(), key=lambda holding: holding.since)
    _, state = by_stack.get(me or "", ("", {}))
    return Sharing(tuple(others), mine if olds else None, state)


def refusals(
    contradictions: Sequence[Contradiction], named: Callable[[str], str], place: str
) -> Iterator[str]:
    """Why fields must be declared as their owner declares them."""
    by_stack: dict[str, list[Contradiction]] = {}
    for contradiction in contradictions:
        by_stack.setdefault(contradiction.stack, []).append(contradiction)
    for stack, found in by_stack.items():
        fields = "\n".join(
            f"  {named(contradiction.group)}: {contradiction}" for contradiction in found
        )
        yield (
            f"The stack {stack} shares {place} and declares this differently (there → "
            f"here):\n{fields}\nIt declared this first, so change it there first: pulumi up "
            f"--stack {stack}. Or declare the same here. Nothing was written."
        )


def report_shared(
    others: Sharing,
    declared: Groups,
    named: Callable[[str], str],
    *,
    new: Collection[str],
) -> None:
    """Report who shares the `new` declared groups, and which stacks to update next."""
    of_new = {group: fields for group, fields in declared.items() if group in new}
    for stack, groups in others.with_others(of_new).items():
        notice(f"shared with {stack}: {_listed(groups, named)}")
    for stack, groups in others.behind(declared).items():
        notice(
            f"shared with {stack}, which still declares the old value: {_listed(groups, named)}. "
            f"Next: pulumi up --stack {stack}"
        )


def report_kept(left: Mapping[str, Sequence[Holding]], named: Callable[[str], str]) -> None:
    """Report what stays for other stacks."""
    for group, holders in left.items():
        names = ", ".join(holding.stack for holding in holders)
        verb = "declares" if len(holders) == 1 else "declare"
        notice(f"{named(group)} stays: {names} {verb} it too")


def _listed(groups: Iterable[str], named: Callable[[str], str]) -> str:
    return ", ".join(dict.fromkeys(map(named, groups)))


def _me(
    stacks: Sequence[str],
    by_stack: Mapping[str, tuple[str, JsonObject]],
    stack: str | None,
    olds: JsonObject,
) -> str | None:
    """This stack among those that the backend knows: the one whose state matches this run's.

    A name is not enough, since the stack may have been renamed.
    """
    alike = [name for name, (_, props) in by_stack.items() if olds and _is_of(props, olds)]
    named = [name for name in stacks if stack is not None and is_same_stack(name, stack)]
    for candidates in ([name for name in alike if name in named], alike, named):
        if candidates:
            return candidates[0]
    return None


def _is_of(props: JsonObject, olds: JsonObject) -> bool:
    return bool(props) and all(key in olds and olds[key] == props[key] for key in props)


def _plain(resource: Resource) -> JsonObject:
    """Its outputs in the form that a provider gets, without the secrets."""
    outputs = resource.plain_outputs.items()
    return {key: whole_numbers(value) for key, value in outputs if key != "__provider"}


def _with_record(known: Holding | None, hold: Hold, stack: str, record: Record) -> Holding:
    """What a stack has, including what a killed run of it recorded."""
    recorded = hold(stack, record.at, record.facts)
    if known is None:
        return recorded
    return Holding(
        stack,
        known.since,
        joined(known.declared, recorded.declared),
        known.made | recorded.made,
        joined(recorded.before, known.before),
        known.shared,
    )
