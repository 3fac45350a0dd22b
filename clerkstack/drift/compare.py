"""Compares declared documents with live ones, by the rules of the providers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from clerkstack.checks.finding import ANOTHER, Finding
from clerkstack.desired.api_keys import api_key_switches
from clerkstack.desired.billing import app_inputs, declared_billing
from clerkstack.desired.refusals import asks_for_a_card, unanswered
from clerkstack.desired.sections import (
    organization_roles,
    organization_settings,
    sign_in_sections,
)
from clerkstack.desired.variables import Keys, Variable, variables
from clerkstack.desired.webhook import endpoint_inputs
from clerkstack.reconcile.api_keys import FEATURE, FEATURE_SWITCH, SWITCHES, needed_switches
from clerkstack.reconcile.billing import (
    TRIAL,
    billing_plan,
    live_groups,
    missing_defaults,
    split,
)
from clerkstack.reconcile.changes import Change, changes_between
from clerkstack.reconcile.fields import SECRETS, is_unset
from clerkstack.reconcile.headers import headers_not_kept
from clerkstack.reconcile.ledger import Ledger
from clerkstack.reconcile.names import BILLING_KINDS, OAUTH_PREFIX, section_name
from clerkstack.reconcile.roles import LiveRoles, document, is_permission, kind_of, role_changes
from clerkstack.reconcile.sections import with_defaults
from clerkstack.reconcile.webhook import left_out, seen, wanted
from clerkstack.shapes import JsonObject

if TYPE_CHECKING:
    from clerkstack.app.code import AppCode
    from clerkstack.catalog.models import Catalog
    from clerkstack.clients.platform import ApplicationInstance
    from clerkstack.clients.svix import Endpoint
    from clerkstack.clients.vercel import EnvironmentVariable
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings.models import Settings
    from clerkstack.settings.projects import Project
    from clerkstack.state.known import Known

CHECK = "drift"
AS_DECLARED = "as declared"


def differences(
    settings: Settings,
    catalog: Catalog,
    live: LiveInstance,
    known: Known,
    *,
    signing: bool = False,
) -> list[Finding]:
    """Every difference, in the order of the set-up guide. Reads nothing for parts that the stack
    does not declare.

    Args:
        settings, catalog: what the stack declares.
        live: the instance.
        known: what the stack's state has.
        signing: compare the signing secret in production too, where its variable can be read only
            if somebody made it readable.

    Raises:
        ApiError, Unreachable, UnexpectedAnswer: a service refused or could not be reached.
        ResourceFailed: a key is missing.
    """
    use = settings.components
    findings: list[Finding] = []
    if live.found() is None:
        findings.append(Finding(CHECK, f"{settings.instance} instance", "", "there", None))
    else:
        if use.sign_in:
            findings += _sign_in(settings, live)
        if use.organizations:
            findings += _organizations(settings, live)
            findings += _roles(settings, live, known)
        if use.billing:
            findings += _billing(settings, catalog, live, known)
        if use.api_keys:
            findings += _api_keys(settings, live)
        if use.webhook:
            findings += _webhook(settings, live, known)
    if use.environment:
        findings += variable_differences(settings, live, known, signing=signing)
    return findings


def without_billing(settings: Settings, app: AppCode | None, live: LiveInstance) -> list[Finding]:
    """Differences of a production stack that leaves billing out: what the app's code checks and
    the instance lacks, and trials that ask for a card."""
    if settings.components.billing or settings.instance != "production" or live.found() is None:
        return []
    section = live.section("billing")
    messages = [] if app is None else unanswered(app_inputs(app), section)
    findings = [
        Finding(CHECK, "the app's code", "always false", message, None) for message in messages
    ]
    if asks_for_a_card(section):
        findings.append(Finding(CHECK, "billing", TRIAL, False, True))
    return findings


def _sign_in(settings: Settings, live: LiveInstance) -> Iterator[Finding]:
    declared = sign_in_sections(settings.sign_in)
    yield from _of_config(changes_between(declared, live.sections()))
    yield from _removed_secrets(settings, live)


def _organizations(settings: Settings, live: LiveInstance) -> Iterator[Finding]:
    declared: JsonObject = {"organization_settings": organization_settings(settings.organizations)}
    yield from _of_config(changes_between(declared, with_defaults(live.sections())))


def _removed_secrets(settings: Settings, live: LiveInstance) -> Iterator[Finding]:
    """Client secrets that are declared but not set; their values cannot be compared."""
    for provider, connection in settings.sign_in.oauth.items():
        name = f"{OAUTH_PREFIX}{provider}"
        shown = live.section(name)
        for secret in SECRETS & shown.keys():
            if connection.client_secret is not None and is_unset(secret, shown[secret]):
                yield Finding(CHECK, section_name(name), secret, "set", None)


def roles_of_stack(settings: Settings, live: LiveInstance, known: Known) -> LiveRoles:
    """The roles of the instance, if the stack declares or created some and has organizations on."""
    organizations = settings.organizations
    use = settings.components.organizations and organizations.enabled
    if not (use and (organizations.roles or known.roles_made)):
        return LiveRoles()
    return live.roles({*organizations.permissions, *filter(is_permission, known.roles_made)})


def _roles(settings: Settings, live: LiveInstance, known: Known) -> Iterator[Finding]:
    declared = document(**organization_roles(settings.organizations))
    view = roles_of_stack(settings, live, known).view()
    for change in role_changes(declared, view):
        thing = kind_of(change.key)
        if change.missing:
            yield Finding(CHECK, thing, "", "there", None)
            continue
        live_value = view[change.key]
        for name, value in change.fields.items():
            yield Finding(CHECK, thing, name, value, live_value[name])
    for key in known.roles_made:
        if key in view and key not in declared:
            yield Finding(CHECK, kind_of(key), "", None, "there")


def _billing(
    settings: Settings, catalog: Catalog, live: LiveInstance, known: Known
) -> Iterator[Finding]:
    desired = declared_billing(settings, catalog).groups
    live_slugs = live_groups(live.section("billing"))
    yield from _of_config(billing_plan(desired, live_slugs).changes)
    for slug in missing_defaults(desired.keys(), live_slugs):
        yield Finding(CHECK, f"plan {slug}", "", "there", None)
    for group in Ledger.of(known.billing).kept(live_slugs).undeclared(desired):
        kind, slug = split(group)
        if f"defaults/{slug}" not in desired:
            yield Finding(CHECK, f"{BILLING_KINDS[kind]} {slug}", "", None, "there")


def switches_of(live: LiveInstance) -> JsonObject:
    """The API key switches; empty without a publishable key, which is needed to read them."""
    return live.environment().api_keys.model_dump() if live.publishable_key else {}


def _api_keys(settings: Settings, live: LiveInstance) -> Iterator[Finding]:
    declared = api_key_switches(settings.api_keys)
    words = {FEATURE: FEATURE_SWITCH, **SWITCHES}
    for change in changes_between(needed_switches(declared), switches_of(live)):
        yield Finding(CHECK, "API keys", words[change.path[-1]], change.after, change.before)


def endpoint_of_stack(settings: Settings, live: LiveInstance, known: Known) -> Endpoint | None:
    """The endpoint that the stack created, else the one at its URL."""
    return live.endpoint(settings.webhook_url, known.endpoint_id)


def _webhook(settings: Settings, live: LiveInstance, known: Known) -> Iterator[Finding]:
    inputs, endpoint = endpoint_inputs(settings), endpoint_of_stack(settings, live, known)
    declared = wanted(inputs, left_out(inputs, endpoint, live.event_types))
    if endpoint is None:
        yield Finding(CHECK, "webhook endpoint", "", declared["url"], None)
        return
    yield from _of_thing("webhook endpoint", changes_between(declared, seen(endpoint)))
    if settings.webhook.headers:
        kept = live.headers(endpoint.id)
        headers = {n: v.get_secret_value() for n, v in settings.webhook.headers.items()}
        for name in headers_not_kept(headers, kept):
            has_header = kept.spelled(name) is not None
            yield Finding(
                CHECK,
                "webhook endpoint",
                f"header {name}",
                AS_DECLARED,
                ANOTHER if has_header else None,
            )
    if endpoint.disabled:
        yield Finding(CHECK, "webhook endpoint", "disabled", False, True)


def variable_differences(
    settings: Settings, live: LiveInstance, known: Known, *, signing: bool = False
) -> Iterator[Finding]:
    """The differences of the variables at Vercel; see `differences`."""
    ours = {project.project_id for project in settings.vercel_projects}
    for project_id in dict.fromkeys(id_ for id_, _, _ in known.variables):
        if project_id not in ours:
            yield Finding(CHECK, f"variables of {project_id}", "", None, "in the state")
    readable = signing or settings.instance == "development"
    secret = signing_secret_of(settings, live, known) if readable else None
    for project, declared in declared_variables(settings, live.found(), secret):
        live_variables = live.variables(project)
        for variable in declared:
            yield from _variable(project, variable, live_variables, known)
        yield from _undeclared(project, declared, live_variables, known)


def signing_secret_of(settings: Settings, live: LiveInstance, known: Known) -> str | None:
    """The signing secret of the stack's endpoint, None if there is none."""
    if not settings.components.webhook or live.found() is None:
        return None
    endpoint = endpoint_of_stack(settings, live, known)
    return None if endpoint is None else live.signing_secret(endpoint.id)


