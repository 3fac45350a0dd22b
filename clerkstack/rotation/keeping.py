"""The journal in the state, changed by whoever holds the rotation, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import SecretStr

from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import Entry, Holder, Journal, Kind, Result, Running
from clerkstack.rotation.stacks import Known, Resources, enter, known_of


class Held(ClerkstackError):
    """Somebody else works on a rotation of this stack."""


class State(Protocol):
    """A stack's state."""

    def change(self, change: Callable[[Resources], None]) -> Resources:
        """Read it with its secrets shown, change it, write it back; the resources.

        Nothing is written where `change` leaves them as they are.
        """


@dataclass
class Keeper:
    """Keeps one stack's journal for one process. `held` says whether somebody is still at it."""

    stack: str
    state: State
    holder: Callable[[], Holder]
    held: Callable[[Holder], bool]
    resources: Resources = field(default_factory=list)

    @property
    def journal(self) -> Journal:
        """The journal, as it was read last."""
        return known_of(self.resources, self.stack).journal

    def claim(self, begin: Callable[[Known], Running]) -> tuple[Known, Running, bool]:
        """Note a rotation as this process's: the one that `begin` gives; and whether it is an
        earlier run's.

        Raises:
            Held: another process holds it.
        """
        claimed: list[tuple[Known, Running, bool]] = []
        ended: list[Holder] = []

        def change(resources: Resources) -> None:
            known = known_of(resources, self.stack)
            journal = known.journal
            before = journal.running
            if before is not None and before.holder is not None:
                if self.held(before.holder):
                    raise Held(
                        f"{before.holder} holds the rotation of {self.stack}. Wait for it with "
                        "--wait SECONDS, look with --status; or, if you know that it is dead, "
                        "--take-over."
                    )
                if before.holder not in ended:
                    # It may have noted its end after this state was read: look once more.
                    ended.append(before.holder)
                    return
            journal.tidy()
            running = journal.running = begin(known)
            running.holder = self.holder()
            enter(resources, journal)
            claimed.append((known, running, running is before))

        while not claimed:
            self.resources = self.state.change(change)
        return claimed[-1]

    def still_mine(self, running: Running) -> None:
        """See that nobody claimed it at the same moment.

        Raises:
            Held: somebody has.
        """
        self._change(running, lambda _resources, _journal: None)

    def keep(self, running: Running, *, secrets: Mapping[Kind, SecretStr] | None = None) -> None:
        """Note how far it is, and which secrets are in use from now on."""

        def change(resources: Resources, journal: Journal) -> None:
            running.holder = self.holder()
            journal.running = running
            enter(resources, journal, secrets=secrets)

        self._change(running, change)

    def conclude(
        self,
        running: Running,
        result: Result,
        *,
        deployment: str | None = None,
        rotated: Mapping[Kind, int] | None = None,
        doomed: Mapping[Kind, int] | None = None,
    ) -> Entry:
        """Note that it is over, and how."""
        noted: list[Entry] = []

        def change(resources: Resources, journal: Journal) -> None:
            journal.running = running
            journal.doomed.update(doomed or {})
            noted.append(journal.conclude(result, deployment=deployment))
            enter(resources, journal, rotated=rotated)

        self._change(running, change)
        return noted[-1]

    def drop(self, running: Running) -> None:
        """Forget it: nothing was sent."""

        def change(resources: Resources, journal: Journal) -> None:
            journal.drop()
            enter(resources, journal)

        self._change(running, change)

    def keep_on(self, running: Running) -> None:
        """Take back an abort that changed nothing yet."""

        def change(resources: Resources, journal: Journal) -> None:
            journal.keep_on()
            enter(resources, journal)

        self._change(running, change)

    def holds(self, secrets: Mapping[Kind, SecretStr]) -> bool:
        """Whether the state, as it was read last, has these secrets in use."""
        there = known_of(self.resources, self.stack).secrets
        return all(there.get(kind) == secret for kind, secret in secrets.items())

    def let_go(self, running: Running) -> None:
        """Leave it for whoever comes next."""

        def change(resources: Resources, journal: Journal) -> None:
            if journal.running is not None:
                journal.running.holder = None
            enter(resources, journal)

        self._change(running, change)

    def _change(self, running: Running, change: Callable[[Resources, Journal], None]) -> None:
        def mine(resources: Resources) -> None:
            journal = known_of(resources, self.stack).journal
            there, me = journal.running, self.holder()
            holder = None if there is None or there.id != running.id else there.holder
            if holder is None or (holder.host, holder.pid) != (me.host, me.pid):
                raise Held(
                    f"{holder or 'Somebody'} has taken over the rotation of {self.stack}: look "
                    "with --status."
                )
            change(resources, journal)

        self.resources = self.state.change(mine)


def see_to(
    state: State, stack: str, names: Sequence[str], *, held: Callable[[Holder], bool]
) -> None:
    """Note that people have given other holders the new secret.

    Raises:
        Held: a run is at it, which would write over the note.
        ClerkstackError: of one of the names none is known; nothing is noted.
    """

    def change(resources: Resources) -> None:
        journal = known_of(resources, stack).journal
        holder = journal.running.holder if journal.running is not None else None
        if holder is not None and held(holder):
            raise Held(f"{holder} holds the rotation of {stack}. Note it once that run is over.")
        if unknown := journal.see_to(names):
            there = ", ".join(other.name for other in journal.waiting) or "none"
            raise ClerkstackError(
                f"{', '.join(unknown)}: no other holder of {stack}'s secrets is called that. "
                f"Not yet seen to: {there}."
            )
        enter(resources, journal)

    state.change(change)
