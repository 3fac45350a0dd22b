"""The one reader of an instance, on a world: what it asks, how often, and with whose key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.failures import OtherInstancesKey
from clerkstack.live.instance import LiveInstance, NoInstance, NoPublishableKey
from clerkstack.live.session import Session
from clerkstack.safe import safe
from clerkstack.settings.models import Settings
from local.world import World
from local.world import seed as seeded
from tests.unit.rotation.testbed import URL, RotationTestbed


@pytest.fixture
def testbed(running: World) -> RotationTestbed:
    running.reset()
    project = json.dumps({"projectId": seeded.VERCEL_PROJECT_ID})
    return RotationTestbed(running, configured={"environment": project})


def reader(settings: Settings, **connection: Any) -> LiveInstance:
    given = settings.connection.model_copy(update=connection)
    return LiveInstance.of(settings, Session(given))


@pytest.fixture
def live(testbed: RotationTestbed) -> Iterator[LiveInstance]:
    with reader(testbed.settings) as found:
        yield found


def asked(world: World) -> list[str]:
    return [f"{entry.method} {entry.path}" for entry in world.journal()]


def everything(live: LiveInstance, settings: Settings) -> None:
    """Ask for each thing."""
    (project,) = settings.vercel_projects
    endpoint = live.endpoint(URL)
    assert endpoint is not None
    now = datetime.now(UTC)
    for ask in (
        live.instance,
        live.secret_key,
        live.sections,
        live.environment,
        live.roles,
        live.access,
        live.list_permissions,
        live.enterprise_connections,
        live.jwt_templates,
        live.redirect_urls,
        live.instance_domains,
        live.domains,
        live.server_time,
        live.event_types,
    ):
        ask()
    live.count_users("+clerk_test")
    live.signing_secret(endpoint.id)
    live.headers(endpoint.id)
    live.attempts(endpoint.id, since=now - timedelta(days=1), until=now)
    live.variables(project)
    live.vercel_project(project)
    live.deployment(project, "production")


def test_nothing_is_asked_before_a_question_and_each_thing_once(
    testbed: RotationTestbed, live: LiveInstance
) -> None:
    live.verify()
    assert asked(testbed.world) == []

    everything(live, testbed.settings)
    first = asked(testbed.world)
    everything(live, testbed.settings)

    assert asked(testbed.world) == first
    assert len(first) == len(set(first)), first


def test_the_evidence_is_what_was_asked(testbed: RotationTestbed, live: LiveInstance) -> None:
    with live.reads.watched() as used:
        everything(live, testbed.settings)

    places = [each.where.partition("://")[2].partition("/")[2] for each in used]
    assert [f"/{place}" for place in places] == [line.split()[1] for line in asked(testbed.world)]
    assert not any(each.failed for each in used)
    texts = [f"{each.operation} {each.where}" for each in used]
    assert not any(secret in text for secret in testbed.deployed.values() for text in texts)


def test_what_is_secret_of_it_is_hidden_from_then_on(
    testbed: RotationTestbed, live: LiveInstance
) -> None:
    everything(live, testbed.settings)

    for secret in testbed.deployed.values():
        assert secret not in safe(f"it is {secret}.")


READS: list[Callable[[LiveInstance], object]] = [
    LiveInstance.roles,
    LiveInstance.endpoints,
    LiveInstance.redirect_urls,
    LiveInstance.verify,
]


@pytest.mark.parametrize("read", READS)
def test_nothing_is_read_with_another_instances_key(
    testbed: RotationTestbed, read: Callable[[LiveInstance], object]
) -> None:
    made = testbed.world.clerk.create_instance(
        seeded.APPLICATION_ID, domain="sendero.example", clone_of=None
    )

    with reader(testbed.settings, secret_key=SecretStr(made.secret)) as live:
        for _ in range(2):
            with pytest.raises(OtherInstancesKey):
                read(live)

    assert asked(testbed.world)[-1] == "GET /v1/instance"
    assert asked(testbed.world).count("GET /v1/instance") == 1


def test_a_key_is_verified_once(testbed: RotationTestbed) -> None:
    instance = testbed.world.clerk.instances()[0]
    old = instance.secret
    testbed.world.clerk.rotate([instance], 24)

    with reader(testbed.settings, secret_key=SecretStr(old)) as live:
        live.verify()
        live.roles()
        live.endpoints()

    assert asked(testbed.world).count("GET /v1/instance") == 1


def test_without_an_instance_nothing_else_is_asked(testbed: RotationTestbed) -> None:
    testbed.configured |= {"instance": "production"}

    with reader(testbed.settings) as live:
        assert live.found() is None
        assert live.access() is None
        for read in (live.sections, live.environment, live.roles, live.endpoints):
            with pytest.raises(NoInstance):
                read()

    assert len(asked(testbed.world)) == 1


def test_without_a_publishable_key_the_public_environment_is_not_asked(
    live: LiveInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = live.instance().model_copy(update={"publishable_key": None})
    monkeypatch.setattr(live, "found", lambda: shown)

    with pytest.raises(NoPublishableKey, match="clerkstack:publishableKey"):
        live.environment()


def test_closed_it_opens_again(testbed: RotationTestbed, live: LiveInstance) -> None:
    (project,) = testbed.settings.vercel_projects
    live.redirect_urls()
    live.variables(project)

    live.close()

    assert live.jwt_templates() == []
    assert live.variables(project, fresh=True) == live.variables(project)


def test_two_stacks_of_one_account_ask_for_their_application_once(testbed: RotationTestbed) -> None:
    with reader(testbed.settings) as one:
        other = LiveInstance.of(testbed.settings, one.session.beside(testbed.settings.connection))
        assert one.instance() == other.instance()

    assert len(asked(testbed.world)) == 1
    assert other.session.requests is one.session.requests