def declared_variables(
    settings: Settings, instance: ApplicationInstance | None, signing_secret: str | None
) -> list[tuple[Project, list[Variable[str | None]]]]:
    """The variables of each project with their values from the live keys; the value of an unknown
    signing secret is empty."""
    secret_key = settings.secret_key or (instance.secret_key if instance else None)
    keys = Keys[str | None](
        publishable_key=settings.publishable_key
        or (instance.publishable_key if instance else None),
        secret_key=secret_key.get_secret_value() if secret_key else None,
        # Empty if unknown: the variable is declared all the same.
        signing_secret=(signing_secret or "") if settings.components.webhook else None,
    )
    return [(project, variables(project, keys)) for project in settings.vercel_projects]


def variable_name(project: Project, target: str, key: str) -> str:
    """A variable's name in messages: target/KEY, after the project's name if it has one."""
    return "/".join(filter(None, (project.name, target, key)))


def _variable(
    project: Project,
    declared: Variable[str | None],
    live_variables: Iterable[EnvironmentVariable],
    known: Known,
) -> Iterator[Finding]:
    thing = f"variable {variable_name(project, declared.target, declared.key)}"
    of_key = [
        variable
        for variable in live_variables
        if variable.key == declared.key and not variable.git_branch
    ]
    mine = known.variables.get((project.project_id, declared.key, declared.target))
    found = next((candidate for candidate in of_key if candidate.id == mine), None)
    if found is None:
        found = next(
            (candidate for candidate in of_key if declared.target in candidate.target), None
        )
    if found is None:
        yield Finding(CHECK, thing, "", "there", None)
        return
    if found.target != (declared.target,) or found.custom_environment_ids:
        scopes = [*found.target, *found.custom_environment_ids]
        yield Finding(CHECK, thing, "targets", [declared.target], [*scopes])
    sensitive = found.type == "sensitive"
    if sensitive != declared.sensitive:
        yield Finding(CHECK, thing, "sensitive", declared.sensitive, sensitive)
    times = known.written.get(project.project_id, {})
    written = times.get(f"{declared.target}/{declared.key}")
    if sensitive and written and found.updated_at not in (None, int(written)):
        yield Finding(CHECK, thing, "value", AS_DECLARED, "edited since the last update")
    value = found.readable_value
    own = None if value is None else value.get_secret_value()
    if declared.value and own is not None and own != declared.value:
        shown = (AS_DECLARED, ANOTHER) if declared.secret else (declared.value, own)
        if not declared.secret and _kind(own) != _kind(declared.value):
            # Swapped keys, or a password instead of an address: the value can't be shown.
            shown = (declared.value, ANOTHER)
        yield Finding(CHECK, thing, "value", *shown)


