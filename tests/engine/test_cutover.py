"""`clerkstack cutover`: each failure has its evidence; fixing them one by one ends with 0."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as Xml

import httpx
import pytest
from pydantic import SecretStr
from ruamel.yaml import YAML
from svix.webhooks import Webhook, WebhookVerificationError

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.svix import SvixClient
from local.project import Project
from local.world import World
from local.world import seed as seeded
from tests.deployments import production_of_an_app, protected_production
from tests.engine.cutting_over import HOST, ask, judged, production, set_config, set_dns, sign
from tests.engine.live import read_instance, requests, variables
from tests.kept import starts_from
from tests.world.receiving import Receiver, receiving

pytestmark = [
    pytest.mark.engine,
    starts_from(protected_production),
]

OAUTH_SECRET = "google-secret-7654321"
PLANTED = "planted-value-12345"
LOST = "this-was-left-behind"
# Points that no machine judges here: sign-offs have to suffice.
BY_PEOPLE = {"smoke"}


@pytest.fixture
def app(world: World) -> Iterator[Receiver]:
    """The app's webhook at the production host, which verifies its requests."""
    with receiving() as receiver:
        world.route(HOST, receiver.url)
        yield receiver


@pytest.fixture
def deployed(project: Project, world: World, app: Receiver) -> Project:
    app.answer = verifying(read_secret(world))
    return project


def read_secret(world: World) -> str:
    (secret,) = read_instance(world, "production").signing_secrets.values()
    return secret


def verifying(secret: str) -> Any:
    def answer(headers: dict[str, str], body: bytes) -> int:
        try:
            Webhook(secret).verify(body, headers)
        except WebhookVerificationError:
            return 400
        return 200

    return answer


def failing(points: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, each in points.items() if not each["done"]} - BY_PEOPLE


def svix_of(world: World) -> SvixClient:
    key = SecretStr(read_instance(world, "production").secret_key)
    with BackendClient(key=key, base_url=world.urls.clerk) as backend:
        return SvixClient.from_link(backend.svix_url(), base_url=world.urls.svix)


def send(world: World) -> None:
    """An event happens at Clerk."""
    app_id = world.svix.create_app(production(world).id)
    with world.svix.deliveries.guard:
        world.svix.deliveries.deliver(app_id, "user.created", {"type": "user.created"})
    world.svix.deliveries.settle()


