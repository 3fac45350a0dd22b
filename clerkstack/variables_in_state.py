"""Vercel's variables in an exported state: what their provider reads there, entered or corrected.

The official provider is a bridged one: it asks Vercel for the `id` among a variable's outputs,
whatever the resource's own id is, and it keeps a delta beside them by which an edit of the outputs
is undone (seen with a provider built from its sources).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from clerkstack.desired.variables import VARIABLE_TYPE, Variable

RAW_STATE_DELTA = "__pulumi_raw_state_delta"


def variables_of(resources: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The resources that are variables and exist."""
    return (each for each in resources if each["type"] == VARIABLE_TYPE and each.get("id"))


def enter_value(variable: dict[str, Any], value: Any) -> bool:
    """Enter a value into inputs and outputs, the delta gone; whether that changed anything."""
    inputs, outputs = variable["inputs"], variable.setdefault("outputs", {})
    if inputs.get("value") == outputs.get("value") == value:
        return False
    inputs["value"] = outputs["value"] = value
    outputs.pop(RAW_STATE_DELTA, None)
    return True


def enter_ids(resources: Iterable[dict[str, Any]]) -> list[str]:
    """Enter the `id` where the outputs lack it;
    the URNs of these. A refresh would ask Vercel for an empty one, and drop the variable."""
    entered = []
    for variable in variables_of(resources):
        outputs = variable.setdefault("outputs", {})
        if not outputs.get("id"):
            outputs["id"] = str(variable["id"]).rpartition("/")[2]
            outputs.pop(RAW_STATE_DELTA, None)
            entered.append(variable["urn"])
    return entered


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


def name_of_variable(urn: str) -> str:
    """The declared variable that a resource is, as target/KEY, out of its URN."""
    _, target, key = str(urn).rpartition("::")[2].rsplit("-", 2)
    return f"{target}/{key}"


def kept_variables(resources: Iterable[dict[str, Any]]) -> dict[tuple[str, str], Kept]:
    """The variables of a state that are not being removed, by project and target/KEY."""
    found = {}
    for each in variables_of(resources):
        if each.get("delete") or each.get("pendingReplacement"):
            continue
        # What an import read of a variable may stand in the outputs alone.
        seen = {**each["inputs"], **(each.get("outputs") or {})}
        found[str(seen["projectId"]), name_of_variable(each["urn"])] = Kept(
            str(each["id"]).rpartition("/")[2],
            tuple(seen.get("targets") or ()),
            bool(seen.get("sensitive")),
            not seen.get("gitBranch") and not seen.get("customEnvironmentIds"),
        )
    return found


def follow_team(resources: Iterable[dict[str, Any]], project: str, team: str | None) -> bool:
    """Enter the team that a project is in now wherever the state has another one of it; whether
    that changed anything.

    A project that moves keeps its id and its variables. To the variables' provider one of another
    team is another variable: it would be removed and made again, which Vercel refuses.
    """
    changed = False
    for each in resources:
        if each["type"] == VARIABLE_TYPE:
            names = ("projectId", "teamId")
        elif each["type"].startswith(OF_PROJECT):
            names = ("project_id", "team_id")
        else:
            continue
        if _enter_team(each, names, project, team):
            changed = True
    return changed


OF_PROJECT = tuple(
    f"pulumi-python:dynamic/clerkstack:{name}" for name in ("VercelProject", "WrittenVariables")
)


def _enter_team(
    resource: dict[str, Any], names: tuple[str, str], project: str, team: str | None
) -> bool:
    inputs: dict[str, Any] = resource.get("inputs") or {}
    of_project, of_team = names
    if inputs.get(of_project) != project or (inputs.get(of_team) or None) == team:
        return False
    for properties in (inputs, resource.get("outputs") or {}):
        properties.pop(RAW_STATE_DELTA, None)
        if team is not None or of_team == "team_id":
            properties[of_team] = team
        else:
            properties.pop(of_team, None)
    return True


def point_at(variable: dict[str, Any], variable_id: str, target: str) -> bool:
    """Let a variable of the state be the one with that id, of that target alone; whether that
    changed anything."""
    inputs, outputs = variable["inputs"], variable.setdefault("outputs", {})
    seen = {**inputs, **outputs}
    scoped = seen.get("customEnvironmentIds") or seen.get("gitBranch")
    same = str(variable["id"]).rpartition("/")[2] == variable_id
    if same and inputs.get("targets") == [target] == seen.get("targets") and not scoped:
        return False
    variable["id"] = variable_id
    outputs["id"] = variable_id
    outputs.pop(RAW_STATE_DELTA, None)
    for properties in (inputs, outputs):
        properties["targets"] = [target]
        for name in ("customEnvironmentIds", "gitBranch"):
            properties.pop(name, None)
    return True


def drop(resources: list[dict[str, Any]], urn: str) -> None:
    """Take a resource out of a state, and out of what others depend on."""
    resources[:] = [each for each in resources if each["urn"] != urn]
    for each in resources:
        if urn in (each.get("dependencies") or ()):
            each["dependencies"] = [other for other in each["dependencies"] if other != urn]
        for name, needed in (each.get("propertyDependencies") or {}).items():
            if urn in (needed or ()):
                each["propertyDependencies"][name] = [other for other in needed if other != urn]
