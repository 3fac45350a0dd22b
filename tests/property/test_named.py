"""No write changes what the preview did not name, whatever the state of the stack.

A stack may know, have forgotten or have half finished anything: no write removes, hides, reprices
or switches what the preview did not name, and none makes production's trials require a card. A
preview names a change in its checks (`check`) or by showing it: declared values are part of the
resource that the engine shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clerkstack.clients.platform import PlatformClient
from clerkstack.problems import ClerkstackError
from clerkstack.providers import allowances, base, billing, neighbours
from clerkstack.providers.billing import BillingProvider
from clerkstack.state.model import State
from clerkstack.state.neighbours import Neighbour
from local.driven import Driven, Refused
from tests.property.catalogs import Declared, by_hand, declared
from tests.property.instance import Instance
from tests.two_stacks import Killed

EXAMPLES = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TRIAL = "free_trial_requires_payment_method"
TOGGLES = ("organization_enabled", "user_enabled", TRIAL)
PRICE = ("amount", "annual_monthly_amount", "currency")
STACK = "organization/clerkstack/one"
ACTIONS = ("up", "killed before", "killed after", "refresh", "forget", "destroy", "by hand")


@contextmanager
def named(provider: BillingProvider) -> Iterator[list[str]]:
    """Collect everything that a preview reports while `check` runs."""
    said: list[str] = []
    looking: list[bool] = []
    check = provider.check

    def checked(olds: dict[str, Any], news: dict[str, Any]) -> Any:
        looking.append(True)
        try:
            return check(olds, news)
        finally:
            looking.clear()

    def progress(text: str) -> None:
        if looking:
            said.append(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provider, "check", checked)
        for module in (allowances, base, billing, neighbours):
            patch.setattr(module, "notice", progress)
        yield said


@contextmanager
def killed(moment: str) -> Iterator[None]:
    """Within it, the run ends at its first write: before it, or after it."""
    patch_config = PlatformClient.patch_config

    def ends(client: PlatformClient, *to: Any, **how: Any) -> Any:
        if moment == "killed after":
            patch_config(client, *to, **how)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        if moment.startswith("killed"):
            patch.setattr(PlatformClient, "patch_config", ends)
        with suppress(Killed, Refused, ClerkstackError):
            yield


class Run:
    """A stack on an instance, whose backend reports its state or not."""

    def __init__(self, instance: Instance, backend: bool) -> None:
        self.instance = instance
        self.backend = backend
        self.begin()

    def begin(self) -> None:
        """Start again with an empty stack of this name."""
        fresh = Driven(BillingProvider(), self.instance.billing.config, STACK)
        fresh.beside = self._stacks
        self.instance.billing = fresh

    def _stacks(self) -> list[Neighbour]:
        driven = self.instance.billing
        if not self.backend or driven.id is None:
            return []
        resource = {
            "type": "pulumi-python:dynamic/clerkstack:Billing",
            "id": driven.id,
            "created": "2026-11-29T10:00:00Z",
            "inputs": driven.inputs,
            "outputs": driven.state,
        }
        place = self.instance.place
        return [Neighbour(STACK, *place, (), State.of([resource]))]

    def act(self, action: str, catalog: Declared, hand: Mapping[str, Any]) -> None:
        """Run one of `ACTIONS`; refusals and failures are ignored."""
        driven = self.instance.billing
        with killed(action):
            if action in ("up", "killed before", "killed after"):
                self.instance.up(catalog)
            elif action == "refresh":
                driven.refresh()
            elif action == "forget":
                self.begin()
            elif action == "destroy":
                driven.destroy()
            else:
                self.instance.by_hand({"billing": dict(hand)})


def gone_unsaid(
    before: Mapping[str, Any], after: Mapping[str, Any], inputs: Mapping[str, Any], said: str
) -> list[str]:
    """Return what was removed, hidden, repriced or switched, and neither reported nor shown."""
    found = []
    for kind in ("plans", "features"):
        shown = {**inputs[kind], **(inputs["defaults"] if kind == "plans" else {})}
        for slug, was in before[kind].items():
            now = after[kind].get(slug)
            fields = () if now is None else [n for n in PRICE if was.get(n) != now.get(n)]
            hidden = now is not None and was["publicly_visible"] and not now["publicly_visible"]
            is_said = f"{kind[:-1]} '{slug}' on" in said or f"{kind[:-1]} {slug} (" in said
            if (now is None or fields or hidden) and slug not in shown and not is_said:
                found.append(f"{kind}/{slug}: {'removed' if now is None else fields or 'hidden'}")
    for toggle in TOGGLES:
        if before[toggle] != after[toggle] != inputs["settings"].get(toggle):
            found.append(toggle)
    return found


ONCE = st.tuples(st.sampled_from((*ACTIONS, "up", "killed after")), declared(), by_hand())
HISTORY = st.lists(ONCE, min_size=1, max_size=4)


def right(catalog: Declared) -> Declared:
    """The same with toggles that production may have."""
    payers = {plan.get("payer_type") for plan in catalog.document["plans"].values()}
    return Declared(
        catalog.document, {**catalog.toggles, "user_enabled": "user" in payers, TRIAL: False}
    )


@EXAMPLES
@given(hand=by_hand(), history=HISTORY, last=declared(), backend=st.booleans())
def test_no_write_takes_what_the_preview_did_not_name(
    instance: Instance,
    hand: Mapping[str, Any],
    history: list[tuple[str, Declared, Mapping[str, Any]]],
    last: Declared,
    backend: bool,
) -> None:
    instance.begin(hand)
    run = Run(instance, backend)
    for action, catalog, more in history:
        run.act(action, catalog, more)
    before = instance.live()

    with named(instance.billing.provider) as said:  # type: ignore[arg-type]
        run.act("up", last, {})

    told = "\n".join(said)
    assert gone_unsaid(before, instance.live(), instance.inputs(last), told) == []


@EXAMPLES
@given(hand=by_hand(), card=st.booleans(), history=HISTORY, last=declared(), backend=st.booleans())
def test_no_path_makes_a_trial_in_production_ask_for_a_card(
    production: Instance,
    hand: Mapping[str, Any],
    card: bool,
    history: list[tuple[str, Declared, Mapping[str, Any]]],
    last: Declared,
    backend: bool,
) -> None:
    production.begin({**hand, TRIAL: card})
    run = Run(production, backend)
    for action, catalog, more in history:
        run.act(action, right(catalog), {**more, TRIAL: True})
    run.act("up", right(last), {})
    run.act("destroy", last, {})

    written = [body[TRIAL] for body in production.written() if TRIAL in body]
    assert [each for each in written if each is not False] == []
