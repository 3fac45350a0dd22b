"""`clerkstack adopt` takes over what people made by hand, and writes nothing."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.platform import PlatformClient
from clerkstack.clients.svix import SvixClient
from local.project import Project, settings_on
from local.world import World
from local.world import seed as seeded
from tests.deployments import development
from tests.engine.by_hand import by_hand, hurry, remove_variable
from tests.engine.live import read_instance, variables, writes
from tests.kept import starts_from

pytestmark = pytest.mark.engine

URL = "https://app.acme.example/hooks/clerk"
PATH = "/v10/projects/{}/env"
QUERY, HEADER = "query-9f8Kq2Lm7XwZr4", "header-4Tn8Rb3Vc6Hy"


def variable(
    world: World, key: str, value: str, targets: list[str], kind: str = "encrypted"
) -> None:
    answer = httpx.post(
        world.urls.vercel + PATH.format(seeded.VERCEL_PROJECT_ID),
        json={"key": key, "value": value, "type": kind, "target": targets, "comment": "by hand"},
        headers={"Authorization": f"Bearer {seeded.VERCEL_TOKEN}"},
    )
    answer.raise_for_status()


def set_up_by_hand(world: World) -> None:
    """A company's own deployment: its plans, roles, sign-in, webhook and variables."""
    by_hand(
        world,
        organization_settings={"enabled": True, "max_allowed_memberships": 7},
        connection_oauth_google={"enabled": True},
        session={"claims": {"role": "{{org.role}}"}},
    )
    by_hand(world, billing={"organization_enabled": True, "user_enabled": True})
    by_hand(
        world,
        billing={
            "features": {
                "reports": {"name": "Reports", "description": "Monthly: yes"},
                "export": {"name": "Export", "publicly_visible": False},
            },
            "plans": {
                "team": {
                    "name": "Team",
                    "payer_type": "org",
                    "amount": 4900,
                    "annual_monthly_amount": 3900,
                    "features": ["export", "reports"],
                    "free_trial_enabled": True,
                    "free_trial_days": 14,
                },
                "solo": {"name": "Solo", "payer_type": "user", "amount": 900, "features": []},
            },
        },
    )
    world.dashboard("set_api_keys", environment="development", organizations=True, users=True)
    live = read_instance(world)
    with BackendClient(key=SecretStr(live.secret_key), base_url=world.urls.clerk) as backend:
        backend.create_role(key="org:auditor", name="Auditor", description="Reads")
        with SvixClient.from_link(backend.create_svix_app(), base_url=world.urls.svix) as svix:
            svix.create_endpoint(url=URL, event_types=["user.created"], description="the app")
            svix.create_endpoint(url="https://else.example/", event_types=["user.created"])
    signing = next(
        read_instance(world).signing_secrets[e.id]
        for e in read_instance(world).endpoints
        if e.url == URL
    )
    for target, app in (
        ("preview", "https://pre.acme.example"),
        ("development", "http://localhost:4000"),
    ):
        kind = "sensitive" if target == "preview" else "encrypted"
        variable(world, "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", live.publishable_key, [target])
        variable(world, "CLERK_SECRET_KEY", live.secret_key, [target], kind)
        variable(world, "CLERK_WEBHOOK_SECRET", signing, [target], kind)
        variable(world, "NEXT_PUBLIC_CLERK_SIGN_IN_URL", "/login", [target])
        variable(world, "NEXT_PUBLIC_APP_URL", app, [target])
    variable(world, "NEXT_PUBLIC_CLERK_SIGN_UP_URL", "/join", ["preview", "development"])
    variable(world, "DATABASE_URL", "postgres://secret", ["preview"])


def not_adopted(project: Project) -> None:
    """A company's own deployment, and a stack that knows only where it is."""
    set_up_by_hand(project.world)
    settings = settings_on(project.world)
    del settings["appUrl"]
    project.init("local", settings)
    (project.folder / "catalog.yaml").unlink()


