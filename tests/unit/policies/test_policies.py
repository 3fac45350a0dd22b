"""Each policy: a clean deployment violates none, and each single fault violates one."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clerkstack.checks.finding import Finding, Severity
from policies import view
from policies.judge import is_violation, judge, level_of, text_of
from policies.registry import POLICIES
from policies.rules import Level
from policies.view import Expected
from tests.unit.policies.deployments import (
    DAY,
    LIVE_KEY,
    NOW,
    PARTS,
    TEST_KEY,
    Deployment,
    deployment,
    publishable_key,
    resource,
    variable,
)

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRETS = ("sk_live_abc", "sk_test_abc", "whsec_abc", "ak_abc", LIVE_KEY, TEST_KEY, "hidden-value")


GUIDE = Expected(names=["guide"])


def judged(found: Deployment, **more: Any) -> list[Finding]:
    """Return the verdicts over a deployment, on the tests' day."""
    resources = [{**each, "name": name} for name, each in found.items()]
    now = datetime.fromtimestamp(NOW / 1000, UTC)
    more = {"parts": PARTS, "now": now, "projects": [GUIDE], **more}
    return judge(resources, stack="prod", **more)


def violations(found: Deployment, **more: Any) -> set[tuple[str, str]]:
    """Return policy and subject of each violation."""
    return {(v.check, v.subject) for v in judged(found, **more) if is_violation(v)}


@pytest.mark.parametrize("environment", ["production", "development"])
def test_a_clean_deployment_violates_nothing(environment: str) -> None:
    assert judged(deployment(environment)) == []


Change = Callable[[Deployment], object]
P = "production-"


def inputs(name: str, **changes: Any) -> Change:
    """Set inputs of a resource."""
    return lambda found: found[name]["inputs"].update(changes)


def inside(name: str, part: str, **changes: Any) -> Change:
    """Set fields of an object among a resource's inputs."""
    return lambda found: found[name]["inputs"][part].update(changes)


def without(name: str, part: str, key: str) -> Change:
    """Remove a field from an object among a resource's inputs."""
    return lambda found: found[name]["inputs"][part].pop(key)


def also(name: str, **made: Any) -> Change:
    """Add a resource."""
    return lambda found: found.update({name: made})


def gone(name: str) -> Change:
    """Remove a resource."""
    return lambda found: found.pop(name)


def extra(name: str, value: Any, *targets: str, sensitive: bool = False) -> Change:
    """Add a variable, under its own name."""
    made = variable(name, value, *(targets or ("production",)), sensitive=sensitive)
    return lambda found: found.update({"extra": {**made, "protect": True}})


def _capital(found: Deployment) -> None:
    plans = found["billing"]["inputs"]["plans"]
    plans["Pro"] = plans.pop("pro")


def _app_differs(found: Deployment) -> None:
    plans = found["billing"]["inputs"]["app"]["plans"]
    plans["professional"] = plans.pop("pro")


def _app_attaches_more(found: Deployment) -> None:
    found["billing"]["inputs"]["app"]["plans"]["free"].append("white_label")


def _taken_out(found: Deployment) -> None:
    """Take a feature out of every plan of the catalog and of the app; both still list it."""
    billing = found["billing"]["inputs"]
    for plan in billing["plans"].values():
        plan["features"] = [
            feature for feature in plan["features"] if feature != "audit_log_export"
        ]
    for features in billing["app"]["plans"].values():
        features[:] = [feature for feature in features if feature != "audit_log_export"]


def _public_copy(found: Deployment) -> None:
    found["own"] = variable("DB_PASSWORD", "hidden-value", "production", sensitive=True)
    found["public"] = variable("NEXT_PUBLIC_DB", "hidden-value", "production")


def _plural(found: Deployment) -> None:
    one = variable("NEXT_PUBLIC_X", "whsec_abc", "production")["inputs"]
    inputs = {"project_id": "prj_1", "variables": [one]}
    found["plural"] = {"type": view.VARIABLES, "inputs": inputs, "protect": True}


def _shared(found: Deployment) -> None:
    inputs = {"key": "NEXT_PUBLIC_X", "valueWo": "whsec_abc", "targets": ["production"]}
    found["shared"] = {"type": view.SHARED, "inputs": inputs, "protect": True}


def _inline(found: Deployment) -> None:
    one = variable("NEXT_PUBLIC_X", "whsec_abc", "production")["inputs"]
    found["project"] = {"type": view.PROJECT, "inputs": {"environments": [one]}}


