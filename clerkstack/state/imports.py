"""Vercel variables that exist, entered into the state: `pulumi import` of each."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from clerkstack.clients.read_only import READ_ONLY
from clerkstack.desired.variables import VARIABLE_TYPE
from clerkstack.state.engine import pulumi
from clerkstack.state.model import State, name_of
from clerkstack.state.variables import NaturalKey, natural_key


def import_variables(
    stack: str, known: Mapping[NaturalKey, str], state: State, progress: Callable[[str], None]
) -> list[str]:
    """Import declared variables that exist and that the state does not have; their URNs.

    Args:
        stack: the stack.
        known: ids of those that may be taken.
        state: the stack's, as this command has read or written it.
        progress: called with what is being done.
    """
    progress(f"{stack}: looking for variables that are missing from the state")
    # That somebody else's variables are there is why this runs: it looks at none of them.
    reading = {READ_ONLY: "true"}
    options = ("--json", "--stack", stack)
    shown = pulumi("preview", *options, tolerate=True, variables=reading, state=state)
    try:
        steps = json.loads(shown)["steps"]
    except (ValueError, KeyError):
        progress("The program cannot be previewed: fix that first, then run this again.")
        return []
    new = {step["urn"]: step["newState"] for step in steps if step.get("op") == "create"}
    parents: dict[str, str] = {}
    components: dict[str, dict[str, Any]] = {}
    resources, urns = [], []
    for urn, declared in new.items():
        variable = declared["type"] == VARIABLE_TYPE
        found = known.get(natural_key(declared["inputs"])) if variable else None
        if found is None:
            continue
        parent = declared["parent"]
        if parent in new:
            # The component is not in the state either: it comes with what it holds.
            kind = {"type": new[parent]["type"], "name": name_of(parent), "component": True}
            components[name_of(parent)] = kind
        else:
            parents[name_of(parent)] = parent
        place = (declared["inputs"].get("teamId"), declared["inputs"]["projectId"])
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
            words = ("--yes", "--generate-code=false", "--protect=false")
            pulumi("import", "--file", file.name, "--stack", stack, *words, state=state)
    return urns
