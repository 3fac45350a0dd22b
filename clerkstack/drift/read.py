"""What is live of one stack's deployment, read with the fewest requests, nothing written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clerkstack.clients.clerk_errors import NO_ORGANIZATIONS
from clerkstack.clients.errors import ApiError
from clerkstack.desired.webhook import endpoint_inputs
from clerkstack.kept_url import same_url
from clerkstack.live.headers import read_headers
from clerkstack.live.roles import NoRoles, read_roles
from clerkstack.reconcile.headers import LiveHeaders
from clerkstack.reconcile.roles import LiveRoles, is_permission
from clerkstack.reconcile.webhook import left_out

if TYPE_CHECKING:
    from clerkstack.clients.platform import ApplicationInstance
    from clerkstack.clients.svix import Endpoint
    from clerkstack.clients.vercel import EnvironmentVariable
    from clerkstack.live.session import Session
    from clerkstack.reconcile import JsonObject
    from clerkstack.settings import OrganizationsSettings, Settings
    from clerkstack.state.model import State


@dataclass(frozen=True)
class Known:
    """What the stack's state knows that its declaration can't: ids, and what the stack made.

    `variables` are ids by (project's id, key, target); `written` says of the sensitive variables of
    each project, as target/KEY, when Vercel last updated them as the stack wrote them (milliseconds
    since 1970). `roles_made` are keys of roles and permissions.
    """

    endpoint_id: str | None = None
    variables: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    billing: Mapping[str, Any] = field(default_factory=dict)
    roles_made: tuple[str, ...] = ()
    written: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, state: State) -> Known:
        """From a state; nothing of it needs its secrets shown."""
        endpoint = None
        billing: Mapping[str, Any] = {}
        roles: tuple[str, ...] = ()
        written: dict[str, Mapping[str, Any]] = {}
        variables: dict[tuple[str, str, str], str] = {}
        for resource in state.resources:
            kind, outputs = resource.type.rpartition(":")[2], resource.outputs
            if resource.is_variable:
                inputs = resource.inputs
                for target in inputs.get("targets") or ():
                    natural = (str(inputs.get("projectId")), inputs["key"], target)
                    variables[natural] = resource.id
            elif kind == "WebhookEndpoint":
                endpoint = outputs.get("endpoint_id")
            elif kind == "Billing":
                billing = outputs
            elif kind == "OrganizationRoles":
                roles = tuple(outputs.get("made") or ())
            elif kind == "WrittenVariables":
                written[str(outputs.get("project_id"))] = outputs.get("written") or {}
        return cls(endpoint, variables, billing, roles, written)


@dataclass(frozen=True)
class Live:
    """What is there; of a part that the stack does not declare, nothing is read.

    `instance` is None where the application has none of that environment; then nothing else of
    Clerk is read. `signing_secret` is the one of the stack's endpoint, where a readable variable
    can be compared with it; `endpoints` are all that the instance has. `variables` are those of
    each project, by its id. `left_out` are declared events that the endpoint is without, since Svix
    does not offer them. `headers` are the endpoint's, where the stack declares some or they were
    asked for.
    """

    instance: ApplicationInstance | None
    sections: JsonObject = field(default_factory=dict)
    roles: LiveRoles = field(default_factory=LiveRoles)
    api_keys: JsonObject = field(default_factory=dict)
    endpoint: Endpoint | None = None
    endpoints: tuple[Endpoint, ...] = ()
    signing_secret: str | None = None
    variables: Mapping[str, tuple[EnvironmentVariable, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    headers: LiveHeaders | None = None


def read_live(
    settings: Settings,
    session: Session,
    known: Known,
    tell: Callable[[str], None],
    *,
    signing: bool = False,
) -> Live:
    """Read it. `tell` is given each step's name as it begins; where `signing`, the endpoint's
    signing secret is read in any case, and so are its headers.

    Raises:
        ApiError, Unreachable: a service refused or could not be reached.
        ResourceFailed: a key is missing.
    """
    tell("Clerk: application and instance")
    place = (settings.application_id, settings.instance)
    instance = session.instance(*place)
    variables: dict[str, tuple[EnvironmentVariable, ...]] = {}
    for project in settings.vercel_projects if settings.components.environment else ():
        tell(f"Vercel: {project.prefix}variables")
        with session.vercel(project.team_id) as vercel:
            found = vercel.list_variables(project.project_id, decrypt=True)
            variables[project.project_id] = tuple(found)
    if instance is None:
        return Live(None, variables=variables)
    tell("Clerk: config")
    sections = dict(session.config(*place).sections())
    roles = LiveRoles()
    use = settings.components
    organizations = settings.organizations
    if use.organizations and organizations.enabled and (organizations.roles or known.roles_made):
        tell("Clerk: roles")
        roles = roles_of(session, place, organizations, known)
    api_keys: JsonObject = {}
    publishable_key = settings.publishable_key or instance.publishable_key
    if use.api_keys and publishable_key:
        tell("Clerk: API key switches")
        with session.frontend(publishable_key) as frontend:
            api_keys = frontend.environment().api_keys.model_dump()
    endpoint, signing_secret, headers = None, None, None
    lacking: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    if use.webhook:
        tell("Svix: endpoint")
        with contextlib.ExitStack() as stack:
            svix = session.svix_app(settings.application_id, settings.instance)
            if svix is not None:
                stack.enter_context(svix)
                endpoints = tuple(svix.list_endpoints())
                endpoint = endpoint_of_stack(endpoints, settings, known)
                readable = use.environment and (settings.instance == "development" or signing)
                if endpoint is not None and readable:
                    signing_secret = svix.signing_secret(endpoint.id).get_secret_value()
                if endpoint is not None and (signing or settings.webhook.headers):
                    headers = read_headers(svix, endpoint.id)
                if endpoint is not None:
                    declared = endpoint_inputs(settings)
                    lacking = left_out(declared, endpoint, svix.list_event_types)
    return Live(
        instance,
        sections,
        roles,
        api_keys,
        endpoint,
        endpoints,
        signing_secret,
        variables,
        lacking,
        headers,
    )


def roles_of(
    session: Session, place: tuple[str, str], declared: OrganizationsSettings, known: Known
) -> LiveRoles:
    """The roles of an instance, and the permissions that are declared or known; none where
    organizations are off, or the account has no roles."""
    permissions = {*declared.permissions, *filter(is_permission, known.roles_made)}
    try:
        with session.backend(*place) as backend:
            return read_roles(backend, permissions)
    except NoRoles:
        return LiveRoles()
    except ApiError as error:
        # The instance has organizations off: the config shows it, and there are no roles.
        if error.code == NO_ORGANIZATIONS:
            return LiveRoles()
        raise


def endpoint_of_stack(
    there: Iterable[Endpoint], settings: Settings, known: Known
) -> Endpoint | None:
    """The endpoint that the stack made, else the one at its URL."""
    found = next((each for each in there if each.id == known.endpoint_id), None)
    at_url = (each for each in there if same_url(each.url, settings.webhook_url))
    return found or next(at_url, None)
