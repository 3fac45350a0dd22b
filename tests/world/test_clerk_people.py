"""Users, organizations, keys and sessions of the emulated Clerk: what tokens and events say."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import jwt
import pytest

from local.world import World, seed
from local.world.clerk.models import Instance
from local.world.clerk.organizations import create_permission, find_role
from local.world.clerk.subscriptions import subscribe_payer
from local.world.svix.inputs import EndpointCreate, read
from tests.descriptions import FOLDER, plain, without_descriptions

ADDRESS = "jo+clerk_test@sendero.example"
CONFIG = {
    "organization_settings": {"enabled": True},
    "billing": {
        "organization_enabled": True,
        "features": {"audit": {"name": "Audit"}, "sso": {"name": "SSO"}},
        "plans": {
            "pro": {
                "name": "Pro",
                "payer_type": "org",
                "amount": 6000,
                "features": ["audit", "sso"],
            }
        },
    },
}


@pytest.fixture
def world() -> Iterator[World]:
    with World(proxy=False) as started:
        instance = started.clerk.instance(seed.APPLICATION_ID, "development")
        started.clerk.write_config(instance, CONFIG)
        yield started


@pytest.fixture
def visitor(world: World, instance: Instance) -> Iterator[httpx.Client]:
    """A user of the Frontend API, who keeps the client's token as a native app does."""

    def keep(response: httpx.Response) -> None:
        if "authorization" in response.headers:
            client.headers["Authorization"] = response.headers["authorization"]

    with httpx.Client(
        base_url=f"{world.urls.frontend}/v1",
        headers={"Host": instance.host},
        params={"_is_native": "1"},
        event_hooks={"response": [keep]},
    ) as client:
        yield client


def made(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    body: dict[str, Any] = answer.json()
    return body


def user(backend: httpx.Client, address: str = ADDRESS) -> dict[str, Any]:
    form = {"email_address": [address], "skip_password_requirement": True}
    return made(backend.post("/users", json=form))


def claims_of(backend: httpx.Client, token: str) -> dict[str, Any]:
    """Verify a token with the published key, as any backend does."""
    key = jwt.PyJWK(made(backend.get("/jwks"))["keys"][0])
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"])
    return claims


def test_a_token_names_the_organization_its_plan_and_the_features(
    backend: httpx.Client, instance: Instance
) -> None:
    jo = user(backend)
    acme = made(backend.post("/organizations", json={"name": "Acme", "created_by": jo["id"]}))
    session = made(backend.post("/sessions", json={"user_id": jo["id"]}))
    tokens = f"/sessions/{session['id']}/tokens"

    free = claims_of(backend, made(backend.post(tokens))["jwt"])
    subscribe_payer(instance, "pro", acme["id"], 0)
    paid = claims_of(backend, made(backend.post(tokens))["jwt"])

    assert (free["v"], free["sub"], free["sid"]) == (2, jo["id"], session["id"])
    assert free["iss"] == f"https://{instance.host}"
    assert free["o"] == {"id": acme["id"], "slg": "acme", "rol": "admin"}
    assert (free["pla"], "fea" in free) == ("o:free_org", False)
    assert (paid["pla"], paid["fea"]) == ("o:pro", "o:audit,o:sso")


def test_own_permissions_of_features_that_the_plan_has_are_in_the_token(
    backend: httpx.Client, instance: Instance
) -> None:
    made_ = [
        create_permission(instance, {"key": key, "name": key}, 0)
        for key in ("org:sso:read", "org:sso:manage", "org:audit:read", "org:invoices:read")
    ]
    admin = next(role for role in instance.roles.values() if role.key == "org:admin")
    find_role(instance, admin.id).permissions += [each.id for each in made_]
    jo = user(backend)
    acme = made(backend.post("/organizations", json={"name": "Acme", "created_by": jo["id"]}))
    subscribe_payer(instance, "pro", acme["id"], 0)
    session = made(backend.post("/sessions", json={"user_id": jo["id"]}))

    token = made(backend.post(f"/sessions/{session['id']}/tokens"))["jwt"]

    claims = claims_of(backend, token)
    # Features in order: audit has read, sso has manage and read.
    assert (claims["fea"], claims["o"]["per"], claims["o"]["fpm"]) == (
        "o:audit,o:sso",
        "manage,read",
        "2,3",
    )


def test_a_visitor_signs_up_with_the_test_code_and_signs_in_with_a_ticket(
    backend: httpx.Client, visitor: httpx.Client
) -> None:
    form = {"email_address": ADDRESS, "password": "a long one"}
    started = made(visitor.post("/client/sign_ups", data=form))["response"]
    path = f"/client/sign_ups/{started['id']}"
    made(visitor.post(f"{path}/prepare_verification", data={"strategy": "email_code"}))
    wrong = visitor.post(
        f"{path}/attempt_verification", data={"strategy": "email_code", "code": "111111"}
    )
    done = made(
        visitor.post(
            f"{path}/attempt_verification", data={"strategy": "email_code", "code": "424242"}
        )
    )["response"]
    ticket = made(backend.post("/sign_in_tokens", json={"user_id": done["created_user_id"]}))
    again = {"strategy": "ticket", "ticket": ticket["token"]}
    signed_in = made(visitor.post("/client/sign_ins", data=again))["response"]
    used = visitor.post("/client/sign_ins", data=again)
    client = made(visitor.get("/client"))["response"]

    assert (started["status"], done["status"]) == ("missing_requirements", "complete")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "form_code_incorrect")
    assert used.status_code == 400
    assert client["last_active_session_id"] == signed_in["created_session_id"]
    assert len(client["sessions"]) == 2


