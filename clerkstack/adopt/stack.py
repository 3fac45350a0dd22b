"""Derives the settings of a stack from what is live.

The settings are proposed from what is live, then compared with it exactly as in `clerkstack drift`:
the settings can't express what still differs, so it is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

from clerkstack.adopt.billing import billing_settings
from clerkstack.adopt.unmanaged_items import Unmanaged
from clerkstack.catalog.models import Catalog
from clerkstack.checks.finding import Finding
from clerkstack.desired.sections import OPTIONAL_OF_ORGANIZATIONS
from clerkstack.desired.webhook import DESCRIPTION
from clerkstack.drift.compare import declared_variables, differences, switches_of, variable_name
from clerkstack.kept_url import same_url
from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.api_keys import FEATURE
from clerkstack.reconcile.names import OAUTH_PREFIX
from clerkstack.reconcile.roles import IN_SET, SET, LiveRoles, is_permission
from clerkstack.reconcile.taken import OVERWRITE, holder
from clerkstack.settings.models import Settings, WebhookSettings
from clerkstack.settings.names import BUILT_IN_ROLES, PREFIX
from clerkstack.settings.role_rules import CLERKS_OWN
from clerkstack.settings.variable_names import (
    PATHS,
    SETS,
    NameSet,
    Purpose,
    all_names,
    names_of,
)
from clerkstack.shapes import Json, JsonObject
from clerkstack.state.known import Known
from clerkstack.texts import text_of

if TYPE_CHECKING:
    from clerkstack.clients.svix import Endpoint
    from clerkstack.clients.vercel import EnvironmentVariable
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings.projects import Project

Load = Callable[[Mapping[str, Any]], Settings]
_ANOTHERS: dict[Purpose, str] = {
    "publishable_key": "it is the key of another instance",
    "secret_key": "it is the key of another instance, or an old one",
    "signing_secret": "it is the signing secret of another endpoint, or an old one",
}
KEYS = {name: why for purpose, why in _ANOTHERS.items() for name in names_of(purpose)}
"""The names of keys, and what a key with another value is."""
NO_URL = "https://app.invalid"
"""Placeholder for an app's URL that is not known yet."""
# If more rounds than kinds of differences are needed, leaving them alone has no effect.
ROUNDS = 5


@dataclass(frozen=True)
class Existing:
    """What exists and can be taken over.

    Attributes:
        live: the instance.
        known: what the stack's state already has.
        endpoint: the app's webhook endpoint, None if there is none or the stack declares none.
        others: the other endpoints of the instance.
        roles: the roles, if the stack declares some.
    """

    live: LiveInstance
    known: Known = field(default_factory=Known)
    endpoint: Endpoint | None = None
    others: tuple[Endpoint, ...] = ()
    roles: LiveRoles = field(default_factory=LiveRoles)

    def signing_secret(self) -> str | None:
        """The endpoint's signing secret, None without an endpoint."""
        return None if self.endpoint is None else self.live.signing_secret(self.endpoint.id)

    def differences(self, settings: Settings, catalog: Catalog) -> list[Finding]:
        """The differences of settings and catalog from what is live."""
        known = self.known
        if self.endpoint is not None:
            known = replace(known, endpoint_id=self.endpoint.id)
        return differences(settings, catalog, self.live, known, signing=True)


def settled(
    config: Mapping[str, Any],
    catalog: Catalog,
    there: Existing,
    load: Load,
    elsewhere: Mapping[str, str],
) -> tuple[dict[str, Any], list[Unmanaged]]:
    """The stack's settings without a difference from what is live, and what they leave alone.

    Args:
        config: the current settings, by their names in the stack's file, without prefix.
        catalog: the billing that the stack declares.
        there: what exists.
        load: loads settings in the form of `config`.
        elsewhere: the other stack that has a variable, by the variable's id.

    Raises:
        InputError: the settings cannot be used.
        ClerkstackError: neither catalog nor settings can express a difference.
    """
    wanted: dict[str, Any] = json.loads(json.dumps(config))
    left = _propose(wanted, there, load(wanted), load, elsewhere)
    for _ in range(ROUNDS):
        found = there.differences(load(wanted), catalog)
        if not found:
            return wanted, left
        more = [item for difference in found for item in _leave(wanted, difference, there.known)]
        if not more:
            break
        left += more
    shown = "\n".join(f"  {each.subject} {each.field}: {each.found} is live" for each in found)
    raise ClerkstackError(
        "This is live, and neither the catalog nor the settings can express it. Change it in "
        "the dashboard, or switch off that part of the stack "
        f"(clerkstack:components):\n{shown}"
    )


