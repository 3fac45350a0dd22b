"""Probes that only read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clerkstack.clients.errors import ApiError, NotFound, Unauthorized
from clerkstack.kept_url import kept_url
from clerkstack.premises.config_shape import unfamiliar
from clerkstack.probe.account import Account, Probe, Result, holds, unresolved
from clerkstack.reconcile.api_keys import SECTION as API_KEYS_SECTION
from clerkstack.reconcile.billing import live_groups, slugs_of
from clerkstack.settings.keys import (
    wrong_platform_key,
    wrong_publishable_key,
    wrong_secret_key,
)
from clerkstack.settings.targets import DEPLOYED
from clerkstack.texts import counted

VERSION = re.compile(r"v1_[0-9a-f]{8}")
TOKEN = frozenset({"claims", "lifetime", "allowed_clock_skew"})
NO_SVIX = "the instance has no Svix app: a webhook creates it"
VARIABLE_TYPES = {"plain", "encrypted", "sensitive", "system", "secret"}


def config(account: Account) -> Iterator[Result]:
    """The config, as a whole."""
    sections = account.live.sections()
    odd = list(unfamiliar(sections))
    yield holds("clerk.config-shape", not odd, ", ".join(odd) or f"{len(sections)} sections")
    version = account.document.version
    yield holds("clerk.config-version", VERSION.fullmatch(version), version)
    session = sections.get("session")
    fields = sorted(session) if isinstance(session, dict) else []
    fits = session is None or (isinstance(session, dict) and session.keys() <= TOKEN)
    has_settings = "session_settings" in sections
    yield holds(
        "clerk.session-template",
        fits and has_settings,
        f"session: {', '.join(fields) or 'null'}; "
        f"{'session_settings is there' if has_settings else 'no session_settings'}",
    )


def config_by_keys(account: Account) -> Iterator[Result]:
    """One section of the config."""
    first = min(account.live.sections())
    part = account.session.platform.get_config(*account.place, keys=[first])
    yield holds("clerk.config-keys", part.sections.keys() == {first}, ", ".join(part.sections))


def schema(account: Account) -> Iterator[Result]:
    """The settings of API keys in the config's schema."""
    advertised = [name for name in account.document.advertised() if "api_key" in name.lower()]
    detail = ", ".join(advertised) or "not advertised: a person sets them in the dashboard"
    yield holds("clerk.api-keys-section", set(advertised) <= {API_KEYS_SECTION}, detail)


def environment(account: Account) -> Iterator[Result]:
    """The public environment, compared with the config."""
    shown = account.live.environment()
    access, billing = account.live.section("auth_access_control"), account.billing
    both = {
        "billing.organization_enabled": shown.billing.organization.enabled,
        "billing.user_enabled": shown.billing.user.enabled,
        "billing.free_trial_requires_payment_method": (
            shown.billing.free_trial_requires_payment_method
        ),
        "auth_access_control.sign_up_mode": shown.sign_up.mode,
    }
    declared = {f"billing.{key}": value for key, value in billing.items()}
    declared |= {f"auth_access_control.{key}": value for key, value in access.items()}
    apart = [
        f"{field} is {declared[field]}, and {value} in the public environment"
        for field, value in both.items()
        if field in declared and declared[field] != value
    ]
    yield holds("clerk.environment-agrees", not apart, "; ".join(apart) or f"{len(both)} fields")


def plans(account: Account) -> Iterator[Result]:
    """The plans on sale, compared with the config."""
    with account.session.backend(*account.place) as backend:
        sold = {plan.slug for plan in backend.list_plans()}
    configured = {*slugs_of(live_groups(account.billing), "plans")}
    apart = sorted(sold ^ configured)
    detail = f"on one side only: {', '.join(apart)}" if apart else f"{len(sold)} plans"
    yield holds("clerk.plans-agree", not apart, detail)


def keys(account: Account) -> Iterator[Result]:
    """The forms of the keys, without showing them."""
    settings, shown = account.settings, account.live.instance()
    secret = settings.secret_key or shown.secret_key
    public = settings.publishable_key or shown.publishable_key
    wrong = [wrong_platform_key(settings.platform_key.get_secret_value())]
    if secret is not None:
        wrong.append(wrong_secret_key(secret.get_secret_value(), settings.instance))
    if public is not None:
        wrong.append(wrong_publishable_key(public, settings.instance))
    reasons = "; ".join(reason for reason in wrong if reason)
    yield holds("clerk.key-forms", not reasons, reasons or f"{len(wrong)} keys")


def roles(account: Account) -> Iterator[Result]:
    """Roles and permissions of organizations."""
    with account.session.backend(*account.place) as backend:
        try:
            live_roles, permissions = backend.list_roles(), backend.list_permissions()
        except NotFound:
            yield holds("clerk.roles", False, "the account has none (404)")
            return
    yield holds(
        "clerk.roles",
        True,
        f"{counted(len(live_roles), 'role')}, {counted(len(permissions), 'permission')}",
    )


def role_sets(account: Account) -> Iterator[Result]:
    """The roles that members of new organizations can have."""
    with account.session.backend(*account.place) as backend:
        try:
            sets = backend.list_role_sets()
        except NotFound:
            yield holds("clerk.role-sets", False, "the account has none (404)")
            return
    initial = [role_set for role_set in sets if role_set.type == "initial"]
    names = ", ".join(role_set.key for role_set in initial) or "none"
    detail = f"{counted(len(sets), 'set')}, initial: {names}"
    yield holds("clerk.role-sets", len(initial) == 1, detail)


