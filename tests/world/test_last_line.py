"""A service of the world that crashes: the vendor's own 500, a log entry, an unchanged state."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.world import World, background, seed
from local.world.store import Home

VARIABLES = f"/v10/projects/{seed.VERCEL_PROJECT_ID}/env"
VARIABLE = {"key": "KEY", "value": "value", "type": "plain", "target": ["production"]}
CONFIG = f"/v1/platform/applications/{seed.APPLICATION_ID}/instances/development/config"
VERCEL = {"Authorization": f"Bearer {seed.VERCEL_TOKEN}"}
CLERK = {"Authorization": f"Bearer {seed.PLATFORM_KEY}"}


class Broken(Exception):
    """An unexpected error."""


@pytest.fixture
def world() -> Iterator[World]:
    with World(proxy=False) as started:
        yield started


def after(done: Callable[..., Any]) -> Callable[..., Any]:
    """Answer the request, and crash then."""

    def broken(*args: Any, **options: Any) -> Any:
        done(*args, **options)
        raise Broken

    return broken


def test_each_vendor_has_its_own_500(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **options: Any) -> Any:
        raise Broken

    monkeypatch.setattr(world.vercel, "authorize", broken)
    monkeypatch.setattr(world.clerk, "check_platform_key", broken)
    monkeypatch.setattr(world.clerk, "instance_of_host", broken)
    monkeypatch.setattr(world.svix, "exchange", broken)

    answers = [
        httpx.get(f"{world.urls.clerk}{CONFIG}", headers=CLERK),
        httpx.get(f"{world.urls.frontend}/v1/environment"),
        httpx.post(f"{world.urls.svix}/api/v1/auth/one-time-token", json={"oneTimeToken": "x"}),
        httpx.get(f"{world.urls.vercel}{VARIABLES}", headers=VERCEL),
    ]

    assert [answer.status_code for answer in answers] == [500] * 4
    clerk, frontend, svix, vercel = (answer.json() for answer in answers)
    for body in (clerk, frontend):
        assert list(body) == ["errors", "clerk_trace_id"]
        assert list(body["errors"][0]) == ["code", "message", "long_message"]
    assert list(svix) == ["code", "detail"]
    assert list(vercel["error"]) == ["code", "message"]
    assert [each.status for each in world.journal()] == [500] * 4


def test_a_write_that_breaks_is_taken_back_and_logged(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = world.vercel.dump()

    with monkeypatch.context() as patch:
        patch.setattr(world.vercel, "create_variable", after(world.vercel.create_variable))
        with caplog.at_level(logging.ERROR):
            broken = httpx.post(f"{world.urls.vercel}{VARIABLES}", headers=VERCEL, json=VARIABLE)
    kept = world.vercel.dump()
    made = httpx.post(f"{world.urls.vercel}{VARIABLES}", headers=VERCEL, json=VARIABLE)

    assert (broken.status_code, made.status_code) == (500, 201)
    assert kept == before
    (record,) = caplog.records
    assert record.getMessage() == f"vercel: POST {VARIABLES}"
    assert record.exc_info is not None
    assert record.exc_info[0] is Broken


def test_what_one_vendor_did_at_another_is_taken_back_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = world.clerk.instance(seed.APPLICATION_ID, "development").secret
    monkeypatch.setattr(world.svix, "link", after(world.svix.link))

    answer = httpx.post(
        f"{world.urls.clerk}/v1/webhooks/svix", headers={"Authorization": f"Bearer {key}"}
    )

    assert answer.status_code == 500
    assert dict(world.svix.apps()) == {}


def test_a_write_that_cannot_be_kept_is_taken_back_and_in_the_worlds_log(tmp_path: Path) -> None:
    home = Home(tmp_path / "world")
    urls = background.start(home, 0)
    in_the_way = home.folder / ".world.json.new"
    try:
        before = json.loads(home.state_file.read_text())
        in_the_way.mkdir()
        broken = httpx.post(f"{urls.vercel}{VARIABLES}", headers=VERCEL, json=VARIABLE)
        in_the_way.rmdir()
        left = httpx.get(f"{urls.vercel}{VARIABLES}", headers=VERCEL).json()["envs"]
        made = httpx.post(f"{urls.vercel}{VARIABLES}", headers=VERCEL, json=VARIABLE)
        log = home.log_file.read_text()
    finally:
        background.stop(home)

    assert (broken.status_code, broken.json()["error"]["code"]) == (500, "internal_error")
    assert left == []
    assert made.status_code == 201
    assert f"vercel: POST {VARIABLES}\nTraceback" in log
    assert "IsADirectoryError" in log
    assert before["vercel"]["projects"][seed.VERCEL_PROJECT_ID]["variables"] == {}
