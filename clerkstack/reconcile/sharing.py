"""What several stacks declare of one instance: whose it is, and what has to stay for the others.

A field that two stacks declare belongs to the one that declared it first; to the other one it is
`shared`. So each keeps in its state which fields were another's when it came. Where the first one
goes, the next one owns it: it has kept what the first one found, as if it had come first itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from clerkstack.reconcile.changes import Change, Groups, Json, JsonObject
from clerkstack.reconcile.fields import is_unset, same_value

CLIENT_SECRET = "client secret"
"""The field that has a connection's client secret in a holding, by a fingerprint of it."""
HEADER = "header "
"""How the fields begin that have an endpoint's headers in a holding, by their fingerprints."""


@dataclass(frozen=True)
class Holding:
    """What one stack has of a kind of resource.

    `since` is when it came (RFC 3339), `made` are the groups that it made, `before` the others as
    it found them, `shared` by group the fields that others declared before it.
    """

    stack: str
    since: str
    declared: Groups
    made: frozenset[str] = frozenset()
    before: Groups = field(default_factory=dict)
    shared: Mapping[str, Collection[str]] = field(default_factory=dict)

    def declares(self, group: str, name: str) -> bool:
        """Whether the field is part of what it declares."""
        return name in self.declared.get(group, {})

    def came_first(self, group: str, name: str) -> bool:
        """Whether nobody known to it declared the field before."""
        return name not in self.shared.get(group, ())

    def brought(self, group: str, name: str) -> bool:
        """Whether it made the field what it is."""
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
    """The holdings of the other stacks, and this stack's own as the state has it, if any; `state`
    are this stack's properties in the state, as far as the backend shows them."""

    others: tuple[Holding, ...] = ()
    mine: Holding | None = None
    state: JsonObject = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.others)

    @property
    def made(self) -> frozenset[str]:
        """The groups that others declare and have made: theirs, where this stack lets them go."""
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
        """Whose a field is: a holding, or None where no other stack declares it."""
        found = self.holders(group, name)
        if found and self.mine is not None and self.mine.declares(group, name):
            found.append(self.mine)
        return _first(found, group, name)

    def next_owner(self, group: str, name: str) -> Holding | None:
        """Whose a field is without this stack."""
        return _first(self.holders(group, name), group, name)

    def handed_over(self, group: str) -> JsonObject:
        """The fields of a group that others declare, as it is then theirs."""
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
        """The groups that this stack owns and changes, by the stacks that declare them
        differently until they are brought up to date."""
        found: dict[str, list[str]] = {}
        for group, name, value in _fields(declared):
            if self.mine is None or self.owner(group, name) is not self.mine:
                continue
            for holding in self.holders(group, name):
                if not same_value(name, value, holding.declared[group][name]):
                    groups = found.setdefault(holding.stack, [])
                    groups += [group] if group not in groups else []
        return found

    def with_others(self, declared: Groups) -> dict[str, list[str]]:
        """The declared groups that others declare as well, by stack."""
        found: dict[str, list[str]] = {}
        for group in declared:
            for holding in self.holders(group) if declared[group] else ():
                found.setdefault(holding.stack, []).append(group)
        return found

    def shared(self, declared: Groups) -> JsonObject:
        """What the state is to keep of it, as `shared`: by group, the fields that others declared
        before; nothing where there are none."""
        found: dict[str, list[Json]] = {}
        for group, name, _ in _fields(declared):
            known = self.mine is not None and self.mine.declares(group, name)
            mine = known and self.mine is not None and self.mine.came_first(group, name)
            if self.holders(group, name) and not mine:
                found.setdefault(group, []).append(name)
        return {"shared": dict[str, Json](found)} if found else {}

    def spared(self, back: Groups) -> dict[str, JsonObject]:
        """What is reverted; the fields that others declare become as these declare them."""
        left: dict[str, JsonObject] = {}
        for group, fields in back.items():
            theirs = self.handed_over(group)
            left[group] = {name: theirs.get(name, was) for name, was in fields.items()}
        return left

    def kept_for(self, back: Groups, live: Groups) -> dict[str, list[Holding]]:
        """The groups of which a field would go back, and stays for the stacks that declare it."""
        found: dict[str, list[Holding]] = {}
        for group, name, value in _fields(back):
            holders = self.holders(group, name)
            if holders and not same_value(name, value, live.get(group, {}).get(name)):
                found.setdefault(group, holders)
        return found

    def passed_on(
        self, made: Iterable[str], before: Groups, declared: Groups
    ) -> tuple[list[str], dict[str, JsonObject]]:
        """What this stack made and found, as if what others brought were its own: they may go
        before it does.

        A group that another one made is made here as well; a field that another one changed was
        found as that one found it.
        """
        mine = list(made)
        found = {group: dict(fields) for group, fields in before.items()}
        for other in self.others:
            for group in declared:
                if group in mine or group not in other.declared:
                    continue
                if group in other.made:
                    mine.append(group)
                if group in other.made or group not in other.before:
                    # The other one was there before it.
                    found.pop(group, None)
                elif group in found:
                    _take_over(found[group], other, group, declared[group])
        return mine, found


def shared_of(props: Mapping[str, Json]) -> dict[str, list[str]]:
    """What a state keeps of it (`Sharing.shared`)."""
    shared = props.get("shared")
    groups = shared.items() if isinstance(shared, dict) else ()
    return {group: [*map(str, names)] for group, names in groups if isinstance(names, list)}


def _first(found: list[Holding], group: str, name: str) -> Holding | None:
    """The one that declared a field first, else the one that came first."""
    first = [holding for holding in found if holding.came_first(group, name)]
    return min(first or found, key=lambda holding: holding.since, default=None)


def _take_over(found: JsonObject, other: Holding, group: str, declared: JsonObject) -> None:
    """Correct what was found of a group's fields, where that is what another stack brought."""
    for name in declared:
        theirs = other.declared[group]
        if name not in theirs or not other.brought(group, name):
            continue
        if same_value(name, theirs[name], found.get(name)):
            was = other.before.get(group, {}).get(name)
            if is_unset(name, was):
                found.pop(name, None)
            else:
                found[name] = was


def _fields(declared: Groups) -> Iterator[tuple[str, str, Json]]:
    for group, fields in declared.items():
        for name, value in fields.items():
            yield group, name, value