def foreign_keys(settings: Settings, existing: Existing) -> list[Unmanaged]:
    """Variables of the stack's targets with a key of another instance, left alone or not. An
    unreadable variable may hold one too."""
    foreign = []
    live, secret = existing.live, existing.signing_secret()
    for project, declared in declared_variables(_with_all(settings), live.found(), secret):
        live_variables = live.variables(project)
        for variable in declared:
            held = holder(live_variables, variable.name)
            value = None if held is None else held.readable_value
            own = None if value is None else value.get_secret_value()
            if variable.key in KEYS and variable.value and own not in (None, variable.value):
                thing = f"variable {variable_name(project, variable.target, variable.key)}"
                foreign.append(Unmanaged(thing, KEYS[variable.key]))
    return foreign


def _with_all(settings: Settings) -> Settings:
    """The settings with `leaveAlone` emptied."""
    none: dict[str, Any] = {"leave_alone": []}
    projects = {
        name: project.model_copy(update=none)
        for name, project in settings.environment.projects.items()
    }
    environment = settings.environment.model_copy(update={**none, "projects": projects})
    return settings.model_copy(update={"environment": environment})


def unmanaged(settings: Settings, there: Existing) -> list[Unmanaged]:
    """Everything else that is live and not declared."""
    left = [
        Unmanaged(f"webhook endpoint {endpoint.url}", "another endpoint")
        for endpoint in there.others
    ]
    sections = there.live.sections()
    declared = {"billing", "organization_settings", "session"}
    declared |= {f"{OAUTH_PREFIX}{provider}" for provider in settings.sign_in.oauth}
    unused = {name for name, fields in sections.items() if _is_unused(name, fields)}
    others = sorted(set(sections) - declared - unused)
    if others:
        left.append(Unmanaged(f"config: {', '.join(others)}", "no setting covers it"))
    return left


def _is_unused(section: str, fields: Json) -> bool:
    """Whether a section is unset: null, or a connection that is off."""
    off = isinstance(fields, dict) and not fields.get("enabled") and not fields.get("client_id")
    return fields is None or (section.startswith(OAUTH_PREFIX) and off)


def _of_others(
    wanted: dict[str, Any],
    settings: Settings,
    existing: Existing,
    elsewhere: Mapping[str, str],
) -> list[Unmanaged]:
    """Leave alone what another stack has, and what an integration writes, since it would write it
    again."""
    left = []
    # The names are enough.
    for project, declared in declared_variables(settings, existing.live.found(), None):
        for variable in declared:
            live_variable = holder(existing.live.variables(project), variable.name)
            mine = (project.project_id, variable.key, variable.target) in existing.known.variables
            if live_variable is None or mine:
                continue
            if live_variable.id in elsewhere:
                why = f"the stack {elsewhere[live_variable.id]} has it"
            elif live_variable.configuration_id and variable.name not in project.overwrite:
                why = f"the integration {live_variable.configuration_id} writes it"
            else:
                continue
            group = _of_project(wanted, project.name)
            group.setdefault("leaveAlone", list(project.leave_alone)).append(variable.name)
            thing = f"variable {variable_name(project, variable.target, variable.key)}"
            left.append(Unmanaged(thing, why))
    return left


def _propose(
    wanted: dict[str, Any],
    there: Existing,
    settings: Settings,
    load: Load,
    elsewhere: Mapping[str, str],
) -> list[Unmanaged]:
    """Put what is live into the settings; returns what they can't express."""
    left: list[Unmanaged] = []
    use, live = settings.components, there.live
    if use.billing:
        _group(wanted, "billing").update(billing_settings(live.section("billing")))
    if use.organizations:
        _organizations(wanted, there.roles, live.section("organization_settings"))
    if use.sign_in:
        _sign_in(wanted, live)
    if use.api_keys:
        switches, keys = switches_of(live), _group(wanted, "apiKeys")
        on = bool(switches.get(FEATURE))
        keys["organizationEnabled"] = on and bool(switches.get("orgs_api_keys_enabled"))
        keys["userEnabled"] = on and bool(switches.get("user_api_keys_enabled"))
    if use.environment:
        for project in settings.vercel_projects:
            _variables(wanted, live.variables(project), project)
        left += _of_others(wanted, load(wanted), there, elsewhere)
    if use.webhook:
        left += _webhook(wanted, there)
    return left


