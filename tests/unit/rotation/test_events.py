"""What the engine's events say about a rotation's update."""

from __future__ import annotations

import json
from typing import Any

from clerkstack.desired.resource_types import VARIABLE_TYPE
from clerkstack.rotation.events import more_than_values, news, reasons, seen

URN = "urn:pulumi:prod::clerkstack::x::environment-production-CLERK_SECRET_KEY"


def line(**event: Any) -> str:
    return json.dumps({"sequence": 1, **event})


def diagnostic(message: str, severity: str = "error", urn: str = "") -> str:
    return line(diagnosticEvent={"message": message, "severity": severity, "urn": urn})


def step(op: str, *changed: str, of: str = VARIABLE_TYPE, event: str = "resourcePreEvent") -> str:
    old: dict[str, Any] = {"custom": True, "inputs": dict.fromkeys(changed, "1"), "outputs": {}}
    new = {"custom": True, "inputs": dict.fromkeys(changed, "2"), "outputs": {}}
    return line(**{event: {"metadata": {"op": op, "urn": URN, "type": of, "old": old, "new": new}}})


def test_the_reason_is_what_judges_said_and_not_the_last_lines() -> None:
    lines = [
        diagnostic("debugging", "debug"),
        diagnostic("using pulumi-resource-vercel from $PATH", "warning"),
        diagnostic("clerkstack.failures.ResourceFailed: others have it: take-over", urn=URN),
        diagnostic("clerkstack.failures.ResourceFailed: others have it: take-over", urn=URN),
        line(
            policyEvent={
                "policyName": "sensitive-secrets",
                "resourceUrn": URN,
                "enforcementLevel": "mandatory",
                "message": "it is a secret, and Vercel would show it",
            }
        ),
        line(policyEvent={"policyName": "secret-age", "enforcementLevel": "advisory"}),
        diagnostic("update failed"),
        diagnostic("Resource monitor has terminated, shutting down"),
        *(line(resOutputsEvent={}) for _ in range(20)),
    ]

    name = "environment-production-CLERK_SECRET_KEY"
    assert reasons(lines).splitlines() == [
        f"policy sensitive-secrets ({name}): it is a secret, and Vercel would show it",
        f"others have it: take-over [{name}]",
    ]


def test_without_an_event_of_the_engine_its_last_lines_are_the_reason() -> None:
    lines = [f"line {n}" for n in range(30)] + ["error: the stack is currently locked"]

    assert reasons(lines).startswith("line 16\n")
    assert reasons(lines).endswith("error: the stack is currently locked")
    assert reasons([diagnostic("update failed"), "{broken"]) == "update failed"


def test_no_reason_holds_a_secret() -> None:
    key = "sk_live_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1"

    assert key not in reasons([diagnostic(f"Clerk refused {key}")])


def test_news_are_variables_and_builds() -> None:
    updated = step("update", "value", event="resOutputsEvent")

    assert news(updated) == "environment-production-CLERK_SECRET_KEY updated"
    assert news(step("update", "value")) == ""
    assert news(step("same", event="resOutputsEvent")) == ""
    assert news(diagnostic("dpl_Nba8Re: BUILDING", "info")) == "dpl_Nba8Re: BUILDING"
    assert news(diagnostic("dpl_Nba8Re: BUILDING", "debug")) == ""
    assert news("dpl_Nba8Re: READY. The new variables are live.") == "dpl_Nba8Re: READY"


def test_more_than_values_is_named_by_the_property() -> None:
    written = "pulumi-python:dynamic/clerkstack:WrittenVariables"
    only_values = [step("update", "value"), step("update", "values", of=written)]

    assert list(more_than_values(seen(only_values))) == []
    for op, changed in (("update", ("value", "sensitive")), ("replace", ("targets",))):
        more = list(more_than_values(seen([step(op, *changed)])))
        assert more == [f"environment-production-CLERK_SECRET_KEY ({changed[-1]})"]
    assert list(more_than_values(seen([step("delete")]))) == [
        "environment-production-CLERK_SECRET_KEY (delete)"
    ]
