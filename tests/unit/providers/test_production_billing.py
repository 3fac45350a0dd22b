"""What no update does to billing of a production instance, whatever led to it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from clerkstack.clients.platform import PlatformClient
from clerkstack.failures import ResourceFailed
from clerkstack.intent_log import IntentLog
from clerkstack.providers.base import InstanceRef
from clerkstack.providers.billing import BillingProvider
from clerkstack.reconcile.billing_run import removing
from clerkstack.reconcile.sharing import Holding, Sharing
from clerkstack.settings.models import Allowed
from clerkstack.state.model import State
from clerkstack.state.neighbours import Neighbour
from local.driven import Driven, Props, Refused
from local.world import World
from tests.property.instance import Instance
from tests.two_stacks import Killed

TRIAL = "free_trial_requires_payment_method"
STACK = "organization/clerkstack/prod"
LEGACY = {"name": "Legacy", "payer_type": "org", "amount": 100, "features": []}


@pytest.fixture(scope="module")
def _instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with World(proxy=False) as world:
        folder = tmp_path_factory.mktemp("stack")
        with Instance(world, folder, "production").listening() as listening:
            yield listening


@pytest.fixture
def instance(_instance: Instance, tmp_path: Path) -> Instance:
    """Production, whose trials ask for a card as on every new instance."""
    _instance.folder = tmp_path
    _instance.begin({"organization_enabled": True, TRIAL: True})
    _instance.billing = Driven(BillingProvider(), _instance.billing.config, STACK)
    _instance.billing.beside = lambda: own_state(_instance)
    return _instance


def own_state(instance: Instance) -> list[Neighbour]:
    """What the backend returns about the stack itself."""
    kept = {"type": "pulumi-python:dynamic/clerkstack:Billing", "outputs": instance.billing.state}
    return [Neighbour(STACK, *instance.place, (), State.of([kept]))]


def plan(**fields: Any) -> Props:
    return {"name": "Pro", "payer_type": "org", "amount": 6000, "features": ["sso"], **fields}


def inputs(instance: Instance, app: Props | None = None, **changes: Any) -> Props:
    """A stack that sells one plan with one feature."""
    application, environment = instance.place
    toggles = {"organization_enabled": True, "user_enabled": False, TRIAL: False}
    every: Props = {
        "application_id": application,
        "environment": environment,
        "settings": toggles | changes.pop("settings", {}),
        "gateway": "clerk",
        "features": {"sso": {"name": "SSO"}},
        "plans": {"pro": plan()},
        "defaults": {},
        "app": app or {},
        "catalog": "catalog.yaml",
    }
    return copy.deepcopy(every | changes)


def asks(**slugs: str) -> Props:
    """An app with checks: the place of each by kind and slug."""
    uses: Props = {}
    for slug, kind in slugs.items():
        uses.setdefault(kind, {})[slug] = "app/page.tsx:3:9"
    return {"uses": uses}


def test_what_the_app_asks_for_is_not_removed(instance: Instance) -> None:
    instance.billing.up(inputs(instance, asks(pro="plan", sso="feature")))
    instance.written()
    before = instance.live()

    with pytest.raises(ResourceFailed) as refused:
        instance.billing.destroy()

    assert "app/page.tsx:3:9 calls has({ plan: 'pro' })" in str(refused.value)
    assert "has({ feature: 'sso' })" in str(refused.value)
    assert "clerkstack:allow.billingLeft true" in str(refused.value)
    assert (instance.written(), instance.live()) == ([], before)

    # Whoever means it removes the checks first.
    instance.billing.up(inputs(instance))
    instance.billing.destroy()
    assert "pro" not in instance.live()["plans"]


def test_billing_can_be_left_as_it_is(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    instance.billing.up(inputs(instance, asks(pro="plan")))
    instance.written()
    before = instance.live()
    monkeypatch.setattr(BillingProvider, "_allowed", Allowed(billing_left=True))

    instance.billing.destroy()

    assert (instance.written(), instance.live()) == ([], before)
    assert "billing stays on the production instance unchanged" in capsys.readouterr().err


def test_a_resource_that_another_one_replaces_takes_nothing_with_it(instance: Instance) -> None:
    old = instance.billing
    old.up(inputs(instance))
    new = Driven(BillingProvider(), old.config, STACK)
    instance.billing = new
    new.beside = lambda: own_state(instance)
    new.up(inputs(instance))
    there = instance.live()

    old.beside = new.beside
    old.destroy()

    assert instance.live() == there


def test_what_the_app_declares_is_not_removed(instance: Instance) -> None:
    app = {"plans": {"pro": ["sso"]}, "features": ["sso"]}
    instance.billing.up(inputs(instance, app))

    with pytest.raises(ResourceFailed, match="the app asks for the plan 'pro', which the instance"):
        instance.billing.destroy()


def test_a_removal_leaves_trials_without_a_card(
    instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    instance.billing.up(inputs(instance))
    assert instance.live()[TRIAL] is False

    instance.billing.destroy()

    assert instance.live()[TRIAL] is False
    assert f"{TRIAL} stays off" in capsys.readouterr().err


def test_what_another_stack_declares_does_not_bring_the_card_back(instance: Instance) -> None:
    props = {**inputs(instance), "before": {"settings": {"settings": {TRIAL: True}}}}
    theirs = {"settings/settings": {TRIAL: True, "user_enabled": True}}
    run = removing(props, {}, instance.live(), Sharing((Holding("two", "", theirs),)))

    assert TRIAL not in run.back["settings/settings"]


def test_no_write_turns_the_card_on_whatever_planned_it(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance.billing.up(inputs(instance))
    instance.written()
    monkeypatch.setattr("clerkstack.reconcile.billing_run._safe", lambda back, **_: back)

    with pytest.raises(ResourceFailed, match="free trials would ask for a card"):
        instance.billing.destroy()

    assert instance.written() == []


def test_what_is_not_said_to_be_development_is_production(instance: Instance) -> None:
    props = {**inputs(instance), "before": {"settings": {"settings": {TRIAL: True}}}}
    live = {**instance.live(), TRIAL: False}

    for environment in ("production", "Production", "ins_1", None):
        back = removing({**props, "environment": environment}, {}, live, Sharing()).back
        assert back["settings/settings"].get(TRIAL) is not True, environment
    back = removing({**props, "environment": "development"}, {}, live, Sharing()).back
    assert back["settings/settings"][TRIAL] is True


def test_a_plan_that_this_write_removes_is_not_there_for_the_app(instance: Instance) -> None:
    both = {"pro": plan(), "legacy": LEGACY}
    instance.billing.up(inputs(instance, plans=both))
    instance.written()

    with pytest.raises(Refused, match=r"calls has\(\{ plan: 'legacy' \}\), but neither"):
        instance.billing.up(inputs(instance, asks(legacy="plan")))
    assert instance.written() == []

    # What the stack does not touch is judged too.
    instance.by_hand({"billing": {"plans": {"theirs": {**LEGACY, "name": "Theirs"}}}})
    instance.billing.up(inputs(instance, asks(theirs="plan"), plans=both))


def test_a_live_card_is_seen_where_the_run_reads_the_config_anyway(instance: Instance) -> None:
    driven = instance.billing
    driven.up(inputs(instance))
    instance.by_hand({"billing": {TRIAL: True}})

    assert not driven.up(inputs(instance)), "an unchanged run asks nobody"

    begin = driven._begin

    def after_reading(*declared: Props) -> None:
        begin(*declared)
        driven.provider.document(InstanceRef(*instance.place)).sections()  # type: ignore[attr-defined]

    driven._begin = after_reading  # type: ignore[method-assign]
    with pytest.raises(Refused, match=r"trials ask for a card.*pulumi up --refresh"):
        driven.up(inputs(instance))
    driven.refresh()
    assert driven.up(inputs(instance)), "what the refusal says to do is done"
    assert instance.live()[TRIAL] is False
    assert not driven.up(inputs(instance))


def test_a_plan_that_others_pay_for_is_refused_before_anything_is_sent(instance: Instance) -> None:
    instance.by_hand(
        {"billing": {"user_enabled": True, "plans": {"pro": {**LEGACY, "payer_type": "user"}}}}
    )

    with pytest.raises(Refused) as refused:
        instance.billing.up(inputs(instance))

    assert "the plan 'pro' is paid by users on the instance, and by organizations" in str(
        refused.value
    )
    assert instance.written() == []
    instance.billing.up(inputs(instance, plans={"pro-org": plan()}))


def test_billing_of_users_is_on_in_production_only_with_a_plan_of_theirs(
    instance: Instance,
) -> None:
    on = {"user_enabled": True}
    with pytest.raises(Refused, match=r"no plan that they pay for.*default: true"):
        instance.billing.up(inputs(instance, settings=on))

    default = {"free_user": {"name": "Free", "payer_type": "user"}}
    instance.billing.up(inputs(instance, settings=on, defaults=default))
    assert instance.live()["user_enabled"] is True


def test_clerks_own_plan_of_a_payer_that_is_off_answers_nobody(
    instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    on = inputs(
        instance,
        settings={"user_enabled": True},
        defaults={"free_user": {"name": "Free", "payer_type": "user"}},
    )
    instance.billing.up(on)
    instance.billing.up(inputs(instance))

    assert "the plan 'free_user' stays on the instance" in capsys.readouterr().err
    with pytest.raises(
        Refused, match=r"has\(\{ plan: 'free_user' \}\), but .* for whom billing is off"
    ):
        instance.billing.up(inputs(instance, asks(free_user="plan")))


def test_on_an_instance_that_this_stack_made_nobody_can_lose_anything(instance: Instance) -> None:
    hidden = {"pro": plan(publicly_visible=False)}
    instance.by_hand({"billing": {"features": {"sso": {"name": "SSO"}}, "plans": {"pro": plan()}}})

    with nothing_allowed(), pytest.raises(Refused, match="no longer shown"):
        instance.billing.up(inputs(instance, plans=hidden))

    IntentLog("/".join(instance.place), STACK).record({"made": True})
    with nothing_allowed():
        instance.billing.up(inputs(instance, plans=hidden))


@contextmanager
def nothing_allowed() -> Iterator[None]:
    """A stack whose config allows no dangerous change."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BillingProvider, "_allowed", Allowed())
        yield


