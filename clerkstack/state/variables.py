"""Pure edits of Vercel's variables in a state, in the form that their provider reads.

The official provider is a bridged one: it requests the `id` in a variable's outputs from Vercel,
whatever the resource's own id is, and it keeps a delta in the outputs that undoes edits of them
(seen with a provider built from its sources).
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
"""The project's id, key and targets, which identify a variable at Vercel."""


def natural_key(inputs: Mapping[str, Any]) -> NaturalKey:
    """The natural key of a variable, from its inputs."""
    targets = tuple(sorted(inputs.get("targets") or ()))
    return str(inputs.get("projectId")), str(inputs["key"]), targets


def name_of_variable(urn: str) -> str:
    """The declared variable of a resource, as target/KEY, from its URN."""
    _, target, key = urn.rpartition("::")[2].rsplit("-", 2)
    return f"{target}/{key}"


def existing(state: State) -> Iterator[Resource]:
    """The variables that exist."""
    return (variable for variable in state.variables() if variable.entry.get("id"))


def without_id(state: State) -> list[Resource]:
    """The variables whose outputs lack the `id`: a refresh would request an empty id and drop
    them."""
    return [resource for resource in existing(state) if not resource.outputs.get("id")]


def set_value(variable: Resource, value: Any) -> bool:
    """Set a value in inputs and outputs, and drop the delta. Returns whether that changed
    anything."""
    if variable.inputs.get("value") == variable.outputs.get("value") == value:
        return False
    variable.entry["inputs"]["value"] = value
    _edit_outputs(variable)["value"] = value
    return True


def set_ids(state: State) -> list[str]:
    """Set the `id` in outputs that lack it; returns the URNs."""
    lacking = without_id(state)
    for variable in lacking:
        _edit_outputs(variable)["id"] = variable.id
    return [resource.urn for resource in lacking]


def point_at(variable: Resource, variable_id: str, target: str) -> bool:
    """Point a variable of the state at the one with that id, only for that target. Returns whether
    that changed anything."""
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
    """Set a project's current team wherever the state has another. Returns whether that changed
    anything.

    A project that moves keeps its id and its variables. But to the variables' provider, a variable
    of another team is another variable: it would be removed and created again, which Vercel
    refuses.
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
    """A variable in the state: its id at Vercel, its targets, whether it is sensitive."""

    id: str
    targets: tuple[str, ...]
    sensitive: bool
    alone: bool
    """Whether it has neither a branch nor a custom environment."""

    def stays(self, declared: Variable[Any]) -> bool:
        """Whether the declared variable is this one, apart from its value."""
        same = self.targets == (declared.target,) and self.alone
        return same and self.sensitive == declared.sensitive


def kept_variables(state: State) -> dict[tuple[str, str], Kept]:
    """The variables of a state that are not being removed, by project and target/KEY."""
    result = {}
    for resource in existing(state):
        if resource.deleting or resource.replacing:
            continue
        # After an import, some properties may be only in the outputs.
        seen = {**resource.inputs, **resource.outputs}
        result[str(seen["projectId"]), name_of_variable(resource.urn)] = Kept(
            resource.id,
            tuple(seen.get("targets") or ()),
            bool(seen.get("sensitive")),
            not seen.get("gitBranch") and not seen.get("customEnvironmentIds"),
        )
    return result


def take_over(
    state: State, ids: Mapping[tuple[str, str], str], dropped: set[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Point variables at those that now belong to the stack, and drop those that belong to others.

    Args:
        state: changed in place, one variable per iteration.
        ids: the stack's own variables now, by project and target/KEY.
        dropped: variables of the state that belong to others, unless they are in `ids`.

    Yields:
        target/KEY of each changed variable, and the change; "" if it only lost the mark of a
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