def _kind(value: str) -> str:
    """The kind of a value that may be shown: an address, a path, a publishable key."""
    kinds = {"https://": "address", "http://": "address", "/": "path", "pk_": "publishable key"}
    return next((kind for begin, kind in kinds.items() if value.startswith(begin)), "")


def _undeclared(
    project: Project,
    declared: Iterable[Variable[str | None]],
    live_variables: Iterable[EnvironmentVariable],
    known: Known,
) -> Iterator[Finding]:
    """Variables of the state that nothing declares any more and that still exist."""
    names = {(variable.key, variable.target) for variable in declared}
    ids = {live.id for live in live_variables}
    for (project_id, key, target), variable_id in known.variables.items():
        mine = project_id == project.project_id
        if mine and (key, target) not in names and variable_id in ids:
            yield Finding(
                CHECK, f"variable {variable_name(project, target, key)}", "", None, "there"
            )


def _of_thing(thing: str, changes: Iterable[Change]) -> Iterator[Finding]:
    """The differences of one subject; the paths of the changes are relative to it."""
    for change in changes:
        yield Finding(CHECK, thing, change.name, change.after, change.before)


def _of_config(changes: Iterable[Change]) -> Iterator[Finding]:
    """The differences of the instance config; the paths of the changes start at the section."""
    for change in changes:
        section, *rest = change.path
        thing = section_name(section)
        if section == "billing" and len(rest) > 1 and rest[0] in BILLING_KINDS:
            thing = f"{BILLING_KINDS[rest[0]]} {rest[1]}"
            rest = rest[2:]
        yield Finding(CHECK, thing, ".".join(rest), change.after, change.before)