def adopted(project: Project) -> None:
    """The same, adopted."""
    not_adopted(project)
    ran = project.clerkstack("adopt", "--webhook", URL)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture
def company(world: World) -> World:
    return world


@pytest.fixture
def bare(project: Project) -> Project:
    return project


def everything(world: World) -> dict[str, Any]:
    live = read_instance(world)
    return {
        "config": live.config,
        "roles": {key: role.model_dump() for key, role in live.roles.items()},
        "endpoints": [endpoint.model_dump() for endpoint in live.endpoints],
        "variables": variables(world),
    }


def with_secrets(project: Project) -> None:
    """The same, with headers and with a query in the endpoint's address."""
    not_adopted(project)
    [app] = project.world.svix.apps().values()
    [endpoint] = [each for each in app.endpoints.values() if each.url == URL]
    endpoint.url = f"{URL}?bypass={QUERY}"
    endpoint.headers = {"x-bypass": HEADER, "authorization": f"Bearer {HEADER}"}


@starts_from(with_secrets)
def test_secrets_of_the_endpoint_are_taken_over_encrypted(bare: Project, company: World) -> None:
    company.clear_journal()

    ran = bare.clerkstack("adopt", "--webhook", f"{URL}?…")

    assert ran.returncode == 0, ran.stderr
    assert writes(company) == []
    drift = bare.clerkstack("drift")
    assert drift.returncode == 0, drift.stdout
    assert "webhook header authorization: Svix does not show its value" in ran.stdout
    file = (bare.folder / "Pulumi.local.yaml").read_text()
    kept = file + ran.stdout + ran.stderr + json.dumps(bare.state()) + drift.stdout
    assert [each for each in (QUERY, HEADER) if each in kept] == []
    bare.preview("--expect-no-changes")


@starts_from(not_adopted)
def test_a_live_deployment_is_taken_over_and_nothing_is_written(
    bare: Project, company: World
) -> None:
    before = everything(company)
    company.clear_journal()

    refused = bare.clerkstack("adopt")
    shown = bare.clerkstack("adopt", "--webhook", URL, "--dry-run")
    untouched = not (bare.folder / "catalog.yaml").exists()
    ran = bare.clerkstack("adopt", "--webhook", URL, "--json")

    assert refused.returncode == 2
    assert "several webhook endpoints" in refused.stderr
    assert shown.returncode == 0, shown.stderr
    assert untouched
    assert ran.returncode == 0, ran.stderr
    assert writes(company) == []
    assert everything(company) == before
    report = json.loads(ran.stdout)
    assert set(report["plans"]) == {"team", "solo", "free_org", "free_user"}
    alone = {each["thing"]: each["why"] for each in report["leftAlone"]}
    assert "webhook endpoint https://else.example/" in alone
    assert alone["variable preview/NEXT_PUBLIC_CLERK_AFTER_SIGN_IN_URL"] == "it is not there"
    assert "variable preview/NEXT_PUBLIC_CLERK_SIGN_UP_URL" in alone
    assert bare.clerkstack("drift").returncode == 0
    bare.preview("--expect-no-changes")
    assert bare.outputs()["plans"]
    kept = (bare.folder / "Pulumi.local.yaml").read_text() + ran.stdout + ran.stderr
    kept += shown.stdout + json.dumps(bare.state())
    for secret in (
        read_instance(company).secret_key,
        *read_instance(company).signing_secrets.values(),
    ):
        assert secret not in kept
    assert "appUrl: https://pre.acme.example" in (bare.folder / "Pulumi.local.yaml").read_text()

    again = bare.clerkstack("adopt")
    assert again.returncode == 0, again.stderr
    assert writes(company) == []


