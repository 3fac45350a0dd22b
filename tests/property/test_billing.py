"""Any sequence of valid catalogs on any instance: what is live is what is declared.

The real provider sends real requests to the local world. The properties use none of the provider's
code: they compare two ways to one end (up of A, then of B; B alone), and what was sent with what
changed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clerkstack.catalog.models import CLERKS_OWN
from tests.property.catalogs import Declared, by_hand, declared, reordered
from tests.property.instance import Instance, Steps, leaves

# Each example is a dozen requests: a failure is shown as found, without shrinking.
EXAMPLES = settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
KEYED = ("features", "plans")
# Undeclared means unchanged, even if this stack set it before.
CARD = "free_trial_requires_payment_method"
LEFT = ("include_in_jwt", "is_recurring")


@EXAMPLES
@given(hand=by_hand(), first=declared(), second=declared())
def test_what_came_before_does_not_matter(
    instance: Instance, hand: Mapping[str, Any], first: Declared, second: Declared
) -> None:
    before = instance.begin(hand)
    instance.up(second)
    direct = instance.live()
    instance.begin(hand)

    instance.up(first)
    instance.up(second)

    through = comparable(instance.live(), before, first, second)
    assert differences(comparable(direct, before, first, second), through) == {}


@EXAMPLES
@given(hand=by_hand(), one=declared())
def test_what_is_live_is_what_is_declared_and_what_a_person_made(
    instance: Instance, hand: Mapping[str, Any], one: Declared
) -> None:
    before = instance.begin(hand)

    instance.up(one)

    live, inputs = instance.live(), instance.inputs(one)
    for path, value in leaves(inputs["settings"]):
        assert live[path[0]] == value
    for kind in KEYED:
        mine = {**inputs[kind], **(inputs["defaults"] if kind == "plans" else {})}
        made_by_clerk = CLERKS_OWN if kind == "plans" else ()
        assert live[kind].keys() - set(made_by_clerk) == (
            (mine.keys() | before[kind].keys()) - set(made_by_clerk)
        )
        for slug, fields in mine.items():
            for name, value in fields.items():
                there = live[kind][slug][name]
                assert there == (sorted(value) if name == "features" else value), (slug, name)
        for slug in before[kind].keys() - mine.keys():
            assert live[kind][slug] == before[kind][slug]
    instance.billing.refresh()
    assert not instance.up(one), "a refresh shows a difference where there is none"


@EXAMPLES
@given(hand=by_hand(), one=declared(), data=st.data())
def test_a_second_up_writes_nothing_in_whatever_order_the_catalog_is(
    instance: Instance, hand: Mapping[str, Any], one: Declared, data: st.DataObject
) -> None:
    instance.begin(hand)
    instance.up(one)
    sent = instance.written()
    live = instance.live()
    other = data.draw(reordered(one))

    assert not instance.up(other)
    instance.up(other, always=True)

    assert instance.written() == []
    instance.begin(hand)
    instance.up(other)
    assert [dict(leaves(body)) for body in instance.written()] == [
        dict(leaves(body)) for body in sent
    ]
    assert instance.live() == live


@EXAMPLES
@given(hand=by_hand(), first=declared(), second=declared())
def test_a_write_holds_what_differs_and_nothing_else(
    instance: Instance, hand: Mapping[str, Any], first: Declared, second: Declared
) -> None:
    instance.begin(hand)
    instance.up(first)
    instance.written()
    before = instance.live()

    instance.up(second)

    bodies = instance.written()
    # A default plan comes with the write that switches billing on, its fields with a later one.
    to_come = instance.inputs(second)["defaults"].keys() - before["plans"].keys()
    # Billing is switched off only after the restore of the plans that a person made.
    off = any(before[name] and not on for name, on in second.toggles.items() if name != CARD)
    assert len(bodies) <= (2 if to_come or (off and hand["plans"]) else 1)
    after = instance.live()
    sent = {path: value for body in bodies for path, value in leaves(body)}
    for path, value in sent.items():
        assert at(before, path) != value, f"{path} was so already"
    for path in differences(before, after).keys() - sent.keys():
        assert not_asked_for(path, before, sent), f"{path} changed and nobody asked for it"


@EXAMPLES
@given(hand=by_hand(), first=declared(), second=declared())
def test_destroy_leaves_the_instance_as_it_was(
    instance: Instance, hand: Mapping[str, Any], first: Declared, second: Declared
) -> None:
    before = instance.begin(hand)
    instance.up(first)
    instance.up(second)

    instance.billing.destroy()

    live = instance.live()
    for slug in CLERKS_OWN:
        if slug not in before["plans"]:
            # Clerk made it, and only Clerk could remove it; nothing of the stack remains on it.
            assert live["plans"].pop(slug, {"features": []})["features"] == []
    assert differences(before, live) == {}


@EXAMPLES
@given(first=declared(), second=declared(), slug=st.sampled_from(("late", "later")))
def test_what_a_person_makes_meanwhile_stays(
    instance: Instance, first: Declared, second: Declared, slug: str
) -> None:
    instance.begin({})
    instance.up(first)
    live = instance.live()
    theirs = {"name": "Theirs", "payer_type": "org", "features": sorted(live["features"])[:2]}
    if live["organization_enabled"]:
        instance.by_hand({"billing": {"plans": {slug: theirs}}})
    live = instance.live()

    if not second.toggles["organization_enabled"] and slug in live["plans"]:
        return
    instance.up(second)
    instance.billing.destroy()

    after = instance.live()
    assert after["plans"].get(slug) == live["plans"].get(slug)
    assert after["features"].keys() == set(after["plans"].get(slug, {"features": []})["features"])


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[Steps, tuple[Any, Any]]:
    """Return what differs, by path."""
    left, right = dict(leaves(one)), dict(leaves(other))
    return {
        path: (left.get(path), right.get(path))
        for path in {**left, **right}
        if (path in left, left.get(path)) != (path in right, right.get(path))
    }


def at(document: Any, path: Steps) -> Any:
    """Return the value at a path, lists sorted; None if there is none."""
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return sorted(document) if isinstance(document, list) else document


def not_asked_for(path: Steps, before: Mapping[str, Any], sent: Mapping[Steps, Any]) -> bool:
    """Whether Clerk changes it by itself.

    That is: undeclared fields of a new plan or feature, what goes with a removed one, and Clerk's
    default plans.
    """
    return (
        path[0] in KEYED
        and (path[1] not in before[path[0]] or path[:2] in sent)
        and (path[:2] in sent or path[1] in CLERKS_OWN or any(p[:2] == path[:2] for p in sent))
    )


def comparable(
    live: Mapping[str, Any], before: Mapping[str, Any], first: Declared, second: Declared
) -> dict[str, Any]:
    """Return the live values without those that an earlier catalog may have left."""
    section = copy.deepcopy(dict(live))
    for kind in KEYED:
        for slug in first.document[kind].keys() & second.document[kind].keys():
            for name in LEFT:
                if slug not in before[kind] and name not in second.document[kind][slug]:
                    section[kind].get(slug, {}).pop(name, None)
    for slug in CLERKS_OWN:
        if slug not in before["plans"]:
            fields = second.document["plans"].get(slug, ())
            there = section["plans"].pop(slug, {})
            section["plans"][slug] = {name: there.get(name) for name in fields}
    return section
