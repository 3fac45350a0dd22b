"""What several stacks declare on one instance: who owns it, and what stays for the others.

A field that two stacks declare belongs to the one that declared it first; for the other it is
`shared`. So each stack keeps in its state which fields others had declared before it. If the first
one is destroyed, the next one owns the field: it has kept what the first one found, as if it had
been first itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from clerkstack.reconcile.changes import Change
from clerkstack.reconcile.fields import is_unset, same_value
from clerkstack.shapes import Groups, Json, JsonObject

CLIENT_SECRET = "client secret"
"""The field of a holding with the fingerprint of a connection's client secret."""
HEADER = "header "
"""The prefix of a holding's fields with the fingerprints of an endpoint's headers."""


@dataclass(frozen=True)
class Holding:
    """What one stack has of a kind of resource.

    `since` is when it first had it (RFC 3339), `made` are the groups that it created, `before` the
    others as it found them, `shared` the fields, by group, that others had declared before it.
    """

    stack: str
    since: str
    declared: Groups
    made: frozenset[str] = frozenset()
    before: Groups = field(default_factory=dict)
    shared: Mapping[str, Collection[str]] = field(default_factory=dict)

    def declares(self, group: str, name: str) -> bool:
        """Whether it declares the field."""
        return name in self.declared.get(group, {})

    def came_first(self, group: str, name: str) -> bool:
        """Whether it declared the field first, as far as it knows."""
        return name not in self.shared.get(group, ())

    def brought(self, group: str, name: str) -> bool:
        """Whether it created or changed the field."""
        if group in self.made:
            return True
        value = self.declared.get(group, {}).get(name)
        return not same_value(name, value, self.before.get(group, {}).get(name))


@dataclass(frozen=True)
class Contradiction:
    """A field that another stack owns and declares with another value."""

    group: str
    name: str
    here: Json
    there: Json
    stack: str

    def __str__(self) -> str:
        if self.name == CLIENT_SECRET or self.name.startswith(HEADER):
            return f"{self.name}: another one"
        return str(Change((self.name,), self.there, self.here))


