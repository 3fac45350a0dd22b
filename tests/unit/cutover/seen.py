"""The readings of a flawless production, which tests change one by one."""

from __future__ import annotations

import base64
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from clerkstack.app.read import read_app
from clerkstack.catalog.load import load_catalog
from clerkstack.checks.finding import Finding, Severity
from clerkstack.clients.domains import Domain, DomainStatus
from clerkstack.clients.frontend import Environment
from clerkstack.clients.instance_lists import InstanceDomain, RedirectUrl
from clerkstack.clients.platform import ApplicationInstance
from clerkstack.clients.svix import Attempt, Endpoint
from clerkstack.clients.vercel import Deployment, EnvironmentVariable
from clerkstack.cutover.judge import judge
from clerkstack.cutover.points import point_named
from clerkstack.cutover.read import Readings
from clerkstack.desired.billing import billing_inputs
from clerkstack.reconcile.roles import LiveRoles
from clerkstack.report.report import Report
from clerkstack.settings.models import Settings
from clerkstack.state.known import Known
from tests.unit.live.given import GivenInstance

CATALOG = Path(__file__).parents[3] / "catalog.yaml"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOST = "acme.example"
URL = f"https://{HOST}/api/webhooks/clerk"
PUBLISHABLE = "pk_live_" + base64.b64encode(f"clerk.{HOST}$".encode()).decode().rstrip("=")
SECRET_KEY = "sk_live_abcdefgh1234567890"
SIGNING = "whsec_" + base64.b64encode(b"k" * 24).decode()
INSTANCE = "ins_" + "a" * 27


def settings(**changes: Any) -> Settings:
    values = {
        "instance": "production",
        "applicationId": "app_1",
        "platformKey": "ak_platform_key_123",
        "vercel:apiToken": "vercel-token-12345",
        "appUrl": f"https://{HOST}",
        "production": {"domain": HOST},
        "environment": {"projectId": "prj_1"},
        "catalog": str(CATALOG),
        **changes,
    }
    return Settings.model_validate(values, by_alias=True, by_name=False)


def variable(key: str, value: str | None, **more: Any) -> EnvironmentVariable:
    kind = "sensitive" if value is None else "plain"
    fields = {"id": f"env_{key}", "key": key, "type": kind, "target": ["production"]}
    return EnvironmentVariable.model_validate(
        {**fields, "value": value, "updatedAt": 1_000, **more}
    )


def environment(**changes: Any) -> Environment:
    document: dict[str, Any] = {
        "auth_config": {"test_mode": False},
        "display_config": {"instance_environment_type": "production"},
        "user_settings": {
            "sign_up": {"mode": "public"},
            "restrictions": {"allowlist": {"enabled": False}},
            "attack_protection": {"user_lockout": {"enabled": True}},
        },
        "api_keys_settings": {
            "enabled": True,
            "user_api_keys_enabled": False,
            "orgs_api_keys_enabled": True,
        },
        "commerce_settings": {"billing": {"free_trial_requires_payment_method": False}},
    }
    return Environment.model_validate(document | changes)


def status(*, verified: bool = True, actual: tuple[str, ...] = ("x.clerk.services",)) -> Any:
    word = "complete" if verified else "incomplete"
    record = {
        "from": f"clerk.{HOST}",
        "to": "x.clerk.services",
        "verified": verified,
        "required": True,
        "actual": list(actual),
        "failure_hints": None if verified else [{"code": "cname", "message": "Not found."}],
    }
    return DomainStatus.model_validate(
        {
            "status": word,
            "dns": {"status": word, "cnames": {"clerk": record}},
            "ssl": {"status": word, "required": True},
            "mail": {"status": word, "required": True},
        }
    )


def attempt(status: str, code: int, minutes_ago: int) -> Attempt:
    return Attempt.model_validate(
        {
            "id": f"atmpt_{minutes_ago}",
            "statusText": status,
            "responseStatusCode": code,
            "timestamp": NOW - timedelta(minutes=minutes_ago),
            "msg": {"id": "msg_1", "eventType": "user.created"},
        }
    )


def lifetimes(*, maximum: int | None, idle: int | None = None) -> dict[str, Any]:
    """Return the section `session_settings` with the seconds of each limit; None if it is off."""
    return {
        name: {"enabled": seconds is not None, "duration_seconds": seconds or 0}
        for name, seconds in (("maximum_lifetime", maximum), ("inactivity_timeout", idle))
    }


