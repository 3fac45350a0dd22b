"""Reading the engine's events: changes by property, violations, complaints, no secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clerkstack.checks.finding import Finding, Severity
from clerkstack.review.stacks import _toggles_come
from clerkstack.state import marks
from clerkstack.state.cleaning import SECRET, UNKNOWN, Cleaning, plain, secrets_of
from clerkstack.state.preview import Preview, read_preview
from clerkstack.state.properties import Property, at, changed, joined

BILLING = "urn:pulumi:prod::clerkstack::c:Billing$pulumi-python:dynamic/clerkstack:Billing::billing"
HIDDEN = {marks.SIGNATURE: marks.SECRET, "ciphertext": "[secret]"}
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def step(operation: str, old: Any = None, new: Any = None, **more: Any) -> dict[str, Any]:
    def state(inputs: Any) -> Any:
        return None if inputs is None else {"custom": True, "inputs": inputs, "outputs": {}}

    told = {"op": operation, "urn": BILLING, "type": "pulumi-python:dynamic/clerkstack:Billing"}
    metadata = {**told, "old": state(old), "new": state(new), "detailedDiff": None, **more}
    return {"resourcePreEvent": {"metadata": metadata}}


def read(*events: Any, clean: Cleaning | None = None) -> Preview:
    return read_preview([json.dumps(event) + "\n" for event in events], clean or Cleaning())


def properties(*events: Any) -> list[tuple[str, Any, Any]]:
    (change,) = read(*events).changes
    return [(property_.path, property_.before, property_.after) for property_ in change.properties]


def test_the_marks_are_the_engines_own() -> None:
    from pulumi.runtime import rpc

    assert rpc._special_sig_key == marks.SIGNATURE
    assert rpc._special_secret_sig == marks.SECRET
    assert rpc.UNKNOWN == UNKNOWN_TEXT
    assert UNKNOWN_TEXT in marks.UNKNOWNS


def test_a_change_is_reported_by_its_leaves() -> None:
    old = {"plans": {"pro": {"amount": 6000, "features": ["a", "b"]}, "old": {"amount": 1}}}
    new = {"plans": {"pro": {"amount": 6500, "features": ["b"]}, "new": {"amount": 2}}}

    assert properties(step("update", old, new)) == [
        ("plans.pro.amount", 6000, 6500),
        ("plans.pro.features", ["a", "b"], ["b"]),
        ("plans.old.amount", 1, None),
        ("plans.new.amount", None, 2),
    ]


def test_what_the_engine_names_is_reported() -> None:
    detailed = {"value": {"diffKind": "update", "inputDiff": False}, "__defaults": {}}
    told = step("update", {"value": HIDDEN}, {"value": HIDDEN}, detailedDiff=detailed)
    triggers = step("replace", {"t": ["a", "b"]}, {"t": ["a", UNKNOWN_TEXT]})
    triggers["resourcePreEvent"]["metadata"]["detailedDiff"] = {"t[1]": {"diffKind": "update"}}

    assert properties(told) == [("value", SECRET, SECRET)]
    assert properties(triggers) == [("t[1]", "b", UNKNOWN)]


def test_a_difference_to_what_is_live_is_reported() -> None:
    told = step("update", {"name": "a"}, {"name": "a"}, diffs=["name", "__provider"])
    told["resourcePreEvent"]["metadata"]["old"]["outputs"] = {"name": "edited"}

    assert properties(told) == [("name", "edited", "a")]


def test_a_secret_that_may_be_what_changes_is_named() -> None:
    sections = {"oauth": {"client_secret": HIDDEN, "client_id": "id"}}

    assert properties(step("update", {"s": sections}, {"s": sections})) == [
        ("s.oauth.client_secret", SECRET, SECRET)
    ]


def test_what_nobody_declares_and_a_provider_fills_in_is_not_reported() -> None:
    """As Vercel's provider does: it fills in the team, and shows no difference of a value."""
    inputs = {"key": "A", "value": HIDDEN}
    told = step("update", inputs, inputs, diffs=["teamId", "value"])
    detailed = {"teamId": {"diffKind": "update"}, "value": {"diffKind": "update"}}
    in_detail = step("update", inputs, inputs, diffs=["teamId", "value"], detailedDiff=detailed)
    for each in (told, in_detail):
        each["resourcePreEvent"]["metadata"]["old"]["outputs"] = {**inputs, "teamId": "team_1"}
        assert properties(each) == [("value", SECRET, SECRET)]


def test_no_property_without_a_difference_is_reported() -> None:
    declared = {"a": None, "b": 1}
    assert properties(step("update", declared, declared, diffs=["a", "b"])) == [("b", 1, 1)]


def test_operations_are_counted_once() -> None:
    found = read(
        step("same", {}, {}),
        step("create", None, {"a": 1}),
        step("create-replacement", {}, {}),
        step("replace", {"a": 1}, {"a": 2}),
        step("delete-replaced", {}, None),
        step("delete", {"a": 1}, None),
        step("read", {}, {}),
        {"resourcePreEvent": {"metadata": {"op": "create", "urn": "a::b", "new": {}}}},
    )

    assert found.count() == {"create": 1, "replace": 1, "delete": 1}
    assert found.unchanged == 1


