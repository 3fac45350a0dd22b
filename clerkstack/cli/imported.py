"""Vercel variables that exist, entered into the state: `pulumi import` of each."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from typing import Any

from clerkstack.cli.engine import pulumi
from clerkstack.cli.say import say
from clerkstack.clients.read_only import READ_ONLY
from clerkstack.desired.variables import VARIABLE_TYPE
from clerkstack.neighbours import UnknownNeighbours, variables_elsewhere

NaturalKey = tuple[str, str, tuple[str, ...]]
"""The project's id, key and targets: Vercel has no two variables that share all of it."""


def import_variables(stack: str, known: Mapping[NaturalKey, str]) -> list[str]:
    """Import declared variables that exist and that the state does not have; their URNs.

    `known` are the ids of those that may be taken.
    """
    say(f"{stack}: looking for variables that the state does not have", err=True)
    # That somebody else's variables are there is why this runs: it looks at none of them.
    reading = {READ_ONLY: "true"}
    shown = pulumi("preview", "--json", "--stack", stack, tolerate=True, variables=reading)
    try:
        steps = json.loads(shown)["steps"]
    except (ValueError, KeyError):
        say("The program can't be previewed: mend that first, then run this again.", err=True)
        return []
    new = {step["urn"]: step["newState"] for step in steps if step.get("op") == "create"}
    parents: dict[str, str] = {}
    components: dict[str, dict[str, Any]] = {}
    resources, urns = [], []
    for urn, state in new.items():
        found = known.get(natural_key(state["inputs"])) if state["type"] == VARIABLE_TYPE else None
        if found is None:
            continue
        parent = state["parent"]
        if parent in new:
            # The component is not in the state either: it comes with what it holds.
            kind = {"type": new[parent]["type"], "name": name_of(parent), "component": True}
            components[name_of(parent)] = kind
        else:
            parents[name_of(parent)] = parent
        place = (state["inputs"].get("teamId"), state["inputs"]["projectId"])
        at = "/".join([*filter(None, place), found])
        resources.append(
            {"type": VARIABLE_TYPE, "name": name_of(urn), "id": at, "parent": name_of(parent)}
        )
        urns.append(urn)
    if resources:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            resources = [*components.values(), *resources]
            json.dump({"nameTable": parents, "resources": resources}, file)
            file.flush()
            options = ("--yes", "--generate-code=false", "--protect=false")
            pulumi("import", "--file", file.name, "--stack", stack, *options)
    return urns


def variables_of_others(stack: str) -> dict[str, str]:
    """The variables that other stacks have in their states: ids, with the stack. If the backend
    does not list them, that is reported, and there are none.

    Raises:
        UnreadableStack: the state of one can't be read.
    """
    try:
        return variables_elsewhere(stack)
    except UnknownNeighbours as failure:
        say(f"what other stacks have is not known. {failure}", err=True)
        return {}


def natural_key(inputs: Mapping[str, Any]) -> NaturalKey:
    """That of a variable's resource."""
    targets = tuple(sorted(inputs.get("targets") or ()))
    return str(inputs.get("projectId")), str(inputs["key"]), targets


def name_of(urn: str) -> str:
    """The name of a resource, out of its URN."""
    return urn.rsplit("::", 1)[-1]
