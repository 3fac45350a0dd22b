"""What is kept of rotations: the one that is under way, and those before it.

It holds secrets (the old and the new ones of the rotation under way, to go on or back), so it is
one secret of the state. The history holds fingerprints only.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, SecretStr, ValidationError

from clerkstack.problems import ClerkstackError
from clerkstack.rotation.kinds import KINDS as KINDS
from clerkstack.rotation.kinds import WORDS as WORDS
from clerkstack.rotation.kinds import Kind as Kind
from clerkstack.rotation.kinds import variables_of as variables_of

Result = Literal["done", "aborted", "refused", "replaced"]
Finding = Literal["holds", "may hold"]
LONGEST_HISTORY = 500
FINGERPRINT = 12
MILLISECONDS = 1000
MILLISECONDS_OF_HOUR = 3600 * MILLISECONDS

Kept = Annotated[SecretStr, PlainSerializer(lambda secret: secret.get_secret_value())]
"""A secret that is written as it is: only into the state, where it is encrypted."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Side(_Model):
    """One secret of a rotation. `new` is None until it is minted; `old_ends` is when the old one
    counts no more, `since` when it was minted (milliseconds since 1970)."""

    overlap_hours: int

    old: Kept
    since: int | None = None
    new: Kept | None = None
    minted: int | None = None
    old_ends: int | None = None


class Holder(_Model):
    """Who works on a rotation: a process of some machine, until it is believed to be dead."""

    who: str
    host: str
    pid: int
    until: int

    def __str__(self) -> str:
        return f"{self.who} (process {self.pid} of {self.host})"


class Copy(_Model):
    """A variable of the stack's projects that is none of its resources and held an old secret.

    The rotation writes it, where it still has a value of one of the fingerprints `held`. `built`
    are its targets that the roll-out builds again, `builds` those that have to be built besides (a
    custom environment by its slug), and `branch` is whose deployments, where not all. `left` says
    why it was left as it is.
    """

    kind: Kind
    name: str
    project_id: str
    team_id: str | None = None
    variable_id: str
    held: list[str]
    built: list[str] = Field(default_factory=list)
    builds: list[str] = Field(default_factory=list)
    branch: str | None = None
    left: str | None = None


class Other(_Model):
    """Something outside of the stack's reach that holds an old secret, or may hold it. `why` says
    what it is and what to do about it; `named` when a person took it on before the mint, `done`
    when one said that it has the new secret (milliseconds since 1970)."""

    kinds: list[Kind]
    name: str
    finding: Finding
    why: str
    named: int | None = None
    done: int | None = None


class Running(_Model):
    """A rotation that is not over. `replaces` is one that was not over either, when a leak came
    in between: until something is minted, it can be gone back to. `returning` says that an abort
    may have changed something: Svix, the state or the app may have old secrets. `looked` says
    whether other holders of the secrets were looked for; `copies` and `others` are those that were
    found."""

    id: str
    who: str
    reason: str
    overlap_hours: int
    started: int
    sides: dict[Kind, Side]
    aborting: bool = False
    returning: bool = False
    holder: Holder | None = None
    replaces: Running | None = None
    looked: bool = False
    copies: list[Copy] = Field(default_factory=list)
    others: list[Other] = Field(default_factory=list)

    @property
    def emergency(self) -> bool:
        """Whether the old secrets end with the mint."""
        return self.overlap_hours == 0

    @property
    def minted(self) -> bool:
        """Whether every new secret is there."""
        return all(side.new is not None for side in self.sides.values())


class Entry(_Model):
    """A rotation that is over: who, when, why, which. Times are milliseconds since 1970. `copies`
    are the other variables that it wrote, `others` the holders that it left to people."""

    id: str
    secrets: list[Kind]
    who: str
    reason: str
    started: int
    minted: int | None = None
    ended: int
    result: Result
    overlap_hours: int
    old: dict[Kind, str]
    new: dict[Kind, str]
    old_ends: int | None = None
    deployment: str | None = None
    copies: list[str] = Field(default_factory=list)
    others: list[Other] = Field(default_factory=list)


