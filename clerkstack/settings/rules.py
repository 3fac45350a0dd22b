"""Rules that the types of the settings can't express: matching keys, usable URLs, known events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from clerkstack.handwritten.models import NotSetError
from clerkstack.hosts import OWN_DOMAIN, is_hosted
from clerkstack.settings.broken import Broken
from clerkstack.settings.code_rules import broken_code
from clerkstack.settings.events import EVENT_FORM, meant_event
from clerkstack.settings.forms import how_to_set
from clerkstack.settings.header_rules import broken_headers
from clerkstack.settings.keys import (
    wrong_platform_key,
    wrong_publishable_key,
    wrong_secret_key,
)
from clerkstack.settings.models import Settings
from clerkstack.settings.names import BUILT_IN_ROLES, Step
from clerkstack.settings.project_rules import broken_projects, projects_apart
from clerkstack.settings.role_rules import broken_role_set
from clerkstack.settings.sign_in_rules import broken_sign_in
from clerkstack.settings.urls import good_url, unlike_app_url

KEYS_PAGE = "Copy it from that instance's dashboard page API keys"


def broken_rules(settings: Settings) -> Iterator[Broken]:
    """Every rule that the settings break; if only a part of them is valid, every rule that can be
    judged."""
    for rule in RULES:
        with suppress(NotSetError):
            yield from rule(settings)


def exposed(settings: Settings, in_the_clear: Callable[[Sequence[Step]], bool]) -> Iterator[Broken]:
    """Every secret that the stack's config holds as plain text."""
    paths: list[tuple[Step, ...]] = [("platformKey",), ("secretKey",), ("vercel:apiToken",)]
    paths += [
        ("signIn", "oauth", name, "clientSecret")
        for name, connection in settings.sign_in.oauth.items()
        if connection.client_secret is not None
    ]
    paths += [("webhook", "headers", name) for name in settings.webhook.headers]
    for path in paths:
        if in_the_clear(path):
            remedy = (
                f"Make a new one, because everybody with the file has this one. {how_to_set(path)}"
            )
            yield Broken(path, "is a secret but is not encrypted", remedy)


def _platform_key(settings: Settings) -> Iterator[Broken]:
    wrong = wrong_platform_key(settings.platform_key.get_secret_value())
    if wrong:
        set_it = how_to_set(("platformKey",))
        yield Broken(("platformKey",), wrong, f"Make one in your workspace's dashboard. {set_it}")


def _keys_of_instance(settings: Settings) -> Iterator[Broken]:
    if settings.secret_key is not None:
        wrong = wrong_secret_key(settings.secret_key.get_secret_value(), settings.instance)
        if wrong:
            yield Broken(("secretKey",), wrong, KEYS_PAGE)
    if settings.publishable_key is not None:
        wrong = wrong_publishable_key(settings.publishable_key, settings.instance)
        if wrong:
            yield Broken(("publishableKey",), wrong, KEYS_PAGE)


def _app_url(settings: Settings) -> Iterator[Broken]:
    development = settings.instance == "development"
    if not good_url(settings.app_url, loopback_ok=development, query_ok=False):
        yield Broken(("appUrl",), *unlike_app_url(settings.app_url, development=development))


def _other_urls(settings: Settings) -> Iterator[Broken]:
    development = settings.instance == "development"
    url = settings.webhook.url
    if url is not None and not good_url(url, loopback_ok=development, query_ok=True):
        yield Broken(("webhook", "url"), *unlike_app_url(url, development=development))
    if not good_url(settings.development_app_url, loopback_ok=True):
        message = "is neither an https URL nor http on localhost"
        yield Broken(("developmentAppUrl",), message, "For example http://localhost:3000")
    elif not development and "development_app_url" in settings.model_fields_set:
        message = "applies only to a stack with clerkstack:instance development"
        yield Broken(("developmentAppUrl",), message, "Remove it")