@starts_from(production_of_an_app)
def test_what_is_wrong_is_reported_and_fixed_one_by_one_until_it_is_ready(
    deployed: Project, world: World, app: Receiver
) -> None:
    included = read_instance(world, "production").config["billing"]["plans"]["enterprise"][
        "features"
    ]
    kept = [each for each in included if each != "custom_sla"]
    set_config(world, billing={"plans": {"enterprise": {"features": kept}}})
    set_config(
        world,
        billing={
            "free_trial_requires_payment_method": True,
            "features": {"custom_sla": None},
        },
        auth_access_control={"sign_up_mode": "restricted"},
        auth_attack_protection={"user_lockout": {"enabled": False}},
    )
    # No API and no dashboard accepts it; an older instance may have it.
    production(world).config["connection_oauth_google"]["enabled"] = True
    world.dashboard("set_api_keys", environment="production", organizations=False, users=False)
    left = ask(world, "POST", "/redirect_urls", {"url": f"https://localhost:3000/?t={PLANTED}"})
    ask(world, "POST", "/redirect_urls", {"url": "sendero://callback"})
    with svix_of(world) as svix:
        (endpoint,) = svix.list_endpoints()
        svix.update_endpoint(endpoint.id, event_types=["user.created"])
        stray = svix.create_endpoint(
            url=f"http://u:{PLANTED}@localhost/x", event_types=["user.created"]
        )
    public = variables(world)["NEXT_PUBLIC_APP_URL", "production"]["id"]
    edit_variable(world, public, "https://preview.sendero.example")
    app.answer = lambda headers, body: 200
    broken_app = app.answer
    app.answer = lambda headers, body: 500
    send(world)
    app.answer = broken_app

    code, points, _ = judged(deployed)

    assert code in (1, 3)
    assert failing(points) == {
        "webhook",
        "oauth",
        "slugs",
        "trial",
        "api-keys",
        "host",
        "dns-records",
        "redirect-urls",
        "sign-up",
        "sessions",
        "deliveries",
        "endpoint",
        "variables",
        "deployment",
        "drift",
    }
    assert points["live-keys"]["severity"] == points["policies"]["severity"] == "passed"
    assert points["sign-up"]["severity"] == "manual"
    slugs = points["slugs"]["details"]
    assert [slug["subject"] for slug in slugs if slug["severity"] != "passed"] == [
        "feature custom_sla",
        "plan enterprise includes",
        "plan enterprise of the app's code",
    ]
    (failed,) = points["deliveries"]["details"]
    assert (failed["subject"], failed["found"].split()[0]) == ("user.created", "500")
    refused = sign(deployed, "trial")
    assert (refused.returncode, "cannot be signed off" in refused.stderr) == (1, True)
    assert not (deployed.folder / "waivers.yaml").exists()

    remedies = {
        "trial": lambda: set_config(world, billing={"free_trial_requires_payment_method": False}),
        "oauth": lambda: set_config(
            world,
            connection_oauth_google={
                "enabled": True,
                "client_id": "123-abc.apps.googleusercontent.com",
                "client_secret": OAUTH_SECRET,
            },
        ),
        "api-keys": lambda: world.dashboard(
            "set_api_keys", environment="production", organizations=True, users=False
        ),
        "redirect-urls": lambda: production(world).redirect_urls.pop(left["id"]),
        "dns-records": lambda: set_dns(world, ready=True),
        "sessions": lambda: set_config(
            world, auth_attack_protection={"user_lockout": {"enabled": True}}
        ),
    }
    open_points = failing(points)
    for name, remedy in remedies.items():
        remedy()
        _, points, _ = judged(deployed)
        now = failing(points)
        assert name in open_points - now, (name, open_points - now)
        open_points = now
    with svix_of(world) as svix:
        svix.delete_endpoint(stray.id)
    app.answer = verifying(read_secret(world))
    send(world)
    deployed.up("--refresh")
    _, points, _ = judged(deployed)
    assert points["deliveries"]["severity"] == "warning"
    assert failing(points) <= {"sign-up", "deliveries", "deployment"}
    redeploy(world)

    for name in ("sign-up", "deliveries", *sorted(BY_PEOPLE)):
        ran = sign(deployed, name, "--note", "seen", "--valid", "2d")
        assert ran.returncode == 0, ran.stderr
    code, points, printed = judged(deployed)

    assert code == 0, printed
    assert points["sign-up"]["waiver"]["by"] == "Ana"
    written = YAML().load((deployed.folder / "waivers.yaml").read_text())["waivers"]
    subjects = {each["id"]: each["subject"] for each in written}
    assert subjects["cutover/smoke"] == production(world).id
    table = deployed.own_command("cutover", "--stack", "prod")
    assert table.returncode == 0
    assert "prod is ready for traffic" in table.stdout


def edit_variable(world: World, variable_id: str, value: str) -> None:
    answer = httpx.patch(
        f"{world.urls.vercel}/v9/projects/{seeded.VERCEL_PROJECT_ID}/env/{variable_id}",
        json={"value": value},
        headers={"Authorization": f"Bearer {seeded.VERCEL_TOKEN}"},
    )
    answer.raise_for_status()


def redeploy(world: World) -> None:
    world.vercel.add_deployment(seeded.VERCEL_PROJECT_ID, "production")


def test_each_read_once_and_nothing_written(deployed: Project, world: World, app: Receiver) -> None:
    world.clear_journal()

    judged(deployed)

    asked = requests(world)
    assert len(asked) == len(set(asked)), asked
    # POST reads the link to Svix and its token.
    assert {line.split()[2] for line in asked if line.split()[1] != "GET"} == {
        "/v1/webhooks/svix_url",
        "/api/v1/auth/one-time-token",
    }
    # application, config, environment, roles, role sets, redirect URLs, domains (of both APIs),
    # status, users; link, token, endpoints, event types (an optional one is not offered), secret,
    # attempts; variables, deployment.
    assert len(asked) == 18, asked
    kinds = [json.loads(body)["type"] for _, _, body in app.came]
    assert kinds == ["clerkstack.test"] * 3
    assert sum("svix-signature" in headers for _, headers, _ in app.came) == 2


