"""Stores the journal in the state: only the process that holds the rotation may change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import SecretStr

from clerkstack.desired.secret_kinds import Kind
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import Entry, Holder, Journal, Result, Running
from clerkstack.rotation.stacks import StackSecrets, enter, known_of
from clerkstack.state.model import State


class Held(ClerkstackError):
    """Somebody else works on a rotation of this stack."""


class StateStore(Protocol):
    """Reads and writes a stack's state."""

    def change(self, change: Callable[[State], None]) -> State:
        """Read the state with its secrets shown, change it, write it back, and return it.

        Nothing is written if `change` changes nothing.
        """


@dataclass
class JournalStore:
    """Reads and writes one stack's journal for one process. `held` says whether a holder is still
    working; `state` is the stack's state as last read or written."""

    stack: str
    store: StateStore
    holder: Callable[[], Holder]
    held: Callable[[Holder], bool]
    state: State = field(default_factory=State)

    @property
    def journal(self) -> Journal:
        """The journal as last read."""
        return known_of(self.state, self.stack).journal

    def claim(self, begin: Callable[[StackSecrets], Running]) -> tuple[StackSecrets, Running, bool]:
        """Claim the rotation that `begin` returns for this process; also returns whether an earlier
        run started it.

        Raises:
            Held: another process holds it.
        """
        claimed: list[tuple[StackSecrets, Running, bool]] = []
        ended: list[Holder] = []

        def change(state: State) -> None:
            known = known_of(state, self.stack)
            journal = known.journal
            before = journal.running
            if before is not None and before.holder is not None:
                if self.held(before.holder):
                    raise Held(
                        f"{before.holder} holds the rotation of {self.stack}. Wait for it "
                        "with --wait SECONDS, or check it with --status; if you know that it "
                        "is dead, add --take-over."
                    )
                if before.holder not in ended:
                    # It may have recorded its end after this state was read: read again.
                    ended.append(before.holder)
                    return
            journal.tidy()
            running = journal.running = begin(known)
            running.holder = self.holder()
            enter(state, journal)
            claimed.append((known, running, running is before))

        while not claimed:
            self.state = self.store.change(change)
        return claimed[-1]

    def still_mine(self, running: Running) -> None:
        """Check that no other process claimed the rotation at the same moment.

        Raises:
            Held: another process has.
        """
        self._change(running, lambda _state, _journal: None)

    def keep(self, running: Running, *, secrets: Mapping[Kind, SecretStr] | None = None) -> None:
        """Record the progress of the rotation, and the secrets that are in use from now on."""

        def change(state: State, journal: Journal) -> None:
            running.holder = self.holder()
            journal.running = running
            enter(state, journal, secrets=secrets)

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
        """Record that the rotation has ended, and its result."""
        noted: list[Entry] = []

        def change(state: State, journal: Journal) -> None:
            journal.running = running
            journal.doomed.update(doomed or {})
            noted.append(journal.conclude(result, deployment=deployment))
            enter(state, journal, rotated=rotated)

        self._change(running, change)
        return noted[-1]

    def drop(self, running: Running) -> None:
        """Forget the rotation: nothing was sent."""

        def change(state: State, journal: Journal) -> None:
            journal.drop()
            enter(state, journal)

        self._change(running, change)

    def keep_on(self, running: Running) -> None:
        """Undo an abort that has changed nothing yet."""

        def change(state: State, journal: Journal) -> None:
            journal.keep_on()
            enter(state, journal)

        self._change(running, change)

    def holds(self, secrets: Mapping[Kind, SecretStr]) -> bool:
        """Whether the state as last read has these secrets in use."""
        in_state = known_of(self.state, self.stack).secrets
        return all(in_state.get(kind) == secret for kind, secret in secrets.items())

    def let_go(self, running: Running) -> None:
        """Release the rotation for the next run."""

        def change(state: State, journal: Journal) -> None:
            if journal.running is not None:
                journal.running.holder = None
            enter(state, journal)

        self._change(running, change)

    def _change(self, running: Running, change: Callable[[State, Journal], None]) -> None:
        def mine(state: State) -> None:
            journal = known_of(state, self.stack).journal
            current, me = journal.running, self.holder()
            holder = None if current is None or current.id != running.id else current.holder
            if holder is None or (holder.host, holder.pid) != (me.host, me.pid):
                raise Held(
                    f"{holder or 'Somebody'} has taken over the rotation of {self.stack}: "
                    "check it with --status."
                )
            change(state, journal)

        self.state = self.store.change(mine)


def see_to(
    store: StateStore, stack: str, names: Sequence[str], *, held: Callable[[Holder], bool]
) -> None:
    """Record that people have given other holders the new secret.

    Raises:
        Held: a run is working, and would overwrite this.
        ClerkstackError: a name is unknown; nothing is recorded.
    """

    def change(state: State) -> None:
        journal = known_of(state, stack).journal
        holder = journal.running.holder if journal.running is not None else None
        if holder is not None and held(holder):
            raise Held(
                f"{holder} holds the rotation of {stack}. Report this once that run has ended."
            )
        if unknown := journal.see_to(names):
            holders = ", ".join(other.name for other in journal.waiting) or "none"
            raise ClerkstackError(
                f"{', '.join(unknown)}: {stack}'s secrets have no other holder of this name. "
                f"Not yet reported as done: {holders}."
            )
        enter(state, journal)

    store.change(change)
