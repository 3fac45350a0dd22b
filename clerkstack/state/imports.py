"""Adds existing Vercel variables to the state, by `pulumi import`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from clerkstack.clients.read_only import READ_ONLY
from clerkstack.desired.resource_types import VARIABLE_TYPE
from clerkstack.state.engine import preview_steps, pulumi
from clerkstack.state.model import State, name_of
from clerkstack.state.variables import NaturalKey, natural_key


def import_variables(
    stack: str, known: Mapping[NaturalKey, str], state: State, progress: Callable[[str], None]
) -> list[str]:
    """Import declared variables that exist and that the state does not have; returns their URNs.

    Args:
        stack: the stack.
        known: the ids of variables that may be imported.
        state: the stack's state, as this program has read or written it.
        progress: called with what is being done.
    """
    progress(f"{stack}: looking for variables that are missing from the state")
    # This run adds variables to the state, so it must not refuse them as somebody else's.
    reading = {READ_ONLY: "true"}
    try:
        steps = preview_steps(stack, tolerate=True, variables=reading, state=state)
    except ValueError:
        progress("The program cannot be previewed: fix that first, then run this again.")
        return []
    new = {step["urn"]: step["newState"] for step in steps if step.get("op") == "create"}
    parents: dict[str, str] = {}
    components: dict[str, dict[str, Any]] = {}
    resources, urns = [], []
    for urn, declared in new.items():
        variable = declared["type"] == VARIABLE_TYPE
        variable_id = known.get(natural_key(declared["inputs"])) if variable else None
        if variable_id is None:
            continue
        parent = declared["parent"]
        if parent in new:
            # The component is not in the state either: import it with its children.
            kind = {"type": new[parent]["type"], "name": name_of(parent), "component": True}
            components[name_of(parent)] = kind
        else:
            parents[name_of(parent)] = parent
        place = (declared["inputs"].get("teamId"), declared["inputs"]["projectId"])
        at = "/".join([*filter(None, place), variable_id])
        resources.append(
            {"type": VARIABLE_TYPE, "name": name_of(urn), "id": at, "parent": name_of(parent)}
        )
        urns.append(urn)
    if resources:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            resources = [*components.values(), *resources]
            json.dump({"nameTable": parents, "resources": resources}, file)
            file.flush()
            words = ("--yes", "--generate-code=false", "--protect=false")
            pulumi("import", "--file", file.name, "--stack", stack, *words, state=state)
    return urns
