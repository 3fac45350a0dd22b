"""The webhook's headers and secret addresses on a world: written, read, restored, unseen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clerkstack.clients.read_only import READ_ONLY
from clerkstack.failures import ResourceFailed
from clerkstack.intent_log import FOLDER
from clerkstack.providers.base import fingerprint_of
from clerkstack.providers.webhook import WebhookEndpointProvider
from local.driven import Driven, Props, config_on
from local.world import World
from local.world import seed as seeded

ON = {"application_id": seeded.APPLICATION_ID, "environment": "development"}
BYPASS, AUTH = "x-vercel-protection-bypass", "Authorization"
SECRET = "bypass-9f8Kq2Lm7XwZr4"
OF_HEADERS = "/headers"


@pytest.fixture
def world(running: World) -> World:
    running.reset()
    return running


def hook(headers: dict[str, str], url: str = "https://app.example/hook") -> Props:
    marks = {
        n: fingerprint_of(ON["application_id"], ON["environment"], v) for n, v in headers.items()
    }
    declared: Props = {"headers": headers} if headers else {}
    return {
        **ON,
        "url": url,
        "events": ["user.created"],
        "description": "clerkstack",
        "optional_events": [],
        **declared,
        "header_fingerprints": marks,
    }


@pytest.fixture
def driven(world: World) -> Driven:
    return Driven(WebhookEndpointProvider(), config_on(world))


def endpoint(world: World) -> Any:
    [app] = world.svix.apps().values()
    [found] = app.endpoints.values()
    return found


def asked(world: World) -> list[str]:
    return [e.method for e in world.journal() if e.path.endswith(OF_HEADERS)]


def notes() -> str:
    return "".join(file.read_text() for file in Path(FOLDER).rglob("*"))


def by_hand(driven: Driven, world: World, headers: dict[str, str], **more: str) -> None:
    """An endpoint at the stack's URL that people made."""
    other = Driven(WebhookEndpointProvider(), config_on(world))
    other.up(hook({}, **more))
    endpoint(world).headers = dict(headers)
    for file in Path(FOLDER).glob("*"):
        file.unlink()
    world.clear_journal()


def test_without_headers_nothing_is_asked(world: World, driven: Driven) -> None:
    driven.up(hook({}))
    driven.up({**hook({}), "description": "other"})
    driven.refresh()
    driven.destroy()

    assert asked(world) == []


def test_headers_come_with_the_endpoint_and_are_read_back_once(
    world: World, driven: Driven
) -> None:
    driven.up(hook({BYPASS: SECRET, AUTH: SECRET}))

    assert endpoint(world).headers == {BYPASS: SECRET, AUTH: SECRET}
    assert asked(world) == ["GET"]
    assert driven.up(hook({BYPASS: SECRET, AUTH: SECRET})) is False


def test_one_changed_header_is_one_write_and_others_stay(world: World, driven: Driven) -> None:
    driven.up(hook({BYPASS: SECRET, AUTH: "one"}))
    endpoint(world).headers["x-theirs"] = "theirs"
    world.clear_journal()

    driven.up(hook({BYPASS: SECRET, AUTH: "two"}))

    assert endpoint(world).headers == {BYPASS: SECRET, AUTH: "two", "x-theirs": "theirs"}
    assert asked(world) == ["GET", "PATCH", "GET"]


def test_headers_that_are_no_longer_declared_go_one_by_one_and_all(
    world: World, driven: Driven
) -> None:
    driven.up(hook({BYPASS: SECRET, AUTH: "one"}))
    endpoint(world).headers["x-theirs"] = "theirs"

    driven.up(hook({AUTH: "one"}))
    assert endpoint(world).headers == {AUTH: "one", "x-theirs": "theirs"}
    driven.up(hook({}))

    assert endpoint(world).headers == {"x-theirs": "theirs"}