def _organizations(wanted: dict[str, Any], roles: LiveRoles, section: JsonObject) -> None:
    group, view = _group(wanted, "organizations"), roles.view()
    group["enabled"] = bool(section.get("enabled"))
    group["personalWorkspaces"] = not section.get("force_organization_selection")
    for name in OPTIONAL_OF_ORGANIZATIONS:
        if to_camel(name) in group:
            group[to_camel(name)] = section.get(name)
    for name, key in (("creatorRole", "creator_role"), ("defaultRole", "default_role")):
        if name in group:
            group[name] = view.get(SET, {}).get(key)
    if not group["enabled"]:
        # Without organizations there are no roles, and the settings accept none.
        for name in ("roles", "permissions", "creatorRole", "defaultRole"):
            group.pop(name, None)
        return
    # The permissions of Clerk's own roles are left to Clerk until somebody declares them.
    own = {key: group.get("roles", {}).get(key) or {} for key in BUILT_IN_ROLES}
    group["roles"] = {
        role.key: own[role.key] if role.key in own else _given(view[role.key])
        for role in roles.roles
    }
    permissions = {
        key: _given(fields)
        for key, fields in view.items()
        if is_permission(key) and not key.startswith(CLERKS_OWN)
    }
    if permissions or "permissions" in group:
        group["permissions"] = permissions


def _given(view: JsonObject) -> JsonObject:
    """The fields of a role or permission to write as settings."""
    return {k: v for k, v in view.items() if k != IN_SET and v not in ("", None)}


def _sign_in(wanted: dict[str, Any], live: LiveInstance) -> None:
    oauth = _group(_group(wanted, "signIn"), "oauth")
    for name in live.sections():
        if name.startswith(OAUTH_PREFIX):
            provider = name.removeprefix(OAUTH_PREFIX)
            on = bool(live.section(name).get("enabled"))
            if on or provider in oauth:
                _group(oauth, provider)["enabled"] = on
    claims = live.section("session").get("claims") or {}
    if claims or "sessionClaims" in wanted["signIn"]:
        wanted["signIn"]["sessionClaims"] = claims


def _variables(
    wanted: dict[str, Any], live_variables: Sequence[EnvironmentVariable], project: Project
) -> None:
    """The names, paths and addresses of a project, from the variables of its deployed target."""
    group = _of_project(wanted, project.name)
    shown = project.deployed or project.targets[0]
    of_target = {
        variable.key: variable
        for variable in live_variables
        if shown in variable.target and not variable.git_branch
    }
    names = project.said_names or _names(of_target)
    if names != project.names:
        group["names"] = list(names)
    app_urls = names_of("app_url", names)
    purposes = {key: each for each in PATHS for key in names_of(each, names)}
    plain = [of_target[key] for key in (*purposes, *app_urls) if key in of_target]
    if plain and all(variable.type == "sensitive" for variable in plain):
        group["sensitive"] = "all"
    # The first set of names takes precedence: variables of others that differ are left alone.
    values: dict[Purpose, str] = {}
    for variable in reversed(plain):
        value = variable.readable_value
        if value is not None and variable.key in purposes:
            values[purposes[variable.key]] = value.get_secret_value()
        elif value is not None:
            _put_url(wanted, project, "appUrl", value.get_secret_value())
    # Settings that match the environment's are not repeated in a project.
    group |= {to_camel(of): path for of, path in values.items() if path != project.paths[of]}
    local = [e for e in live_variables if e.key in app_urls and e.target == ("development",)]
    if "development" in project.targets and local and local[0].readable_value is not None:
        _put_url(wanted, project, "developmentAppUrl", local[0].readable_value.get_secret_value())


def _of_project(wanted: dict[str, Any], name: str) -> dict[str, Any]:
    """The settings of a project; in the short form, the environment's."""
    environment = _group(wanted, "environment")
    return _group(_group(environment, "projects"), name) if name else environment


def _put_url(wanted: dict[str, Any], project: Project, setting: str, url: str) -> None:
    """Set an app's URL: for the stack, or for the project if the stack's URL is another's."""
    group = _of_project(wanted, project.name)
    taken = wanted.get(setting, NO_URL) not in (NO_URL, url)
    own = project.name and (setting in group or taken)
    (group if own else wanted)[setting] = url


