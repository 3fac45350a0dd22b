"""Settings: a clean stack gives no message, and each mistake gives one, with its line."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from clerkstack.problems import InputError
from clerkstack.settings.keys import frontend_host
from clerkstack.settings.load import load_connection, load_settings

TOP = Path(__file__).resolve().parents[3]
SECRET = "c2VjcmV0LXZhbHVl"
GOOGLE_ID = "123-abc.apps.googleusercontent.com"
NO_DOLLAR = base64.b64encode(b"clerk.sendero.example").decode()
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
    """A config without a mistake, as Pulumi gives it; None removes a key."""
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
    ("changes", "url"),
    [
        (
            {"webhook": {"url": "https://Hooks.Sendero.example:443"}},
            "https://hooks.sendero.example/",
        ),
        ({"webhook": {"path": "/a/../b"}}, "https://preview.sendero.example/b"),
        ({"appUrl": "HTTPS://Sendero.example:443/"}, "https://sendero.example/api/webhooks/clerk"),
    ],
)
def test_a_webhooks_url_is_written_as_svix_keeps_it(changes: Any, url: str) -> None:
    assert load_settings(clean(**changes), stack="dev").webhook_url == url


def test_an_event_that_is_not_known_is_for_svix_to_judge() -> None:
    named = ["user.created", "user.invented", "apiKey.created"]
    settings = load_settings(clean(webhook={"events": named}), stack="dev")

    assert settings.webhook.events == named
    assert settings.webhook.optional_events == []


def test_only_defaults_that_clerk_does_not_publish_are_optional() -> None:
    assert load_settings(clean(), stack="dev").webhook.optional_events == ["apiKey.created"]


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"instance": "staging"}, "instance", "is not an allowed value"),
        ({"instance": None}, "instance", "is missing"),
        ({"applicationId": "sendero"}, "applicationId", "is malformed"),
        ({"biling": {}}, "biling", "is not a setting. Did you mean billing?"),
        (
            {"environment": {"projectId": "p", "redploy": True}},
            "environment.redploy",
            "is not a setting. Did you mean redeploy?",
        ),
        ({"billing": {"gateway": "paddle"}}, "billing.gateway", "Use 'clerk' or 'stripe'"),
        (
            {"environment": {"projectId": "p", "names": ["next"]}},
            "environment.names[0]",
            "Use 'guide', 'nextjs', 'astro', 'nuxt', 'react-router' or 'express'",
        ),
        ({"environment": {"projectId": "p", "names": "nextjs"}}, "environment.names", "- …"),
        ({"environment": {"projectId": "p", "names": []}}, "environment.names", "is empty"),
        (
            {"environment": {"projectId": "p", "overwrite": ["production/CLERK_SECRET_KEY"]}},
            "environment.overwrite[0]",
            "names production/CLERK_SECRET_KEY, which is not a variable of this stack",
        ),
        (
            {
                "environment": {
                    "projectId": "p",
                    "overwrite": ["preview/A"],
                    "leaveAlone": ["preview/A"],
                }
            },
            "environment.overwrite[0]",
            "names preview/A, and so does leaveAlone",
        ),
        (
            {"environment": {"projectId": "p", "names": ["guide", "guide"]}},
            "environment.names[1]",
            "names guide twice",
        ),
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
            "is malformed",
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
        ({"publishableKey": "pk_test_abc"}, "publishableKey", "not a complete publishable key"),
        ({"appUrl": "http://sendero.example"}, "appUrl", "is not a complete https URL"),
        ({"appUrl": "https://"}, "appUrl", "is not a complete https URL"),
        ({"appUrl": " https://sendero.example"}, "appUrl", "is not a complete https URL"),
        ({"appUrl": "https://sendero.example/ "}, "appUrl", "is not a complete https URL"),
        ({"appUrl": "https://sendero.example/a b"}, "appUrl", "is not a complete https URL"),
        ({"appUrl": "https://..sendero.example"}, "appUrl", "is not a complete https URL"),
        (
            {"signIn": {"sessionClaims": {"__role": "x"}}},
            "signIn.sessionClaims.__role",
            "Pulumi's preview shows no change",
        ),
        (
            {
                "organizations": {"enabled": False, "personalWorkspaces": False},
                "billing": {"organizationEnabled": False},
            },
            "organizations.personalWorkspaces",
            "without organizations everybody has only a personal workspace",
        ),
        (
            {
                "organizations": {"enabled": False, "roles": {"org:a": {"name": "A"}}},
                "billing": {"organizationEnabled": False},
            },
            "organizations.roles",
            "needs organizations, but this stack turns them off",
        ),
        ({"webhook": {"url": "http://a.example/x"}}, "webhook.url", "is not a complete https URL"),
        ({"webhook": {"url": "https://bücher.example/x"}}, "webhook.url", "in its xn-- form"),
        ({"webhook": {"path": "api"}}, "webhook.path", "is malformed"),
        (
            {"webhook": {"events": ["user.created", "organisation.created"]}},
            "webhook.events[1]",
            "Did you mean organization.created?",
        ),
        (
            {"webhook": {"events": ["apikey.created"]}},
            "webhook.events[0]",
            "Did you mean apiKey.created?",
        ),
        (
            {"webhook": {"events": ["user.created", "user.created"]}},
            "webhook.events[1]",
            "names user.created twice",
        ),
        ({"webhook": {"events": []}}, "webhook.events", "is empty"),
        ({"webhook": {"events": [f"whsec_{SECRET}"]}}, "webhook.events[0]", "names something that"),
        ({"webhook": {"events": "user.created"}}, "webhook.events", "is not a list"),
        (
            {"production": {"create": True, "domain": "a.io"}},
            "production",
            "applies only to a stack",
        ),
        ({"production": {"cloneDevelopment": False}}, "production", "applies only to a stack"),
        ({"vercel:apiToken": None}, "vercel:apiToken", "set --stack dev --secret vercel:apiToken"),
        ({"vercel:apiToken": ""}, "vercel:apiToken", "it is empty"),
        ({"vercel:apiToken": f"sk_test_{SECRET}"}, "vercel:apiToken", "a Clerk key (sk_…)"),
        ({"vercelToken": "x"}, "vercelToken", "is not a setting"),
        ({"application_id": "app_1"}, "application_id", "Did you mean applicationId?"),
        ({"billing": {"user_enabled": True}}, "billing.user_enabled", "Did you mean userEnabled?"),
        ({"app-url": "x"}, "app-url", "Did you mean appUrl?"),
        (
            {"billing.userEnabled": "true"},
            "billing.userEnabled",
            "set --stack dev --path clerkstack:billing.userEnabled <value>",
        ),
        (
            {"organizations": {"roles": {"org:a": {"nam": 1, "name": "A"}}}},
            'organizations.roles["org:a"].nam',
            "Did you mean name?",
        ),
        (
            {"platformKey": None},
            "platformKey",
            "pulumi config set --stack dev --secret clerkstack:platformKey",
        ),
        ({"platformKey": "ak_"}, "platformKey", "starts with ak_"),
        ({"platformKey": f"ak_{SECRET}\n"}, "platformKey", "a line break"),
        ({"platformKey": f"pk_test_{HOST}"}, "platformKey", "a key of one instance (pk_…)"),
        ({"secretKey": f"sk_test_{SECRET}\n"}, "secretKey", "a line break"),
        ({"secretKey": f"pk_test_{HOST}"}, "secretKey", "this is a publishable key"),
        ({"secretKey": f"sk_{SECRET}"}, "secretKey", "instance starts with sk_test_"),
        ({"secretKey": SECRET}, "secretKey", "instance starts with sk_test_"),
        ({"publishableKey": f"ak_{SECRET}"}, "publishableKey", "sent to every browser"),
        ({"publishableKey": f"whsec_{SECRET}"}, "publishableKey", "sent to every browser"),
        ({"publishableKey": f"pk_test_{HOST} "}, "publishableKey", "there is a space"),
        ({"publishableKey": HOST}, "publishableKey", "instance starts with pk_test_"),
        (
            {"publishableKey": f"pk_test_{NO_DOLLAR}"},
            "publishableKey",
            "not a complete publishable",
        ),
        ({"applicationId": "app_1/../app_2"}, "applicationId", "is malformed"),
        (
            {"environment": {}},
            "environment.projectId",
            "set --stack dev --path clerkstack:environment.projectId prj_…",
        ),
        ({"environment": None}, "environment.projectId", "is missing"),
        (
            {"environment": {"projectId": "p; rm"}},
            "environment.projectId",
            "Use only letters, digits",
        ),
        (
            {"environment": {"projectId": "p", "teamId": "../x"}},
            "environment.teamId",
            "Use only lett",
        ),
        ({"environment": {"projectId": 5}}, "environment.projectId", "is not text. Write it in qu"),
        (
            {"environment": {"projectId": "p", "signInUrl": "//evil.example"}},
            "environment.signInUrl",
            "a path that starts with one /",
        ),
        ({"appUrl": "https://me:pw@sendero.example"}, "appUrl", "is not a complete https URL"),
        ({"appUrl": "https://sendero.example?x"}, "appUrl", "is not a complete https URL"),
        ({"appUrl": "https://sendero.example:no"}, "appUrl", "is not a complete https URL"),
        ({"appUrl": "http://localhost.evil.example"}, "appUrl", "is not a complete https URL"),
        ({"developmentAppUrl": "http://dev.example"}, "developmentAppUrl", "is neither an https"),
        ({"urls": {"platform": "http://api.example"}}, "urls.platform", "keys are sent there"),
        (
            {"organizations": {"maxAllowedMemberships": -1}},
            "organizations.maxAllowedMemberships",
            "is below 0. Write 0 or more",
        ),
        (
            {"organizations": {"roles": {"org:a": {}}}},
            'organizations.roles["org:a"].name',
            "is missing. Clerk does not create a role without a name",
        ),
        (
            {"organizations": {"roles": {"org:member": {"permissions": ["read"]}}}},
            'organizations.roles["org:member"].permissions[0]',
            "as org:sys_memberships:read",
        ),
        (
            {"organizations": {"roles": {"org:member": {"permissions": ["org:a:b", "org:a:b"]}}}},
            'organizations.roles["org:member"].permissions[1]',
            "names org:a:b twice",
        ),
        ({"organizations": {"enabled": False}}, "billing.organizationEnabled", "needs organizatio"),
        (
            {"signIn": {"oauth": {"google": {"clientId": GOOGLE_ID}}}},
            "signIn.oauth.google.clientSecret",
            "set --stack dev --path --secret clerkstack:signIn.oauth.google.clientSecret",
        ),
        (
            {"signIn": {"oauth": {"google": {"clientSecret": SECRET}}}},
            "signIn.oauth.google.clientId",
            "is missing, but clientSecret is set",
        ),
        ({"signIn": {"oauth": {"Google": {}}}}, "signIn.oauth.Google", "Name the provider as"),
        (
            {"signIn": {"oauth": {"google": {"clientId": "a", "clientSecret": SECRET}}}},
            "signIn.oauth.google.clientId",
            "is not a Google client id",
        ),
        (
            {"signIn": {"sessionClaims": {"a": {"b": None}}}},
            "signIn.sessionClaims.a.b",
            "is null, but Clerk does not keep a null claim",
        ),
        ({"catalog": ""}, "catalog", "is empty"),
    ],
)
def test_one_mistake_gives_one_message(changes: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_settings(clean(**changes), stack="dev")

    assert [problem.path for problem in caught.value.problems] == [path]
    assert message in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_clean_production_stack_has_no_problem() -> None:
    raw = clean(
        instance="production",
        production={"create": True, "domain": "sendero.example"},
        secretKey=f"sk_live_{SECRET}",
        publishableKey=f"pk_live_{HOST}",
        signIn={"oauth": {"google": {"clientId": GOOGLE_ID, "clientSecret": SECRET}}},
        webhook={"url": "https://hooks.sendero.example/clerk?from=clerk"},
        urls={"platform": "http://127.0.0.1:4871", "svix": "http://[::1]:4873"},
    )

    settings = load_settings(raw, stack="prod")

    assert settings.webhook_url == "https://hooks.sendero.example/clerk?from=clerk"
    assert settings.sign_in.oauth["google"].client_secret is not None


def test_what_is_off_needs_no_settings() -> None:
    raw = clean(components={"environment": False, "billing": False}, environment=None)
    raw |= {"clerkstack:organizations": '{"enabled": false}'}
    del raw["vercel:apiToken"]

    assert load_settings(raw, stack="dev").components.environment is False


def test_a_development_url_is_for_development_only() -> None:
    with pytest.raises(
        InputError, match=r"developmentAppUrl: applies only to a stack with .* development"
    ):
        load_settings(
            clean(instance="production", developmentAppUrl="http://localhost:1"), stack="prod"
        )


def test_production_needs_a_domain_to_be_made() -> None:
    changes = {"instance": "production", "production": {"create": True}}

    with pytest.raises(InputError, match="cannot be created without a domain"):
        load_settings(clean(**changes), stack="prod")


def test_http_on_localhost_is_for_development_only() -> None:
    assert load_settings(clean(appUrl="http://localhost:3000"), stack="dev")
    with pytest.raises(InputError, match="is not a complete https URL"):
        load_settings(clean(instance="production", appUrl="http://localhost:3000"), stack="prod")


def test_all_mistakes_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(FILE)
    raw = clean(environment={"projectId": "prj_1", "redploy": True}, webhook={"events": [1]})

    with pytest.raises(InputError) as caught:
        load_settings(raw, stack="dev", file=file)

    assert [(problem.file, problem.line) for problem in caught.value.problems] == [
        ("Pulumi.dev.yaml", 10),
        ("Pulumi.dev.yaml", 13),
    ]


def test_a_wrong_type_hides_no_other_mistake() -> None:
    raw = clean(
        applicationId=None,
        billing={"gateway": "paddle"},
        webhook={"events": [1], "path": "no-slash", "url": "ftp://x"},
        secretKey=f"ak_{SECRET}",
        environment={"projectId": "prj_1", "redploy": True},
        appUrl="http://sendero.example",
    )

    with pytest.raises(InputError) as caught:
        load_settings(raw, stack="dev")

    assert {problem.path for problem in caught.value.problems} == {
        "applicationId",
        "appUrl",
        "billing.gateway",
        "environment.redploy",
        "secretKey",
        "webhook.events[0]",
        "webhook.path",
        "webhook.url",
    }


def test_a_secret_in_the_clear_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    connection = {"clientId": GOOGLE_ID, "clientSecret": SECRET}
    text = FILE.replace("    redploy: true\n", "").replace("apiToken", "x")
    text += "  clerkstack:signIn:\n    oauth:\n      google:\n        clientId: " + GOOGLE_ID + "\n"
    raw = clean(signIn={"oauth": {"google": connection}})

    file.write_text(text + "        clientSecret:\n          secure: v1:y\n")
    assert load_settings(raw, stack="dev", file=file)

    file.write_text(text + f"        clientSecret: {SECRET}\n  vercel:apiToken: {SECRET}\n")
    with pytest.raises(InputError) as caught:
        load_settings(raw, stack="dev", file=file)
    assert [(problem.line, problem.path) for problem in caught.value.problems] == [
        (17, "signIn.oauth.google.clientSecret"),
        (18, "vercel:apiToken"),
    ]
    assert SECRET not in str(caught.value)


def test_no_secret_is_shown() -> None:
    settings = load_settings(clean(secretKey=f"sk_test_{SECRET}"), stack="dev")
    connection = load_connection(clean(secretKey=f"sk_test_{SECRET}"))

    assert SECRET not in repr(settings) + str(settings) + repr(connection) + str(connection)
    assert SECRET not in str(settings.model_dump()) + settings.model_dump_json()


def test_a_connection_without_its_key_says_what_to_run() -> None:
    with pytest.raises(InputError, match="pulumi config set --secret clerkstack:platformKey"):
        load_connection({"clerkstack:secretKey": SECRET})


def test_the_frontend_api_is_named_in_the_publishable_key() -> None:
    assert frontend_host(f"pk_test_{HOST}") == "clerk.sendero.example"


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_stack_file_of_the_project_wants_only_its_secrets_and_ids(stack: str) -> None:
    file = TOP / f"Pulumi.{stack}.yaml"
    config = YAML(typ="safe").load(file.read_text())["config"]
    raw = {k: v if isinstance(v, str) else json.dumps(v) for k, v in config.items()}

    with pytest.raises(InputError) as caught:
        load_settings(raw, stack=stack, file=file)
    assert {problem.path for problem in caught.value.problems} == {
        "applicationId",
        "environment.projectId",
        "platformKey",
        "vercel:apiToken",
    }

    raw |= {"clerkstack:platformKey": f"ak_{SECRET}", "vercel:apiToken": SECRET}
    raw |= {"clerkstack:applicationId": "app_1", "clerkstack:environment": '{"projectId": "p"}'}
    assert load_settings(raw, stack=stack, file=file)


def found(file: Path, encrypted: list[str] | None = None, **changes: Any) -> list[str]:
    """Path and message of each problem of a config that comes with a file."""
    with pytest.raises(InputError) as caught:
        load_settings(clean(**changes), stack="dev", file=file, encrypted=encrypted)
    return [f"{problem.path}: {problem.message}" for problem in caught.value.problems]


def test_a_file_with_merged_parts_gives_lines_as_far_as_there_are(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(
        """\