@starts_from(adopted)
def test_what_was_adopted_is_managed_from_then_on_and_the_rest_is_not(
    bare: Project, company: World
) -> None:
    by_hand(company, billing={"plans": {"other": {"name": "O", "payer_type": "org", "amount": 1}}})
    bare.edit("catalog.yaml", ("amount: 4900", "amount: 5900"))

    bare.up()

    after = everything(company)
    assert after["config"]["billing"]["plans"]["team"]["amount"] == 5900
    assert after["config"]["billing"]["plans"]["other"]["name"] == "O"
    assert after["config"]["organization_settings"]["max_allowed_memberships"] == 7
    assert after["variables"]["DATABASE_URL", "preview"]["comment"] == "by hand"

    bare.edit("catalog.yaml", ("amount: 5900", "amount: 4900"))
    bare.up()
    before = everything(company)
    bare.destroy()
    left = everything(company)
    assert left["config"]["billing"] == before["config"]["billing"]
    assert left["roles"] == before["roles"]
    assert left["endpoints"] == before["endpoints"]


@starts_from(not_adopted)
def test_a_catalog_that_says_something_else_is_kept(bare: Project, company: World) -> None:
    text = "plans:\n  team: { name: Team, amount: 1 }\n"
    (bare.folder / "catalog.yaml").write_text(text)
    company.clear_journal()

    refused = bare.clerkstack("adopt", "--webhook", URL)
    elsewhere = bare.clerkstack("adopt", "--webhook", URL, "--catalog", "live.yaml")

    assert refused.returncode == 2
    assert "plans.team.amount: 4900 → 1" in refused.stderr
    assert (bare.folder / "catalog.yaml").read_text() == text
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert "catalog: live.yaml" in (bare.folder / "Pulumi.local.yaml").read_text()
    bare.preview("--expect-no-changes")
    assert writes(company) == []


@starts_from(development)
def test_what_sendero_deploys_is_adopted_by_another_stack(project: Project, world: World) -> None:
    project.pulumi("stack", "rm", "--force", "--yes", "--preserve-config", "--stack", "local")
    project.make_stack("local")
    before = everything(world)
    world.clear_journal()

    ran = project.clerkstack("adopt")

    assert ran.returncode == 0, ran.stderr
    assert writes(world) == []
    assert everything(world) == before
    assert "resources adopted, nothing changed" in ran.stdout
    settings = [line.strip() for line in ran.stdout.splitlines() if "clerkstack:" in line]
    # Clerk switched it on when it made the instance; the settings already say the rest.
    assert settings == ["clerkstack:signIn.oauth.google.enabled: true"]
    project.preview("--expect-no-changes")


def test_pulumi_import_can_not_bring_a_dynamic_resource(project: Project) -> None:
    """This is why adopt takes over Clerk's resources with an update that only reads."""
    place = f"{seeded.APPLICATION_ID}/development/billing"

    ran = project.pulumi(
        "import",
        "pulumi-python:dynamic/clerkstack:Billing",
        "billing-catalog",
        place,
        "--yes",
        "--generate-code=false",
        "--stack",
        "local",
        check=False,
    )

    assert ran.returncode
    assert "__provider" in ran.stdout + ran.stderr


@starts_from(not_adopted)
def test_production_that_would_be_refused_is_not_taken_over(bare: Project, company: World) -> None:
    platform = PlatformClient(key=SecretStr(seeded.PLATFORM_KEY), base_url=company.urls.clerk)
    with platform:
        cloned = platform.get_application(seeded.APPLICATION_ID).instances[0].instance_id
        platform.create_instance(
            seeded.APPLICATION_ID, domain="acme.example", clone_instance_id=cloned
        )
    card = {"billing": {"free_trial_requires_payment_method": True}}
    company.dashboard("set_config", environment="production", changes=card)
    settings = {**settings_on(company), "instance": "production", "appUrl": "https://acme.example"}
    bare.init("prod", settings)
    file = (bare.folder / "Pulumi.prod.yaml").read_text()

    refused = bare.clerkstack("adopt")

    assert refused.returncode == 1
    assert "trials would ask for a card" in refused.stderr
    assert not (bare.folder / "catalog.yaml").exists()
    assert (bare.folder / "Pulumi.prod.yaml").read_text() == file

    card["billing"]["free_trial_requires_payment_method"] = False
    company.dashboard("set_config", environment="production", changes=card)
    before = read_instance(company, "production").config
    taken = bare.clerkstack("adopt", "--json")

    assert taken.returncode == 0, taken.stderr
    alone = [each["thing"] for each in json.loads(taken.stdout)["leftAlone"]]
    assert "variable production/CLERK_SECRET_KEY" in alone
    assert "webhook endpoint" in alone
    assert read_instance(company, "production").config == before
    assert bare.clerkstack("drift").returncode == 0


