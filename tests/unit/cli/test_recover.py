"""What `clerkstack recover` makes of an exported state."""

from __future__ import annotations

from typing import Any

from clerkstack.cli.recover import VARIABLE, pending_creates, settle


def variable(key: str, target: str) -> dict[str, Any]:
    """A pending create of a variable, as the engine's export has it."""
    return {
        "urn": f"urn:pulumi:local::p::{VARIABLE}::{target}-{key}",
        "custom": True,
        "type": VARIABLE,
        "inputs": {"key": key, "targets": [target], "value": {"ciphertext": "…"}},
        "provider": "urn:provider::id",
    }


def exported(*resources: dict[str, Any], kind: str = "creating") -> dict[str, Any]:
    return {
        "resources": [{"urn": "urn:stack"}],
        "pending_operations": [{"resource": each, "type": kind} for each in resources],
    }


def test_a_variable_that_exists_is_taken_with_its_id() -> None:
    made = variable("A", "preview")
    deployment = exported(made)

    taken = settle(deployment, {("A", ("preview",)): "env_1", ("A", ("production",)): "env_2"})

    assert taken == [made["urn"]]
    assert deployment["pending_operations"] == []
    _, kept = deployment["resources"]
    assert kept == {**made, "id": "env_1", "outputs": {**made["inputs"], "id": "env_1"}}


def test_a_variable_that_does_not_exist_is_left_to_the_next_update() -> None:
    deployment = exported(variable("A", "preview"))

    taken = settle(deployment, {("A", ("development",)): "env_1", ("B", ("preview",)): "env_2"})

    assert taken == []
    assert deployment == {"resources": [{"urn": "urn:stack"}], "pending_operations": []}


def test_what_is_safe_to_make_again_is_dropped() -> None:
    billing = {
        "urn": "urn:billing",
        "type": "pulumi-python:dynamic/clerkstack:Billing",
        "inputs": {},
    }
    deployment = exported(billing)

    assert pending_creates(deployment) == [billing]
    assert settle(deployment, {}) == []
    assert deployment["pending_operations"] == []


def test_pending_updates_and_deletes_are_the_engines_own_matter() -> None:
    deployment = exported(variable("A", "preview"), kind="updating")

    assert pending_creates(deployment) == []
