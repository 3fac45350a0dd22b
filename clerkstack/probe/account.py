"""The probed account, and a probe's results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from clerkstack.problems import ClerkstackError
from clerkstack.settings.models import Settings
from clerkstack.shapes import JsonObject

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
    """The result for one premise, by its id."""

    premise: str
    state: State
    detail: str


def holds(premise: str, when: object, detail: str) -> Result:
    """The result that a premise holds if `when` is true; `detail` says what was seen."""
    return Result(premise, State.HOLDS if when else State.FAILS, detail)


def unresolved(premise: str, detail: str) -> Result:
    """The result if the account has nothing to check it with."""
    return Result(premise, State.UNRESOLVED, detail)


@dataclass(frozen=True)
class Probe:
    """Checks some premises; those that it does not reach, because a service refuses, are
    unasked."""

    premises: tuple[str, ...]
    look: Callable[[Account], Iterator[Result]]

    def results(self, account: Account) -> Iterator[Result]:
        """The results of its premises, in its own order."""
        left = list(self.premises)
        try:
            for result in self.look(account):
                left.remove(result.premise)
                yield result
        except ClerkstackError as error:
            yield from (Result(premise, State.UNASKED, str(error)) for premise in left)


@dataclass
class Account:
    """The accounts that a stack uses."""

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
        return self.live.section("billing")

    @property
    def variables(self) -> tuple[EnvironmentVariable, ...]:
        """The variables of the stack's Vercel project, the first of several."""
        return self.live.variables(self.settings.vercel_projects[0], decrypt=False)
