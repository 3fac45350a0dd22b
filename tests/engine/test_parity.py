"""`clerkstack parity` finds exactly what a clone lacks and what has changed since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.platform import PlatformClient
from clerkstack.clients.svix import SvixClient
from local.project import TOP, Project, production_settings_on, settings_on
from local.world import World
from local.world import seed as seeded
from tests.deployments import both, development
from tests.engine.by_hand import by_hand, hurry
from tests.engine.live import read_instance, requests
from tests.kept import starts_from

pytestmark = pytest.mark.engine

WORDS = ("parity", "--from", "local", "--to", "prod")
OAUTH_SECRET = "google-secret-1234567"
SIGNING_KEY = "signing-key-of-tests"
# Of each instance: config, roles, role sets, permissions, connections, environment, link, token,
# endpoints, templates, redirect URLs, domains. One more for the application.
REQUESTS = 2 * 12 + 1


def found(project: Project, *words: str) -> dict[tuple[str, str], tuple[Any, Any, str]]:
    """Return the differences as {(subject, field): (expected, found, how)}."""
    ran = project.own_command(*WORDS, "--json", *words)
    assert ran.returncode in (0, 1), ran.stderr
    document = json.loads(ran.stdout)
    assert ran.returncode == (1 if document["findings"] or document["unread"] else 0)
    rows = document["findings"]
    seen = {(row["subject"], row["field"]): row for row in rows}
    assert len(seen) == len(rows)
    return {
        key: (each["expected"], each["found"], each["message"].split()[0])
        for key, each in seen.items()
    }


def ask(world: World, path: str, body: Mapping[str, Any], environment: str = "development") -> None:
    """Make something through the Backend API, as a program of the company would."""
    key = read_instance(world, environment).secret_key
    answer = httpx.post(
        f"{world.urls.clerk}/v1{path}", json=body, headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.is_success, answer.text


def make_role(world: World) -> None:
    key = SecretStr(read_instance(world).secret_key)
    with BackendClient(key=key, base_url=world.urls.clerk) as backend:
        made = backend.create_permission(key="org:invoices:read", name="Read invoices")
        auditor = {"key": "org:auditor", "name": "Auditor", "permissions": [made.id]}
        backend.create_role(**auditor, in_initial_role_set=True)
        finance = next(role for role in backend.list_roles() if role.key == "org:finance")
        held = [permission.id for permission in finance.permissions]
        backend.update_role(finance.id, permissions=[*held, made.id])
        with SvixClient.from_link(backend.svix_url(), base_url=world.urls.svix) as svix:
            svix.create_endpoint(
                url="https://hooks.example/audit?key=1", event_types=["user.created"]
            )
            (own,) = (endpoint for endpoint in svix.list_endpoints() if "clerk" in endpoint.url)
            svix.update_endpoint(own.id, event_types=[*(own.event_types or ()), "user.deleted"])


def edit_development(world: World) -> None:
    """Change one thing of every kind on the development instance."""
    included = read_instance(world).config["billing"]["plans"]["pro"]["features"]
    attached = ["beta", *(each for each in included if each != "custom_webhooks")]
    by_hand(
        world,
        organization_settings={"max_allowed_memberships": 50},
        billing={
            "free_trial_requires_payment_method": True,
            "features": {"beta": {"name": "Beta"}},
            "plans": {
                "pro": {"amount": 7000, "features": attached},
                "team": {"name": "Team", "payer_type": "org", "amount": 100},
            },
        },
        connection_oauth_google={
            "enabled": True,
            "client_id": "123-abc.apps.googleusercontent.com",
            "client_secret": OAUTH_SECRET,
        },
        connection_oauth_github={"enabled": True},
        paths={
            "home": "/start",
            "sign_in": "/sign-in",
        },
        session={"claims": {"org": {"tier": "{{org.public_metadata.tier}}"}}},
        auth_password={"min_length": 12},
    )
    world.dashboard("set_api_keys", environment="development", organizations=True, users=True)
    make_role(world)
    ask(
        world,
        "/jwt_templates",
        {
            "name": "hasura",
            "claims": {"role": "user"},
            "custom_signing_key": True,
            "signing_algorithm": "HS256",
            "signing_key": SIGNING_KEY,
        },
    )
    ask(world, "/redirect_urls", {"url": "sendero://callback"})
    ask(
        world,
        "/enterprise_connections",
        {"name": "Acme", "provider": "saml_okta", "domains": ["acme.com"]},
    )


def without_shared_google(world: World) -> None:
    """Switch off what a new development instance has on with Clerk's shared credentials."""
    by_hand(world, connection_oauth_google={"enabled": False, "block_email_subaddresses": False})


MISSING = ("there", None, "missing")
EXPECTED = {
    ("organizations", "max_allowed_memberships"): (50, 5, "differs"),
    ("billing", "free_trial_requires_payment_method"): (True, False, "differs"),
    ("plan pro", "amount"): (7000, 6000, "differs"),
    ("plan pro", "feature beta"): MISSING,
    ("plan pro", "feature custom_webhooks"): (None, "there", "only"),
    ("plan team", ""): MISSING,
    ("feature beta", ""): MISSING,
    ("OAuth google", "enabled"): (True, False, "differs"),
    ("OAuth google", "client_id"): ("set", None, "missing"),
    ("OAuth google", "client_secret"): ("set", None, "missing"),
    ("OAuth github", "enabled"): (True, False, "differs"),
    ("paths", "home"): ("/start", None, "missing"),
    ("paths", "sign_in"): ("/sign-in", None, "missing"),
    ("session token", "claims.org.tier"): ("{{org.public_metadata.tier}}", None, "missing"),
    ("session token", "lifetime"): (60, None, "missing"),
    ("session token", "allowed_clock_skew"): (5, None, "missing"),
    ("auth_password", "min_length"): (12, 15, "differs"),
    ("API keys", "Enable User API keys"): (True, False, "differs"),
    ("role org:auditor", ""): MISSING,
    ("role set default", "roles"): (
        ["org:admin", "org:auditor", "org:finance", "org:member"],
        ["org:admin", "org:finance", "org:member"],
        "differs",
    ),
    ("permission org:invoices:read", ""): MISSING,
    ("role org:finance", "permission org:invoices:read"): MISSING,
    ("webhook /audit", ""): MISSING,
    ("webhook /api/webhooks/clerk", "event user.deleted"): MISSING,
    ("JWT template hasura", ""): MISSING,
    ("redirect URL sendero://callback", ""): MISSING,
    ("SSO Acme", ""): MISSING,
}


