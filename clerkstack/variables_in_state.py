"""Vercel's variables in an exported state: what their provider reads there, entered or corrected.

The official provider is a bridged one: it asks Vercel for the `id` among a variable's outputs,
whatever the resource's own id is, and it keeps a delta beside them by which an edit of the outputs
is undone (seen with a provider built from its sources).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from clerkstack.declared.variables import VARIABLE_TYPE

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