def _twin(url: str) -> Change:
    def add(found: Deployment) -> None:
        again = {**found["webhook"]["inputs"], "url": url}
        found["twin"] = resource(view.WEBHOOK, again)

    return add


def _old(found: Deployment) -> None:
    found["written"]["outputs"]["written"]["production/CLERK_SECRET_KEY"] = NOW - 91 * DAY


def _open(name: str) -> Change:
    return lambda found: found[name].update(protect=False)


PK = f"{P}NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY"
SK = f"{P}CLERK_SECRET_KEY"
WS = f"{P}CLERK_WEBHOOK_SECRET"
APP = f"{P}NEXT_PUBLIC_APP_URL"
GITHUB = {"connection_oauth_github": {"enabled": True}}

CASES: list[tuple[Change, str, str]] = [
    (_capital, "billing-slugs", "billing"),
    (without("billing", "plans", "basic"), "billing-slugs", "billing"),
    (inside("billing", "features", sso={"name": "SSO"}), "billing-slugs", "billing"),
    (_app_differs, "billing-slugs", "billing"),
    (_app_attaches_more, "billing-slugs", "billing"),
    (_taken_out, "billing-slugs", "billing"),
    (inputs("billing", app={}), "app-code", "billing"),
    (inputs("billing", app={"unmanaged": ["plan/legacy"]}), "app-code", "billing"),
    (inputs("billing", catalog="other.yaml"), "billing-slugs", "billing"),
    (
        inside("billing", "settings", free_trial_requires_payment_method=True),
        "trial-card",
        "billing",
    ),
    (without("billing", "settings", "free_trial_requires_payment_method"), "trial-card", "billing"),
    (
        inside("billing", "settings", free_trial_requires_payment_method="false"),
        "trial-card",
        "billing",
    ),
    (inside("billing", "settings", organization_enabled=False), "billing-payers", "billing"),
    (inside("billing", "settings", user_enabled=True), "billing-payers", "billing"),
    (without("billing", "settings", "organization_enabled"), "billing-payers", "billing"),
    (inside("api-keys", "switches", orgs_api_keys_enabled=False), "api-key-switches", "api-keys"),
    (inside("api-keys", "switches", user_api_keys_enabled=True), "api-key-switches", "api-keys"),
    (inputs(SK, value="ak_abc"), "key-forms", SK),
    (inputs(SK, value="sk_live_abc\n"), "key-forms", SK),
    (inputs(SK, value="hidden-value"), "key-forms", SK),
    (inputs(PK, value="pk_live_abc"), "key-forms", PK),
    (inputs(PK, value="hidden-value"), "key-forms", PK),
    (inputs(WS, value="sk_live_abc"), "key-forms", WS),
    (inputs(WS, value="whsec_"), "key-forms", WS),
    (inputs("instance", declared_publishable_key="pk_live_!"), "key-forms", "instance"),
    (inputs(SK, value="sk_test_abc"), "live-keys", SK),
    (inputs(PK, value=TEST_KEY), "live-keys", PK),
    (inputs("instance", declared_publishable_key=TEST_KEY), "live-keys", "instance"),
    (inputs("instance", declared_secret_key="sk_test_abc"), "live-keys", "instance"),
    (extra("BACKUP", '{"key": "sk_test_abc"}', sensitive=True), "live-keys", "extra"),
    (extra("NEXT_PUBLIC_BACKEND", "sk_live_abc"), "server-only-secrets", "extra"),
    (extra("NEXT_PUBLIC_BACKEND", "Bearer sk_live_abc"), "server-only-secrets", "extra"),
    (extra("NEXT_PUBLIC_CLERK_SECRET_KEY", UNKNOWN), "server-only-secrets", "extra"),
    (extra("NEXT_PUBLIC_PLATFORM", "ak_abc"), "server-only-secrets", "extra"),
    (_public_copy, "server-only-secrets", "public"),
    (_plural, "server-only-secrets", "plural"),
    (_shared, "server-only-secrets", "shared"),
    (_inline, "server-only-secrets", "project"),
    (inputs(SK, sensitive=False), "sensitive-secrets", SK),
    (extra("STRIPE_TOKEN", "hidden-value"), "sensitive-secrets", "extra"),
    (extra("KEYS", "whsec_abc"), "sensitive-secrets", "extra"),
    (extra("OPENAI_API_KEY", UNKNOWN), "sensitive-secrets", "extra"),
    (extra("MODE", "x", "production", "preview"), "production-values", "extra"),
    (extra("OTHER", LIVE_KEY, "preview"), "production-values", "extra"),
    (
        extra("CLERK_WEBHOOK_SECRET", "whsec_abc", "preview", sensitive=True),
        "production-values",
        "extra",
    ),
    (extra("SITE", "https://sendero.example/x", "preview"), "production-values", "extra"),
    (extra("DB_PASSWORD", "hidden-value", "preview", sensitive=True), "production-values", "extra"),
    (inputs(APP, value="http://sendero.example"), "app-url", APP),
    (inputs("webhook", url="http://sendero.example/hook"), "webhook-https", "webhook"),
    (inputs("webhook", url="https://www.sendero.example/hook"), "webhook-host", "webhook"),
    (inputs("webhook", url="https://localhost/hook"), "webhook-host", "webhook"),
    (inputs("webhook", url="https://10.1.2.3/hook"), "webhook-host", "webhook"),
    (inputs("webhook", events=["user.created"]), "webhook-events", "webhook"),
    (inputs("webhook", events=[]), "webhook-events", "webhook"),
    (
        lambda found: found["webhook"]["inputs"]["events"].append("user.deleted"),
        "webhook-events",
        "webhook",
    ),
    (_twin("https://SENDERO.example:443/api/webhooks/clerk/"), "webhook-once", "twin"),
    (inputs("sign-in", sections=GITHUB), "oauth-credentials", "sign-in"),
    (inputs("sign-in", client_secret_google=None), "oauth-credentials", "sign-in"),
    (
        lambda found: found["sign-in"]["inputs"]["sections"]["connection_oauth_google"].pop(
            "client_id"
        ),
        "oauth-credentials",
        "sign-in",
    ),
    (without("roles", "roles", "org:finance"), "roles", "roles"),
    (gone("roles"), "roles", "organizations"),
    (
        inputs(
            "organizations",
            sections={"organization_settings": {"enabled": True, "creator_role": "org:owner"}},
        ),
        "roles",
        "organizations",
    ),
    (inputs("roles", role_set={"creator_role": "org:owner"}), "roles", "roles"),
    (inputs("roles", app={"uses": {"role": {"org:auditor": "a.ts:1:1"}}}), "roles", "roles"),
    (
        inputs("roles", app={"uses": {"permission": {"org:invoices:read": "a.ts:1:1"}}}),
        "roles",
        "roles",
    ),
    (gone("billing"), "complete", "stack"),
    (gone("webhook"), "complete", "stack"),
    (gone("api-keys"), "complete", "stack"),
    (gone("instance"), "complete", "stack"),
    (gone(SK), "complete", "stack"),
    (gone(WS), "complete", "stack"),
    (_open("billing"), "protected", "billing"),
    (_open("instance"), "protected", "instance"),
    (_open(SK), "protected", SK),
    (_old, "secret-age", "written"),
]


