"""Every policy by the real engine: it names and refuses each violation, and passes the rest."""

from __future__ import annotations

import pytest

from local.project import Project
from policies.registry import POLICIES
from tests.engine.live import writes
from tests.engine.violations import leave_to_the_pack, unsettled, violations_of, write
from tests.kept import starts_from

pytestmark = pytest.mark.engine

# Policy, a violation, a permitted case; {n} is the resource's name.
EACH = [
    (
        "billing-slugs",
        "billing('{n}', plans=renamed(declared_plans(catalog), 'pro', 'Pro'))",
        "billing('{n}')",
    ),
    (
        "billing-slugs",
        "billing('{n}', app={{**app(), 'plans': renamed(app()['plans'], 'pro', 'professional')}})",
        "billing('{n}', gateway='stripe')",
    ),
    ("app-code", "billing('{n}', app={{}})", "billing('{n}')"),
    (
        "trial-card",
        "billing('{n}', settings=toggles(free_trial_requires_payment_method=True))",
        "billing('{n}', settings=toggles(free_trial_requires_payment_method=False))",
    ),
    (
        "billing-payers",
        "billing('{n}', settings=toggles(user_enabled=True))",
        "billing('{n}', settings=toggles(user_enabled=False))",
    ),
    ("api-key-switches", "api_keys('{n}', users=True)", "api_keys('{n}')"),
    ("api-key-switches", "api_keys('{n}', organizations=False)", "api_keys('{n}')"),
    (
        "key-forms",
        "variable('{n}', 'CLERK_SECRET_KEY', 'ak_hidden', sensitive=True)",
        "variable('{n}', 'CLERK_SECRET_KEY', 'sk_live_hidden', sensitive=True)",
    ),
    (
        "key-forms",
        "variable('{n}', 'NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY', 'pk_live_hidden')",
        "variable('{n}', 'NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY', KEY)",
    ),
    (
        "key-forms",
        "variable('{n}', 'CLERK_WEBHOOK_SIGNING_SECRET', 'hidden', sensitive=True)",
        "variable('{n}', 'CLERK_WEBHOOK_SIGNING_SECRET', 'whsec_hidden', sensitive=True)",
    ),
    (
        "live-keys",
        "variable('{n}', 'CLERK_SECRET_KEY', 'sk_test_hidden', sensitive=True)",
        "variable('{n}', 'CLERK_SECRET_KEY', 'sk_live_hidden2', sensitive=True)",
    ),
    (
        "server-only-secrets",
        "variable('{n}', 'NEXT_PUBLIC_BACKEND', 'sk_live_hidden3')",
        "variable('{n}', 'NEXT_PUBLIC_BACKEND', 'https://api.sendero.example')",
    ),
    (
        "sensitive-secrets",
        "variable('{n}', 'STRIPE_TOKEN', 'hidden')",
        "variable('{n}', 'STRIPE_TOKEN', 'hidden4', sensitive=True)",
    ),
    (
        "production-values",
        "variable('{n}', 'MODE', 'fast', 'production', 'preview')",
        "variable('{n}', 'MODE', 'fast', 'production')",
    ),
    (
        "production-values",
        "variable('{n}', 'OTHER', KEY, 'preview')",
        "variable('{n}', 'OTHER', 'x', 'preview')",
    ),
    (
        "app-url",
        "variable('{n}', 'NEXT_PUBLIC_APP_URL', 'http://sendero.example')",
        "variable('{n}', 'NEXT_PUBLIC_APP_URL', 'https://sendero.example')",
    ),
    ("webhook-https", "webhook('{n}', 'http://sendero.example/{n}')", "webhook('{n}')"),
    ("webhook-host", "webhook('{n}', 'https://localhost/{n}')", "webhook('{n}')"),
    ("webhook-events", "webhook('{n}', events=SENDERO_EVENTS[1:])", "webhook('{n}')"),
    (
        "webhook-events",
        "webhook('{n}', events=[*SENDERO_EVENTS, 'user.deleted'])",
        "webhook('{n}')",
    ),
    ("oauth-credentials", "google('{n}')", "google('{n}', 'id', 'hidden')"),
    ("oauth-credentials", "google('{n}', 'id')", "google('{n}', enabled=False)"),
    ("protected", "billing('{n}', protect=False)", "billing('{n}')"),
    (
        "protected",
        "variable('{n}', 'PLAIN', 'x', protect=False)",
        "variable('{n}', 'PLAIN', 'x')",
    ),
]


