"""Vercel's variables in an exported state: values and ids that are entered there last."""

from __future__ import annotations

from typing import Any

from clerkstack.declared.variables import VARIABLE_TYPE
from clerkstack.variables_in_state import RAW_STATE_DELTA, enter_ids, enter_value, variables_of


def variable(**outputs: Any) -> dict[str, Any]:
    return {
        "urn": "urn:a",
        "type": VARIABLE_TYPE,
        "id": "team_1/prj_1/env_1",
        "inputs": {"key": "A", "value": "old"},
        "outputs": {"key": "A", "value": "old", RAW_STATE_DELTA: {}, **outputs},
    }


def test_a_value_is_entered_without_the_delta_that_would_undo_it() -> None:
    held = variable(id="env_1")

    assert enter_value(held, "new")

    assert held["inputs"] == {"key": "A", "value": "new"}
    assert held["outputs"] == {"key": "A", "value": "new", "id": "env_1"}


def test_a_value_that_is_there_stays_with_its_delta() -> None:
    held = variable(id="env_1")

    assert not enter_value(held, "old")

    assert held == variable(id="env_1")


def test_ids_are_entered_where_they_lack_and_nowhere_else() -> None:
    whole, lacking, empty = variable(id="env_9"), variable(), variable(id="")
    other = {"urn": "urn:b", "type": "another", "id": "x", "outputs": {}}
    never_made = {"urn": "urn:c", "type": VARIABLE_TYPE, "inputs": {"key": "A"}}
    resources = [whole, lacking, empty, other, never_made]

    assert enter_ids(resources) == ["urn:a", "urn:a"]

    ids = [each["outputs"]["id"] for each in (whole, lacking, empty)]
    assert ids == ["env_9", "env_1", "env_1"]
    assert "id" not in other["outputs"]
    assert list(variables_of(resources)) == [whole, lacking, empty]
    assert enter_ids(resources) == []
