"""Snapshots made from a config, for tests that need no network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clerkstack.checks.finding import Finding, Severity
from clerkstack.parity.compare import Compared, compare
from clerkstack.parity.entities import Entity, needs_of_production, of_config
from clerkstack.parity.own import Own, own_of
from clerkstack.parity.snapshot import Snapshot
from clerkstack.settings.models import EnvironmentSettings, Settings

PRO = {"name": "Pro", "amount": 6000, "payer_type": "org", "features": ["audit", "sso"]}
FEATURES = {"audit": {"name": "Audit"}, "sso": {"name": "SSO"}}


def config(**sections: Any) -> dict[str, Any]:
    """Return a config that equals any other one, except for the changed sections."""
    return {
        "billing": {
            "organization_enabled": True,
            "plans": {"pro": {**PRO}},
            "features": {**FEATURES},
        },
        "organization_settings": {"enabled": True},
        "session": {"claims": {}},
        **sections,
    }


def snapshot(stack: str, sections: dict[str, Any], *more: Entity, **fields: Any) -> Snapshot:
    """Return a snapshot of a stack's instance: its config, and other entities."""
    entities = (*of_config(sections), *more)
    if stack == "prod":
        fields.setdefault("needs", tuple(needs_of_production(entities, None)))
    return Snapshot(stack, entities=entities, **fields)


def rows(compared: Compared) -> dict[tuple[str, str], tuple[Any, Any, str]]:
    """Return the findings as {(subject, field): (expected, found, how)}."""
    found = {(m.subject, m.field): (m.expected, m.found, how(m)) for m in compared.findings}
    assert len(found) == len(compared.findings)
    return found


def how(finding: Finding) -> str:
    """Return the direction for the target: needed, missing, only or differs."""
    assert (finding.severity is Severity.FAILED) == finding.message.startswith("needed")
    return finding.message.split()[0]


def between(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """Return the rows between a development config and a production config."""
    one = snapshot("dev", mine, own=own("development"))
    return rows(compare(one, snapshot("prod", theirs, own=own("production"))))


def entities_between(
    mine: Iterable[Entity], theirs: Iterable[Entity]
) -> dict[tuple[str, str], Any]:
    """Return the rows between entities outside of the config."""
    one = Snapshot("dev", entities=tuple(mine), own=own("development"))
    return rows(compare(one, Snapshot("prod", entities=tuple(theirs), own=own("production"))))


def settings(instance: str, **fields: Any) -> Settings:
    """Return the settings of a stack for such an instance."""
    url = "https://preview.app.example" if instance == "development" else "https://app.example"
    given: dict[str, Any] = {
        "instance": instance,
        "application_id": "app_1",
        "platform_key": "ak_1",
        "app_url": url,
        "environment": EnvironmentSettings(project_id="prj_1"),
        **fields,
    }
    return Settings(**given)


def own(instance: str, **fields: Any) -> Own:
    """Return what belongs to such an instance."""
    hosts = {
        "development": ("x.clerk.accounts.dev", "x.accounts.dev"),
        "production": ("clerk.app.example", "accounts.app.example", "app.example"),
    }
    return own_of(settings(instance, **fields), hosts[instance])