class Journal(_Model):
    """All that is kept. `last` is the newest one that was proved, while its old secrets may live;
    `doomed` says when a secret ends that the app uses: one that was gone back to."""

    running: Running | None = None
    last: Running | None = None
    doomed: dict[Kind, int] = Field(default_factory=dict)
    history: list[Entry] = Field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> Journal:
        """Read what the state holds.

        Raises:
            ClerkstackError: it is no journal; the message holds nothing of it.
        """
        try:
            return cls.model_validate_json(text or "{}")
        except ValidationError as error:
            fields = sorted({".".join(map(str, each["loc"])) for each in error.errors()})
            raise ClerkstackError(
                f"The rotations' journal in the state cannot be read ({', '.join(fields)}): a "
                "newer version of this project wrote it, or somebody edited it. Use the "
                "newer version."
            ) from None

    def text(self) -> str:
        """As the state holds it."""
        return self.model_dump_json(exclude_none=True)

    def drop(self) -> None:
        """Forget the rotation under way, of which nothing was sent."""
        assert self.running is not None
        earlier = self.running.replaces
        if earlier is not None:
            earlier.holder = None
            self.history = [entry for entry in self.history if entry.id != earlier.id]
        self.running = earlier

    def keep_on(self) -> None:
        """Take back an abort that changed nothing yet."""
        running = self.running
        assert running is not None
        running.aborting, running.holder = False, None
        done = any(entry.id == running.id and entry.result == "done" for entry in self.history)
        if done and not running.returning:
            self.last, self.running = running, None

    def secrets_before(self, kind: Kind) -> set[str]:
        """The fingerprints of all secrets of a kind that are known from rotations that are over:
        none of them was minted by the one under way."""
        return {
            found
            for entry in self.history
            if self.running is None or entry.id != self.running.id
            for found in (entry.old.get(kind), entry.new.get(kind))
            if found is not None
        }

    @property
    def waiting(self) -> list[Other]:
        """The other holders that nobody has seen to, while the old secrets are still valid, each
        once: those of the rotation under way, and of all whose overlap has not ended."""
        lists = [entry.others for entry in self._overlapping]
        if self.running is not None and not self.running.aborting:
            lists.append(self.running.others)
        every = {other.name: other for others in lists for other in others}
        return [other for other in every.values() if other.done is None]

    @property
    def waiting_until(self) -> int | None:
        """When the old secrets end that the other holders still have (milliseconds since 1970)."""
        waits = (e for e in self._overlapping if any(other.done is None for other in e.others))
        return max((entry.old_ends for entry in waits if entry.old_ends), default=None)

    @property
    def _overlapping(self) -> list[Entry]:
        """The rotations whose old secrets are still valid."""
        there = (entry for entry in self.history if entry.result in ("done", "replaced"))
        return [entry for entry in there if (entry.old_ends or 0) > now()]

    def see_to(self, names: Iterable[str]) -> list[str]:
        """Note that a person has seen to other holders, unless one of the names is of none that is
        known; those names."""
        wanted = set(names)
        runs = [run for run in (self.running, self.last) if run is not None]
        lists = [run.others for run in runs] + [entry.others for entry in self.history]
        known = [other for others in lists for other in others if other.name in wanted]
        if unknown := wanted - {other.name for other in known}:
            return sorted(unknown)
        for other in known:
            other.done = other.done or now()
        return []

    @property
    def signs_until(self) -> int | None:
        """Until when (milliseconds since 1970) a signing secret signs that an earlier rotation
        replaced: Svix keeps the end that it had, also where a later rotation ends it at once (seen
        with svix-server). None where there is no such end ahead."""
        own = (entry for entry in self.history if "webhook" in entry.old)
        return max((end for each in own if (end := _old_ends(each)) > now()), default=None)

    def tidy(self) -> None:
        """Forget old secrets that count no more."""
        if self.last is not None:
            ends = [side.old_ends or 0 for side in self.last.sides.values()]
            if max(ends) <= now():
                self.last = None

    def conclude(self, result: Result, *, deployment: str | None = None) -> Entry:
        """End the rotation under way, and note it."""
        running = self.running
        assert running is not None
        sides = running.sides.values()
        entry = Entry(
            id=running.id,
            secrets=list(running.sides),
            who=running.who,
            reason=running.reason,
            started=running.started,
            minted=max((side.minted for side in sides if side.minted), default=None),
            ended=now(),
            result=result,
            overlap_hours=running.overlap_hours,
            old={kind: fingerprint(side.old) for kind, side in running.sides.items()},
            new={
                kind: fingerprint(side.new)
                for kind, side in running.sides.items()
                if side.new is not None
            },
            old_ends=max((side.old_ends for side in sides if side.old_ends), default=None),
            deployment=deployment,
            copies=[copy.name for copy in running.copies if copy.left is None],
            others=running.others,
        )
        self.history = [*self.history, entry][-LONGEST_HISTORY:]
        self.running = None
        running.holder = None
        if result == "done":
            self.last = running
            for kind in running.sides:
                self.doomed.pop(kind, None)
        return entry


def _old_ends(entry: Entry) -> int:
    """When the old signing secret of a rotation ends, at the latest: one that was replaced may have
    minted without knowing it."""
    if entry.result == "replaced" and "webhook" not in entry.new:
        return entry.ended + entry.overlap_hours * MILLISECONDS_OF_HOUR
    return entry.old_ends or 0


def fingerprint(secret: SecretStr) -> str:
    """Tells one secret from another without showing either."""
    return hashlib.sha256(secret.get_secret_value().encode()).hexdigest()[:FINGERPRINT]


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * MILLISECONDS)