@starts_from(both)
def test_what_was_changed_by_hand_is_found_exactly(project: Project, world: World) -> None:
    fresh = found(project)
    without_shared_google(world)
    # What both have, each at its own address, is no difference.
    ask(world, "/redirect_urls", {"url": "https://preview.sendero.example/done"})
    ask(world, "/redirect_urls", {"url": "https://sendero.example/done"}, "production")
    assert found(project) == {}

    edit_development(world)
    world.clear_journal()
    differences = found(project)
    read = requests(world)
    table = project.own_command(*WORDS)

    assert differences == EXPECTED
    assert {what for what, _ in fresh} == {"OAuth google"}
    assert len(read) == REQUESTS, read
    assert f"{REQUESTS} requests" in (TOP / "docs" / "parity.md").read_text()
    # POST reads the link to Svix and its token; nothing is written.
    assert {line.split()[2] for line in read if line.split()[1] != "GET"} == {
        "/v1/webhooks/svix_url",
        "/api/v1/auth/one-time-token",
    }
    assert table.returncode == 1
    assert f"local → prod: {len(EXPECTED)} differences." in table.stdout
    assert "missing in prod" in table.stdout
    printed = table.stdout + table.stderr + json.dumps(list(differences.items()))
    secrets = [OAUTH_SECRET, SIGNING_KEY, "123-abc.apps.googleusercontent.com", "key=1"]
    for environment in ("development", "production"):
        live = read_instance(world, environment)
        secrets += [live.secret_key, *live.signing_secrets.values()]
    for secret in secrets:
        assert secret not in printed


@starts_from(development)
def test_a_clone_before_its_first_up_lacks_what_clerk_does_not_copy(
    project: Project, world: World
) -> None:
    edit_development(world)
    project.init("prod", production_settings_on(world))
    before = found(project)
    with PlatformClient(key=SecretStr(seeded.PLATFORM_KEY), base_url=world.urls.clerk) as platform:
        (development,) = platform.get_application(seeded.APPLICATION_ID).instances
        platform.create_instance(
            seeded.APPLICATION_ID,
            domain="sendero.example",
            clone_instance_id=development.instance_id,
        )

    differences = found(project)

    assert before == {("instance of prod", ""): MISSING}
    brought = {key for key, value in EXPECTED.items() if key[0].startswith(("plan", "feature"))}
    assert differences.keys().isdisjoint(brought)
    assert {
        "webhook /api/webhooks/clerk",
        "JWT template hasura",
        "redirect URL sendero://callback",
        "SSO Acme",
        "OAuth google",
        "paths",
    } <= {what for what, _ in differences}


@starts_from(both)
def test_production_alone_has_what_development_lacks(project: Project, world: World) -> None:
    without_shared_google(world)
    # Clerk accepts no such switch; an older instance may have it.
    instance = world.clerk.instance(seeded.APPLICATION_ID, "production")
    instance.config["connection_oauth_google"]["enabled"] = True
    ask(world, "/jwt_templates", {"name": "late", "claims": {}}, "production")

    assert found(project) == {
        ("OAuth google", "enabled"): (False, True, "differs"),
        ("OAuth google", "client_id"): (None, None, "needed"),
        ("OAuth google", "client_secret"): (None, None, "needed"),
        ("JWT template late", ""): (None, "there", "only"),
    }


@starts_from(both)
def test_what_a_plan_does_not_include_is_reported_and_can_be_left_out(
    project: Project, world: World
) -> None:
    without_shared_google(world)
    refusing = {"kind": "status", "service": "clerk", "path": "enterprise_connections$"}
    world.fault(status=402, times=2, **refusing)
    told = project.own_command(*WORDS)
    left_out = project.own_command(*WORDS, "--without", "sso")
    world.fault(status=403, times=1, **refusing)
    failing = project.own_command(*WORDS)

    assert told.returncode == 1, told.stderr
    assert "could not be read: sso of prod (ListEnterpriseConnections: 402" in told.stdout
    assert "no difference in what was compared" in told.stdout
    assert (left_out.returncode, left_out.stdout) == (0, "local → prod: no difference.\n")
    assert failing.returncode == 3
    assert "403" in failing.stderr


@starts_from(both)
def test_bad_input_ends_with_2(project: Project, world: World) -> None:
    same = project.own_command("parity", "--from", "prod", "--to", "prod")
    unknown = project.own_command("parity", "--from", "nowhere", "--to", "prod")
    project.init("local2", settings_on(world))
    twice = project.own_command("parity", "--from", "local", "--to", "local2")
    hurry(project)
    world.fault(kind="status", status=503, service="svix", times=99)
    failing = project.own_command(*WORDS)

    assert [each.returncode for each in (same, unknown, twice, failing)] == [2, 2, 2, 3]
    assert "same stack" in same.stderr
    assert "both for the development instance" in twice.stderr
