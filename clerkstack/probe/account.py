"""The account that is probed, and what a probe tells of a premise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.changes import JsonObject, object_at
from clerkstack.settings import Settings

if TYPE_CHECKING:
    from clerkstack.clients.vercel import EnvironmentVariable
    from clerkstack.live.config_document import ConfigDocument
    from clerkstack.live.instance import LiveInstance
    from clerkstack.live.session import Session


class State(StrEnum):
    """Whether a premise holds."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNRESOLVED = "unresolved"
    UNASKED = "could not be asked"


@dataclass(frozen=True)
class Result:
    """What was found of one premise, by its id."""

    premise: str
    state: State
    detail: str


def holds(premise: str, when: object, detail: str) -> Result:
    """It holds `when` that is true; `detail` says what was seen."""
    return Result(premise, State.HOLDS if when else State.FAILS, detail)


def unresolved(premise: str, detail: str) -> Result:
    """There is nothing here that could tell it."""
    return Result(premise, State.UNRESOLVED, detail)


@dataclass(frozen=True)
class Probe:
    """Tells some premises; those it does not get to, because a service refuses, are unasked."""

    premises: tuple[str, ...]
    look: Callable[[Account], Iterator[Result]]

    def told(self, account: Account) -> Iterator[Result]:
        """Whether each of its premises holds, in its own order."""
        left = list(self.premises)
        try:
            for told in self.look(account):
                left.remove(told.premise)
                yield told
        except ClerkstackError as error:
            yield from (Result(each, State.UNASKED, str(error)) for each in left)


@dataclass
class Account:
    """What a stack stands on."""

    settings: Settings
    live: LiveInstance

    @property
    def session(self) -> Session:
        """The clients."""
        return self.live.session

    @property
    def place(self) -> tuple[str, str]:
        """Application and instance."""
        return self.live.place

    @property
    def document(self) -> ConfigDocument:
        """The instance's config."""
        return self.session.config(*self.place)

    @property
    def billing(self) -> JsonObject:
        """Its billing section."""
        return object_at(self.live.sections(), "billing")

    @property
    def variables(self) -> tuple[EnvironmentVariable, ...]:
        """The variables of the stack's Vercel project, the first of several."""
        return self.live.variables(self.settings.vercel_projects[0], decrypt=False)
