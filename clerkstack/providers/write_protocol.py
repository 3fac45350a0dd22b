"""The write protocol that every resource that changes an instance follows.

    compare with other stacks → read what an interrupted run recorded → read what is live and plan
    → refuse what no preview showed, and what the instance cannot have → record the intent → write
    → read back

A provider implements reading, planning and writing (`Write`); this module has the order.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from clerkstack.failures import ResourceFailed, plainly
from clerkstack.intent_log import IntentLog
from clerkstack.providers.base import (
    ClerkProvider,
    ResourceRef,
    inputs_of,
    mark_of,
    refuse_surprises,
)
from clerkstack.reconcile.ownership import Past, found_before, joined
from clerkstack.reconcile.sharing import Sharing
from clerkstack.shapes import Groups, JsonObject


@dataclass(frozen=True)
class Run:
    """One run of one resource: everything that is known before the instance is read.

    Attributes:
        ref: the resource and its stack.
        inputs: the desired properties.
        state: its properties in the state, empty if the state does not have it.
        others: what other stacks have of it.
        log: its intent log, with the mark of this run.
        since: how records name the state that they build on.
        pending: what an interrupted run recorded on top of this state, empty if none.
    """

    ref: ResourceRef
    inputs: JsonObject
    state: JsonObject
    others: Sharing
    log: IntentLog
    since: JsonObject
    pending: JsonObject

    def owned(
        self, pasts: tuple[Past, Past], desired: Groups, live: Groups, made: Collection[str] = ()
    ) -> tuple[list[str], dict[str, JsonObject]]:
        """What this stack created of what is desired, and what it found of the rest; `pasts` are
        those of the state and of the interrupted run, `made` what this stack itself created."""
        state, interrupted = pasts
        before = joined(state.before, interrupted.before)
        declared = joined(state.declared, interrupted.declared)
        before = found_before(before, declared, desired, live)
        before = {group: fields for group, fields in before.items() if group not in made}
        return self.others.passed_on(made, before, desired)


class Write(Protocol):
    """A write that was planned from what is live. Nothing is sent before `send`."""

    @property
    def surprises(self) -> Sequence[str]:
        """Edits of others that it would undo and that no preview showed."""

    @property
    def unmet(self) -> Iterable[str]:
        """Why the instance cannot have what is desired, each with its fix."""

    @property
    def facts(self) -> JsonObject:
        """What is recorded before it is sent."""

    def left(self) -> JsonObject | None:
        """After a failure: the facts that are true now, None if nothing was written."""

    def send(self) -> None:
        """Write it."""

    def outputs(self) -> JsonObject:
        """What the state keeps in addition to the inputs, once the service shows the write."""


class WritingProvider(ClerkProvider):
    """Base of the providers that write to an instance."""

    ledger: ClassVar[Collection[str]] = ("before",)

    # Whether the resource needs to know if this stack created the instance (`made_instance`).
    asks_made_here: ClassVar[bool] = False

    def recorded_since(self, _props: JsonObject) -> JsonObject:
        """What was found, and the mark of the earlier record."""
        before: JsonObject = {"before": _props["before"]} if "before" in _props else {}
        return {**before, **mark_of(_props)}

    @abstractmethod
    def planned(self, run: Run) -> AbstractContextManager[Write]:
        """Read what is live and plan the write; the clients stay open inside the `with`."""

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """See `ClerkProvider`; the records are out of date then."""
        super().delete(_id, _props)
        ref = self.ref(inputs_of(_props))
        ref.log.forget()
        if self.asks_made_here:
            # The instance stays. If the stack comes back, nothing on it belongs to the stack.
            ref.instance_log.forget()

    def bring(self, inputs: JsonObject, state: JsonObject, *, removing: bool = False) -> JsonObject:
        """See `ClerkProvider`.

        Raises:
            ResourceFailed: it was refused, another stack owns a field and declares it differently,
                or the service does not show what was written.
            ApiError, Unreachable: the service refused it or could not be reached.
        """
        ref = self.ref(inputs)
        others = self.sharing(ref, state, removing=removing)
        if others and not removing:
            self.refuse_contradictions(others, inputs)
        log, since = ref.log, self.recorded_since(state) if state else {}
        run = Run(ref, inputs, state, others, log, since, log.pending(since))
        with self.planned(run) as write:
            refuse_surprises(ref.instance, write.surprises)
            unmet = list(write.unmet)
            if unmet:
                raise ResourceFailed("\n".join(unmet))
            with log.writing(write.facts, since=since, left=write.left):
                write.send()
            outputs = write.outputs()
        shared = others.shared(self.holding("", "", inputs).declared)
        return {**inputs, **outputs, **shared, "noted": log.mark}