@cache
def billing_of_the_catalog() -> dict[str, Any]:
    return billing_inputs(
        settings().billing, load_catalog(CATALOG), None, catalog_file="catalog.yaml"
    )


def sections(**changes: Any) -> dict[str, Any]:
    inputs = deepcopy(billing_of_the_catalog())
    plans = {**inputs["plans"], **inputs["defaults"]}
    billing = {
        "free_trial_requires_payment_method": False,
        "plans": {slug: dict(plan) for slug, plan in plans.items()},
        "features": dict(inputs["features"]),
    }
    # The lifetime of a token is not that of its session.
    token = {"claims": {}, "lifetime": 315_360_000}
    sessions = lifetimes(maximum=604_800)
    return {"billing": billing, "session": token, "session_settings": sessions, **changes}


class Seen(Readings):
    """Given readings; each can be changed by its name in `values`."""

    def __init__(self, declared: Settings | None = None, **given: Any) -> None:
        chosen = declared or settings()
        more = {name: given.pop(name, None) for name in ("reference", "smoke", "policies")}
        resources = given.pop("resources", ())
        endpoint = {"id": "ep_1", "url": URL, "eventTypes": chosen.webhook.events}
        variables = (
            variable("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", PUBLISHABLE),
            variable("CLERK_SECRET_KEY", None),
            variable("CLERK_WEBHOOK_SECRET", None),
            variable("NEXT_PUBLIC_APP_URL", f"https://{HOST}"),
            variable("NEXT_PUBLIC_CLERK_SIGN_IN_URL", "/sign-in"),
            variable("NEXT_PUBLIC_CLERK_SIGN_UP_URL", "/sign-up"),
            variable("NEXT_PUBLIC_CLERK_AFTER_SIGN_IN_URL", "/dashboard"),
            variable("NEXT_PUBLIC_CLERK_AFTER_SIGN_UP_URL", "/onboarding"),
        )
        domain = {"id": "dmn_1", "name": HOST, "frontend_api_url": f"https://clerk.{HOST}"}
        self.values: dict[str, Any] = {
            "found": ApplicationInstance(
                instance_id=INSTANCE,
                environment_type="production",
                publishable_key=PUBLISHABLE,
                secret_key=SecretStr(SECRET_KEY),
            ),
            "sections": sections(),
            "reference_sections": sections(),
            "environment": environment(),
            "domains": [Domain.model_validate(domain)],
            "domain_status": status(),
            "roles": LiveRoles(),
            "redirect_urls": [],
            "instance_domains": [],
            "count_users": 0,
            "endpoints": (Endpoint.model_validate(endpoint),),
            "event_types": frozenset(chosen.webhook.events),
            "signing_secret": SIGNING,
            "attempts": [],
            "variables": variables,
            "deployment": Deployment.model_validate(
                {"id": "dpl_1", "name": "acme", "state": "READY", "created": 2_000}
            ),
            "signed": 200,
            "unsigned": 400,
            "wrongly": 401,
        }
        unknown = given.keys() - self.values.keys()
        assert not unknown, unknown
        self.values |= given
        live = GivenInstance(chosen.publishable_key)
        live.values = self.values
        if more["reference"] is not None:
            theirs = self.values["reference_sections"]
            there = None if theirs is None else self.values["found"]
            more["reference"] = GivenInstance(found=there, sections=theirs)
        super().__init__(
            chosen,
            load_catalog(CATALOG),
            Known(endpoint_id="ep_1"),
            live,
            now=lambda: NOW,
            resources=resources,
            app=read_app(chosen.app, chosen.app_declaration),
            **more,
        )

    def probe(self, kind: str, send: Any) -> int:
        value = self.values[kind.split()[0]]
        if isinstance(value, Exception):
            raise value
        status: int = value
        return status


def report(point: str, seen: Seen) -> Report:
    """Return the report of a point."""
    return judge("prod", [point_named(point)], seen, {})


def judged(point: str, seen: Seen) -> Finding:
    """Return the finding of a point."""
    (finding,) = report(point, seen).findings
    return finding


def wrong(finding: Finding) -> list[str]:
    return [detail.name for detail in finding.details if detail.severity is not Severity.PASSED]


__all__ = ["InstanceDomain", "RedirectUrl", "Severity"]