def test_a_real_address_has_another_code(visitor: httpx.Client) -> None:
    form = {"email_address": "jo@sendero.example", "password": "a long one"}
    started = made(visitor.post("/client/sign_ups", data=form))["response"]
    path = f"/client/sign_ups/{started['id']}"
    made(visitor.post(f"{path}/prepare_verification", data={"strategy": "email_code"}))

    code = {"strategy": "email_code", "code": "424242"}
    answer = visitor.post(f"{path}/attempt_verification", data=code)

    assert answer.status_code == 422


def test_the_active_organization_is_switched_and_left(
    backend: httpx.Client, visitor: httpx.Client
) -> None:
    jo = user(backend)
    first = made(backend.post("/organizations", json={"name": "A", "created_by": jo["id"]}))
    made(backend.post("/organizations", json={"name": "B", "created_by": jo["id"]}))
    ticket = made(backend.post("/sign_in_tokens", json={"user_id": jo["id"]}))["token"]
    form = {"strategy": "ticket", "ticket": ticket}
    session = made(visitor.post("/client/sign_ins", data=form))["response"]["created_session_id"]
    path = f"/client/sessions/{session}"

    def active(**fields: str) -> str | None:
        token = made(visitor.post(f"{path}/tokens", data=fields))["jwt"]
        organization: dict[str, str] = claims_of(backend, token).get("o", {})
        return organization.get("slg")

    assert active() == "b"
    assert active(organization_id=first["id"]) == "a"
    made(visitor.post(f"{path}/touch", data={"active_organization_id": "b"}))
    assert active() == "b"
    assert active(organization_id="") is None
    assert visitor.post(f"{path}/tokens", data={"organization_id": "org_x"}).status_code == 404


def test_nobody_has_the_session_of_another(
    backend: httpx.Client, world: World, instance: Instance, visitor: httpx.Client
) -> None:
    jo = user(backend)
    ticket = made(backend.post("/sign_in_tokens", json={"user_id": jo["id"]}))["token"]
    form = {"strategy": "ticket", "ticket": ticket}
    session = made(visitor.post("/client/sign_ins", data=form))["response"]["created_session_id"]

    path = f"{world.urls.frontend}/v1/client/sessions/{session}/tokens"
    stranger = httpx.post(path, headers={"Host": instance.host})

    assert stranger.status_code == 401


def test_users_are_found_counted_and_removed_with_all_they_had(
    backend: httpx.Client, instance: Instance
) -> None:
    jo, ann = user(backend), user(backend, "ann@sendero.example")
    acme = made(backend.post("/organizations", json={"name": "Acme", "created_by": jo["id"]}))
    session = made(backend.post("/sessions", json={"user_id": jo["id"]}))
    key = {"name": "Nightly", "subject": acme["id"]}
    made(backend.post("/api_keys", json=key))

    found = backend.get("/users", params={"email_address_query": "+CLERK_test"}).json()
    counted = backend.get("/users/count", params={"query": "sendero"}).json()
    members = backend.get("/users", params={"organization_id": acme["id"]}).json()
    made(backend.delete(f"/users/{jo['id']}"))
    made(backend.delete(f"/organizations/{acme['id']}"))

    assert [each["id"] for each in found] == [member["id"] for member in members] == [jo["id"]]
    assert counted["total_count"] == 2
    assert [each["id"] for each in backend.get("/users").json()] == [ann["id"]]
    assert backend.post(f"/sessions/{session['id']}/tokens").status_code == 404
    assert [api_key["revoked"] for api_key in instance.people.api_keys.values()] == [True]
    assert instance.people.memberships == {}