@pytest.mark.parametrize(("change", "policy", "subject"), CASES)
def test_breaking_one_thing_violates_one_policy(change: Change, policy: str, subject: str) -> None:
    found = deployment()
    change(found)

    verdicts = [v for v in judged(found) if is_violation(v)]

    assert {(v.check, v.subject) for v in verdicts} == {(policy, subject)}
    for verdict in verdicts:
        assert level_of(verdict) is Level.MANDATORY
        assert f"docs/policies.md#{policy}" in text_of(verdict)
        assert not [secret for secret in SECRETS if secret in text_of(verdict)]


def test_every_policy_has_a_case() -> None:
    told_only = {policy.id for policy in POLICIES if policy.advisory}
    own = {"billing-managed"}  # from the settings alone
    cases = {policy for _, policy, _ in CASES}
    assert cases | own == {policy.id for policy in POLICIES} - told_only


@pytest.mark.parametrize(("names", "missing"), [(None, 0), (["nextjs"], 1)])
def test_names_that_no_sdk_reads_are_reported_unless_the_stack_says_that_its_app_does(
    names: list[str] | None, missing: int
) -> None:
    assert judged(deployment()) == []
    assert {
        each.check for each in judged(deployment(), projects=[Expected(names=["guide", "nextjs"])])
    } == {"complete"}

    told = judged(deployment(), projects=[Expected(names=names)])

    (verdict,) = [each for each in told if each.check == "read-names"]
    assert len(told) == 1 + missing
    assert (level_of(verdict), is_violation(verdict)) == (Level.ADVISORY, True)
    assert "reads CLERK_WEBHOOK_SECRET (they read CLERK_WEBHOOK_SIGNING_SECRET)" in text_of(verdict)
    assert "clerkstack:environment.names" in text_of(verdict)


