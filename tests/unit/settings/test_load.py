"""Settings: a clean stack gives none, and each mistake gives its one message, with its line."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from clerkstack.problems import InputError
from clerkstack.settings import load_connection, load_settings
from clerkstack.settings.keys import frontend_host

SECRET = "c2VjcmV0LXZhbHVl"
HOST = base64.b64encode(b"clerk.sendero.example$").decode().rstrip("=")

FILE = """\
encryptionsalt: v1:x
config:
  clerkstack:instance: development
  clerkstack:applicationId: app_1
  clerkstack:platformKey:
    secure: v1:x
  clerkstack:appUrl: https://preview.sendero.example
  clerkstack:environment:
    projectId: prj_1
    redploy: true
  clerkstack:webhook:
    events:
      - organization.created
"""


def clean(**changes: Any) -> dict[str, str]:
    """A config without a mistake, as Pulumi gives it; None takes a key out."""
    values: dict[str, Any] = {
        "clerkstack:instance": "development",
        "clerkstack:applicationId": "app_1",
        "clerkstack:platformKey": f"ak_{SECRET}",
        "clerkstack:appUrl": "https://preview.sendero.example",
        "clerkstack:environment": {"projectId": "prj_1"},
        "vercel:apiToken": f"vercel_{SECRET}",
        "other:key": "of another package",
    }
    for name, value in changes.items():
        values[name if ":" in name else f"clerkstack:{name}"] = value
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
        if value is not None
    }


def test_every_default_is_the_deployments_value() -> None:
    settings = load_settings(clean(), stack="dev")

    assert settings.billing.organization_enabled is True
    assert settings.billing.user_enabled is False
    assert settings.billing.free_trial_requires_payment_method is False
    assert settings.billing.gateway == "clerk"
    assert settings.api_keys.organization_enabled is True
    assert settings.api_keys.user_enabled is False
    assert settings.organizations.personal_workspaces is True
    assert set(settings.organizations.roles) == {"org:admin", "org:member", "org:finance"}
    assert len(settings.webhook.events) == 7
    assert settings.webhook_url == "https://preview.sendero.example/api/webhooks/clerk"
    assert settings.environment.after_sign_up_url == "/onboarding"


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"instance": "staging"}, "instance", "is not one of the values it can have"),
        ({"instance": None}, "instance", "is missing"),
        ({"applicationId": "sendero"}, "applicationId", "has not the form it must have"),
        ({"biling": {}}, "biling", "is not a setting. Did you mean billing?"),
        (
            {"environment": {"projectId": "p", "redploy": True}},
            "environment.redploy",
            "is not a setting. Did you mean redeploy?",
        ),
        ({"billing": {"gateway": "paddle"}}, "billing.gateway", "Use 'clerk' or 'stripe'"),
        ({"apiKeys": {"userEnabled": "no"}}, "apiKeys.userEnabled", "is not a boolean"),
        ({"organizations": "on"}, "organizations", "is not a group of settings"),
        (
            {"organizations": {"maxAllowedMemberships": 2.5}},
            "organizations.maxAllowedMemberships",
            "is not a whole number",
        ),
        (
            {"organizations": {"roles": {"finance": {"name": "F"}}}},
            "organizations.roles.finance",
            "has not the form it must have",
        ),
        ({"platformKey": f"sk_test_{SECRET}"}, "platformKey", "a key of one instance (sk_…)"),
        ({"platformKey": f"whsec_{SECRET}"}, "platformKey", "a webhook signing secret"),
        (
            {"secretKey": f"ak_{SECRET}"},
            "secretKey",
            "CLERK_SECRET_KEY takes the instance's secret key (sk_test_…)",
        ),
        ({"secretKey": f"whsec_{SECRET}"}, "secretKey", "a webhook signing secret"),
        ({"secretKey": f"sk_live_{SECRET}"}, "secretKey", "a key of a production instance"),
        ({"publishableKey": f"sk_test_{SECRET}"}, "publishableKey", "sent to every browser"),
        ({"publishableKey": f"pk_live_{HOST}"}, "publishableKey", "of a production instance"),
        ({"publishableKey": "pk_test_abc"}, "publishableKey", "not a whole publishable key"),
        ({"appUrl": "http://sendero.example"}, "appUrl", "is not a whole https URL"),
        ({"appUrl": "https://"}, "appUrl", "is not a whole https URL"),
        ({"webhook": {"url": "http://a.example/x"}}, "webhook.url", "is not a whole https URL"),
        ({"webhook": {"path": "api"}}, "webhook.path", "has not the form it must have"),
        (
            {"webhook": {"events": ["organisation.created"]}},
            "webhook.events",
            "Did you mean organization.created?",
        ),
        (
            {"webhook": {"events": ["user.created", "user.created"]}},
            "webhook.events",
            "names user.created twice",
        ),
        ({"webhook": {"events": []}}, "webhook.events", "is empty"),
        ({"production": {"create": True, "domain": "a.io"}}, "production.create", "is for a stack"),
        ({"vercel:apiToken": None}, "vercel:apiToken", "is missing"),
    ],
)
def test_one_mistake_gives_one_message(changes: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_settings(clean(**changes), stack="dev")

    assert [problem.path for problem in caught.value.problems] == [path]
    assert message in str(caught.value)
    assert SECRET not in str(caught.value)


def test_production_needs_a_domain_to_be_made() -> None:
    changes = {"instance": "production", "production": {"create": True}}

    with pytest.raises(InputError, match="can't be made without a domain"):
        load_settings(clean(**changes), stack="prod")


def test_http_on_localhost_is_for_development_only() -> None:
    assert load_settings(clean(appUrl="http://localhost:3000"), stack="dev")
    with pytest.raises(InputError, match="is not a whole https URL"):
        load_settings(clean(instance="production", appUrl="http://localhost:3000"), stack="prod")


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(FILE)
    raw = clean(environment={"projectId": "prj_1", "redploy": True}, webhook={"events": [1]})

    with pytest.raises(InputError) as caught:
        load_settings(raw, stack="dev", file=file)

    assert [(problem.file, problem.line) for problem in caught.value.problems] == [
        ("Pulumi.dev.yaml", 12),
        ("Pulumi.dev.yaml", 10),
    ]


def test_no_secret_is_shown() -> None:
    settings = load_settings(clean(secretKey=f"sk_test_{SECRET}"), stack="dev")
    connection = load_connection(clean(secretKey=f"sk_test_{SECRET}"))

    assert SECRET not in repr(settings) + str(settings) + repr(connection) + str(connection)


def test_the_frontend_api_is_named_in_the_publishable_key() -> None:
    assert frontend_host(f"pk_test_{HOST}") == "clerk.sendero.example"
