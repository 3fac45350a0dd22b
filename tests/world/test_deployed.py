"""The example app as the deployment of the world, and the app itself: webhook, MCP, gates."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from svix.webhooks import Webhook

from local.world import World, seed
from tests.smoke.deployment import Deployment, deployment, write_variable

MESSAGE = '{"type":"organization.created","data":{"id":"%s"}}'


@pytest.fixture(scope="module")
def there() -> Iterator[Deployment]:
    with deployment() as made:
        yield made


@pytest.fixture
def app(there: Deployment) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=there.app.address, trust_env=False) as client:
        yield client


@pytest.fixture
def backend(there: Deployment) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {there.instance.secret}"}
    with httpx.Client(base_url=f"{there.world.urls.clerk}/v1", headers=headers) as client:
        yield client


@pytest.fixture
def organization(there: Deployment, backend: httpx.Client) -> str:
    """An organization, its sandbox key minted."""
    name = f"Acme {time.monotonic_ns()}"
    made: str = backend.post("/organizations", json={"name": name}).json()["id"]
    there.world.svix.deliveries.settle()
    return made


def signing_secret(there: Deployment) -> str:
    app = next(iter(there.world.svix.apps().values()))
    return next(iter(app.endpoints.values())).secret


def signed(there: Deployment, message: str, message_id: str = "msg_1") -> dict[str, str]:
    import datetime

    now = datetime.datetime.now(datetime.UTC)
    return {
        "svix-id": message_id,
        "svix-timestamp": str(int(now.timestamp())),
        "svix-signature": Webhook(signing_secret(there)).sign(message_id, now, message),
    }


def fingerprints(client: httpx.Client) -> dict[str, Any]:
    health: dict[str, Any] = client.get("/api/health").json()
    return health


def test_the_app_says_which_secrets_it_has_and_not_what_they_are(
    there: Deployment, app: httpx.Client
) -> None:
    health = app.get("/api/health")

    assert health.json()["deployment"] == there.app.deployment
    assert set(health.json()["fingerprints"]) == {"CLERK_SECRET_KEY", "CLERK_WEBHOOK_SECRET"}
    assert there.instance.secret not in health.text
    assert signing_secret(there) not in health.text


def test_a_redeploy_takes_over_without_a_refused_request(
    there: Deployment, app: httpx.Client
) -> None:
    before = fingerprints(app)
    statuses: list[int] = []
    ended = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=there.app.address, trust_env=False) as client:
            while not ended.is_set():
                statuses.append(client.get("/api/health").status_code)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    old = signing_secret(there)
    there.redeploy(CLERK_WEBHOOK_SECRET="whsec_" + "B" * 32)
    there.app.look_again()  # the previous one was drained, and is gone
    ended.set()
    for asker in askers:
        asker.join()
    after = fingerprints(app)
    there.redeploy(CLERK_WEBHOOK_SECRET=old)

    assert set(statuses) == {200}
    assert len(statuses) > 10
    assert after["deployment"] != before["deployment"]
    named = "CLERK_WEBHOOK_SECRET"
    assert after["fingerprints"][named] != before["fingerprints"][named]
    assert fingerprints(app)["fingerprints"] == before["fingerprints"]


def test_a_variable_takes_effect_with_the_next_build(there: Deployment, app: httpx.Client) -> None:
    before = fingerprints(app)
    old = signing_secret(there)

    write_variable(there.world, "CLERK_WEBHOOK_SECRET", "whsec_" + "C" * 32)
    there.app.look_again()

    assert fingerprints(app) == before
    write_variable(there.world, "CLERK_WEBHOOK_SECRET", old)


def test_a_deployment_that_does_not_start_leaves_the_one_before(
    there: Deployment, app: httpx.Client
) -> None:
    before = fingerprints(app)
    project = there.world.vercel.projects[seed.VERCEL_PROJECT_ID]
    held = next(
        variable
        for variable in project.variables.values()
        if variable.key == "CLERK_WEBHOOK_SECRET"
    )
    there.world.vercel.delete_variable(project, held.id)

    there.world.vercel.add_deployment(project.id, "preview")
    with pytest.raises(TimeoutError, match="not set for this deployment: CLERK_WEBHOOK_SECRET"):
        there.app.settle()

    assert fingerprints(app) == before
    there.redeploy(CLERK_WEBHOOK_SECRET=signing_secret(there))


def test_values_are_kept_beside_the_state(there: Deployment) -> None:
    state = str(there.world.vercel.dump())

    assert there.instance.secret not in state
    assert signing_secret(there) not in state


def test_values_outlive_the_world_in_a_file_of_its_owner(tmp_path: Path) -> None:
    with World(tmp_path, proxy=False) as world:
        write_variable(world, "SECRET", "hush-hush")
        deployment_ = world.vercel.add_deployment(seed.VERCEL_PROJECT_ID, "preview")
    with World(tmp_path, proxy=False) as world:
        kept = world.vercel.deployments[deployment_.id].environment
        values = world.vercel.vault.opened(kept)
    file = tmp_path / "values.json"
    file.unlink()

    with World(tmp_path, proxy=False) as world:
        with pytest.raises(LookupError, match="the values of SECRET are not known"):
            world.vercel.vault.opened(kept)
        write_variable(world, "OTHER", "x")

    assert values == {"SECRET": "hush-hush"}
    assert file.stat().st_mode & 0o077 == 0
    assert "hush-hush" not in (tmp_path / "world.json").read_text()


def test_the_control_api_runs_it_once(there: Deployment) -> None:
    control = there.world.urls.control

    first = httpx.post(f"{control}/app", json={"target": "preview"})
    wrong = httpx.post(f"{control}/app", json={"host": "a.example"})
    nobody = httpx.post(f"{control}/app", json={"target": "staging"}, timeout=180)
    elsewhere = httpx.post(f"{control}/app", json={"target": "preview", "project": "prj_x"})

    deployment_ = {"address": there.app.address, "deployment": there.app.deployment}
    assert first.json() == deployment_
    assert wrong.status_code == 400
    assert (nobody.status_code, nobody.json()["error"]) == (400, "there is no target staging")
    assert (elsewhere.status_code, elsewhere.json()["error"]) == (400, "there is no project prj_x")


# -- the app --------------------------------------------------------------------------------------


def test_an_unsigned_webhook_is_refused(there: Deployment, app: httpx.Client) -> None:
    message = MESSAGE % "org_x"
    other = {**signed(there, message), "svix-signature": "v1,AAAA"}

    unsigned = app.post("/api/webhooks/clerk", content=message)
    wrong = app.post("/api/webhooks/clerk", content=message, headers=other)
    changed = app.post("/api/webhooks/clerk", content="{}", headers=signed(there, message))
    right = app.post(
        "/api/webhooks/clerk", content='{"type":"a"}', headers=signed(there, '{"type":"a"}')
    )

    assert [each.status_code for each in (unsigned, wrong, changed)] == [400, 400, 400]
    assert right.status_code == 200


def test_a_webhook_that_comes_again_and_at_once_mints_one_key(
    there: Deployment, app: httpx.Client, backend: httpx.Client, organization: str
) -> None:
    message = MESSAGE % organization
    for key in backend.get("/api_keys", params={"subject": organization}).json()["data"]:
        backend.delete(f"/api_keys/{key['id']}")
    statuses: list[int] = []

    def deliver() -> None:
        answer = httpx.post(
            f"{there.app.address}/api/webhooks/clerk",
            content=message,
            headers=signed(there, message),
            trust_env=False,
        )
        statuses.append(answer.status_code)

    senders = [threading.Thread(target=deliver) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    deliver()

    keys = backend.get("/api_keys", params={"subject": organization}).json()["data"]
    assert statuses == [200] * 5
    assert [each["claims"] for each in keys] == [{"type": "sandbox"}]


def test_mcp_refuses_what_it_does_not_have(
    app: httpx.Client, backend: httpx.Client, organization: str
) -> None:
    form = {"name": "Key", "subject": organization}
    key = backend.post("/api_keys", json=form).json()["secret"]
    headers = {"Authorization": f"Bearer {key}"}

    def ask(method: str, **params: Any) -> httpx.Response:
        body = {"jsonrpc": "2.0", "id": "a", "method": method, "params": params}
        return app.post("/api/mcp", json=body, headers=headers)

    called = ask("tools/call", name="workspace", arguments={}).json()

    assert called["result"]["structuredContent"]["organizationId"] == organization
    assert ask("tools/call", name="other").json()["error"]["code"] == -32602
    assert ask("resources/list").json()["error"]["code"] == -32601
    assert app.post("/api/mcp", content="{", headers=headers).json()["error"]["code"] == -32700
    assert app.get("/api/mcp", headers=headers).status_code == 405
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert app.post("/api/mcp", json=notification, headers=headers).status_code == 202
    for wrong in ({}, {"Authorization": "Bearer ak_wrong"}, {"Authorization": "Bearer x"}):
        answer = app.post("/api/mcp", json={}, headers=wrong)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_session_token_opens_mcp_and_the_gates_by_plan(
    there: Deployment, app: httpx.Client, backend: httpx.Client
) -> None:
    form = {"email_address": ["ann@sendero.example"], "skip_password_requirement": True}
    user = backend.post("/users", json=form).json()["id"]
    form = {"name": f"Beta {time.monotonic_ns()}", "created_by": user}
    acme = backend.post("/organizations", json=form).json()["id"]
    session = backend.post("/sessions", json={"user_id": user}).json()["id"]

    def statuses() -> list[int]:
        token = backend.post(f"/sessions/{session}/tokens").json()["jwt"]
        headers = {"Authorization": f"Bearer {token}"}
        paths = ("/api/audit-log", "/api/priority-support")
        return [app.get(path, headers=headers).status_code for path in paths]

    assert statuses() == [200, 403]
    there.world.dashboard(
        "subscribe_organization", environment="development", plan="pro", organization=acme
    )
    assert statuses() == [200, 200]
    assert app.get("/api/audit-log").status_code == 401
    assert app.get("/nowhere").status_code == 404