BROKEN = [
    ({"service": "clerk", "path": "/redirect_urls$"}, {"redirect-urls"}),
    ({"service": "clerk", "path": "/status$"}, {"host", "dns-records"}),
    ({"service": "clerk", "path": "organization_roles$"}, {"drift"}),
    ({"service": "frontend"}, {"live-keys", "trial", "api-keys", "sign-up", "sessions", "drift"}),
    (
        {"service": "svix", "path": "/endpoint$"},
        {"webhook", "deliveries", "endpoint", "variables", "drift"},
    ),
    ({"service": "vercel"}, {"live-keys", "webhook", "host", "variables", "deployment"}),
]


def test_a_broken_service_stops_only_its_points(deployed: Project, world: World) -> None:
    for fault, hit in BROKEN:
        world.fault(kind="status", status=403, times=None, **fault)

        code, points, printed = judged(deployed)

        world.clear_faults()
        unjudged = {name for name, each in points.items() if each["service_failed"]} - BY_PEOPLE
        assert (code, unjudged) == (3, hit), (fault, unjudged, printed)
        name = next(iter(hit))
        assert any(each["failed"] for each in points[name]["evidence"])


def test_no_secret_reaches_any_output(deployed: Project, world: World) -> None:
    set_config(
        world,
        connection_oauth_google={
            "enabled": True,
            "client_id": "123-abc.apps.googleusercontent.com",
            "client_secret": OAUTH_SECRET,
        },
    )
    live = read_instance(world, "production")
    secret = live.secret_key
    for path in (f"/?token={PLANTED}", f"/?again={secret}"):
        ask(
            world, "POST", "/redirect_urls", {"url": f"https://u:{PLANTED}@elsewhere.example{path}"}
        )
    with svix_of(world) as svix:
        svix.create_endpoint(
            url=f"http://u:{PLANTED}@localhost/x?k={secret}", event_types=["user.created"]
        )
    public = variables(world)["NEXT_PUBLIC_APP_URL", "production"]["id"]
    edit_variable(world, public, f"https://elsewhere.example/?token={secret}")
    words = ("--html", "r.html", "--junit", "r.xml", "--sarif", "r.sarif")

    ran = deployed.own_command("cutover", "--stack", "prod", *words)
    _, points, printed = judged(deployed)

    texts = {name: (deployed.folder / name).read_text() for name in words[1::2]}
    texts |= {"terminal": ran.stdout + ran.stderr, "json": printed}
    hidden = [PLANTED, OAUTH_SECRET, secret, *live.signing_secrets.values()]
    hidden += [seeded.PLATFORM_KEY, seeded.VERCEL_TOKEN]
    for name, text in texts.items():
        assert "elsewhere.example" in text, name
        for value in hidden:
            assert value not in text, (name, value[:6])
    assert not points["variables"]["done"]
    suite = Xml.fromstring(texts["r.xml"])[0]
    assert int(suite.attrib["tests"]) == len(points)
    results = json.loads(texts["r.sarif"])["runs"][0]["results"]
    assert {"redirect-urls", "variables"} <= {result["ruleId"] for result in results}
    place = next(result for result in results if result["ruleId"] == "variables")["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "Pulumi.prod.yaml"
    lines = (deployed.folder / "Pulumi.prod.yaml").read_text().splitlines()
    number = place["physicalLocation"]["region"]["startLine"]
    assert "clerkstack:environment" in lines[number - 1]


def test_what_development_has_and_production_lacks_is_reported(
    deployed: Project, world: World
) -> None:
    world.dashboard(
        "set_config",
        environment="development",
        changes={"billing": {"features": {"beta": {"name": "Beta"}}}},
    )

    _, points, _ = judged(deployed, "--reference", "local")

    wrong = [
        detail["subject"]
        for detail in points["reference"]["details"]
        if detail["severity"] != "passed"
    ]
    assert wrong == ["feature beta"]


def test_a_stack_of_development_and_a_wrong_file_are_bad_input(
    deployed: Project, world: World
) -> None:
    world.clear_journal()
    (deployed.folder / "signoffs.yaml").write_text(
        "prod:\n  smoke:\n    by: Ana\n    date: yesterday\n"
    )

    development = deployed.own_command("cutover", "--stack", "local")
    (bad_file, none, nowhere) = (
        deployed.own_command("cutover", "--stack", "prod"),
        deployed.own_command("cutover"),
        deployed.own_command("cutover", "sign", "smoke", "--stack", "prod", "--by", " "),
    )

    assert (development.returncode, bad_file.returncode) == (2, 2)
    assert "signoffs.yaml:4: prod.smoke.date: " in bad_file.stderr
    assert (none.returncode, nowhere.returncode) == (2, 2)
    assert requests(world) == []
