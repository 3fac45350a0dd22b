"""The webhook in Svix: one endpoint for every spelling of its URL, and only known events."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.svix import SvixClient
from local.project import Project
from local.world import World
from local.world import seed as seeded
from local.world.svix import SvixBackend
from local.world.svix.inputs import EndpointCreate, read
from tests.engine.live import read_instance, requests, writes
from tests.engine.test_interrupted import restrict, webhook_alone
from tests.kept import starts_from
from tests.sendero import EVENTS

pytestmark = pytest.mark.engine

TYPED = "https://Hooks.Sendero.Example:443"
KEPT = "https://hooks.sendero.example/"


def svix(world: World) -> SvixClient:
    key = SecretStr(read_instance(world).secret_key)
    with BackendClient(key=key, base_url=world.urls.clerk) as backend:
        return SvixClient.from_link(backend.svix_url(), base_url=world.urls.svix)


def test_a_url_in_another_form_than_svix_keeps_makes_one_endpoint(
    project: Project, world: World
) -> None:
    restrict(project, "webhook")
    project.set("webhook.url", TYPED)

    project.up()
    (made,) = read_instance(world).endpoints
    project.up()
    world.clear_journal()
    project.up()
    assert requests(world) == []
    project.up("--refresh")

    assert writes(world, "svix") == []
    assert read_instance(world).endpoints == [made]
    assert made.url == KEPT
    assert project.clerkstack("drift").returncode == 0


def test_whatever_the_read_back_says_no_second_endpoint_is_made(
    project: Project, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    restrict(project, "webhook")
    make = SvixBackend.create_endpoint

    def elsewhere(self: SvixBackend, app: Any, body: Any) -> Any:
        endpoint = make(self, app, body)
        endpoint.url += "/elsewhere"
        return endpoint

    monkeypatch.setattr(SvixBackend, "create_endpoint", elsewhere)
    patch = SvixBackend.patch_endpoint

    def unchanged(self: SvixBackend, app: Any, id_or_uid: str, body: Any) -> Any:
        url = self.endpoint(app, id_or_uid).url
        endpoint = patch(self, app, id_or_uid, body)
        endpoint.url = url
        return endpoint

    monkeypatch.setattr(SvixBackend, "patch_endpoint", unchanged)

    printed = [project.up(check=False) for _ in range(3)]

    assert all("does not show it as declared: url:" in each for each in printed), printed
    (made,) = read_instance(world).endpoints
    assert f"Compare {made.id}" in printed[2]
    project.set("webhook.url", made.url)
    project.up()
    assert read_instance(world).endpoints == [made]
    project.destroy()
    assert world.svix.apps() == {}


def test_an_event_that_svix_does_not_offer_is_refused_before_any_write(
    project: Project, world: World
) -> None:
    world.svix.create_app(world.clerk.instance(seeded.APPLICATION_ID, "development").id)
    project.set("webhook.events", ["user.created", "apiKey.created", "userr.creatted"])
    world.clear_journal()

    ran = project.pulumi("up", "--yes", "--stack", project.stack, check=False)

    printed = " ".join((ran.stdout + ran.stderr).split())
    assert ran.returncode != 0
    assert (
        "clerkstack:webhook.events names apiKey.created, userr.creatted, and Svix does not "
        "offer these event types for this instance. The webhook endpoint was not written. "
        "Remove it from clerkstack:webhook.events. Did you mean user.created for "
        "userr.creatted?"
    ) in printed, ran.stdout
    # Clerk gives the link to Svix, and Svix a token for it.
    assert writes(world) == []


def test_without_a_svix_app_an_event_that_clerk_does_not_document_is_refused(
    project: Project, world: World
) -> None:
    project.set("webhook.events", ["user.created", "user.invented"])
    world.clear_journal()

    printed = " ".join(project.preview(check=False).split())

    assert "clerkstack:webhook.events names user.invented, and Clerk does not" in printed
    assert writes(world) == []


def test_a_default_event_that_svix_does_not_offer_is_left_out_until_it_does(
    project: Project, world: World
) -> None:
    restrict(project, "webhook")

    printed = " ".join(project.up().split())
    drift = project.clerkstack("drift")
    refreshed = project.preview("--refresh")
    world.svix.offer("apiKey.created")
    later = project.clerkstack("drift")
    project.up("--refresh")

    assert "Svix does not offer apiKey.created for this instance: the webhook endpoint" in printed
    assert drift.returncode == 0, drift.stdout
    assert "unchanged" in refreshed
    assert "to update" not in refreshed
    assert "apiKey.created" in later.stdout
    (endpoint,) = read_instance(world).endpoints
    assert set(endpoint.event_types or ()) == {*EVENTS, "apiKey.created"}


@starts_from(webhook_alone)
def test_an_endpoint_that_had_all_events_gets_them_back(project: Project, world: World) -> None:
    project.destroy()
    world.svix.create_app(world.clerk.instance(seeded.APPLICATION_ID, "development").id)
    url = "https://preview.sendero.example/api/webhooks/clerk"
    (app,) = world.svix.apps().values()
    world.svix.create_endpoint(app, read(EndpointCreate, {"url": url, "description": "Theirs"}))
    before = read_instance(world).endpoints

    project.up()
    (during,) = read_instance(world).endpoints
    project.destroy()

    assert set(during.event_types or ()) == EVENTS
    assert read_instance(world).endpoints == before
    assert before[0].event_types is None


@starts_from(webhook_alone)
def test_an_endpoint_that_a_person_gave_all_events_is_brought_back(
    project: Project, world: World
) -> None:
    (there,) = read_instance(world).endpoints
    with svix(world) as client:
        client.update_endpoint(there.id, event_types=())
    assert read_instance(world).endpoints[0].event_types is None

    project.up("--refresh")

    assert set(read_instance(world).endpoints[0].event_types or ()) == EVENTS