def test_a_key_is_shown_once_and_kept_as_its_digest(
    backend: httpx.Client, world: World, instance: Instance
) -> None:
    jo = user(backend)
    acme = made(backend.post("/organizations", json={"name": "Acme", "created_by": jo["id"]}))
    form = {"name": "Nightly", "subject": acme["id"], "claims": {"type": "sandbox"}}
    minted = made(backend.post("/api_keys", json=form))
    secret = {"secret": minted["secret"]}

    verified = made(backend.post("/api_keys/verify", json=secret))
    revoked = made(backend.post(f"/api_keys/{minted['id']}/revoke", json={}))
    after = backend.post("/api_keys/verify", json=secret)
    listed = made(backend.get("/api_keys", params={"subject": acme["id"]}))
    everything = made(
        backend.get("/api_keys", params={"subject": acme["id"], "include_invalid": "true"})
    )

    assert (verified["id"], verified["claims"]) == (minted["id"], {"type": "sandbox"})
    assert revoked["revoked"] is True
    assert (after.status_code, after.json()["errors"][0]["code"]) == (400, "api_key_revoked")
    assert (listed["total_count"], everything["total_count"]) == (0, 1)
    assert minted["secret"] not in str(world.clerk.dump())


def test_organization_keys_need_their_switch(
    backend: httpx.Client, world: World, instance: Instance
) -> None:
    jo = user(backend)
    acme = made(backend.post("/organizations", json={"name": "Acme", "created_by": jo["id"]}))
    switches = {"environment": "development", "organizations": False, "users": True}
    world.dashboard("set_api_keys", **switches)

    for_organization = backend.post("/api_keys", json={"name": "Key", "subject": acme["id"]})
    for_user = backend.post("/api_keys", json={"name": "Key", "subject": jo["id"]})

    assert for_organization.json()["errors"][0]["code"] == "api_keys_not_enabled"
    assert for_user.is_success


def test_the_state_outlives_the_world(world: World, backend: httpx.Client) -> None:
    jo = user(backend)
    session = made(backend.post("/sessions", json={"user_id": jo["id"]}))
    before = made(backend.get("/jwks"))

    world.clerk.load(copy.deepcopy(world.clerk.dump()))

    assert made(backend.get("/jwks")) == before
    assert made(backend.get(f"/sessions/{session['id']}"))["user_id"] == jo["id"]


@pytest.mark.contract
def test_events_are_as_the_description_of_the_webhooks_has_them(
    world: World, backend: httpx.Client, instance: Instance
) -> None:
    import yaml

    file = FOLDER / "clerk-webhooks-2025-04-15.yml"
    if not file.is_file():
        without_descriptions()
    document = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
    app_id = world.svix.create_app(instance.id)
    app = world.svix.apps()[app_id]
    world.svix.offer("apiKey.created")
    world.svix.create_endpoint(app, read(EndpointCreate, {"url": "https://sendero.example/hook"}))

    jo = user(backend)
    acme = made(backend.post("/organizations", json={"name": "Acme", "created_by": jo["id"]}))
    made(backend.post("/api_keys", json={"name": "Key", "subject": acme["id"]}))
    made(backend.post("/sessions", json={"user_id": jo["id"]}))
    made(backend.delete(f"/organizations/{acme['id']}"))
    made(backend.delete(f"/users/{jo['id']}"))

    told = {message.event_type: message.payload for message in app.sent.messages.values()}
    assert list(told) == [
        "user.created",
        "organization.created",
        "organizationMembership.created",
        "apiKey.created",
        "session.created",
        "organizationMembership.deleted",
        "organization.deleted",
        "user.deleted",
    ]
    assert "secret" not in told["apiKey.created"]["data"]
    assert told["organization.created"]["data"]["id"] == acme["id"]
    components = plain(document["components"])
    for kind, payload in told.items():
        assert payload["type"] == kind
        if kind == "apiKey.created":
            continue  # no description has it
        if kind == "session.created":
            # Nothing can meet its description: a session without further fields, plus a user.
            assert payload["data"]["user"] == told["user.created"]["data"] | {
                name: payload["data"]["user"][name]
                for name in ("last_sign_in_at", "last_active_at")
            }
            continue
        body = document["x-webhooks"][kind]["post"]["requestBody"]
        schema = plain(body["content"]["application/json"]["schema"])
        jsonschema.Draft202012Validator({**schema, "components": components}).validate(payload)
    world.svix.deliveries.settle()
