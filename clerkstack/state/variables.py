"""Vercel's variables in a state: pure edits of what their provider reads there.

The official provider is a bridged one: it asks Vercel for the `id` among a variable's outputs,
whatever the resource's own id is, and it keeps a delta beside them by which an edit of the outputs
is undone (seen with a provider built from its sources).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clerkstack.desired.variables import Variable
from clerkstack.state.model import Resource, State

RAW_STATE_DELTA = "__pulumi_raw_state_delta"
OF_PROJECT = ("VercelProject", "WrittenVariables")
"""This program's resources that belong to a Vercel project."""

NaturalKey = tuple[str, str, tuple[str, ...]]
"""The project's id, key and targets: Vercel has no two variables that share all of it."""


def natural_key(inputs: Mapping[str, Any]) -> NaturalKey:
    """The natural key of a variable, from its inputs."""
    targets = tuple(sorted(inputs.get("targets") or ()))
    return str(inputs.get("projectId")), str(inputs["key"]), targets


def name_of_variable(urn: str) -> str:
    """The declared variable that a resource is, as target/KEY, from its URN."""
    _, target, key = urn.rpartition("::")[2].rsplit("-", 2)
    return f"{target}/{key}"


def existing(state: State) -> Iterator[Resource]:
    """The variables that exist."""
    return (variable for variable in state.variables() if variable.entry.get("id"))


def without_id(state: State) -> list[Resource]:
    """Those whose outputs lack the `id`: a refresh would ask Vercel for an empty one, and drop
    them."""
    return [resource for resource in existing(state) if not resource.outputs.get("id")]


def set_value(variable: Resource, value: Any) -> bool:
    """Set a value in inputs and outputs, without the delta; whether that changed anything."""
    if variable.inputs.get("value") == variable.outputs.get("value") == value:
        return False
    variable.entry["inputs"]["value"] = value
    _edit_outputs(variable)["value"] = value
    return True


def set_ids(state: State) -> list[str]:
    """Set the `id` where the outputs lack it; the URNs of these."""
    lacking = without_id(state)
    for variable in lacking:
        _edit_outputs(variable)["id"] = variable.id
    return [resource.urn for resource in lacking]


def point_at(variable: Resource, variable_id: str, target: str) -> bool:
    """Let a variable of the state be the one with that id, of that target alone; whether that
    changed anything."""
    inputs = variable.inputs
    seen = {**inputs, **variable.outputs}
    scoped = seen.get("customEnvironmentIds") or seen.get("gitBranch")
    if (
        variable.id == variable_id
        and inputs.get("targets") == [target] == seen.get("targets")
        and not scoped
    ):
        return False
    variable.entry["id"] = variable_id
    outputs = _edit_outputs(variable)
    outputs["id"] = variable_id
    for properties in (inputs, outputs):
        properties["targets"] = [target]
        for name in ("customEnvironmentIds", "gitBranch"):
            properties.pop(name, None)
    return True


def follow_team(state: State, project: str, team: str | None) -> bool:
    """Set the team that a project is in now wherever the state has another; whether that changed
    anything.

    A project that moves keeps its id and its variables. To the variables' provider one of another
    team is another variable: it would be removed and created again, which Vercel refuses.
    """
    followed = [_follow(resource, project, team) for resource in state.resources]
    return any(followed)


def _follow(resource: Resource, project: str, team: str | None) -> bool:
    if resource.is_variable:
        of_project, of_team = "projectId", "teamId"
    elif any(resource.is_own(kind) for kind in OF_PROJECT):
        of_project, of_team = "project_id", "team_id"
    else:
        return False
    inputs = resource.inputs
    if inputs.get(of_project) != project or (inputs.get(of_team) or None) == team:
        return False
    for properties in (inputs, resource.outputs):
        properties.pop(RAW_STATE_DELTA, None)
        if team is not None or of_team == "team_id":
            properties[of_team] = team
        else:
            properties.pop(of_team, None)
    return True


def _edit_outputs(variable: Resource) -> dict[str, Any]:
    outputs: dict[str, Any] = variable.entry.setdefault("outputs", {})
    outputs.pop(RAW_STATE_DELTA, None)
    return outputs


@dataclass(frozen=True)
class Kept:
    """A variable as the state has it: its id at Vercel, what it is for, how it is kept."""

    id: str
    targets: tuple[str, ...]
    sensitive: bool
    alone: bool
    """Of no branch and no custom environment."""

    def stays(self, declared: Variable[Any]) -> bool:
        """Whether the declared variable is this one, at most with another value."""
        same = self.targets == (declared.target,) and self.alone
        return same and self.sensitive == declared.sensitive


def kept_variables(state: State) -> dict[tuple[str, str], Kept]:
    """The variables of a state that are not being removed, by project and target/KEY."""
    found = {}
    for resource in existing(state):
        if resource.deleting or resource.replacing:
            continue
        # What an import read of a variable may stand in the outputs alone.
        seen = {**resource.inputs, **resource.outputs}
        found[str(seen["projectId"]), name_of_variable(resource.urn)] = Kept(
            resource.id,
            tuple(seen.get("targets") or ()),
            bool(seen.get("sensitive")),
            not seen.get("gitBranch") and not seen.get("customEnvironmentIds"),
        )
    return found


def take_over(
    state: State, ids: Mapping[tuple[str, str], str], dropped: set[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Point variables at the ones that became the stack's, and drop those that are another's.

    Args:
        state: it is changed, each variable as it is asked for.
        ids: the stack's own ones now, by project and target/KEY.
        dropped: those that the state has and that are another's, unless they are in `ids`.

    Yields:
        target/KEY of each that changed, and how; "" for one that only lost its mark of a
        replacement.
    """
    for resource in list(existing(state)):
        name = name_of_variable(resource.urn)
        place = (str(resource.inputs.get("projectId")), name)
        if resource.deleting:
            continue
        if place in ids:
            replaced = resource.entry.pop("pendingReplacement", False)
            if point_at(resource, ids[place], name.partition("/")[0]):
                yield name, "the state now has its own variable"
            elif replaced:
                yield name, ""
        elif place in dropped:
            state.drop(resource.urn)
            yield name, "belonged to another stack; removed from the state"
