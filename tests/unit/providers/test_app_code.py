"""The billing provider and the app's code: what only the instance has is no mistake."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.clients.errors import NotFound, Unreachable
from clerkstack.providers.billing import BillingProvider

LIVE = {"plans": {"legacy": {"payer_type": "org", "features": ["old"]}}, "features": {"old": {}}}


def refused(
    monkeypatch: pytest.MonkeyPatch,
    live: dict[str, Any] | Exception,
    uses: dict[str, Any],
    environment: str = "production",
    **app: Any,
) -> list[str]:
    """Return why a provider on such an instance refuses inputs with such checks."""

    def read(*_: object, **__: object) -> dict[str, Any]:
        if isinstance(live, Exception):
            raise live
        return live

    monkeypatch.setattr(BillingProvider, "live", read)
    inputs = {
        "application_id": "app_1",
        "environment": environment,
        "settings": {"organization_enabled": True},
        "plans": {"pro": {"payer_type": "org"}},
        "features": {},
        "defaults": {},
        "app": {"uses": uses, **app},
        "catalog": "catalog.yaml",
    }
    return [why for _, why in BillingProvider().refusals(inputs)]


def test_what_is_declared_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, AssertionError(), {"plan": {"pro": "a.ts:1:1"}}) == []


def test_what_only_the_instance_has_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    uses = {"plan": {"legacy": "a.ts:1:1"}, "feature": {"old": "a.ts:2:1", "org:old": "a.ts:3:1"}}

    assert refused(monkeypatch, LIVE, uses) == []


def test_what_nothing_has_is_refused_in_production_only(monkeypatch: pytest.MonkeyPatch) -> None:
    uses = {"plan": {"Pro": "a.ts:1:1"}}

    (why,) = refused(monkeypatch, LIVE, uses)

    assert "neither the catalog nor the instance has that plan (did you mean 'pro'?)" in why
    assert refused(monkeypatch, LIVE, uses, "development") == []


def test_what_the_settings_say_is_on_the_instance_is_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (why,) = refused(monkeypatch, {}, {"plan": {"x": "a.ts:1:1"}}, unmanaged=["plan/x"])

    assert "neither the catalog nor the instance has that plan" in why


def test_where_there_is_no_instance_nothing_else_is_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = NotFound(vendor="Clerk", operation="x", status=404, code="no", message="no")

    assert len(refused(monkeypatch, missing, {"plan": {"legacy": "a.ts:1:1"}})) == 1


def test_where_nobody_answers_it_is_left_to_the_write(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Unreachable("no answer", sent=False)

    assert refused(monkeypatch, silent, {"plan": {"legacy": "a.ts:1:1"}}) == []


def test_a_check_that_only_moved_is_no_change() -> None:
    def inputs(**uses: Any) -> dict[str, Any]:
        return {"environment": "development", "plans": {}, "app": {"uses": uses}}

    provider = BillingProvider()
    before = inputs(plan={"a": "x.ts:1:1", "b": "x.ts:2:2"})

    def changed(after: dict[str, Any]) -> bool | None:
        return provider.diff("id", {**before, "made": []}, after).changes

    assert changed(inputs(plan={"b": "y.ts:1:1", "a": "y.ts:2:2"})) is False
    assert changed(inputs(plan={"a": "x.ts:1:1"})) is True
    assert changed(inputs(feature={"a": "x.ts:1:1", "b": "x.ts:2:2"})) is True