@dataclass(frozen=True)
class Sharing:
    """The holdings of the other stacks, and this stack's own in the state, if any; `state` are this
    stack's properties in the state, as far as the backend shows them."""

    others: tuple[Holding, ...] = ()
    mine: Holding | None = None
    state: JsonObject = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.others)

    @property
    def made(self) -> frozenset[str]:
        """The groups that others declare and created: theirs, if this stack gives them up."""
        return frozenset(
            group for holding in self.others for group in holding.made if group in holding.declared
        )

    def holders(self, group: str, name: str | None = None) -> list[Holding]:
        """The other stacks that declare a group, or a field of it."""
        return [
            holding
            for holding in self.others
            if group in holding.declared and (name is None or holding.declares(group, name))
        ]

    def owner(self, group: str, name: str) -> Holding | None:
        """The owner of a field; None if no other stack declares it."""
        holders = self.holders(group, name)
        if holders and self.mine is not None and self.mine.declares(group, name):
            holders.append(self.mine)
        return _first(holders, group, name)

    def next_owner(self, group: str, name: str) -> Holding | None:
        """The owner of a field without this stack."""
        return _first(self.holders(group, name), group, name)

    def handed_over(self, group: str) -> JsonObject:
        """The fields of a group that others declare, with their values."""
        names = dict.fromkeys(
            name for holding in self.holders(group) for name in holding.declared[group]
        )
        return {
            name: owner.declared[group][name]
            for name in names
            if (owner := self.next_owner(group, name)) is not None
        }

    def contradictions(self, declared: Groups) -> list[Contradiction]:
        """The fields that another stack owns and declares with another value."""
        return [
            Contradiction(group, name, value, theirs, owner.stack)
            for group, name, value in _fields(declared)
            if (owner := self.owner(group, name)) is not None
            and owner is not self.mine
            and not same_value(name, value, theirs := owner.declared[group][name])
        ]

    def behind(self, declared: Groups) -> dict[str, list[str]]:
        """The groups that this stack owns and changes, by the stacks that still declare the old
        values."""
        by_stack: dict[str, list[str]] = {}
        for group, name, value in _fields(declared):
            if self.mine is None or self.owner(group, name) is not self.mine:
                continue
            for holding in self.holders(group, name):
                if not same_value(name, value, holding.declared[group][name]):
                    groups = by_stack.setdefault(holding.stack, [])
                    groups += [group] if group not in groups else []
        return by_stack

    def with_others(self, declared: Groups) -> dict[str, list[str]]:
        """The declared groups that others declare too, by stack."""
        by_stack: dict[str, list[str]] = {}
        for group in declared:
            for holding in self.holders(group) if declared[group] else ():
                by_stack.setdefault(holding.stack, []).append(group)
        return by_stack

    def shared(self, declared: Groups) -> JsonObject:
        """What the state keeps as `shared`: the fields, by group, that others had declared before;
        empty if there are none."""
        result: dict[str, list[Json]] = {}
        for group, name, _ in _fields(declared):
            known = self.mine is not None and self.mine.declares(group, name)
            mine = known and self.mine is not None and self.mine.came_first(group, name)
            if self.holders(group, name) and not mine:
                result.setdefault(group, []).append(name)
        return {"shared": dict[str, Json](result)} if result else {}

    def spared(self, back: Groups) -> dict[str, JsonObject]:
        """What is reverted, with the others' values for fields that they declare."""
        left: dict[str, JsonObject] = {}
        for group, fields in back.items():
            theirs = self.handed_over(group)
            left[group] = {name: theirs.get(name, was) for name, was in fields.items()}
        return left

    def kept_for(self, back: Groups, live: Groups) -> dict[str, list[Holding]]:
        """The groups with a field that would be reverted but stays for the stacks that declare
        it."""
        result: dict[str, list[Holding]] = {}
        for group, name, value in _fields(back):
            holders = self.holders(group, name)
            if holders and not same_value(name, value, live.get(group, {}).get(name)):
                result.setdefault(group, holders)
        return result

    def passed_on(
        self, made: Iterable[str], before: Groups, declared: Groups
    ) -> tuple[list[str], dict[str, JsonObject]]:
        """What this stack created and found, counting what others added as its own: they may be
        destroyed first.

        A group that another stack created counts as created here too; a field that another stack
        changed was found as that stack found it.
        """
        mine = list(made)
        result = {group: dict(fields) for group, fields in before.items()}
        for other in self.others:
            for group in declared:
                if group in mine or group not in other.declared:
                    continue
                if group in other.made:
                    mine.append(group)
                if group in other.made or group not in other.before:
                    # The other stack was there before.
                    result.pop(group, None)
                elif group in result:
                    _take_over(result[group], other, group, declared[group])
        return mine, result


def shared_of(props: Mapping[str, Json]) -> dict[str, list[str]]:
    """The result of `Sharing.shared` that a state keeps."""
    shared = props.get("shared")
    groups = shared.items() if isinstance(shared, dict) else ()
    return {group: [*map(str, names)] for group, names in groups if isinstance(names, list)}


def _first(holdings: list[Holding], group: str, name: str) -> Holding | None:
    """The holding that declared a field first, else the oldest one."""
    first = [holding for holding in holdings if holding.came_first(group, name)]
    return min(first or holdings, key=lambda holding: holding.since, default=None)


def _take_over(found_fields: JsonObject, other: Holding, group: str, declared: JsonObject) -> None:
    """Correct the found values of a group's fields that another stack had written."""
    for name in declared:
        theirs = other.declared[group]
        if name not in theirs or not other.brought(group, name):
            continue
        if same_value(name, theirs[name], found_fields.get(name)):
            was = other.before.get(group, {}).get(name)
            if is_unset(name, was):
                found_fields.pop(name, None)
            else:
                found_fields[name] = was


def _fields(declared: Groups) -> Iterator[tuple[str, str, Json]]:
    for group, fields in declared.items():
        for name, value in fields.items():
            yield group, name, value
