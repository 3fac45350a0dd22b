"""What is read of Clerk: the application and its instance, their settings, domains and people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from clerkstack.cutover.reads import Reads, Unread, Value
from clerkstack.drift import Known, roles_of
from clerkstack.hosts import host_of
from clerkstack.reconcile.roles import LiveRoles
from clerkstack.safe import shown_url
from clerkstack.settings.keys import frontend_host

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient
    from clerkstack.clients.domains import Domain, DomainStatus
    from clerkstack.clients.frontend import Environment
    from clerkstack.clients.instance_lists import InstanceDomain, RedirectUrl
    from clerkstack.clients.platform import ApplicationInstance
    from clerkstack.live.session import Session
    from clerkstack.reconcile import JsonObject
    from clerkstack.settings import Settings

TEST_ADDRESS = "+clerk_test"
"""What an address has in it that belongs to a user made by tests, in Clerk's words."""


class NoInstance(Exception):
    """The application has no production instance."""


class OfClerk(Reads):
    """Everything that is read of one stack's instance at Clerk, and of the reference's config.

    Args:
        settings, known: what the stack declares, and what its state knows.
        session: the clients.
        reference: the settings of the development stack that production is held against.
        hidden, tell, now: see `Reads`.
    """

    def __init__(
        self,
        settings: Settings,
        known: Known,
        session: Session,
        reference: Settings | None,
        *,
        hidden: Iterable[str],
        tell: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(hidden, tell=tell, now=now)
        self.settings = settings
        self.known = known
        self.reference = reference
        self._session = session

    def instance(self) -> ApplicationInstance:
        """The production instance with its keys. Raises NoInstance."""
        found = self.once(
            "PlatformGetApplication",
            self._platform(),
            "Clerk: application and instance",
            lambda: self._session.instance(*self._place),
        )
        if found is None:
            raise NoInstance
        if found.secret_key:
            self.hide(found.secret_key.get_secret_value())
        return found

    @property
    def publishable_key(self) -> str | None:
        """The key every browser gets."""
        return self.settings.publishable_key or self.instance().publishable_key

    def sections(self) -> JsonObject:
        """The instance's config."""
        self.instance()
        return self.once(
            "PlatformGetConfig",
            f"{self._platform()}/instances/{self.settings.instance}/config",
            "Clerk: config",
            lambda: dict(self._session.config(*self._place).sections()),
        )

    def reference_sections(self) -> JsonObject | None:
        """The config of the reference; None where it has no instance."""
        reference = self.reference
        if reference is None:
            raise ValueError("there is no reference")
        place = (reference.application_id, reference.instance)

        def fetch() -> JsonObject | None:
            beside = self._session.beside(reference.connection)
            if beside.instance(*place) is None:
                return None
            return dict(beside.config(*place).sections())

        where = f"{_platform(reference)}/instances/{reference.instance}/config"
        return self.once(f"PlatformGetConfig {where}", where, "Clerk: the reference", fetch)

    def domains(self) -> Sequence[Domain]:
        """The application's domains."""
        return self.once(
            "PlatformListApplicationDomains",
            f"{self._platform()}/domains",
            "Clerk: domains",
            lambda: self._session.platform.list_domains(self.settings.application_id),
        )

    def primary_domain(self) -> Domain | None:
        """The domain of the production instance: the one its publishable key leads to."""
        key = self.publishable_key
        host = frontend_host(key).partition(":")[0] if key else None
        own = [each for each in self.domains() if not each.is_satellite]
        by_key = [each for each in own if host and host_of(each.frontend_api_url) == host]
        name = self.settings.production.domain
        by_name = [each for each in own if each.name == name]
        return next(iter([*by_key, *by_name]), None)

    def domain_status(self, domain: str) -> DomainStatus:
        """How far a domain is."""
        where = f"{self._platform()}/domains/{domain}/status"
        return self.once(
            f"PlatformGetApplicationDomainStatus {domain}",
            where,
            f"Clerk: status of {domain}",
            lambda: self._session.platform.domain_status(self.settings.application_id, domain),
        )

    def environment(self) -> Environment:
        """What every browser can read. Raises Unread where there is no publishable key."""
        key = self.publishable_key
        if key is None:
            raise Unread("the Platform API shows no publishable key: set clerkstack:publishableKey")
        base = self.settings.urls.frontend or f"https://{frontend_host(key)}"

        def fetch() -> Environment:
            with self._session.frontend(key) as frontend:
                return frontend.environment()

        where = f"{shown_url(base)}/v1/environment"
        return self.once("getEnvironment", where, "Clerk: public environment", fetch)

    def roles(self) -> LiveRoles:
        """The organization roles, where the stack declares some and organizations are on."""
        settings = self.settings
        wanted = settings.organizations.roles or self.known.roles_made
        if not (settings.components.organizations and settings.organizations.enabled and wanted):
            return LiveRoles()
        self.instance()
        return self._backend(
            "ListOrganizationRoles",
            "/v1/organization_roles",
            "Clerk: roles",
            lambda _: roles_of(self._session, self._place, settings.organizations, self.known),
        )

    def redirect_urls(self) -> list[RedirectUrl]:
        """Where apps may be sent after a sign-in."""
        return self._backend(
            "ListRedirectURLs",
            "/v1/redirect_urls",
            "Clerk: redirect URLs",
            lambda backend: backend.list_redirect_urls(),
        )

    def instance_domains(self) -> list[InstanceDomain]:
        """The instance's domain and its satellites."""
        return self._backend(
            "ListDomains",
            "/v1/domains",
            "Clerk: satellite domains",
            lambda backend: backend.list_domains(),
        )

    def test_users(self) -> int:
        """How many users have a test address."""
        return self._backend(
            "GetUsersCount",
            f"/v1/users/count?email_address_query={TEST_ADDRESS}",
            "Clerk: test users",
            lambda backend: backend.count_users(email_address_query=TEST_ADDRESS),
        )

    # -- inside -----------------------------------------------------------------------------

    @property
    def _place(self) -> tuple[str, str]:
        return self.settings.application_id, self.settings.instance

    def _platform(self) -> str:
        return _platform(self.settings)

    @cached_property
    def _backend_client(self) -> BackendClient:
        return self.opened.enter_context(self._session.backend(*self._place))

    def _backend(
        self, operation: str, path: str, words: str, fetch: Callable[[BackendClient], Value]
    ) -> Value:
        self.instance()
        where = shown_url(self.settings.urls.backend) + path
        return self.once(operation, where, words, lambda: fetch(self._backend_client))


def _platform(settings: Settings) -> str:
    base = shown_url(settings.urls.platform)
    return f"{base}/v1/platform/applications/{settings.application_id}"
