"""The journal of rotations: the one under way, and earlier ones.

It has secrets (the old and new ones of the rotation under way, to continue or go back), so the
whole journal is a secret in the state. The history has only fingerprints.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, SecretStr, ValidationError

from clerkstack.desired.secret_kinds import Kind
from clerkstack.problems import ClerkstackError

Result = Literal["done", "aborted", "refused", "replaced"]
Finding = Literal["holds", "may hold"]
LONGEST_HISTORY = 500
FINGERPRINT = 12
MILLISECONDS = 1000
MILLISECONDS_OF_HOUR = 3600 * MILLISECONDS

Kept = Annotated[SecretStr, PlainSerializer(lambda secret: secret.get_secret_value())]
"""A secret that is serialized in the clear: only into the state, which encrypts it."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)


class Side(_Model):
    """One secret of a rotation. `new` is None until it is minted; `old_ends` is when the old one
    expires, `since` when it was minted (milliseconds since 1970)."""

    overlap_hours: int

    old: Kept
    since: int | None = None
    new: Kept | None = None
    minted: int | None = None
    old_ends: int | None = None


class Holder(_Model):
    """Who works on a rotation: a process of some machine, until it is assumed to be dead."""

    who: str
    host: str
    pid: int
    until: int

    def __str__(self) -> str:
        return f"{self.who} (process {self.pid} of {self.host})"


class Copy(_Model):
    """A variable of the stack's projects that is not one of its resources and had an old secret.

    The rotation writes it if its value still has one of the fingerprints `held`. `built` are its
    targets that the roll-out rebuilds, `builds` those that must be rebuilt in addition (a custom
    environment by its slug); with `branch`, only that branch's deployments. `left` says why it was
    left as it is.
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
    """Something outside the stack's reach that holds an old secret, or may hold it. `why` says what
    it is and what to do about it; `named` is when a person took responsibility for it before the
    mint, `done` when a person reported that it has the new secret (milliseconds since 1970)."""

    kinds: list[Kind]
    name: str
    finding: Finding
    why: str
    named: int | None = None
    done: int | None = None


class Running(_Model):
    """An unfinished rotation. `replaces` is another unfinished one, which a leak interrupted; until
    something is minted, the run can go back to it. `returning`: an abort may have changed
    something, so Svix, the state or the app may have old secrets. `looked`: other holders of the
    secrets were searched for; `copies` and `others` are those that were found."""

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
        """Whether the old secrets expire with the mint."""
        return self.overlap_hours == 0

    @property
    def minted(self) -> bool:
        """Whether every new secret is minted."""
        return all(side.new is not None for side in self.sides.values())


class Entry(_Model):
    """A finished rotation: who, when, why, which secrets. Times are milliseconds since 1970.
    `copies` are the other variables that it wrote, `others` the holders that it left to people."""

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
    """The whole journal. `last` is the newest proved rotation, while its old secrets may be valid;
    `doomed` is when a secret in use expires, after an abort went back to it."""

    running: Running | None = None
    last: Running | None = None
    doomed: dict[Kind, int] = Field(default_factory=dict)
    history: list[Entry] = Field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> Journal:
        """Read the journal in the state.

        Raises:
            ClerkstackError: it is not a journal; the message shows nothing of it.
        """
        try:
            return cls.model_validate_json(text or "{}")
        except ValidationError as error:
            fields = sorted({".".join(map(str, error_["loc"])) for error_ in error.errors()})
            raise ClerkstackError(
                f"The rotations' journal in the state cannot be read ({', '.join(fields)}): a "
                "newer version of this project wrote it, or somebody edited it. Use the "
                "newer version."
            ) from None

    def text(self) -> str:
        """The journal as text, for the state."""
        return self.model_dump_json(exclude_none=True)

    def drop(self) -> None:
        """Forget the rotation under way, which has sent nothing."""
        assert self.running is not None
        earlier = self.running.replaces
        if earlier is not None:
            earlier.holder = None
            self.history = [entry for entry in self.history if entry.id != earlier.id]
        self.running = earlier

    def keep_on(self) -> None:
        """Undo an abort that has changed nothing yet."""
        running = self.running
        assert running is not None
        running.aborting, running.holder = False, None
        done = any(entry.id == running.id and entry.result == "done" for entry in self.history)
        if done and not running.returning:
            self.last, self.running = running, None

    def secrets_before(self, kind: Kind) -> set[str]:
        """The fingerprints of all secrets of a kind in finished rotations, none of which the
        rotation under way minted."""
        return {
            known_fingerprint
            for entry in self.history
            if self.running is None or entry.id != self.running.id
            for known_fingerprint in (entry.old.get(kind), entry.new.get(kind))
            if known_fingerprint is not None
        }

    @property
    def waiting(self) -> list[Other]:
        """The other holders that nobody has reported as done while the old secrets are still valid,
        each once: of the rotation under way, and of all whose overlap has not ended."""
        lists = [entry.others for entry in self._overlapping]
        if self.running is not None and not self.running.aborting:
            lists.append(self.running.others)
        every = {other.name: other for others in lists for other in others}
        return [other for other in every.values() if other.done is None]

    @property
    def waiting_until(self) -> int | None:
        """When the old secrets of the other holders expire (milliseconds since 1970)."""
        waits = (e for e in self._overlapping if any(other.done is None for other in e.others))
        return max((entry.old_ends for entry in waits if entry.old_ends), default=None)

    @property
    def _overlapping(self) -> list[Entry]:
        """The rotations whose old secrets are still valid."""
        entries = (entry for entry in self.history if entry.result in ("done", "replaced"))
        return [entry for entry in entries if (entry.old_ends or 0) > now()]

    def see_to(self, names: Iterable[str]) -> list[str]:
        """Record that other holders have the new secret. Returns the unknown names; if there are
        any, nothing is recorded."""
        wanted_names = set(names)
        runs = [run for run in (self.running, self.last) if run is not None]
        lists = [run.others for run in runs] + [entry.others for entry in self.history]
        known = [other for others in lists for other in others if other.name in wanted_names]
        if unknown := wanted_names - {other.name for other in known}:
            return sorted(unknown)
        for other in known:
            other.done = other.done or now()
        return []

    @property
    def signs_until(self) -> int | None:
        """Until when (milliseconds since 1970) a signing secret replaced by an earlier rotation
        still signs: Svix keeps its end even if a later rotation ends it at once (seen with
        svix-server). None if there is no such end ahead."""
        own = (entry for entry in self.history if "webhook" in entry.old)
        return max((end for entry in own if (end := _old_ends(entry)) > now()), default=None)

    def tidy(self) -> None:
        """Forget expired secrets."""
        if self.last is not None:
            ends = [side.old_ends or 0 for side in self.last.sides.values()]
            if max(ends) <= now():
                self.last = None

    def conclude(self, result: Result, *, deployment: str | None = None) -> Entry:
        """End the rotation under way, and add it to the history."""
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
    """When the old signing secret of a rotation expires at the latest: a replaced rotation may have
    minted without knowing it."""
    if entry.result == "replaced" and "webhook" not in entry.new:
        return entry.ended + entry.overlap_hours * MILLISECONDS_OF_HOUR
    return entry.old_ends or 0


def fingerprint(secret: SecretStr) -> str:
    """A fingerprint, which identifies a secret without showing it."""
    return hashlib.sha256(secret.get_secret_value().encode()).hexdigest()[:FINGERPRINT]


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * MILLISECONDS)