PLANS = """\
export const PLANS = {
  team: { slug: 'team', monthlyUsd: 49, features: ['export', 'reports'] },
  solo: { slug: 'solo', monthlyUsd: 9, features: [] },
} as const
"""
ASKS = """\
import { auth } from '@clerk/nextjs/server'
export const gate = async () => (await auth()).has({ plan: 'free_org' })
"""


def with_production(project: Project) -> None:
    """The same with a cloned production instance, and a stack for it that names the app."""
    not_adopted(project)
    world = project.world
    platform = PlatformClient(key=SecretStr(seeded.PLATFORM_KEY), base_url=world.urls.clerk)
    with platform:
        cloned = platform.get_application(seeded.APPLICATION_ID).instances[0].instance_id
        platform.create_instance(
            seeded.APPLICATION_ID, domain="acme.example", clone_instance_id=cloned
        )
    card = {"billing": {"free_trial_requires_payment_method": False}}
    world.dashboard("set_config", environment="production", changes=card)
    settings = {**settings_on(world), "instance": "production", "appUrl": "https://acme.example"}
    (project.folder / "web").mkdir()
    (project.folder / "web" / "plans.ts").write_text(PLANS)
    (project.folder / "web" / "gate.ts").write_text(ASKS)
    project.init("prod", {**settings, "app": {"path": "web", "declaration": "plans.ts"}})


@starts_from(with_production)
def test_production_with_its_app_is_adopted_or_left_as_it_was(
    bare: Project, company: World
) -> None:
    gate = bare.folder / "web" / "gate.ts"
    file = bare.folder / "Pulumi.prod.yaml"
    before, config = file.read_text(), read_instance(company, "production").config
    refusals = {}
    for name, code in {
        "unknown": ASKS.replace("free_org", "gold"),
        "no role": ASKS.replace("plan: 'free_org'", "role: 'org:ghost'"),
        "not to be read": "export const plans = 1",
    }.items():
        gate.write_text(code)
        if name == "not to be read":
            (bare.folder / "web" / "plans.ts").write_text(code)
        ran = bare.clerkstack("adopt")
        refusals[name] = ran.returncode, ran.stderr
        assert not (bare.folder / "catalog.yaml").exists()
        assert file.read_text() == before
    gate.write_text(ASKS)
    (bare.folder / "web" / "plans.ts").write_text(PLANS)
    misplaced = before + "Clerkstack:app:\n  path: web\n"
    file.write_text(misplaced)
    beside = bare.clerkstack("adopt")
    assert file.read_text() == misplaced
    assert not (bare.folder / "catalog.yaml").exists()
    file.write_text(before)
    taken = bare.clerkstack("adopt")

    assert {name: code for name, (code, _) in refusals.items()} == {
        "unknown": 1,
        "no role": 1,
        "not to be read": 2,
    }
    assert "calls has({ plan: 'gold' })" in refusals["unknown"][1]
    assert "calls has({ role: 'org:ghost' })" in refusals["no role"][1]
    assert beside.returncode == 2
    assert "is next to `config:`" in beside.stderr
    assert taken.returncode == 0, taken.stderr
    assert "free_org" in (bare.folder / "catalog.yaml").read_text()
    assert read_instance(company, "production").config == config
    checked = bare.clerkstack("check", "--live")
    assert checked.returncode == 0, checked.stdout
    bare.preview("--expect-no-changes")


