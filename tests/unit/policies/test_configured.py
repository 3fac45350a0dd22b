"""Policies with a project's own values."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from policies.judge import is_violation, judge
from policies.view import Expected
from tests.unit.policies.deployments import DAY, NOW, Deployment, deployment, variable

APP = "production-NEXT_PUBLIC_APP_URL"


def violations(folder: Path, text: str, found: Deployment) -> set[tuple[str, str]]:
    (folder / "config.yaml").write_text(f"policies:\n{text}")
    resources = [{**each, "name": name} for name, each in found.items()]
    now = datetime.fromtimestamp(NOW / 1000, UTC)
    verdicts = judge(
        resources, stack="prod", now=now, folder=folder, projects=[Expected(names=["guide"])]
    )
    return {(v.check, v.subject) for v in verdicts if is_violation(v)}


def test_hosts_of_production_that_are_named(tmp_path: Path) -> None:
    text = "  app-url: {hosts: [app.example]}\n  webhook-host: {hosts: [hooks.example]}\n"
    found = deployment()

    assert violations(tmp_path, text, found) == {("app-url", APP), ("webhook-host", "webhook")}

    found[APP]["inputs"]["value"] = "https://app.example"
    found["webhook"]["inputs"]["url"] = "https://hooks.example/x"

    assert violations(tmp_path, text, found) == set()


def test_a_development_stack_knows_productions_host_if_it_is_configured(tmp_path: Path) -> None:
    found = deployment("development")
    found["site"] = variable("SITE", "https://sendero.example/x", "preview")

    assert violations(tmp_path, "  roles: {}\n", found) == set()
    assert violations(tmp_path, "  production-values: {hosts: [sendero.example]}\n", found) == {
        ("production-values", "site")
    }


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("  webhook-events: {events: [user.created]}\n", "webhook-events"),
        ("  roles: {roles: ['org:auditor']}\n", "roles"),
        ("  secret-age: {max_days: 5}\n", "secret-age"),
    ],
)
def test_other_values(tmp_path: Path, text: str, policy: str) -> None:
    found = deployment()
    found["written"]["outputs"]["written"]["production/CLERK_SECRET_KEY"] = NOW - 6 * DAY

    assert {name for name, _ in violations(tmp_path, text, found)} == {policy}


def test_roles_are_needed_where_organizations_are_on(tmp_path: Path) -> None:
    found = deployment()
    del found["roles"]
    section = found["organizations"]["inputs"]["sections"]["organization_settings"]
    section["enabled"] = False

    assert violations(tmp_path, "", found) == set()

    section["enabled"] = True

    assert violations(tmp_path, "", found) == {("roles", "organizations")}


def test_a_role_is_found_wherever_it_is_named(tmp_path: Path) -> None:
    found = deployment()
    mapping = [{"group": "staff", "role": "org:staff"}, "org:sys_billing:read"]
    found["sign-in"]["inputs"]["sections"]["enterprise"] = {"mapping": mapping}

    assert violations(tmp_path, "", found) == {("roles", "sign-in")}
