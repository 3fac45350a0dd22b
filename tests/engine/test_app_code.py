"""The app's code against catalog and instance, by the real engine.

Covers `clerkstack check --stack`, and what preview and provider report about checks in the code.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.project import Project
from local.world import World
from tests import sendero
from tests.deployments import development_of_an_app, production_of_an_app
from tests.engine.live import requests, writes
from tests.engine.written_app import PAGE, write_app
from tests.kept import starts_from

pytestmark = pytest.mark.engine

LEGACY = {"name": "Legacy", "amount": 100, "currency": "usd", "payer_type": "org", "features": []}
LEGACY |= {"publicly_visible": False, "is_recurring": True}


def checked(project: Project, *words: str) -> dict[str, Any]:
    """Return the output of `check --json`, and check the exit code against it."""
    ran = project.clerkstack("check", "--json", *words)
    assert ran.returncode in (0, 1), ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    assert ran.returncode == (1 if found["findings"] else 0)
    return found


@starts_from(development_of_an_app)
def test_app_catalog_and_instance_are_compared(project: Project, world: World) -> None:
    alone = checked(project)
    asked_nobody = requests(world)
    agreed = checked(project, "--live")

    assert asked_nobody == []
    assert alone["instance"]["read"] is False
    assert alone["plans"][0]["instance"] is None
    assert agreed["app"] == {"path": "web", "commit": None}
    assert agreed["instance"]["read"] is True
    # With Clerk's default plan, which the stack does not manage.
    assert [plan["slug"] for plan in agreed["plans"]] == [*sendero.PLANS, "free_org"]
    assert [each["agree"] for each in (*agreed["plans"], *agreed["features"])] == [True] * 18
    assert all(
        feature["app"] == feature["catalog"] == feature["instance"]
        for feature in agreed["features"]
    )
    assert [(use["kind"], use["slug"], use["known"]) for use in agreed["uses"]] == [
        ("plan", "pro", True),
        ("feature", "sso_saml", True),
        ("role", "org:finance", True),
        ("permission", "org:sys_billing:read", True),
    ]
    assert writes(world) == []

    # Somebody sells an old plan by hand, and changes a price; the app asks for more.
    changes = {"plans": {"legacy": LEGACY, "pro": {"amount": 6500}}}
    world.dashboard("set_config", environment="development", changes={"billing": changes})
    more = "has({ plan: 'legacy' }) || has({ plan: 'Pro' }) || has({ plan: props.plan })\n"
    write_app(project, PAGE + more)

    alone, live = checked(project), checked(project, "--live")
    shown = project.clerkstack("check", "--live")

    assert [finding["subject"] for finding in alone["findings"]] == ["plan legacy", "plan Pro"]
    assert [(finding["subject"], finding["field"]) for finding in live["findings"]] == [
        ("plan pro", "amount"),
        ("plan Pro", "asked"),
    ]
    assert live["findings"][1]["where"] == "src/page.tsx:8:40"
    assert "did you mean 'pro'?" in live["findings"][1]["message"]
    assert live["unresolved"][0]["line"] == 8
    assert shown.returncode == 1
    assert "src/page.tsx:8:40: has({ plan: 'Pro' })" in shown.stdout
    assert "unresolved: src/page.tsx:8:64" in shown.stdout


ROUTE = """\
import { verifyWebhook } from '@clerk/nextjs/webhooks'
export async function POST(req) {
  const evt = await verifyWebhook(req)
  switch (evt.type) {
    case 'organization.created': return
    case 'apiKey.revoked': return
  }
}
"""


@starts_from(development_of_an_app)
def test_what_the_code_does_with_events_and_variables_is_compared(
    project: Project, world: World
) -> None:
    route = project.folder / "web" / "src" / "app" / "api" / "webhooks" / "clerk" / "route.ts"
    route.parent.mkdir(parents=True)
    route.write_text(ROUTE)
    (route.parent / "key.tsx").write_text("'use client'\nuse(process.env.CLERK_SECRET_KEY)\n")
    at = "src/app/api/webhooks/clerk"

    alone, live = checked(project), checked(project, "--live")
    shown = project.clerkstack("check")
    reviewed = project.clerkstack("review", "--stack", "local", "--policy-pack", "")
    project.set("environment.names", ["guide", "nextjs"])
    named = checked(project)

    wrong = [
        ("event apiKey.revoked", f"{at}/route.ts:6:10"),
        ("variable CLERK_WEBHOOK_SIGNING_SECRET", f"{at}/route.ts:3:21"),
        ("variable CLERK_SECRET_KEY", f"{at}/key.tsx:2:5"),
    ]
    wrong_subjects = ["event apiKey.revoked", "variable CLERK_SECRET_KEY"]
    for told in (alone, live):
        assert [(finding["subject"], finding["where"]) for finding in told["findings"]] == wrong
    events = {event["event"]: event for event in live["events"]}
    assert events["organization.created"] == {
        "event": "organization.created",
        "app": True,
        "declared": True,
        "instance": True,
        "where": f"{at}/route.ts:5:10",
    }
    assert (events["apiKey.revoked"]["declared"], events["apiKey.revoked"]["instance"]) == (
        False,
        False,
    )
    keys = {variable["name"]: variable for variable in live["variables"]}
    assert keys["CLERK_SECRET_KEY"]["instance"] == ["preview", "development"]
    assert any("user.created" in each and "nothing in" in each for each in alone["notes_on_code"])
    assert f"{at}/route.ts:6:10: the app handles 'apiKey.revoked'" in shown.stdout
    assert reviewed.returncode == 1
    assert "the app handles 'apiKey.revoked'" in reviewed.stdout
    assert "Notes on the app's webhook and variables" in reviewed.stdout
    assert [finding["subject"] for finding in named["findings"]] == wrong_subjects
    assert writes(world) == []


@starts_from(development_of_an_app)
def test_a_check_that_only_moved_changes_nothing(project: Project, world: World) -> None:
    write_app(project, "// moved\n" + PAGE + "export const f = ({ has }, x) => has({ plan: x })\n")

    said = project.up()

    assert "unchanged" in said
    assert "updated" not in said
    assert requests(world) == []
    assert "The app asks Clerk in 1 place for something that cannot be known without" in said
    assert "src/page.tsx:9:46" in said


@starts_from(production_of_an_app)
def test_production_is_not_deployed_where_its_code_asks_for_nothing(
    project: Project, world: World
) -> None:
    legacy = {"billing": {"plans": {"legacy": LEGACY}}}
    world.dashboard("set_config", environment="production", changes=legacy)
    world.clear_journal()
    pack = ("--policy-pack", "policies/pack")

    write_app(project, PAGE + "export const f = ({ has }) => has({ feature: 'sso' })\n")
    gone = project.preview(check=False)
    write_app(project, PAGE + "export const f = ({ has }) => has({ role: 'org:auditor' })\n")
    ghost = project.preview(check=False)
    started = project.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", check=False)
    dearer = sendero.APP_DECLARATION.replace("monthlyUsd: 60", "monthlyUsd: 61")
    write_app(project, plans=dearer)
    price = project.preview(check=False)
    write_app(project, PAGE + "export const f = ({ has }) => has({ plan: 'legacy' })\n")
    live = project.preview()
    by_policy = project.preview(*pack, check=False)
    project.set("app.unmanaged", ["plan/legacy"])
    believed = project.preview(*pack)

    assert "calls has({ feature: 'sso' }), but neither the catalog nor the instance has" in gone
    assert "src/page.tsx:8:46" in gone
    for said in (ghost, started.stdout):
        assert "calls has({ role: 'org:auditor' }), but neither the settings nor the in" in said
    assert started.returncode != 0
    assert "the app has plan 'pro' at 6100 cents a month, the catalog at 6000" in price
    assert "calls has(" not in live
    assert "calls has({ plan: 'legacy' }), but the catalog does not have that plan" in by_policy
    assert "mandatory" not in believed
    assert writes(world) == []


def test_how_a_check_ends_where_the_app_cant_be_read(project: Project, world: World) -> None:
    write_app(project, plans="export const PLANS = { pro: { slug: slugOf('pro'), features: [] } }")
    told = project.clerkstack("check")
    project.set("app", {"git": f"file://{project.folder}/gone", "ref": "main"})
    unreachable = project.clerkstack("check", "--json")
    preview = project.preview(check=False)
    project.set("app", {"path": "gone"})
    missing = project.clerkstack("check")
    write_app(project)
    world.fault(kind="status", status=403, service="clerk", times=5)
    refused = project.clerkstack("check", "--live")

    assert (told.returncode, unreachable.returncode, missing.returncode) == (2, 3, 2)
    assert "src/lib/plans.ts:1: column 37: calls slugOf, which is not run" in told.stderr
    assert "git ls-remote failed" in unreachable.stderr
    assert unreachable.stdout == ""
    assert "app.git: cannot be fetched: git ls-remote failed" in preview
    assert "clerkstack:app: path: is gone, which does not exist" in missing.stderr
    assert refused.returncode == 3
    for ran in (told, unreachable, missing, refused):
        assert "Traceback" not in ran.stderr