@pytest.mark.parametrize(
    "change",
    [
        extra("MAX_TOKENS", "4096"),
        extra("NEXT_PUBLIC_SEARCH_API_KEY", "x"),
        extra("NEXT_PUBLIC_KEYBOARD", "sketch_1"),
        extra("LOG_LEVEL", "info", "preview"),
        inputs("webhook", description="whatever"),
        inside("sign-in", "sections", connection_oauth_github={"enabled": False}),
        inside("sign-in", "sections", session={"claims": {"may": "org:sys_billing:read"}}),
        also("elsewhere", type="aws:s3/bucket:Bucket", inputs={"url": "http://x"}),
    ],
)
def test_what_is_no_violation(change: Change) -> None:
    found = deployment()
    change(found)

    assert violations(found) == set()


def test_a_preview_host_is_no_host_of_production() -> None:
    found = deployment()
    for name, value in (("webhook", "url"), (APP, "value")):
        found[name]["inputs"][value] = "https://preview.sendero.example/api"

    assert violations(found) == {("app-url", APP), ("webhook-host", "webhook")}


def test_the_app_is_where_the_instance_is_for() -> None:
    found = deployment()
    for name, value in (("webhook", "url"), (APP, "value")):
        found[name]["inputs"][value] = "https://other.example/api"

    assert violations(found) == {("app-url", APP)}

    for name, value in (("webhook", "url"), (APP, "value")):
        found[name]["inputs"][value] = "https://app.sendero.example/api"

    assert violations(found) == set()


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        (["organizations", "api_keys", "billing"], ["webhook", WS, SK, PK, APP]),
        (["billing", "webhook"], ["organizations", "roles", "api-keys", SK, PK, APP]),
    ],
)
def test_what_a_stack_does_not_declare_is_not_missing(parts: list[str], names: list[str]) -> None:
    found = deployment()
    for name in names:
        del found[name]

    assert violations(found, parts=parts) == set()
    assert violations(found, parts=None) == set()


def test_a_variable_that_is_left_to_others_is_not_missing() -> None:
    found = deployment()
    del found[SK]

    alone = Expected(leave_alone=["production/CLERK_SECRET_KEY"], names=["guide"])
    assert violations(found, projects=[alone]) == set()


def of_two_projects() -> tuple[Deployment, list[Expected]]:
    """Return a deployment with the variables of `web`, and the same for `api`."""
    found = deployment()
    for name, each in [*found.items()]:
        if each["type"] == view.VARIABLE:
            each["inputs"]["projectId"] = "prj_web"
            copy = {**each, "inputs": {**each["inputs"], "projectId": "prj_api"}}
            found[f"api-{name}"] = copy
    return found, [Expected("api", "prj_api", names=["guide"]), Expected("web", "prj_web")]


def test_each_of_several_projects_has_everything() -> None:
    found, projects = of_two_projects()
    assert violations(found, projects=projects) == {("read-names", "stack")}
    del found[f"api-{SK}"]

    (told,) = [v for v in judged(found, projects=projects) if v.check == "complete"]

    assert told.message == "the variable production/CLERK_SECRET_KEY of api would be missing"
    alone = Expected("api", "prj_api", None, ["production/CLERK_SECRET_KEY"], ["guide"])
    assert not violations(found, projects=[alone, Expected("web", "prj_web", names=["guide"])])


def test_what_no_sdk_reads_is_reported_for_the_project_that_has_it() -> None:
    found, projects = of_two_projects()

    (told,) = [v for v in judged(found, projects=projects) if v.check == "read-names"]

    assert told.message.startswith("web: no current SDK")


def test_a_development_stack_is_reported_and_not_stopped() -> None:
    found = deployment("development")
    found["billing"]["inputs"]["settings"]["free_trial_requires_payment_method"] = True
    del found["roles"]["inputs"]["roles"]["org:finance"]

    verdicts = judged(found)

    assert {(v.check, level_of(v)) for v in verdicts} == {
        ("trial-card", Level.ADVISORY),
        ("roles", Level.ADVISORY),
    }


def test_production_values_stop_a_development_stack_too() -> None:
    found = deployment("development")
    found["preview-CLERK_SECRET_KEY"]["inputs"]["value"] = "sk_live_abc"

    verdicts = judged(found)

    assert [(v.check, level_of(v)) for v in verdicts] == [("production-values", Level.MANDATORY)]


