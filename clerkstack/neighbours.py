"""The other stacks of one instance, as far as the backend knows them.

Two stacks can stand on one Clerk instance: the states of both are then in the same backend, or
nobody can know. They are listed (`pulumi stack ls`) and read (`pulumi stack export`, secrets
encrypted) only where it matters, since each is a process of the engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clerkstack.declared.variables import VARIABLE_TYPE
from clerkstack.problems import ClerkstackError

PROJECT_OF_VERCEL = "VercelProject"
DYNAMIC = "/clerkstack:"
FILE_BACKEND = "organization/"
"""How the full name of a stack begins in a backend that is no Pulumi Cloud."""


class UnknownNeighbours(ClerkstackError):
    """The backend does not tell which other stacks there are, or what one of them has."""


@dataclass(frozen=True)
class Neighbour:
    """Another stack that has something on the instance.

    `stack` is its name as the engine takes it in this folder: short in this project, in full in
    another one. `resources` are those of its exported state, secrets encrypted; `project_ids` the
    Vercel projects among them.
    """

    stack: str
    application_id: str
    environment: str
    project_ids: tuple[str, ...]
    resources: tuple[Mapping[str, Any], ...]

    def resource(self, kind: str) -> Mapping[str, Any] | None:
        """Its resource of a kind of this program's own (`Billing`), None if it has none."""
        return next(
            (each for each in self.resources if each["type"].endswith(DYNAMIC + kind)), None
        )


def neighbours(stack: str, application_id: str, environment: str) -> list[Neighbour]:
    """The other stacks whose state holds a resource of this instance.

    Args:
        stack: the stack that asks, by a name that the engine takes in this folder.
        application_id: Clerk's application.
        environment: `development` or `production`.

    Raises:
        UnknownNeighbours: the backend does not tell.
    """
    return [
        each
        for each in stacks_on(application_id, environment)
        if not is_same_stack(each.stack, stack)
    ]


def stacks_on(application_id: str, environment: str) -> list[Neighbour]:
    """All stacks whose state holds a resource of this instance, the asking one among them.

    Raises:
        UnknownNeighbours: the backend does not tell.
    """
    found = []
    for name in _listed():
        resources = _resources(name)
        if any(_is_on(each, application_id, environment) for each in resources):
            projects = dict.fromkeys(_projects(resources))
            found.append(
                Neighbour(name, application_id, environment, tuple(projects), tuple(resources))
            )
    return found


def is_same_stack(one: str, other: str) -> bool:
    """Whether two names that the engine takes in this folder are of one stack: a name without
    project is of this folder's project, one without organization of any."""
    mine, theirs = _parts(one), _parts(other)
    return mine[1:] == theirs[1:] and (None in (mine[0], theirs[0]) or mine[0] == theirs[0])


def _parts(stack: str) -> tuple[str | None, str | None, str]:
    """Organization, project and name."""
    *outer, name = stack.split("/")
    organization = outer[0] if outer else None
    project = outer[1] if len(outer) > 1 else None
    return organization, None if project == _project() else project, name


def _project() -> str | None:
    """The name of this folder's project."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from clerkstack.cli.backends import PROJECT_FILE

    try:
        return str((YAML(typ="safe").load(PROJECT_FILE) or {}).get("name"))
    except (OSError, YAMLError):
        return None


def _listed() -> list[str]:
    """The stacks that have resources: those of this project; in a backend of one's own, those of
    all its projects."""
    from clerkstack.cli.backends import current_backend
    from clerkstack.cli.checkpoint import drop_cut_off_attributes

    try:
        found = _list("--all")
    except ClerkstackError:
        # One state that can't be read ends the whole list.
        try:
            drop_cut_off_attributes(current_backend(), "*")
            found = _list()
        except ClerkstackError as failure:
            raise UnknownNeighbours(
                f"The other stacks of this backend can't be listed. {failure}"
            ) from None
    return [name for name in found if name.count("/") < 2 or name.startswith(FILE_BACKEND)]


def _list(*words: str) -> list[str]:
    from clerkstack.cli.engine import pulumi

    listed = json.loads(pulumi("stack", "ls", "--json", *words))
    return [each["name"] for each in listed if each.get("resourceCount") != 0]


def _resources(stack: str) -> list[dict[str, Any]]:
    """What a stack's state has; nothing of a stack that is gone meanwhile."""
    from clerkstack.cli.backends import NO_STACK
    from clerkstack.cli.engine import exported_stack, resources_of

    try:
        resources = resources_of(exported_stack(stack))
    except ClerkstackError as failure:
        if NO_STACK in str(failure):
            return []
        raise UnknownNeighbours(
            f"The state of the stack {stack} can't be read. {failure}"
        ) from None
    return [each for each in resources if not each.get("delete")]


def _is_on(resource: Mapping[str, Any], application_id: str, environment: str) -> bool:
    inputs = resource.get("inputs") or {}
    place = inputs.get("application_id"), inputs.get("environment")
    return place == (application_id, environment)


def _projects(resources: list[dict[str, Any]]) -> Iterator[str]:
    for resource in resources:
        inputs = resource.get("inputs") or {}
        if resource["type"] == VARIABLE_TYPE and inputs.get("projectId"):
            yield str(inputs["projectId"])
        elif resource["type"].endswith(DYNAMIC + PROJECT_OF_VERCEL) and inputs.get("project_id"):
            yield str(inputs["project_id"])
