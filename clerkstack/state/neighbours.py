"""The other stacks of an instance that the backend knows.

Two stacks can stand on one Clerk instance: the states of both are then in the same backend, or
nobody can know. They are listed (`pulumi stack ls`) and read (`pulumi stack export`, secrets
encrypted) only where it matters, since each is a process of the engine; those of a file backend are
read from its files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from clerkstack.backend import backend, is_cloud, project_name
from clerkstack.problems import ClerkstackError
from clerkstack.state import engine
from clerkstack.state.checkpoint import drop_cut_off_attributes
from clerkstack.state.failures import UnknownStack
from clerkstack.state.model import Resource, State
from clerkstack.state.stored import ORGANIZATION, stored_stacks
from clerkstack.state.variables import existing

PROJECT_OF_VERCEL = "VercelProject"


class UnknownNeighbours(ClerkstackError):
    """The other stacks cannot be listed."""


class UnreadableStack(ClerkstackError):
    """The state of a stack cannot be read."""


@dataclass(frozen=True)
class Neighbour:
    """Another stack that has something on the instance.

    `stack` is its name as the engine accepts it in this folder: short for this project, in full
    for another. `state` is its state, secrets encrypted, without resources that are still to be
    removed; `project_ids` are the Vercel projects in it.
    """

    stack: str
    application_id: str
    environment: str
    project_ids: tuple[str, ...]
    state: State

    def resource(self, kind: str) -> Resource | None:
        """Its resource of one of this program's kinds (`Billing`), None if it has none."""
        return next(
            (candidate for candidate in self.state.resources if candidate.is_own(kind)), None
        )


def neighbours(stack: str, application_id: str, environment: str) -> list[Neighbour]:
    """The other stacks whose state holds a resource of this instance.

    Args:
        stack: the stack that asks, by a name that the engine accepts in this folder.
        application_id: Clerk's application.
        environment: `development` or `production`.

    Raises:
        UnknownNeighbours: the stacks cannot be listed.
        UnreadableStack: the state of one cannot be read.
    """
    return stacks_on(application_id, environment, without=stack)


States = dict[tuple[str, str], State]
"""States already read, by the stack's name and the time of its last update."""


def stacks_on(
    application_id: str,
    environment: str,
    states: States | None = None,
    *,
    without: str | None = None,
) -> list[Neighbour]:
    """All stacks whose state holds a resource of this instance; the stack `without` is not read.

    `states` is a cache: a stack that was not updated since is not read again.

    Raises:
        UnknownNeighbours: the stacks cannot be listed.
        UnreadableStack: the state of one cannot be read.
    """
    others = []
    known = {} if states is None else states
    for name, listed in _listed().items():
        if without is not None and is_same_stack(name, without):
            continue
        key = (name, listed.updated)
        if key not in known:
            known[key] = listed.read()
        state = known[key]
        if any(_is_on(each, application_id, environment) for each in state.resources):
            projects = dict.fromkeys(_projects(state))
            others.append(Neighbour(name, application_id, environment, tuple(projects), state))
    return others


def variables_elsewhere(stack: str) -> dict[str, str]:
    """The stack that has each Vercel variable, by the variable's id, over the other stacks of all
    instances.

    Raises:
        UnknownNeighbours: the stacks cannot be listed.
        UnreadableStack: the state of one cannot be read.
    """
    return {
        variable.id: name
        for name, listed in _listed().items()
        if not is_same_stack(name, stack)
        for variable in existing(listed.read())
    }


def is_same_stack(one: str, other: str) -> bool:
    """Whether two names that the engine accepts in this folder mean the same stack. A name without
    a project means this folder's project; one without an organization matches any."""
    mine, theirs = _parts(one), _parts(other)
    return mine[1:] == theirs[1:] and (None in (mine[0], theirs[0]) or mine[0] == theirs[0])


def _parts(stack: str) -> tuple[str | None, str | None, str]:
    """Organization, project and name."""
    *outer, name = stack.split("/")
    organization = outer[0] if outer else None
    project = outer[1] if len(outer) > 1 else None
    return organization, None if project == project_name() else project, name


@dataclass(frozen=True)
class _Listed:
    """A stack that has resources: its name, the time of its last update, and its state where that
    came with the list."""

    name: str
    updated: str
    state: State | None = None

    def read(self) -> State:
        """What it has, without what is still to be removed; nothing where it is gone meanwhile."""
        state = self.state if self.state is not None else _exported(self.name)
        return State.of([each.entry for each in state.resources if not each.deleting])


def _listed() -> dict[str, _Listed]:
    """The stacks that have resources, by name: those of this project; in a backend of one's own,
    those of all its projects."""
    stored = stored_stacks(backend())
    if stored is not None:
        return {
            name: _Listed(name, stack.updated, stack.state)
            for name, stack in stored.items()
            if stack.state.entries
        }
    return {
        stack.name: stack
        for stack in _listed_by_the_engine()
        if stack.name.count("/") < 2 or stack.name.startswith(f"{ORGANIZATION}/")
    }


def _listed_by_the_engine() -> list[_Listed]:
    try:
        # In Pulumi Cloud, `--all` would list the stacks of the whole organization.
        return _list(*(() if is_cloud() else ("--all",)))
    except ClerkstackError:
        # A single state that can't be read fails the whole list.
        try:
            drop_cut_off_attributes(engine.current_backend(), "*")
            return _list()
        except ClerkstackError as failure:
            raise UnknownNeighbours(
                f"The other stacks of this backend cannot be listed. {failure}"
            ) from None


def _list(*words: str) -> list[_Listed]:
    return [
        _Listed(each["name"], str(each.get("lastUpdate", "")))
        for each in json.loads(engine.pulumi("stack", "ls", "--json", *words))
        if each.get("resourceCount") != 0
    ]


def _exported(stack: str) -> State:
    try:
        return engine.export(stack)
    except UnknownStack:
        return State()
    except ClerkstackError as failure:
        # A broken stack of another project does not matter here.
        if stack.count("/") > 1:
            return State()
        raise UnreadableStack(
            f"The state of the stack {stack} cannot be read, and it may share this instance. "
            f"{failure}"
        ) from None


def _is_on(resource: Resource, application_id: str, environment: str) -> bool:
    inputs = resource.inputs
    place = inputs.get("application_id"), inputs.get("environment")
    return place == (application_id, environment)


def _projects(state: State) -> Iterator[str]:
    for resource in state.resources:
        inputs = resource.inputs
        if resource.is_variable and inputs.get("projectId"):
            yield str(inputs["projectId"])
        elif resource.is_own(PROJECT_OF_VERCEL) and inputs.get("project_id"):
            yield str(inputs["project_id"])