def test_a_development_instance_has_what_development_is_for() -> None:
    found = deployment("development")
    found["sign-in"]["inputs"]["sections"] = GITHUB
    found["webhook"]["inputs"]["url"] = "http://localhost:3000/api/webhooks/clerk"
    found["development-NEXT_PUBLIC_APP_URL"]["inputs"]["value"] = "http://localhost:3000"

    assert judged(found) == []


@pytest.mark.parametrize(
    ("change", "policy"),
    [
        (inputs("billing", settings=UNKNOWN), "trial-card"),
        (
            inside("billing", "settings", free_trial_requires_payment_method=UNKNOWN),
            "trial-card",
        ),
        (inputs("billing", plans=UNKNOWN), "billing-slugs"),
        (inside("billing", "app", features=UNKNOWN), "billing-slugs"),
        (inside("billing", "plans", pro={"features": [UNKNOWN]}), "billing-slugs"),
        (inputs("api-keys", switches=UNKNOWN), "api-key-switches"),
        (inputs("webhook", url=UNKNOWN), "webhook-https"),
        (inputs("webhook", events=["user.created", UNKNOWN]), "webhook-events"),
        (inputs("sign-in", sections=UNKNOWN), "oauth-credentials"),
        (
            inside("sign-in", "sections", connection_oauth_github={"enabled": UNKNOWN}),
            "oauth-credentials",
        ),
        (inputs(SK, sensitive=UNKNOWN), "sensitive-secrets"),
        (inputs("roles", roles=UNKNOWN), "roles"),
        (inputs("billing", app=UNKNOWN), "app-code"),
    ],
)
def test_what_is_unknown_is_reported_and_not_passed_over(change: Change, policy: str) -> None:
    found = deployment()
    change(found)

    verdicts = judged(found)

    assert {v.severity for v in verdicts} == {Severity.NOT_CHECKED}
    assert policy in {v.check for v in verdicts}


def test_what_is_unknown_hides_no_other_violation() -> None:
    found = deployment()
    found["billing"]["inputs"]["settings"] = {
        "organization_enabled": UNKNOWN,
        "user_enabled": True,
        "free_trial_requires_payment_method": True,
    }
    found["billing"]["inputs"]["app"] = UNKNOWN
    del found["billing"]["inputs"]["plans"]["pro"]

    assert violations(found) == {
        ("billing-payers", "billing"),
        ("trial-card", "billing"),
        ("billing-slugs", "billing"),
    }


def test_an_unknown_environment_or_target_counts_as_production() -> None:
    found = deployment()
    found["billing"]["inputs"]["environment"] = UNKNOWN
    found["billing"]["inputs"]["settings"]["user_enabled"] = True
    found[SK]["inputs"] |= {"targets": [UNKNOWN], "value": "sk_test_abc"}

    verdicts = [v for v in judged(found) if is_violation(v)]

    assert {(v.check, level_of(v)) for v in verdicts} == {
        ("billing-payers", Level.MANDATORY),
        ("live-keys", Level.MANDATORY),
    }


def test_an_encrypted_value_of_a_state_is_not_judged_and_an_opened_one_is() -> None:
    found = deployment()
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    for closed in ({**secret, "ciphertext": "v1:abc"}, "[secret]"):
        found[SK]["inputs"]["value"] = closed

        assert violations(found) == set()

    found[SK]["inputs"]["value"] = {**secret, "plaintext": json.dumps("sk_test_abc")}

    assert violations(found) == {("live-keys", SK)}


def test_a_secret_of_unknown_age_is_a_note() -> None:
    found = deployment()
    found["written"]["outputs"]["written"] = {"production/CLERK_SECRET_KEY": None}

    (verdict,) = judged(found)

    assert (verdict.check, verdict.severity, level_of(verdict)) == (
        "secret-age",
        Severity.NOTE,
        Level.ADVISORY,
    )


def test_a_dated_waiver_answers_for_an_app_that_is_not_named(tmp_path: Path) -> None:
    found = deployment()
    found["billing"]["inputs"]["app"] = {}
    entry = {
        "id": "app-code",
        "stack": "prod",
        "subject": "billing",
        "reason": "The app's repository cannot be read from CI before March.",
        "by": "ana@sendero.example",
        "until": str(datetime.fromtimestamp(NOW / 1000, UTC).date()),
    }
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(json.dumps({"waivers": [entry]}))

    (verdict,) = judged(found, waivers=waivers)

    assert (verdict.check, level_of(verdict)) == ("app-code", Level.ADVISORY)
    assert "ana@sendero.example" in text_of(verdict)