def test_a_violation_is_reported_once() -> None:
    told = {
        "resourceUrn": BILLING,
        "policyName": "trial-card",
        "enforcementLevel": "mandatory",
        "message": "trials would ask.\nMend it.\n",
    }
    note = {**told, "enforcementLevel": "advisory", "message": "only this\n"}

    found = read({"policyEvent": told}, {"policyEvent": told}, {"policyEvent": note})

    assert found.violations == [
        Finding("trial-card", "billing", message="trials would ask.\nMend it."),
        Finding("trial-card", "billing", severity=Severity.WARNING, message="only this"),
    ]
    assert found.refused == found.violations[:1]


def diagnostic(severity: str, message: str, urn: str = "") -> dict[str, Any]:
    return {"diagnosticEvent": {"severity": severity, "message": message, "urn": urn}}


def test_errors_are_reported_and_endings_only_where_nothing_else_is() -> None:
    ending = diagnostic("error", "preview failed\n")
    summary = {"summaryEvent": {"result": "failed"}}

    alone = read(ending, summary)
    with_reason = read(diagnostic("error", "has a problem\n", BILLING), ending, summary)
    stopped = read(
        diagnostic("error", "has a problem\n", BILLING),
        diagnostic("error", "Resource monitor has terminated, shutting down\n"),
        summary,
    )
    debug = read(diagnostic("debug", "noise"), diagnostic("warning", "careful"), summary)

    assert alone.errors == [Finding("preview", "", message="preview failed")]
    assert with_reason.errors == [Finding("preview", "billing", message="has a problem")]
    assert stopped.errors == [Finding("preview", "billing", message="has a problem")]
    assert (alone.ended, alone.failed) == (True, True)
    assert debug.errors == []
    assert debug.warnings == [Finding("preview", "", severity=Severity.WARNING, message="careful")]


def test_what_is_no_event_is_passed_over() -> None:
    assert read_preview(["", "not JSON\n", "[]\n", '"x"\n', "{}\n"], Cleaning()) == Preview()


def test_no_secret_gets_through() -> None:
    clean = Cleaning(["planted-value", "short"])
    whole = "x planted-value y sk_test_abcdefgh z"
    found = read(
        step("update", {"a": whole, "planted-value": 1}, {"a": f"{whole}!", "planted-value": 2}),
        step("create", None, {"list": [whole], "deep": {"whsec_planted00": whole}}),
        {"policyEvent": {"message": whole, "policyName": whole, "resourceUrn": f"::{whole}"}},
        diagnostic("error", whole, f"::{whole}"),
        diagnostic("warning", whole),
        clean=clean,
    )

    for secret in ("planted-value", "sk_test_abcdefgh", "whsec_planted00"):
        assert secret not in repr(found)
    assert "planted" not in repr(clean)


def test_the_secrets_of_a_config() -> None:
    config = {
        "a:key": "top-secret\n",
        "a:oauth": json.dumps(
            {"google": {"clientSecret": "nested-secret", "enabled": "plain-one"}}
        ),
        "a:url": "https://plain.example",
    }

    found = set(secrets_of(config, ["a:key", "a:oauth", "a:gone"])) - {""}

    assert found == {"top-secret\n", "top-secret", "nested-secret"}


def test_marks_are_put_into_words() -> None:
    value = {"s": HIDDEN, "u": [UNKNOWN_TEXT], "__provider": "x", "n": 1, "o": {"__x": 1}}

    assert plain(value) == {"s": SECRET, "u": [UNKNOWN], "n": 1, "o": {}}


@pytest.mark.parametrize("key", ["pro", "a.b", 'a"b', "a\\b", "a[0]", "", "org:admin", "0"])
def test_a_path_leads_back_to_its_value(key: str) -> None:
    path = joined(joined("plans", key), "list") + "[1]"

    assert at({"plans": {key: {"list": [1, 2]}}}, path) == 2


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, []),
        (None, {"a": 1}, [("a", None, 1)]),
        ({"a": {"b": 1}}, {"a": None}, [("a.b", 1, None)]),
        ([{"a": 1}], [{"a": 2}, {"a": 3}], [("[0].a", 1, 2), ("[1].a", None, 3)]),
        (["x"], [{"a": 1}], [("[0]", "x", {"a": 1})]),
        ("x", {"a": 1}, [("", "x", {"a": 1})]),
        ("x", [{"a": 1}], [("", "x", [{"a": 1}])]),
        (1, 1.0, []),
    ],
)
def test_leaves_that_differ(before: Any, after: Any, expected: list[tuple[str, Any, Any]]) -> None:
    assert list(changed(before, after)) == [Property(*each) for each in expected]


@pytest.mark.parametrize(
    ("event", "come"),
    [
        (step("create", None, {"settings": {"free": False}}), True),
        (step("update", {"settings": {"free": True}}, {"settings": {"free": False}}), True),
        (step("update", {"plans": {"pro": 1}}, {"plans": {"pro": 2}}), False),
        (step("delete", {"settings": {"free": True}}), False),
    ],
)
def test_an_update_that_brings_billings_toggles_is_told_from_others(
    event: dict[str, Any], come: bool
) -> None:
    assert _toggles_come(read(event)) is come
    assert not _toggles_come(None)