def _names(keys: Collection[str]) -> tuple[NameSet, ...]:
    """The fewest sets of names that cover every live name in any set."""
    known = all_names() & {*keys}
    return next(
        chosen
        for count in range(1, len(SETS) + 1)
        for chosen in combinations(SETS, count)
        if known <= all_names(chosen)
    )


def _webhook(wanted: dict[str, Any], existing: Existing) -> list[Unmanaged]:
    endpoint, known = existing.endpoint, existing.known
    if endpoint is None:
        _refuse_managed("webhook endpoint", known.endpoint_id is not None)
        _group(wanted, "components")["webhook"] = False
        return [Unmanaged("webhook endpoint", "the instance has none, so none is declared")]
    if endpoint.event_types is None or endpoint.disabled:
        why = "it is disabled" if endpoint.disabled else "it gets all events"
        _refuse_managed("webhook endpoint", known.endpoint_id is not None)
        _group(wanted, "components")["webhook"] = False
        return [Unmanaged(f"webhook endpoint {endpoint.url}", why)]
    group, headers = _group(wanted, "webhook"), existing.live.headers(endpoint.id)
    left = [
        Unmanaged(f"webhook header {name}", "Svix does not show its value")
        for name in headers.masked
        if name not in group.get("headers", {})
    ]
    if headers.values:
        group["headers"] = {**group.get("headers", {}), **headers.values}
    path = group.get("path", WebhookSettings().path)
    if "url" in group or not same_url(endpoint.url, wanted["appUrl"].rstrip("/") + path):
        group["url"] = endpoint.url
    default, there = WebhookSettings(), set(endpoint.event_types)
    sure = set(default.events) - set(default.optional_events)
    if "events" in group or not sure <= there <= set(default.events):
        group["events"] = sorted(there)
    if endpoint.description != DESCRIPTION:
        group["description"] = endpoint.description
    return left


def _leave(wanted: dict[str, Any], difference: Finding, known: Known) -> list[Unmanaged]:
    """Remove what differs from the settings, if it is optional."""
    kind, _, name = difference.subject.partition(" ")
    text = _in_words(difference)
    why = f"{difference.field}: {text}" if difference.field else f"it {text}"
    left = [Unmanaged(difference.subject, why)]
    if kind == "variable":
        *named, target, key = name.split("/")
        group = _of_project(wanted, *named or [""])
        for_all = wanted["environment"].get("leaveAlone", [])
        alone = group.setdefault("leaveAlone", list(for_all))
        if f"{target}/{key}" in alone:
            return []
        if f"{target}/{key}" in group.get("overwrite", wanted["environment"].get("overwrite", ())):
            raise ClerkstackError(
                f"{OVERWRITE} names {target}/{key}, and adopt never replaces a value. Remove "
                "it from there until everything else is adopted."
            )
        natural = (group["projectId"], key, target)
        _refuse_managed(difference.subject, natural in known.variables)
        alone.append(f"{target}/{key}")
        return left
    if kind in ("role", "permission"):
        _refuse_managed(difference.subject, name in known.roles_made)
        return left if wanted["organizations"][f"{kind}s"].pop(name, None) is not None else []
    component = {"API keys": "apiKeys", "webhook endpoint": "webhook"}.get(difference.subject)
    if component is None or wanted.get("components", {}).get(component) is False:
        return []
    _refuse_managed(difference.subject, component == "webhook" and known.endpoint_id is not None)
    _group(wanted, "components")[component] = False
    return left


def _refuse_managed(thing: str, managed: bool) -> None:
    """Refuse to leave alone what the stack has in its state: it would be removed."""
    if managed:
        raise ClerkstackError(
            f"This stack already manages the {thing}, and the live one differs. Compare them "
            "with `clerkstack drift`, restore what is declared with `pulumi up --refresh`, "
            "then adopt."
        )


def _in_words(difference: Finding) -> str:
    if difference.found is None:
        return "is not there"
    return f"{text_of(difference.found)} is live, {text_of(difference.expected)} would be declared"


def _group(wanted: dict[str, Any], name: str) -> dict[str, Any]:
    group = wanted.setdefault(name, {})
    if not isinstance(group, dict):
        raise ClerkstackError(f"{PREFIX}{name} is not a group of settings. See docs/settings.md")
    return group