def interrupted(instance: Instance, monkeypatch: pytest.MonkeyPatch, plans: Props) -> None:
    """A run that made plans and was killed before the state had them."""
    patch_config = PlatformClient.patch_config

    def ends(client: PlatformClient, *to: Any, **how: Any) -> Any:
        patch_config(client, *to, **how)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(PlatformClient, "patch_config", ends)
        with pytest.raises(Killed):
            instance.billing.up(inputs(instance, plans=plans))
    instance.written()


def test_a_stack_with_an_empty_state_removes_nothing_that_nobody_was_shown(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(instance, monkeypatch, {"pro": plan(), "legacy": LEGACY})

    with pytest.raises(Refused, match="plan 'legacy' on the production instance: it leaves the"):
        instance.billing.up(inputs(instance))

    assert instance.written() == []
    assert "legacy" in instance.live()["plans"]


@pytest.mark.parametrize("told", [True, False], ids=["the backend tells", "it does not"])
def test_what_a_killed_run_made_is_named_before_it_goes(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    driven = instance.billing
    driven.up(inputs(instance))
    driven.beside = driven.beside if told else list
    interrupted(instance, monkeypatch, {"pro": plan(), "legacy": LEGACY})

    # Without its own state `check` does not know of the run; the write does, and judges.
    with pytest.raises(Refused if told else ResourceFailed, match="plan 'legacy'"):
        driven.up(inputs(instance, plans={"pro": plan(description="For teams")}))

    assert instance.written() == []
    assert "legacy" in instance.live()["plans"]
