"""Checks of one stack: its settings, its state, the age of its secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from clerkstack.checks.finding import Finding
from clerkstack.desired.secret_kinds import WORDS
from clerkstack.doctor.machine import passphrase_set
from clerkstack.doctor.model import Check, failed, ok, together, warning
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.holder import is_at_it
from clerkstack.rotation.journal import now
from clerkstack.rotation.stacks import StackSecrets, known_of
from clerkstack.settings.variable_names import unread_in
from clerkstack.state.code import foreign_in, refusal
from clerkstack.state.locks import Owner
from clerkstack.state.model import State
from clerkstack.state.variables import existing, without_id
from clerkstack.texts import counted

if TYPE_CHECKING:
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings.models import Settings
    from clerkstack.settings.projects import Project

DAY = 24 * 3600 * 1000
NAMES_REMEDY = (
    "Set clerkstack:environment.names to what the app reads: [nextjs], [guide] if its own code "
    "reads those, or both"
)


class EngineReader(Protocol):
    """Reads a stack with the engine."""

    def settings(self) -> Settings:
        """Its settings."""

    def exported(self) -> State:
        """Its state, with secrets shown."""

    def cut_off(self) -> list[str]:
        """Files beside its state that a kill left unreadable, if the backend shows them."""

    def locks(self) -> list[Owner]:
        """Who has it locked, if the backend shows it."""

    def max_days(self) -> int:
        """The oldest that a secret may be, from the policy secret-age."""


@dataclass
class Patient:
    """The stack that is examined; everything is read once."""

    name: str
    reader: EngineReader
    live_of: Callable[[Settings], LiveInstance]

    @cached_property
    def settings(self) -> Settings:
        """Its settings."""
        return self.reader.settings()

    @cached_property
    def state(self) -> State:
        """Its state."""
        return self.reader.exported()

    @cached_property
    def known(self) -> StackSecrets:
        """The secrets in its state.

        Raises:
            ClerkstackError: it cannot be read.
        """
        try:
            return known_of(self.state, self.name)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # Neither chained nor quoted: the message may contain a part of the state.
            raise ClerkstackError(
                f"The state of {self.name} cannot be read ({type(error).__name__}): somebody "
                "edited it, or another version wrote it. To restore an earlier one: "
                f"bin/clerkstack recover --stack {self.name} --from-history"
            ) from None

    @cached_property
    def live(self) -> LiveInstance:
        """Its instance."""
        return self.live_of(self.settings)

    def close(self) -> None:
        """Close the connections."""
        if "live" in self.__dict__:
            self.live.close()


def checkpoint(patient: Patient) -> Finding:
    """The engine can load the state: the attributes beside it are complete."""
    files = patient.reader.cut_off()
    if files:
        return failed(
            f"{', '.join(files)} was cut off by a kill, so the engine cannot load the state",
            f"bin/clerkstack recover --stack {patient.name}",
        )
    return ok("no file is cut off")


def settings(patient: Patient) -> Finding:
    """They are valid, and their secrets can be decrypted."""
    loaded = patient.settings
    return ok(f"{loaded.instance} of {loaded.application_id}")


def state(patient: Patient) -> Finding:
    """It can be read, and no update is half-done."""
    locks = patient.reader.locks()
    if locks:
        return warning(
            f"locked by {', '.join(map(str, locks))}",
            f"Wait for it; if it is dead, run bin/clerkstack recover --stack {patient.name}",
        )
    exported = patient.state
    if exported.pending:
        return failed(
            f"{counted(len(exported.pending), 'unfinished operation')} of a killed update",
            f"bin/clerkstack recover --stack {patient.name}, then pulumi up",
        )
    if foreign := foreign_in(exported):
        return failed("it contains code that is not this project's", refusal(foreign, patient.name))
    if not exported.resources:
        return failed("nothing is deployed", f"pulumi up --stack {patient.name}")
    if without := without_id(exported):
        return warning(
            f"{counted(len(without), 'variable')} without an id in the state: a refresh would "
            "drop them",
            f"bin/clerkstack recover --stack {patient.name} adds the ids",
        )
    kind, count = exported.encrypted_by, len(exported.resources)
    if kind == "passphrase" and not passphrase_set():
        return warning(f"{count} resources, secrets encrypted by a passphrase that is not set here")
    return ok(f"{count} resources, secrets encrypted by {kind}")


def rotation(patient: Patient) -> Finding:
    """No rotation is unfinished."""
    journal = patient.known.journal
    again = f"bin/clerkstack rotate --stack {patient.name}"
    if journal.running is not None:
        holder = journal.running.holder
        if holder is not None and is_at_it(holder):
            return warning(f"under way: {holder}", f"{again} --status")
        left = [side.old_ends for side in journal.running.sides.values() if side.old_ends]
        ends = f", an old secret ends at {_time(min(left))}" if left else ""
        return failed(f"not finished, started by {journal.running.who}{ends}", again)
    for kind, end in journal.doomed.items():
        hours = max((end - now()) // 3_600_000, 0)
        return failed(f"the {WORDS[kind]} in use ends in {counted(hours, 'hour')}", again)
    if waiting := journal.waiting:
        who = ", ".join(other.name for other in waiting)
        count = counted(len(waiting), "other holder")
        last = journal.waiting_until
        by = f" by {_time(last)}" if last is not None else ""
        return failed(
            f"{count} must receive the new secrets{by}: {who}",
            f"Give them to each, then run {again} --status --holder-done NAME",
        )
    done = journal.history[-1] if journal.history else None
    if done is None:
        return ok("never")
    ends = ""
    if done.old_ends is not None and done.old_ends > now():
        ends = f"; the old secrets end at {_time(done.old_ends)}"
    return ok(f"{done.result}, by {done.who}: {done.reason}{ends}")


def _time(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def ages(patient: Patient) -> Finding:
    """No secret is older than the limit."""
    limit, messages, old = patient.reader.max_days(), [], []
    for kind in patient.known.secrets:
        since = patient.known.since.get(kind)
        if since is None:
            messages.append(f"{patient.known.holders(kind)} unknown")
            continue
        days = (now() - since) // DAY
        by = "" if kind in patient.known.rotated else " since it was written; never rotated"
        messages.append(f"{patient.known.holders(kind)} {counted(days, 'day')}{by}")
        if days > limit:
            old.append(kind)
    detail = f"{', '.join(messages)}; the limit is {limit}"
    if old:
        return failed(detail, f"bin/clerkstack rotate --stack {patient.name}")
    return ok(detail)


def names(patient: Patient) -> Finding:
    """Something reads the variables under their names."""
    projects = patient.settings.vercel_projects
    return together((project.prefix, _names_of(project, patient.state)) for project in projects)


def _names_of(project: Project, state: State) -> Finding:
    own = (
        resource.inputs
        for resource in existing(state)
        if not project.name or resource.inputs.get("projectId") == project.project_id
    )
    unread = unread_in(str(inputs.get("key")) for inputs in own)
    if unread and "guide" not in (project.said_names or ()):
        return warning(unread, NAMES_REMEDY)
    return ok(f"those of {' and '.join(project.names)}")


CHECKS = (
    Check("checkpoint", checkpoint, ("engine", "backend")),
    Check("settings", settings, ("checkpoint",)),
    Check("state", state, ("checkpoint",)),
    Check("rotation", rotation, ("state",)),
    Check("ages of secrets", ages, ("state",)),
    Check("variables' names", names, ("settings", "state")),
)