def backend(account: Account) -> Iterator[Result]:
    """Whether the Backend API answers this version, and its time."""
    with account.session.backend(*account.place) as client:
        try:
            time = client.server_time()
        except ApiError as error:
            if error.code != "api_version_invalid":
                raise
            yield holds("clerk.api-version", False, error.code)
            return
    yield holds("clerk.api-version", True, "accepted")
    yield holds("clerk.clock", time is not None, "header Date" if time else "no header Date")


def svix(account: Account) -> Iterator[Result]:
    """The link to Svix, and the app there."""
    app = account.session.svix_app(*account.place)
    if app is None:
        yield from (unresolved(premise, NO_SVIX) for premise in OF_SVIX.premises)
        return
    with app:
        yield holds("svix.link", True, "app, region and one-time token")
        with account.session.backend(*account.place) as backend:
            link = backend.svix_url()
        account.session.svix(link).close()
        try:
            account.session.svix(link).close()
        except Unauthorized:
            yield holds("svix.one-time-token", True, "refused when used again")
        else:
            yield holds("svix.one-time-token", False, "it could be used again")
        offered = app.list_event_types()
        events = account.settings.webhook.events
        missing = [event for event in events if event not in (offered or ())]
        detail = "the token may not list them" if offered is None else f"{len(offered)} event types"
        if missing and offered is not None:
            detail += f"; not among them: {', '.join(missing)}"
        yield holds("svix.event-types", offered is not None, detail)
        urls = [endpoint.url for endpoint in app.list_endpoints()]
    if not urls:
        yield unresolved("svix.url-form", "the instance has no endpoint")
        return
    other = [url for url in urls if kept_url(url) != url]
    yield holds("svix.url-form", not other, f"kept as {', '.join(other or urls)}")


def variables(account: Account) -> Iterator[Result]:
    """What Vercel shows of variables."""
    listed_variables = account.variables
    kinds = {variable.type for variable in listed_variables}
    odd = sorted(kinds - VARIABLE_TYPES)
    nowhere = [
        variable.key
        for variable in listed_variables
        if not variable.target and not variable.custom_environment_ids
    ]
    wrong = [f"a variable of type {kind}" for kind in odd]
    wrong += [f"{key} has no target" for key in nowhere]
    if listed_variables:
        yield holds(
            "vercel.variables",
            not wrong,
            "; ".join(wrong) or counted(len(listed_variables), "variable"),
        )
    else:
        yield unresolved("vercel.variables", "the project has none")
    sensitive = [variable for variable in listed_variables if variable.type == "sensitive"]
    shown = sorted({variable.key for variable in sensitive if variable.readable_value is not None})
    if sensitive:
        detail = f"readable: {', '.join(shown)}" if shown else counted(len(sensitive), "variable")
        yield holds("vercel.sensitive", not shown, detail)
    else:
        yield unresolved("vercel.sensitive", "the project has no sensitive variable")


def values(account: Account) -> Iterator[Result]:
    """Whether a readable variable's value can be read by its id."""
    encrypted = next(
        (variable for variable in account.variables if variable.type == "encrypted"), None
    )
    if encrypted is None:
        yield unresolved("vercel.decrypt", "the project has no encrypted variable")
        return
    declared = account.settings.vercel_projects[0]
    client = account.session.vercel(declared.team_id)
    read = client.get_variable(declared.project_id, encrypted.id).readable_value is not None
    listed = "in the list" if encrypted.readable_value is not None else "not in the list"
    detail = f"{encrypted.key}: {'by its id' if read else 'not by its id'}, {listed}"
    yield holds("vercel.decrypt", read, detail)


def projects(account: Account) -> Iterator[Result]:
    """What Vercel lists in addition to the stack's own variables."""
    declared = account.settings.vercel_projects[0]
    client = account.session.vercel(declared.team_id)
    listed_projects = client.list_projects()
    shared = client.list_shared_variables()
    custom = client.custom_environments(declared.project_id)
    mine = any(declared.project_id in (project.id, project.name) for project in listed_projects)
    detail = (
        f"{counted(len(listed_projects), 'project')}, {counted(len(shared), 'shared variable')}, "
        f"{counted(len(custom), 'custom environment')}"
    )
    yield holds("vercel.projects", mine, detail if mine else f"{detail}; the stack's is not there")


def deployments(account: Account) -> Iterator[Result]:
    """What Vercel shows of deployments."""
    declared, target = account.settings.vercel_projects[0], DEPLOYED[account.settings.instance]
    newest = account.session.vercel(declared.team_id).latest_deployment(declared.project_id, target)
    if newest is None:
        yield unresolved("vercel.deployments", f"nothing is deployed to {target}")
        return
    right = newest.state == "READY" and (newest.target or "preview") == target
    yield holds("vercel.deployments", right, f"{newest.id}: {newest.state}, {target}")


OF_CLERK = (
    Probe(("clerk.config-shape", "clerk.config-version", "clerk.session-template"), config),
    Probe(("clerk.config-keys",), config_by_keys),
    Probe(("clerk.api-keys-section",), schema),
    Probe(("clerk.environment-agrees",), environment),
    Probe(("clerk.plans-agree",), plans),
    Probe(("clerk.key-forms",), keys),
    Probe(("clerk.roles",), roles),
    Probe(("clerk.role-sets",), role_sets),
    Probe(("clerk.api-version", "clerk.clock"), backend),
)
OF_SVIX = Probe(("svix.link", "svix.one-time-token", "svix.event-types", "svix.url-form"), svix)
OF_VERCEL = (
    Probe(("vercel.variables", "vercel.sensitive"), variables),
    Probe(("vercel.decrypt",), values),
    Probe(("vercel.projects",), projects),
    Probe(("vercel.deployments",), deployments),
)
