"""The account that is probed, and what a probe tells of a premise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from clerkstack.clients.platform import Config
from clerkstack.live.session import Session
from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.changes import JsonObject, object_at
from clerkstack.settings import Settings

if TYPE_CHECKING:
    from clerkstack.clients.frontend import Environment
    from clerkstack.clients.platform import ApplicationInstance
    from clerkstack.clients.vercel import EnvironmentVariable


class State(StrEnum):
    """Whether a premise holds."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNTOLD = "can't be told"
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


def untold(premise: str, detail: str) -> Result:
    """There is nothing here that could tell it."""
    return Result(premise, State.UNTOLD, detail)


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
    """What a stack stands on; each thing is read once."""

    settings: Settings
    session: Session

    @property
    def place(self) -> tuple[str, str]:
        """Application and instance."""
        return self.settings.application_id, self.settings.instance

    @cached_property
    def config(self) -> Config:
        """The instance's config."""
        return self.session.platform.get_config(*self.place)

    @property
    def billing(self) -> JsonObject:
        """Its billing section."""
        return object_at(self.config.sections, "billing")

    @cached_property
    def schema(self) -> JsonObject:
        """What the config's schema advertises."""
        return self.session.platform.get_config_schema(*self.place)

    @property
    def instance(self) -> ApplicationInstance:
        """The instance, as the Platform API shows it.

        Raises:
            ClerkstackError: the application has none of the kind.
        """
        found = self.session.instance(*self.place)
        if found is None:
            application, instance = self.place
            raise ClerkstackError(f"{application} has no {instance} instance")
        return found

    @cached_property
    def environment(self) -> Environment:
        """What every browser can read of the instance.

        Raises:
            ClerkstackError: nothing tells the instance's publishable key.
        """
        key = self.settings.publishable_key or self.instance.publishable_key
        if key is None:
            raise ClerkstackError("the Platform API shows no publishable key of the instance")
        with self.session.frontend(key) as client:
            return client.environment()

    @cached_property
    def variables(self) -> list[EnvironmentVariable]:
        """The variables of the stack's Vercel project, the first of several."""
        declared = self.settings.vercel_projects[0]
        with self.session.vercel(declared.team_id) as client:
            return client.list_variables(declared.project_id)
