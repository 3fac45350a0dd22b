"""A complete deployment without violations, as plain dicts, for tests to break."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from clerkstack.catalog.load import load_catalog
from clerkstack.desired.catalog import declared_features, declared_plans
from clerkstack.settings.events import SENDERO_EVENTS
from policies import view

TOP = Path(__file__).resolve().parents[3]
PARTS = ("organizations", "sign_in", "billing", "api_keys", "webhook", "environment")
NOW = 1_800_000_000_000  # milliseconds since 1970
DAY = 24 * 60 * 60 * 1000

Plain = dict[str, Any]
Deployment = dict[str, Plain]


def publishable_key(kind: str, host: str) -> str:
    """Return a publishable key for a host."""
    return f"pk_{kind}_{base64.b64encode(f'{host}$'.encode()).decode().rstrip('=')}"


LIVE_KEY = publishable_key("live", "clerk.sendero.example")
TEST_KEY = publishable_key("test", "brave-cat-1.clerk.accounts.dev")


def deployment(environment: str = "production") -> Deployment:
    """Return all resources of a stack, by name."""
    production = environment == "production"
    catalog = load_catalog(TOP / "catalog.yaml")
    host = "sendero.example" if production else "preview.sendero.example"
    kind, key = ("live", LIVE_KEY) if production else ("test", TEST_KEY)
    targets = ("production",) if production else ("preview", "development")
    made = {
        "instance": resource(view.INSTANCE, {"declared_publishable_key": key}, environment),
        "organizations": resource(
            view.ORGANIZATIONS,
            {"sections": {"organization_settings": {"enabled": True}}},
            environment,
        ),
        "roles": resource(view.ROLES, {"roles": {"org:admin": {}, "org:finance": {}}}, environment),
        "sign-in": resource(
            view.SIGN_IN,
            {
                "sections": {"connection_oauth_google": {"enabled": True, "client_id": "123"}},
                "client_secret_google": "abc",
            },
            environment,
        ),
        "billing": resource(
            view.BILLING,
            {
                "settings": {
                    "organization_enabled": True,
                    "user_enabled": False,
                    "free_trial_requires_payment_method": False,
                },
                "plans": declared_plans(catalog),
                "features": declared_features(catalog),
                "defaults": {},
                "app": {
                    "plans": {s: list(plan.features) for s, plan in catalog.plans.items()},
                    "features": list(catalog.features),
                },
                "catalog": "catalog.yaml",
            },
            environment,
        ),
        "api-keys": resource(
            view.API_KEYS,
            {"switches": {"orgs_api_keys_enabled": True, "user_api_keys_enabled": False}},
            environment,
        ),
        "webhook": resource(
            view.WEBHOOK,
            {"url": f"https://{host}/api/webhooks/clerk", "events": list(SENDERO_EVENTS)},
            environment,
        ),
        "written": resource(view.WRITTEN, {"state": {f"{targets[0]}/CLERK_SECRET_KEY": ""}}),
    }
    made["written"]["outputs"] = {"written": {f"{targets[0]}/CLERK_SECRET_KEY": NOW - 10 * DAY}}
    for target in targets:
        for name, value in (
            ("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", key),
            ("CLERK_SECRET_KEY", f"sk_{kind}_abc"),
            ("CLERK_WEBHOOK_SECRET", "whsec_abc"),
            ("NEXT_PUBLIC_APP_URL", f"https://{host}"),
            ("NEXT_PUBLIC_CLERK_SIGN_IN_URL", "/sign-in"),
        ):
            shown = name.startswith("NEXT_PUBLIC_") or target == "development"
            made[f"{target}-{name}"] = variable(name, value, target, sensitive=not shown)
    return made


def resource(kind: str, inputs: Plain, environment: str | None = None) -> Plain:
    """Return one resource, protected as in production."""
    own = {} if environment is None else {"environment": environment}
    return {"type": kind, "inputs": {**own, **inputs}, "protect": environment != "development"}


def variable(name: str, value: Any, *targets: str, sensitive: bool = False) -> Plain:
    """Return one Vercel variable."""
    inputs = {"key": name, "value": value, "targets": list(targets), "sensitive": sensitive}
    return {"type": view.VARIABLE, "inputs": inputs, "protect": "production" in targets}
