"""How far a price travels from the resource's inputs to the request: the calls are counted."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import clerkstack
from clerkstack.clients.http import Http
from clerkstack.providers.billing import BillingProvider
from clerkstack.state.model import State
from clerkstack.state.neighbours import Neighbour
from local.driven import Driven, Props, config_on, end_run
from local.world import World
from local.world import seed as seeded

PRODUCT = Path(clerkstack.__file__).parent
STACK = "organization/clerkstack/dev"
PRICE = 7_654_321
CALLS, FUNCTIONS, STAYS = 57, 41, 35
"""The calls that get the price, alone or in what contains it; their functions; and how often it
enters another file."""


@pytest.fixture
def world() -> Iterator[World]:
    with World(proxy=False) as started:
        instance = started.clerk.instance(seeded.APPLICATION_ID, "development")
        instance.config["organization_settings"]["enabled"] = True
        yield started
        end_run()


def inputs(amount: int) -> Props:
    plan = {"name": "Pro", "payer_type": "org", "amount": amount, "features": ["sso"]}
    toggles = {"organization_enabled": True, "user_enabled": False}
    return {
        "application_id": seeded.APPLICATION_ID,
        "environment": "development",
        "settings": {**toggles, "free_trial_requires_payment_method": False},
        "gateway": "clerk",
        "features": {"sso": {"name": "SSO"}},
        "plans": {"pro": plan},
        "defaults": {},
        "app": {},
        "catalog": "catalog.yaml",
    }


def has_price(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_price, value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(has_price, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return any(map(has_price, vars(value).values()))
    return isinstance(value, int | float) and value == PRICE


def test_a_price_takes_few_stops(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, str]] = []
    until_request: list[tuple[str, str]] = []

    def called(frame: FrameType, event: str, _arg: object) -> None:
        code = frame.f_code
        if event != "call" or PRODUCT not in Path(code.co_filename).parents:
            return
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if not code.co_name.startswith("<") and any(has_price(frame.f_locals[n]) for n in names):
            calls.append((code.co_filename, f"{code.co_name}:{code.co_firstlineno}"))

    attempt, update = Http._attempt, BillingProvider.update

    def attempted(http: Http, operation: str, method: str, path: str, how: Any) -> Any:
        if method == "PATCH":
            until_request.extend(calls)
        return attempt(http, operation, method, path, how)

    def updated(*properties: Any) -> Any:
        sys.setprofile(called)
        try:
            return update(*properties)
        finally:
            sys.setprofile(None)

    billing = Driven(BillingProvider(), config_on(world), STACK)
    kept = "pulumi-python:dynamic/clerkstack:Billing"
    billing.beside = lambda: [
        Neighbour(
            STACK,
            seeded.APPLICATION_ID,
            "development",
            (),
            State.of([{"type": kept, "outputs": billing.state}]),
        )
    ]
    billing.up(inputs(6000))
    monkeypatch.setattr(Http, "_attempt", attempted)
    monkeypatch.setattr(BillingProvider, "update", updated)
    billing.up(inputs(PRICE))

    files = [file for file, _ in until_request]
    stays = [file for file, before in zip(files, [None, *files], strict=False) if file != before]
    assert len(until_request) <= CALLS
    assert len(set(until_request)) <= FUNCTIONS
    assert len(stays) <= STAYS
    assert (files[0], files[-1]) == (
        str(PRODUCT / "providers" / "base.py"),
        str(PRODUCT / "clients" / "platform.py"),
    )
