"""The reader of an instance and its Vercel projects, which every command uses."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

from clerkstack.clients.clerk_errors import NO_ORGANIZATIONS
from clerkstack.clients.errors import ApiError
from clerkstack.closing import Closing
from clerkstack.desired.afterwards import Access
from clerkstack.failures import ResourceFailed
from clerkstack.kept_url import same_url
from clerkstack.live.headers import read_headers
from clerkstack.live.reads import Reads
from clerkstack.live.roles import NoRoles, account_with_roles, read_access, read_roles
from clerkstack.reconcile.roles import LiveRoles
from clerkstack.safe import hide
from clerkstack.shapes import object_of

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import SecretStr

    from clerkstack.clients.backend import BackendClient
    from clerkstack.clients.domains import Domain, DomainStatus
    from clerkstack.clients.frontend import Environment
    from clerkstack.clients.instance_lists import (
        EnterpriseConnection,
        InstanceDomain,
        JwtTemplate,
        RedirectUrl,
    )
    from clerkstack.clients.platform import ApplicationInstance
    from clerkstack.clients.role_answers import Permission, Role, RoleSet
    from clerkstack.clients.svix import Attempt, Endpoint, SvixClient
    from clerkstack.clients.vercel import Deployment, EnvironmentVariable
    from clerkstack.clients.vercel import Project as VercelProject
    from clerkstack.live.session import Session
    from clerkstack.reconcile.headers import LiveHeaders
    from clerkstack.settings.models import Settings
    from clerkstack.settings.projects import Project
    from clerkstack.shapes import JsonObject

Value = TypeVar("Value")


class NoInstance(ResourceFailed):
    """The application has no instance for that environment."""


class NoPublishableKey(ResourceFailed):
    """Neither the settings nor the Platform API have a publishable key."""


class LiveInstance(Closing):
    """A live instance, read lazily, and each thing only once in a run.

    What a write needs as it is now, before it and read back, comes from the session that this
    reader reads from too: `variables`, `instance(fresh=True)`, `config(…).sections(fresh=True)`.

    Nothing is sent before the first read, and nothing is ever written. Secrets that are read are
    hidden from everything that this process shows. Everything but `found` raises NoInstance if the
    application has no such instance. Other failures are raised as ApiError, Unreachable or
    UnexpectedAnswer, and a missing key as ResourceFailed.

    Args:
        session: the clients; it verifies the instance of the secret key.
        place: application and environment.
        publishable_key: the one in the settings, None if they have none.
        reads: the cache of answers, which several readers may share.
    """

    def __init__(
        self,
        session: Session,
        place: tuple[str, str],
        *,
        publishable_key: str | None = None,
        reads: Reads | None = None,
    ) -> None:
        self.session = session
        self.place = place
        self.reads = Reads(session.requests) if reads is None else reads
        self._declared_key = publishable_key
        self._opened = ExitStack()
        self._owns_session = False

    @classmethod
    def of(cls, settings: Settings, session: Session, reads: Reads | None = None) -> Self:
        """The instance of a stack; `close` closes the session too."""
        place = (settings.application_id, settings.instance)
        instance = cls(session, place, publishable_key=settings.publishable_key, reads=reads)
        instance._owns_session = True
        return instance

    def close(self) -> None:
        """Close the connections; the next read opens them again."""
        self._opened.close()
        self.__dict__.pop("_backend", None)
        if self._owns_session:
            self.session.close()

    # -- the instance and its keys ----------------------------------------------------------------

    def found(self) -> ApplicationInstance | None:
        """The instance with its keys, None if there is none (PlatformGetApplication)."""
        instance = self._once(
            "Clerk: application and instance", lambda: self.session.instance(*self.place)
        )
        if instance is not None and instance.secret_key is not None:
            hide([instance.secret_key.get_secret_value()])
        return instance

    def instance(self) -> ApplicationInstance:
        """The instance with its keys. Raises NoInstance."""
        found = self.found()
        if found is None:
            application, environment = self.place
            raise NoInstance(
                f"The application {application} has no {environment} instance. Check "
                "clerkstack:applicationId and clerkstack:instance."
            )
        return found

    def verify(self) -> None:
        """Check that the keys of the settings belong to this instance; sends nothing if the
        settings have none.

        Raises:
            OtherInstancesKey: one belongs to another instance.
        """
        if self._declared_key is not None or self.session.has_secret_key:
            self.found()
            self._once(
                "Clerk: whose keys these are",
                lambda: self.session.verify_keys(*self.place, self._declared_key),
            )

    @property
    def publishable_key(self) -> str | None:
        """The publishable key: from the settings, else from the Platform API."""
        return self._declared_key or self.instance().publishable_key

    def secret_key(self) -> SecretStr | None:
        """The secret key: from the settings, verified, else from the Platform API.

        Raises:
            OtherInstancesKey: the one in the settings belongs to another instance.
        """
        return self.session.secret_key(*self.place)

    # -- its settings at Clerk --------------------------------------------------------------------

    def sections(self) -> JsonObject:
        """The sections of the config (PlatformGetConfig)."""
        self.instance()
        document = self.session.config(*self.place)
        return self._once("Clerk: config", lambda: dict(document.sections()))

    def section(self, name: str) -> JsonObject:
        """One section of the config; empty if it is unset."""
        return object_of(self.sections().get(name))

    def environment(self) -> Environment:
        """The public environment (getEnvironment).

        Raises:
            NoPublishableKey: there is no publishable key, which has its address.
        """
        key = self.publishable_key
        if key is None:
            raise NoPublishableKey(
                "the Platform API shows no publishable key: set clerkstack:publishableKey"
            )

        def read() -> Environment:
            with self.session.frontend(key) as frontend:
                return frontend.environment()

        return self._once("Clerk: public environment", read)

    def list_roles(self) -> list[Role]:
        """The organization roles (ListOrganizationRoles). Raises NoRoles."""
        with account_with_roles():
            return self._of_backend("roles", lambda api: api.list_roles())

    def list_role_sets(self) -> list[RoleSet]:
        """The role sets (ListRoleSets). Raises NoRoles."""
        with account_with_roles():
            return self._of_backend("role sets", lambda api: api.list_role_sets())

    def list_permissions(self) -> list[Permission]:
        """The permissions (ListOrganizationPermissions)."""
        return self._of_backend("permissions", lambda api: api.list_permissions())

    def roles(self, permissions: Collection[str] = ()) -> LiveRoles:
        """Roles, permissions and the initial role set; none if organizations are off or the account
        has no roles.

        Args:
            permissions: keys to find in addition to those that roles have.
        """
        try:
            return read_roles(self, permissions)
        except NoRoles:
            return LiveRoles()
        except ApiError as error:
            if error.code == NO_ORGANIZATIONS:
                return LiveRoles()
            raise

    def access(self) -> Access | None:
        """The roles that an app can check; None if there is no instance yet."""
        if self.found() is None:
            return None
        try:
            return read_access(self)
        except ApiError as error:
            if error.code == NO_ORGANIZATIONS:
                return Access(on=False)
            raise

    def organizations_on(self) -> bool:
        """Whether organizations are switched on, by the config."""
        return bool(self.section("organization_settings").get("enabled"))

    def enterprise_connections(self) -> list[EnterpriseConnection]:
        """The enterprise connections (ListEnterpriseConnections)."""
        return self._of_backend(
            "enterprise connections", lambda api: api.list_enterprise_connections()
        )

    def jwt_templates(self) -> list[JwtTemplate]:
        """The JWT templates (ListJWTTemplates)."""
        return self._of_backend("JWT templates", lambda api: api.list_jwt_templates())

    def redirect_urls(self) -> list[RedirectUrl]:
        """The URLs to which users may be redirected after signing in (ListRedirectURLs)."""
        return self._of_backend("redirect URLs", lambda api: api.list_redirect_urls())

    def instance_domains(self) -> list[InstanceDomain]:
        """The instance's primary domain and its satellites (ListDomains)."""
        return self._of_backend("satellite domains", lambda api: api.list_domains())

    def domains(self) -> list[Domain]:
        """The application's domains (PlatformListApplicationDomains)."""
        application, _ = self.place
        platform = self.session.platform
        return self._once("Clerk: domains", lambda: platform.list_domains(application))

    def domain_status(self, domain: str) -> DomainStatus:
        """The state of a domain (PlatformGetApplicationDomainStatus)."""
        application, _ = self.place
        platform = self.session.platform
        return self._once(
            f"Clerk: status of {domain}", lambda: platform.domain_status(application, domain)
        )

    def count_users(self, address: str) -> int:
        """The number of users whose email address contains a text (GetUsersCount)."""
        return self._of_backend(
            f"users with {address}", lambda api: api.count_users(email_address_query=address)
        )

    def server_time(self) -> datetime | None:
        """Clerk's time, None if its answer does not have it (GetInstance)."""
        return self._of_backend("time", lambda api: api.server_time())

    # -- its webhook at Svix ----------------------------------------------------------------------

    def svix(self) -> SvixClient | None:
        """A client of the instance's Svix app, None if it has none (GenerateSvixAuthURL,
        v1.authentication.exchange-one-time-token)."""
        self.instance()

        def open_app() -> SvixClient | None:
            client = self.session.svix_app(*self.place)
            return None if client is None else self._opened.enter_context(client)

        return self._once("Svix: access", open_app)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The webhook endpoints (v1.endpoint.list); none if the instance has no Svix app."""
        svix = self.svix()
        if svix is None:
            return ()
        return self._once("Svix: endpoints", lambda: tuple(svix.list_endpoints()))

    def endpoint(self, url: str, known_id: str | None = None) -> Endpoint | None:
        """The endpoint with a known id, else the one at a URL."""
        endpoints = self.endpoints()
        endpoint_ = next((endpoint for endpoint in endpoints if endpoint.id == known_id), None)
        at_url = (endpoint for endpoint in endpoints if same_url(endpoint.url, url))
        return endpoint_ or next(at_url, None)

    def event_types(self) -> frozenset[str] | None:
        """The event types that Svix offers, None if the token may not read them
        (v1.event-type.list)."""
        return self._of_svix("event types", lambda api: api.list_event_types())

    def signing_secret(self, endpoint_id: str) -> str:
        """An endpoint's signing secret (v1.endpoint.get-secret)."""
        secret = self._of_svix(
            "signing secret",
            lambda api: api.signing_secret(endpoint_id).get_secret_value(),
            endpoint_id,
        )
        hide([secret, secret.removeprefix("whsec_")])
        return secret

    def headers(self, endpoint_id: str) -> LiveHeaders:
        """An endpoint's additional headers (v1.endpoint.get-headers)."""
        return self._of_svix("headers", lambda api: read_headers(api, endpoint_id), endpoint_id)

    def attempts(self, endpoint_id: str, *, since: datetime, until: datetime) -> list[Attempt]:
        """The attempts to deliver to an endpoint, newest first
        (v1.message-attempt.list-by-endpoint)."""
        return self._of_svix(
            "deliveries",
            lambda api: api.recent_attempts(endpoint_id, since=since, until=until),
            endpoint_id,
        )

    # -- its projects at Vercel -------------------------------------------------------------------

    def variables(
        self, project: Project, *, decrypt: bool = True, fresh: bool = False
    ) -> tuple[EnvironmentVariable, ...]:
        """A project's variables (GET /v10/projects/{id}/env).

        Args:
            project: one of the settings' projects.
            decrypt: include readable values.
            fresh: read them again, after a write.
        """
        return self._once(
            f"Vercel: {project.prefix}variables",
            lambda: tuple(
                self.session.variables(project.team_id, project.project_id, decrypt=decrypt)
            ),
            project.project_id,
            str(decrypt),
            fresh=fresh,
        )

    def vercel_project(self, project: Project) -> VercelProject:
        """A project as Vercel shows it (GET /v9/projects/{idOrName}). Raises NotFound."""
        return self._once(
            f"Vercel: {project.prefix}project",
            lambda: self.session.vercel(project.team_id).get_project(project.project_id),
            project.project_id,
        )

    def deployment(
        self, project: Project, target: str, project_id: str | None = None
    ) -> Deployment | None:
        """The newest ready deployment of a project's target (GET /v6/deployments).

        Args:
            project: one of the settings' projects.
            target: Vercel's own, or the slug of a custom environment.
            project_id: the project's id, if the settings may have its name instead.
        """
        own = project_id or project.project_id
        return self._once(
            f"Vercel: {project.prefix}deployment",
            lambda: self.session.vercel(project.team_id).latest_deployment(own, target),
            own,
            target,
        )

    # -- inside -----------------------------------------------------------------------------------

    def _once(self, step: str, read: Callable[[], Value], *of: str, fresh: bool = False) -> Value:
        """Read once. `of` distinguishes reads with the same step name."""
        return self.reads.once((*self.place, step, *of), step, read, fresh=fresh)

    @cached_property
    def _backend(self) -> BackendClient:
        return self._opened.enter_context(self.session.backend(*self.place))

    def _of_backend(self, what: str, read: Callable[[BackendClient], Value]) -> Value:
        self.instance()
        return self._once(f"Clerk: {what}", lambda: read(self._backend))

    def _of_svix(self, what: str, read: Callable[[SvixClient], Value], *of: str) -> Value:
        svix = self.svix()
        if svix is None:
            raise ResourceFailed("The instance has no Svix app, so it has no webhook endpoints.")
        return self._once(f"Svix: {what}", lambda: read(svix), *of)