x: &b {clerkstack:bogus: 1}
config:
  <<: *b
  clerkstack:signIn:
    oauth:
      google: &g {clientId: 1-a.apps.googleusercontent.com, clientSecret: {secure: x}}
      github: {<<: *g}
"""
    )
    connection = {"clientId": "1-a.apps.googleusercontent.com", "clientSecret": "b"}
    sign_in = {"oauth": {"google": connection, "github": connection}}

    assert found(file, bogus="1", signIn=sign_in) == ["bogus: is not a setting"]


@pytest.mark.parametrize("text", [None, "config: " + "[" * 600])
def test_a_file_that_cannot_be_read_gives_no_lines(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    if text is None:
        file.mkdir()
    else:
        file.write_text(text)

    assert found(file, bogus="1") == ["bogus: is not a setting"]


def test_a_secret_that_pulumi_does_not_know_as_one_is_reported_wherever_it_stands(
    tmp_path: Path,
) -> None:
    elsewhere = tmp_path / "Pulumi.dev.yaml"
    keys = ["clerkstack:platformKey", "vercel:apiToken"]

    load_settings(clean(), stack="dev", file=elsewhere, encrypted=keys)

    assert found(elsewhere, keys[1:]) == ["platformKey: is a secret but is not encrypted"]


def test_a_tagged_secret_in_the_file_is_in_the_clear(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("config:\n  clerkstack:platformKey: !!str ak_1\n")

    assert found(file) == ["platformKey: is a secret but is not encrypted"]


def test_a_wrong_instance_hides_nothing_that_is_wrong_either_way(tmp_path: Path) -> None:
    problems = found(
        tmp_path / "none",
        instance="staging",
        appUrl="http://app.example",
        publishableKey=f"sk_live_{SECRET}",
        secretKey=f"sk_live_{SECRET}",
    )

    assert [problem.split(":")[0] for problem in problems] == [
        "instance",
        "publishableKey",
        "appUrl",
    ]


@pytest.mark.parametrize("value", ["", "a b", "a\n"])
def test_credentials_with_something_pasted_along_are_reported(tmp_path: Path, value: str) -> None:
    sign_in = {"oauth": {"google": {"clientId": value, "clientSecret": value}}}

    paths = [each.split(": ")[0] for each in found(tmp_path / "none", signIn=sign_in)]

    assert paths == ["signIn.oauth.google.clientId", "signIn.oauth.google.clientSecret"]


def test_small_things_that_no_service_would_take(tmp_path: Path) -> None:
    file = tmp_path / "none"

    assert found(file, appUrl="https://h%0a")[0].startswith("appUrl")
    assert found(file, webhook={"path": "/a#b"})[0].startswith("webhook.path")
    assert found(file, environment={"projectId": "p", "teamId": "team_REPLACE_ME"}) == [
        "environment.teamId: is still a placeholder"
    ]
    assert found(file, organizations={"roles": {"org:x": {"name": " "}}}) == [
        'organizations.roles["org:x"].name: is empty'
    ]
    assert found(file, smoke={"gates": [{"path": "/a"}]}) == [
        "smoke.gates[0]: must have a feature or a plan"
    ]
    assert found(file, vercelToken="x") == ["vercelToken: is not a setting"]


REQUIRED = ("instance", "applicationId", "platformKey", "appUrl")


@pytest.mark.parametrize("gone", [*((name,) for name in REQUIRED), REQUIRED])
def test_without_a_required_setting_the_others_are_still_judged(
    tmp_path: Path, gone: tuple[str, ...]
) -> None:
    others = {
        "webhook.events[1]: names user.created twice",
        "environment.projects.web.projectId: is missing",
        "environment.projects.web.teamId: is still a placeholder",
        "publishableKey: the publishable key of the development instance starts with pk_test_",
        "vercel:apiToken: is missing",
    }
    changes: dict[str, Any] = {
        "webhook": {"events": ["user.created", "user.created"]},
        "environment": {"projects": {"web": {"teamId": "REPLACE_ME"}}},
        "publishableKey": "nonsense",
        "vercel:apiToken": None,
        **dict.fromkeys(gone),
    }

    told = found(tmp_path / "Pulumi.dev.yaml", **changes)

    assert set(told) == others | {f"{name}: is missing" for name in gone}