def test_destroy_puts_back_what_was_there(world: World, driven: Driven) -> None:
    by_hand(driven, world, {"X-Vercel-Protection-Bypass": "old", "x-theirs": "theirs", AUTH: "old"})

    driven.up(hook({BYPASS: SECRET, "x-new": "new", AUTH: "new"}))
    assert endpoint(world).headers == {
        "X-Vercel-Protection-Bypass": SECRET,
        "x-theirs": "theirs",
        AUTH: "new",
        "x-new": "new",
    }
    driven.destroy()

    # Nobody can read the old value of a header that Svix does not show.
    assert endpoint(world).headers == {
        "X-Vercel-Protection-Bypass": "old",
        "x-theirs": "theirs",
        AUTH: "new",
    }


def test_somebodys_edit_is_not_undone_unseen(world: World, driven: Driven) -> None:
    driven.up(hook({BYPASS: SECRET}))
    endpoint(world).headers[BYPASS] = "theirs"

    with pytest.raises(ResourceFailed, match=f"header {BYPASS}") as told:
        driven.up({**hook({BYPASS: SECRET}), "description": "other"})
    assert "theirs" not in str(told.value)

    driven.refresh()
    assert driven.up(hook({BYPASS: SECRET})) is True
    assert endpoint(world).headers == {BYPASS: SECRET}


def test_a_header_that_somebody_took_away_comes_back(world: World, driven: Driven) -> None:
    driven.up(hook({BYPASS: SECRET, AUTH: "one"}))
    endpoint(world).headers.clear()

    driven.refresh()
    driven.up(hook({BYPASS: SECRET, AUTH: "one"}))

    assert endpoint(world).headers == {BYPASS: SECRET, AUTH: "one"}


def test_what_svix_does_not_keep_is_reported_without_its_value(
    world: World, driven: Driven
) -> None:
    driven.up(hook({}))
    path = f"{OF_HEADERS}$"
    world.fault(service="svix", method="PATCH", path=path, kind="not_persisted", times=1)

    with pytest.raises(ResourceFailed, match=BYPASS) as told:
        driven.up(hook({BYPASS: SECRET}))

    assert SECRET not in str(told.value)
    driven.up(hook({BYPASS: SECRET}))
    assert endpoint(world).headers == {BYPASS: SECRET}


def test_a_run_that_was_cut_off_knows_what_it_made(world: World, driven: Driven) -> None:
    by_hand(driven, world, {"x-theirs": "theirs"})
    world.fault(service="svix", method="GET", path="/secret$", kind="status", status=409, times=9)
    with pytest.raises(ResourceFailed):
        driven.up(hook({BYPASS: SECRET}))
    assert endpoint(world).headers == {BYPASS: SECRET, "x-theirs": "theirs"}
    world.clear_faults()

    driven.up(hook({BYPASS: SECRET}))
    driven.destroy()

    assert endpoint(world).headers == {"x-theirs": "theirs"}


@pytest.mark.parametrize("at", ["made", "taken over", "moved"])
def test_no_note_holds_a_value_or_a_query(world: World, driven: Driven, at: str) -> None:
    url = f"https://app.example/hook?{BYPASS}={SECRET}"
    if at == "taken over":
        by_hand(driven, world, {BYPASS: SECRET}, url=url)
    driven.up(hook({BYPASS: SECRET}, url))
    seen = notes()
    if at == "moved":
        driven.up(hook({BYPASS: SECRET}, f"{url}2"))
        seen += notes()
    driven.up({**hook({BYPASS: f"{SECRET}3"}, f"{url}2"), "description": "other"})

    assert SECRET not in seen + notes()
    driven.destroy()
    if at == "taken over":
        assert endpoint(world).url == url


def test_adopting_sends_nothing(
    world: World, driven: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand(driven, world, {BYPASS: SECRET})
    monkeypatch.setenv(READ_ONLY, "true")

    driven.up(hook({BYPASS: SECRET}))

    assert asked(world) == ["GET", "GET"]
    assert SECRET in json.dumps(driven.state["headers"])
