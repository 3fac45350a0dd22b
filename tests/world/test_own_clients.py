"""The project's own Svix and Vercel clients against the emulators."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from clerkstack.clients import svix, vercel
from clerkstack.clients.svix import SvixClient
from clerkstack.clients.vercel import VercelClient
from local.world.svix import SvixBackend, SvixService
from local.world.vercel import VercelService
from local.world.vercel.models import digest
from tests.world.serving import serving

TOKEN = "localVercelToken00000000001"
URL = "https://sendero.example.com/api/webhooks/clerk"


def test_the_svix_client_runs_an_endpoints_whole_life() -> None:
    backend = SvixBackend()
    backend.create_app("ins_development")

    with (
        serving(SvixService(backend)) as url,
        SvixClient.from_link(backend.link("ins_development"), base_url=url) as client,
    ):
        made = client.create_endpoint(url=URL, event_types=["user.created"], description="ours")
        changed = client.update_endpoint(made.id, event_types=["user.created", "user.deleted"])
        old = client.signing_secret(made.id)
        client.rotate_signing_secret(made.id, overlap_seconds=3600)
        new = client.signing_secret(made.id)
        listed = client.list_endpoints()
        client.delete_endpoint(made.id)
        left = client.list_endpoints()

    assert set(changed.event_types or ()) == {"user.created", "user.deleted"}
    assert listed == [changed]
    assert old.get_secret_value() != new.get_secret_value()
    assert left == []


def test_the_vercel_client_lists_every_variable_and_redeploys() -> None:
    service = VercelService()
    backend = service.backend
    backend.add_token(TOKEN, teams=["team_a"])
    backend.add_team("team_a", "a-team")
    project = backend.add_project("prj_a", "sendero", team_id="team_a")
    earlier = backend.add_deployment(project.id, "production")
    for number in range(300):
        body = {"key": f"K{number}", "value": "one", "type": "sensitive", "target": ["production"]}
        backend.create_variable(project, body)

    with (
        serving(service) as url,
        VercelClient(token=SecretStr(TOKEN), base_url=url, team_id="team_a") as client,
    ):
        listed = client.list_variables("prj_a")
        found = client.latest_deployment("prj_a", "production")
        assert found is not None
        made = client.redeploy(found, "production")
        states = [client.deployment(made.id).state for _ in range(3)]

    assert len({variable.id for variable in listed}) == 300
    assert found.id == earlier.id
    assert states == ["QUEUED", "BUILDING", "READY"]
    assert backend.deployments[made.id].environment["K299"] == digest("one")


def test_the_vercel_client_finds_what_a_team_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vercel, "PAGE", 2)
    service = VercelService()
    backend = service.backend
    backend.lists_decrypted = False
    backend.add_token(TOKEN, teams=["team_a"])
    backend.add_team("team_a", "a-team")
    for name in ("web", "api", "docs"):
        backend.add_project(f"prj_{name}", name, team_id="team_a")
    staging = backend.add_custom_environment("prj_web", "staging")
    body = {"key": "K", "value": "one", "type": "encrypted", "target": ["production"]}
    made = backend.create_variable(backend.projects["prj_web"], body)
    shared = backend.add_shared("team_a", body, projects=["prj_web"]).variable
    deployed = {
        "staging": backend.add_deployment("prj_web", "staging"),
        "preview": backend.add_deployment("prj_web", "preview", branch="x"),
    }
    backend.add_deployment("prj_web", "preview")

    with (
        serving(service) as url,
        VercelClient(token=SecretStr(TOKEN), base_url=url, team_id="team_a") as client,
        VercelClient(token=SecretStr(TOKEN), base_url=url) as alone,
    ):
        names = [project.name for project in client.list_projects()]
        (listed,) = client.list_variables("prj_web", decrypt=True)
        one = client.get_variable("prj_web", made.id).readable_value
        (among,) = client.list_shared_variables()
        read = client.get_shared_variable(shared.id).readable_value
        environments = client.custom_environments("prj_web")
        found = {
            "staging": client.latest_deployment("prj_web", "staging"),
            "preview": client.latest_deployment("prj_web", "preview", branch="x"),
        }
        again = {name: client.redeploy(each, name) for name, each in found.items() if each}
        nothing = alone.list_shared_variables()

    assert names == ["docs", "api", "web"]
    assert listed.readable_value is None
    assert one == read == SecretStr("one")
    assert (among.project_ids, among.target) == (("prj_web",), ("production",))
    assert [(environment.id, environment.slug) for environment in environments] == [
        (staging, "staging")
    ]
    for name, each in deployed.items():
        assert found[name].id == each.id  # type: ignore[union-attr]
        assert backend.deployments[again[name].id].target == name
    assert nothing == []


def test_the_svix_client_reads_the_newest_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svix, "PAGE", 2)
    monkeypatch.setattr(svix, "ATTEMPTS", 4)
    backend = SvixBackend()
    app_id = backend.create_app("ins_development")

    with (
        serving(SvixService(backend)) as url,
        SvixClient.from_link(backend.link("ins_development"), base_url=url) as client,
    ):
        endpoint = client.create_endpoint(url=URL, event_types=["user.created"]).id
        sent = [backend.deliveries.deliver(app_id, "user.created", {}) for _ in range(7)]
        backend.deliveries.settle()
        now = datetime.now(UTC)
        window = {"since": now - timedelta(days=1), "until": now + timedelta(hours=1)}
        found = client.recent_attempts(endpoint, **window)

    assert [attempt.msg.id for attempt in found if attempt.msg] == sent[:2:-1]
