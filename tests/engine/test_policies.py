"""Every policy by the real engine: what offends is refused and named, what does not passes."""

from __future__ import annotations

import pytest

from local.project import Project
from tests.engine.live import writes
from tests.engine.offences import leave_to_the_pack, offence, told, write

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]
__all__ = ["offence"]

# Policy, what offends, what does not; {n} is the resource's name.
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
        "variable('{n}', 'CLERK_WEBHOOK_SECRET', 'hidden', sensitive=True)",
        "variable('{n}', 'CLERK_WEBHOOK_SECRET', 'whsec_hidden', sensitive=True)",
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


def test_every_resource_that_offends_is_named_with_its_policy(offence: Project) -> None:
    leave_to_the_pack(offence)
    bad = {f"{policy}-{number}": line for number, (policy, line, _) in enumerate(EACH)}
    good = {f"good-{number}": line for number, (*_, line) in enumerate(EACH)}
    write(offence, *(line.format(n=name) for name, line in {**bad, **good}.items()))

    found, printed = told(offence, fails=True)

    named = {("mandatory", name.rsplit("-", 1)[0], name) for name in bad}
    assert found == named
    assert "hidden" not in printed
    assert "docs/policies.md#trial-card" in printed
    assert writes(offence.world) == []


def test_what_does_not_offend_passes(offence: Project) -> None:
    write(offence, *(line.format(n=f"good-{n}") for n, (*_, line) in enumerate(EACH)))

    found, _ = told(offence, fails=False)

    assert found == set()


STACK = "clerkstack-prod"
# What is seen of all resources together: the policy, whom it is about, and the program.
WHOLE = [
    (
        "webhook-once",
        "twice",
        "webhook('first', 'https://a.example/x')",
        "webhook('twice', 'https://A.example:443/x/')",
    ),
    ("roles", "roles", "organizations('settings')", "roles('roles', 'org:admin')"),
    (
        "roles",
        "settings",
        "organizations('settings', creator_role='org:owner')",
        "roles('roles', 'org:finance')",
    ),
    (
        "webhook-host",
        "hook",
        "variable('url', 'NEXT_PUBLIC_APP_URL', 'https://sendero.example')",
        "webhook('hook', 'https://www.sendero.example/x')",
    ),
    (
        "app-url",
        "url",
        "instance('instance')",
        "variable('url', 'NEXT_PUBLIC_APP_URL', 'https://other.example')",
    ),
    (
        "production-values",
        "copy",
        "variable('own', 'DB_PASSWORD', 'hidden', sensitive=True)",
        "variable('copy', 'DB_COPY', 'hidden', 'preview')",
    ),
    (
        "production-values",
        "site",
        "variable('own', 'NEXT_PUBLIC_APP_URL', 'https://sendero.example')",
        "variable('site', 'SITE', 'https://sendero.example', 'preview')",
    ),
    (
        "server-only-secrets",
        "copy",
        "variable('own', 'DB_PASSWORD', 'hidden', sensitive=True)",
        "variable('copy', 'NEXT_PUBLIC_X', 'hidden')",
    ),
]


@pytest.mark.parametrize(("policy", "about", "first", "second"), WHOLE)
def test_what_only_the_whole_stack_shows(
    offence: Project, policy: str, about: str, first: str, second: str
) -> None:
    write(offence, first, second)

    found, printed = told(offence, fails=True)

    assert found == {("mandatory", policy, about)}
    assert "hidden" not in printed
