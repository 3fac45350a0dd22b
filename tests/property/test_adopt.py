"""A catalog adopted from any stack, or from anything made by hand, declares the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given

from clerkstack.adopt.billing import catalog_of
from tests.property.catalogs import Declared, by_hand, declared
from tests.property.instance import Instance
from tests.property.test_billing import EXAMPLES

NOTHING = {"organization_enabled": False, "user_enabled": False}


@EXAMPLES
@given(hand=by_hand(), one=declared())
def test_what_was_brought_is_adopted_whole(
    instance: Instance, hand: Mapping[str, Any], one: Declared
) -> None:
    instance.begin(hand)
    instance.up(one)
    instance.written()
    live = instance.live()

    document, left = catalog_of(live)

    mine = {f"{kind[:-1]} {slug}" for kind in ("plans", "features") for slug in one.document[kind]}
    assert mine.isdisjoint(each.thing for each in left)
    adopted = Declared(document, {key: live[key] for key in one.toggles})
    instance.another_stack()
    instance.up(adopted)
    assert instance.written() == []
    instance.begin(NOTHING)
    instance.up(adopted)
    brought = instance.live()
    for kind in ("plans", "features"):
        for slug in one.document[kind]:
            assert brought[kind][slug] == live[kind][slug], slug


@EXAMPLES
@given(hand=by_hand())
def test_what_a_person_made_is_adopted_or_left_alone(
    instance: Instance, hand: Mapping[str, Any]
) -> None:
    live = instance.begin(hand)

    document, left = catalog_of(live)

    alone = {each.thing for each in left}
    for kind in ("plans", "features"):
        for slug in live[kind]:
            assert (slug in document[kind]) is (f"{kind[:-1]} {slug}" not in alone)  # type: ignore[operator]
    toggles = ("organization_enabled", "user_enabled", "free_trial_requires_payment_method")
    instance.up(Declared(document, {key: live[key] for key in toggles}))
    assert instance.written() == []
    assert instance.live() == live
