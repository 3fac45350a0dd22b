"""Why an update of production that leaves billing out is refused before it begins."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from clerkstack.clients.errors import NotFound, Unreachable
from clerkstack.providers.billing import BillingProvider
from clerkstack.reconcile.sharing import Sharing
from clerkstack.settings.models import Allowed, Components, Settings
from clerkstack.state.own import state_of
from clerkstack.without_billing import refusals_without_billing

TRIAL = "free_trial_requires_payment_method"
PRO = {"name": "Pro", "payer_type": "org", "amount": 6000, "features": ["sso"]}
LIVE: dict[str, Any] = {
    "organization_enabled": True,
    "user_enabled": False,
    TRIAL: False,
    "plans": {"pro": PRO, "free_org": {"name": "Free", "payer_type": "org", "features": []}},
    "features": {"sso": {"name": "SSO"}},
}
ASKS = {"uses": {"plan": {"pro": "a.tsx:1:1", "free_org": "a.tsx:2:1"}}}
DECLARES = {"plans": {"pro": ["sso"]}, "features": ["sso"]}
HELD: dict[str, Any] = {
    "application_id": "app_1",
    "environment": "production",
    "settings": {"organization_enabled": True, "user_enabled": False, TRIAL: False},
    "features": {"sso": {"name": "SSO"}},
    "plans": {"pro": PRO},
    "defaults": {},
    "app": {},
    "catalog": "catalog.yaml",
    "made": {"plans": ["pro"], "features": ["sso"]},
    "before": {"settings": {"settings": {"organization_enabled": True, TRIAL: True}}},
}


class Asked:
    """What was refused, and what was reported."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, live: Any) -> None:
        self.warned: list[str] = []
        self.read = 0
        self._live = live
        monkeypatch.setattr(BillingProvider, "document", lambda *_: self)
        monkeypatch.setattr(BillingProvider, "sharing", lambda *_, **__: Sharing())
        monkeypatch.setattr(BillingProvider, "refuse_danger", lambda *_: [])
        monkeypatch.setattr(pulumi, "warn", self.warned.append)

    def sections(self, *, fresh: bool = False) -> dict[str, Any]:
        """The config, as an instance or a failing service gives it."""
        self.read += 1
        if isinstance(self._live, Exception):
            raise self._live
        return {"billing": self._live}

    def refusals(
        self,
        app: Any = None,
        held: Any = None,
        *,
        preview: bool = False,
        instance: str = "production",
        billing: bool = False,
    ) -> list[str]:
        """The refusals of a stack whose state has billing, or not."""
        of: Any = {"instance": instance, "application_id": "app_1"}
        settings = Settings.model_construct(components=Components(billing=billing), **of)
        kept = {"type": "pulumi-python:dynamic/clerkstack:Billing", "outputs": held}
        state = {"urn:a": {"type": "x", "outputs": {}}, **({"urn:b": kept} if held else {})}
        return refusals_without_billing(
            settings, {}, app or {}, lambda: state_of(state), preview=preview
        )


@pytest.fixture(autouse=True)
def _folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where notes are looked for


@pytest.mark.parametrize("app", [ASKS, DECLARES, {**ASKS, **DECLARES}])
def test_what_is_live_answers_the_app(monkeypatch: pytest.MonkeyPatch, app: Any) -> None:
    assert Asked(monkeypatch, LIVE).refusals(app) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"plans": {}}, "calls has({ plan: 'pro' })"),
        ({"organization_enabled": False}, "no plan on sale"),
        ({TRIAL: True}, "free trials ask for a card"),
    ],
)
def test_what_is_live_and_wrong_is_refused(
    monkeypatch: pytest.MonkeyPatch, changes: Any, says: str
) -> None:
    found = Asked(monkeypatch, {**LIVE, **changes}).refusals(ASKS)

    assert any(says in each for each in found)


def test_what_the_app_declares_is_refused_where_it_is_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = {**LIVE, "plans": {"pro": {**PRO, "features": []}}}

    (why,) = Asked(monkeypatch, live).refusals(DECLARES)

    assert "the app gives plan 'pro' sso, but the instance does not" in why


@pytest.mark.parametrize("preview", [True, False])
def test_what_the_removal_would_take_is_refused(
    monkeypatch: pytest.MonkeyPatch, preview: bool
) -> None:
    asked = Asked(monkeypatch, LIVE)

    found = asked.refusals(ASKS, HELD, preview=preview)

    assert "calls has({ plan: 'pro' })" in found[0]
    assert "allow.billingLeft" in found[-1]
    assert not any("free_org" in each for each in found)
    assert "removes from production: plans pro; features sso" in asked.warned[0]


def test_what_the_state_knows_of_the_app_counts_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {**HELD, "app": ASKS}

    found = Asked(monkeypatch, LIVE).refusals({}, held)

    assert "calls has({ plan: 'pro' })" in found[0]


def test_what_nobody_asks_for_may_go(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, LIVE)

    assert asked.refusals({"uses": {"plan": {"free_org": "a.tsx:1:1"}}}, HELD) == []
    assert len(asked.warned) == 1


def test_billing_that_is_left_is_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, LIVE)
    monkeypatch.setattr(BillingProvider, "_allowed", Allowed(billing_left=True))

    assert asked.refusals(ASKS, {**HELD, "app": ASKS}) == []
    assert asked.warned == []


def test_where_nobody_asks_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, SimpleNamespace())

    assert asked.refusals() == []
    assert asked.refusals(ASKS, HELD, instance="development") == []
    assert asked.refusals(ASKS, HELD, billing=True) == []
    assert asked.read == 0


def test_an_instance_that_is_not_there_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = NotFound(vendor="Clerk", operation="x", status=404, code="no", message="no")

    found = Asked(monkeypatch, missing).refusals(ASKS)

    assert len(found) == 2


def test_what_cant_be_read_is_reported_and_then_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, Unreachable("no answer", sent=False))

    assert asked.refusals(ASKS, preview=True) == []
    assert "cannot be compared" in asked.warned[0]
    (why,) = asked.refusals(ASKS)
    assert "no answer" in why
