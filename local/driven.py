"""Drives one resource as the engine does, in this process: check, diff, create or update.

No engine starts, so hundreds of runs take seconds. The provider is the real one and sends real
requests. Only the transport between program and provider is simulated: as over the wire, numbers
are floats, and null values are missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider

from clerkstack.intent_log import IntentLog
from clerkstack.providers import shared
from clerkstack.providers.base import ClerkProvider
from clerkstack.providers.neighbours import Neighbourhood
from clerkstack.state.neighbours import Neighbour
from local import address
from local.world import World
from local.world import seed as seeded

Props = dict[str, Any]


class Refused(Exception):
    """The provider's `check` refused the inputs; nothing was sent."""


@dataclass
class Driven:
    """A resource of one stack: its entry in the state, and its provider.

    `config` is the stack's config as the provider gets it, `stack` its full name, as the program
    declares it with each resource. `id` is None and `state` empty if the resource is not in the
    state.
    """

    provider: ResourceProvider
    config: Mapping[str, str]
    stack: str | None = None
    id: str | None = None
    state: Props = field(default_factory=dict)
    inputs: Props = field(default_factory=dict)
    beside: Callable[[], list[Neighbour]] = list
    """The stacks that the backend knows."""
    written: Callable[[], None] = lambda: None
    """Called after a provider has finished and before the engine writes the state."""

    def up(self, inputs: Props, *, always: bool = False) -> bool:
        """Run one `pulumi up`; return whether there was anything to do. A failure keeps the state.

        Args:
            inputs: what the program declares.
            always: update even if the declaration has not changed.

        Raises:
            Refused: `check` refused the inputs.
            ClerkstackError: the provider failed.
        """
        inputs = {**inputs, **({} if self.stack is None else {"stack": self.stack})}
        self._begin(inputs)
        checked = self.provider.check(self.inputs, wired(inputs))
        if checked.failures:
            raise Refused("; ".join(str(failure.reason) for failure in checked.failures))
        news = wired(checked.inputs)
        if self.id is None:
            made = self.provider.create(news)
            self.written()
            self.id, self.state = made.id, wired(made.outs or {})
        elif always or self.provider.diff(self.id, self.state, news).changes:
            changed = self.provider.update(self.id, self.state, news)
            self.written()
            self.state = wired(changed.outs or {})
        else:
            return False
        self.inputs = news
        # The program does this when the state is written.
        IntentLog(self.id, self.stack).forget_known(self.state.get("noted"))
        return True

    def refresh(self) -> None:
        """Run one `pulumi refresh`: take the live state, none if the resource is gone."""
        self._begin()
        if self.id is None:
            return
        found = self.provider.read(self.id, self.state)
        self.id = found.id
        self.state = wired(found.outs or {}) if found.id else {}
        self.inputs = wired(found.inputs or self.inputs) if found.id else {}

    def destroy(self) -> None:
        """Run one `pulumi destroy`. A failure keeps the state."""
        self._begin()
        if self.id is not None:
            self.provider.delete(self.id, self.state)
            self.written()
        self.id, self.state, self.inputs = None, {}, {}

    def _begin(self, *declared: Props) -> None:
        """Begin a run, which knows nothing that earlier ones read. Every dangerous change is
        allowed."""
        end_run()
        allowed = {"clerkstack:allow": json.dumps(_everything(self.inputs, *declared))}
        self.provider.configure(ConfigureRequest(Config({**self.config, **allowed}, "clerkstack")))
        if isinstance(self.provider, ClerkProvider):
            self.provider.session.neighbourhood = _GivenStacks(self.beside)


class _GivenStacks(Neighbourhood):
    """The stacks of a test instead of those of a backend."""

    def __init__(self, stacks: Callable[[], list[Neighbour]]) -> None:
        super().__init__()
        self._stacks = stacks

    def stacks(self, _application_id: str, _environment: str) -> list[Neighbour]:
        """Return the test's current stacks."""
        return self._stacks()


def _everything(*declared: Props) -> Props:
    """Return an allowance for every dangerous change of what is declared."""
    kinds = {
        "plans": ["remove", "price", "visibility", "features"],
        "features": ["remove", "visibility"],
    }
    allowed: Props = {
        kind: {slug: words for inputs in declared for slug in inputs.get(kind, {})}
        for kind, words in kinds.items()
    }
    for inputs in declared:
        allowed["plans"] |= dict.fromkeys(inputs.get("defaults", {}), kinds["plans"])
    of_payers = ("organizationEnabled", "userEnabled")
    allowed["toggles"] = [f"{kind}.{name}" for kind in ("billing", "apiKeys") for name in of_payers]
    allowed["toggles"] += ["organizations.enabled", "organizations.personalWorkspaces"]
    return allowed


def end_run() -> None:
    """Do what the end of a run's process does: close connections, forget what was read."""
    for session in shared._sessions.values():
        session.close()
    shared._sessions.clear()


def wired(props: Mapping[str, Any]) -> Props:
    """Return properties as they come over the wire."""
    return {key: _number(value) for key, value in props.items() if value is not None}


def _number(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _number(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_number(inner) for inner in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def config_on(world: World) -> dict[str, str]:
    """Return the stack's config for the provider, on a running world."""
    return {
        "clerkstack:platformKey": seeded.PLATFORM_KEY,
        "clerkstack:urls": json.dumps(address.settings(world.urls)),
        "vercel:apiToken": seeded.VERCEL_TOKEN,
    }