def _production(settings: Settings) -> Iterator[Broken]:
    production = settings.production
    if production.model_fields_set and settings.instance != "production":
        message = "applies only to a stack with clerkstack:instance production"
        yield Broken(("production",), message, "Remove it from this stack")
    elif production.create and production.domain is None:
        path = ("production", "domain")
        message = "is missing, but a production instance cannot be created without a domain"
        yield Broken(path, message, how_to_set(path, "sendero.example"))
    elif production.create and production.domain and is_hosted(production.domain):
        message = (
            "belongs to a hosting provider, and Clerk does not create a production instance there"
        )
        remedy = f"First {OWN_DOMAIN}, then name that"
        yield Broken(("production", "domain"), message, remedy)


def _organizations(settings: Settings) -> Iterator[Broken]:
    for key, role in settings.organizations.roles.items():
        path = ("organizations", "roles", key)
        if role.name is not None and not role.name.strip():
            yield Broken((*path, "name"), "is empty", "Write the name that people see")
        if role.name is None and key not in BUILT_IN_ROLES:
            yield Broken(
                (*path, "name"), "is missing", "Clerk does not create a role without a name"
            )
        for number, permission in enumerate(role.permissions or ()):
            if permission in (role.permissions or [])[:number]:
                at = (*path, "permissions", number)
                yield Broken(at, f"names {permission} twice", "Name it once")
    yield from broken_role_set(settings.organizations)
    use = settings.components
    off = use.organizations and not settings.organizations.enabled
    needed = "needs organizations, but this stack turns them off"
    if off and use.billing and settings.billing.organization_enabled:
        remedy = "Set it to false, or clerkstack:organizations.enabled to true"
        yield Broken(("billing", "organizationEnabled"), needed, remedy)
    remedy = "Remove it, or set clerkstack:organizations.enabled to true"
    if off and not settings.organizations.personal_workspaces:
        message = "is false, but without organizations everybody has only a personal workspace"
        yield Broken(("organizations", "personalWorkspaces"), message, remedy)
    if off and settings.organizations.roles and "roles" in settings.organizations.model_fields_set:
        yield Broken(("organizations", "roles"), needed, remedy)
    for name, value in (
        ("permissions", settings.organizations.permissions),
        ("creatorRole", settings.organizations.creator_role),
        ("defaultRole", settings.organizations.default_role),
    ):
        if off and value:
            yield Broken(("organizations", name), needed, remedy)


def _webhook(settings: Settings) -> Iterator[Broken]:
    seen: set[str] = set()
    for number, event in enumerate(settings.webhook.events):
        path = ("webhook", "events", number)
        if event in seen:
            yield Broken(path, f"names {event} twice", "Name it once")
        elif not EVENT_FORM.fullmatch(event):
            # The entry is not shown: somebody may have pasted a signing secret there.
            remedy = "Write event types as Clerk spells them, for example user.created"
            yield Broken(path, "names something that Clerk does not send", remedy)
        elif meant := meant_event(event):
            # Any other name may be a new event type: Svix decides before the write.
            remedy = f"Did you mean {meant}?"
            yield Broken(path, f"names {event}, which Clerk does not send", remedy)
        seen.add(event)


def _smoke(settings: Settings) -> Iterator[Broken]:
    for at, gate in enumerate(settings.smoke.gates):
        if (gate.feature is None) == (gate.plan is None):
            remedy = "Set what the route asks `has` for: one feature or one plan"
            yield Broken(("smoke", "gates", at), "must have a feature or a plan", remedy)


def _urls(settings: Settings) -> Iterator[Broken]:
    for name, url in settings.urls.model_dump().items():
        if url is not None and not good_url(url, loopback_ok=True):
            message = "is neither an https URL nor http on this machine, but keys are sent there"
            yield Broken(("urls", name), message, "Remove it: the default is the vendor's own")


# A rule is silent if a setting that it needs is missing, so each rule needs as few as possible.
RULES: tuple[Callable[[Settings], Iterator[Broken]], ...] = (
    _platform_key,
    _keys_of_instance,
    _app_url,
    _other_urls,
    broken_code,
    _production,
    _organizations,
    broken_sign_in,
    _webhook,
    broken_headers,
    broken_projects,
    projects_apart,
    _urls,
    _smoke,
)