@starts_from(not_adopted)
def test_files_are_put_back_where_nothing_came_into_the_state(
    bare: Project, company: World
) -> None:
    settings = (bare.folder / "Pulumi.local.yaml").read_text()
    bare.edit("__main__.py", ("load_deployment(read_state)", "load_deployment()"))

    failed = bare.clerkstack("adopt", "--webhook", URL)

    assert failed.returncode != 0
    assert "the files are unchanged" in failed.stderr
    assert not (bare.folder / "catalog.yaml").exists()
    assert (bare.folder / "Pulumi.local.yaml").read_text() == settings


@starts_from(not_adopted)
def test_an_adoption_that_was_interrupted_goes_on(bare: Project, company: World) -> None:
    before = everything(company)
    hurry(bare)
    # Roles are read twice (the webhook is chosen after the first read), then by the update that
    # takes over: it fails, and the state has what came before.
    company.fault(
        kind="status",
        service="clerk",
        method="GET",
        path="organization_roles",
        status=503,
        after=2,
        times=30,
    )

    first = bare.clerkstack("adopt", "--webhook", URL)
    company.clear_faults()
    second = bare.clerkstack("adopt")

    assert first.returncode == 2, first.stdout
    assert "503" in first.stderr
    assert second.returncode == 0, second.stderr
    assert everything(company) == before
    bare.preview("--expect-no-changes")


@starts_from(development)
def test_what_the_stack_manages_already_is_never_let_go(project: Project, world: World) -> None:
    file = (project.folder / "Pulumi.local.yaml").read_text()
    kept = variables(world)["NEXT_PUBLIC_APP_URL", "preview"]["id"]
    remove_variable(world, kept)

    refused = project.clerkstack("adopt")

    assert refused.returncode == 2
    assert "already manages the variable preview/NEXT_PUBLIC_APP_URL" in refused.stderr
    assert (project.folder / "Pulumi.local.yaml").read_text() == file


@starts_from(not_adopted)
def test_another_instances_key_is_said_and_then_replaced_where_that_is_allowed(
    bare: Project, company: World
) -> None:
    project = company.vercel.projects[seeded.VERCEL_PROJECT_ID]
    for each in project.variables.values():
        if each.target == ["development"] and each.key == "CLERK_SECRET_KEY":
            each.value = "sk_test_another"
        if each.target == ["development"] and each.key == "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY":
            each.configuration_id = "icfg_clerk"
    before = everything(company)

    for words in (("--dry-run",), ()):
        ran = bare.clerkstack("adopt", "--webhook", URL, *words)
        assert ran.returncode == 1, ran.stderr
        assert "variable development/CLERK_SECRET_KEY: it is the key of another instance" in (
            ran.stdout
        )
        assert "PUBLISHABLE_KEY: the integration icfg_clerk writes it" in ran.stdout
        assert "no difference" not in ran.stdout
        assert "sk_test_another" not in ran.stdout + ran.stderr
    assert everything(company) == before
    bare.preview("--expect-no-changes")

    text = (bare.folder / "Pulumi.local.yaml").read_text()
    assert "- development/CLERK_SECRET_KEY\n" in text
    text = text.replace("- development/CLERK_SECRET_KEY\n", "- development/NOT_HERE\n")
    (bare.folder / "Pulumi.local.yaml").write_text(text)
    bare.set("environment.overwrite", ["development/CLERK_SECRET_KEY"])
    assert bare.clerkstack("take-over").returncode == 0
    bare.up()
    assert variables(company)["CLERK_SECRET_KEY", "development"]["value"] == (
        read_instance(company).secret_key
    )