def test_development_may_be_without_the_apps_code() -> None:
    found = deployment("development")
    found["billing"]["inputs"]["app"] = {}

    assert judged(found) == []


@pytest.mark.parametrize(
    ("parts", "names_app", "offends"),
    [
        (("organizations",), False, True),
        (("organizations",), True, False),
        (("webhook", "environment"), False, False),
        (None, False, False),
        (("organizations",), None, False),
    ],
)
def test_without_a_billing_resource_the_settings_must_name_the_app(
    parts: tuple[str, ...] | None, names_app: bool | None, offends: bool
) -> None:
    found = {name: each for name, each in deployment().items() if name != "billing"}

    told = violations(found, parts=parts, names_app=names_app)

    assert (("app-code", "stack") in told) is offends


def test_a_role_that_only_the_instance_shows_is_left_to_the_provider() -> None:
    found = deployment()
    uses = {"permission": {"org:invoices:read": "a.ts:1:1"}}
    found["roles"]["inputs"] |= {
        "permissions": {"org:invoices:read": {"name": "Read invoices"}},
        "app": {"uses": uses},
    }

    assert judged(found) == []

    found["roles"]["inputs"]["app"]["uses"]["role"] = {"org:auditor": "b.ts:1:1"}
    found["roles"]["inputs"]["app"]["unmanaged"] = ["role/org:auditor"]

    assert judged(found) == []


def test_a_test_host_in_a_live_key_is_no_domain() -> None:
    found = deployment()
    other = publishable_key("live", "proxy.elsewhere.example")
    for name, key in (("instance", "declared_publishable_key"), (PK, "value")):
        found[name]["inputs"][key] = other

    assert violations(found) == set()


def test_policies_import_no_engine() -> None:
    for file in (Path(view.__file__).parent).glob("*.py"):
        if file.name in ("analyzer.py", "__main__.py"):
            continue
        tree = ast.parse(file.read_text())
        names = {
            name
            for node in ast.walk(tree)
            for name in (
                [each.name for each in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert not {name for name in names if name.split(".")[0] in ("pulumi", "grpc")}, file


def test_the_catalog_is_compared_in_both_directions_without_the_app() -> None:
    found = deployment()
    billing = found["billing"]["inputs"]
    billing["app"] = {}
    billing["features"]["sso"] = {"name": "SSO"}
    billing["defaults"]["free"] = billing["plans"].pop("free")
    billing["defaults"]["other"] = {}
    del billing["features"]["sso_saml"]

    said = {v.message for v in judged(found) if is_violation(v)}

    assert said == {
        "the app's code is not compared with the catalog: clerkstack:app names no code that "
        "declares or checks a plan",
        "the plan 'other' would be deployed, but catalog.yaml does not have it",
        "the feature 'sso' would be deployed, but catalog.yaml does not have it",
        "catalog.yaml has the feature 'sso_saml', but it would not be deployed",
    }


@pytest.mark.parametrize("name", ["orgs_api_keys_enabled", "user_api_keys_enabled"])
def test_each_switch_is_unknown_by_itself(name: str) -> None:
    found = deployment()
    found["api-keys"]["inputs"]["switches"][name] = UNKNOWN

    (verdict,) = judged(found)

    assert verdict.message.startswith(name)


def test_both_switches_are_unknown_where_all_are() -> None:
    found = deployment()
    found["api-keys"]["inputs"]["switches"] = UNKNOWN

    assert len(judged(found)) == 2


def test_production_without_billing_is_refused_unless_somebody_answers_for_it(
    tmp_path: Path,
) -> None:
    found = deployment()
    del found["billing"]
    without = {"parts": set(PARTS) - {"billing"}}

    (refused,) = judged(found, **without)

    assert (refused.check, level_of(refused)) == ("billing-managed", Level.MANDATORY)
    assert "billing is switched off" in refused.message
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(
        "waivers:\n  - {id: billing-managed, stack: prod, subject: stack, by: ana, "
        "reason: The stack plans keeps them., until: 2027-01-31}\n"
    )
    (waived,) = judged(found, waivers=waivers, **without)
    assert level_of(waived) is Level.ADVISORY
    # A state alone does not say which part a stack leaves out.
    assert judged(found, parts=None) == []


def test_development_may_leave_billing_out() -> None:
    found = deployment("development")
    del found["billing"]

    assert judged(found, parts=set(PARTS) - {"billing"}) == []