@starts_from(unsettled)
def test_every_resource_with_a_violation_is_named_with_the_policy(project: Project) -> None:
    leave_to_the_pack(project)
    bad = {f"{policy}-{number}": line for number, (policy, line, _) in enumerate(EACH)}
    good = {f"good-{number}": line for number, (*_, line) in enumerate(EACH)}
    write(project, *(line.format(n=name) for name, line in {**bad, **good}.items()))

    found, printed = violations_of(project, fails=True)

    named = {("mandatory", name.rsplit("-", 1)[0], name) for name in bad}
    assert found == named
    assert "hidden" not in printed
    assert "docs/policies.md#trial-card" in printed
    assert writes(project.world) == []


@starts_from(unsettled)
def test_what_violates_nothing_passes(project: Project) -> None:
    write(project, *(line.format(n=f"good-{n}") for n, (*_, line) in enumerate(EACH)))

    found, _ = violations_of(project, fails=False)

    assert found == set()


# Policies over all resources together: the policy, its subject, a violation, a permitted case.
WHOLE = [
    (
        "webhook-once",
        "twice",
        "webhook('twice', 'https://SENDERO.example:443/first/')",
        "webhook('first', 'https://sendero.example/first')",
    ),
    (
        "webhook-host",
        "elsewhere",
        "webhook('elsewhere', 'https://www.sendero.example/x')",
        "variable('app', 'NEXT_PUBLIC_APP_URL', 'https://sendero.example')",
    ),
    (
        "app-url",
        "other",
        "variable('other', 'NEXT_PUBLIC_APP_URL', 'https://other.example')",
        "instance('instance')",
    ),
    (
        "production-values",
        "copy",
        "variable('copy', 'DB_COPY', 'hidden', 'preview')",
        "variable('own', 'DB_PASSWORD', 'hidden', sensitive=True)",
    ),
    (
        "production-values",
        "site",
        "variable('site', 'SITE', 'https://sendero.example', 'preview')",
        "variable('preview', 'SITE', 'https://preview.sendero.example', 'preview')",
    ),
    (
        "server-only-secrets",
        "public",
        "variable('public', 'NEXT_PUBLIC_X', 'hidden2')",
        "variable('private', 'DB_TOKEN', 'hidden2', sensitive=True)",
    ),
    (
        "roles",
        "creators",
        "organizations('creators', creator_role='org:owner')",
        "organizations('members', domains_default_role='org:member')",
    ),
    ("roles", "roles", "roles('roles', 'org:admin')", "api_keys('api-keys')"),
]


@starts_from(unsettled)
def test_what_only_the_whole_stack_shows(project: Project) -> None:
    bad = [line for _, _, line, _ in WHOLE]
    good = [line for *_, line in WHOLE]
    write(project, *good, *bad)

    found, printed = violations_of(project, fails=True)

    assert found == {("mandatory", policy, about) for policy, about, *_ in WHOLE}
    assert "hidden" not in printed

    write(project, *good, "roles('roles', 'org:finance')")
    found, _ = violations_of(project, fails=False)

    assert found == set()


@starts_from(unsettled)
def test_a_name_that_nothing_reads_is_reported(project: Project) -> None:
    write(project, "variable('old', 'CLERK_WEBHOOK_SECRET', 'whsec_hidden', sensitive=True)")

    found, _ = violations_of(project, fails=False)

    assert found == {("advisory", "read-names", "clerkstack-prod")}


def test_every_policy_has_a_case_here_or_of_its_own() -> None:
    # The second and third: test_policy_levels.py; the last: test_billing_leaves.py
    own = {"read-names", "complete", "secret-age", "billing-managed"}

    here = {policy for policy, *_ in (*EACH, *WHOLE)}

    assert here | own == {policy.id for policy in POLICIES}


@starts_from(unsettled)
def test_slugs_and_trials_are_refused_without_the_pack_too(project: Project) -> None:
    cases = [line.format(n=name) for name, line, _ in EACH if name == "trial-card"]
    cases += [line.format(n=name) for name, line, _ in EACH if "'professional'" in line]
    cases += [line.format(n=name) for name, line, _ in EACH if "user_enabled=True" in line]
    for line, says in zip(
        cases,
        (
            "free_trial_requires_payment_method is on for a production instance",
            "the app asks for the plan 'professional'",
            "billing of users would be on in production",
        ),
        strict=True,
    ):
        write(project, line)

        ran = project.pulumi("preview", "--stack", "prod", check=False)

        assert ran.returncode != 0
        assert says in ran.stdout + ran.stderr
