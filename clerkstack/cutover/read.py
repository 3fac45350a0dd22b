"""What the points are judged by: each thing is read once, when the first point asks for it.

A read that failed fails for every point that needs it, and for no other one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from clerkstack.cutover.read_of_clerk import OfClerk
from clerkstack.desired.webhook import endpoint_inputs
from clerkstack.drift import Known, Live, endpoint_of_stack
from clerkstack.reconcile.webhook import left_out
from clerkstack.safe import shown_url

if TYPE_CHECKING:
    from clerkstack.app.code import AppCode
    from clerkstack.catalog import Catalog
    from clerkstack.clients.svix import Attempt, Endpoint, SvixClient
    from clerkstack.clients.vercel import Deployment, EnvironmentVariable
    from clerkstack.clients.webhook_probe import WebhookProbe
    from clerkstack.cutover.rules import Policies
    from clerkstack.live.session import Session
    from clerkstack.reconcile import JsonObject
    from clerkstack.settings import Settings
    from clerkstack.settings.projects import Project
    from clerkstack.smoke import SmokeReport

DELIVERY_DAYS = 7
TARGET = "production"


class NoEndpoint(Exception):
    """The instance has no webhook endpoint of the stack."""


class Readings(OfClerk):
    """Everything that is read of one stack's deployment.

    Args:
        settings, catalog, known: what the stack declares, and what its state knows.
        resources: those of its exported state, secrets encrypted.
        session: the clients.
        tell: is given the name of each read as it begins.
        reference: the settings of the development stack that production is held against.
        smoke: makes the smoke run, where it was asked for.
        policies: judges the resources as the policy pack does.
        app: what the app's own code says, None where the stack names none.
    """

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        known: Known,
        session: Session,
        *,
        resources: Sequence[Mapping[str, Any]] = (),
        tell: Callable[[str], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        reference: Settings | None = None,
        smoke: Callable[[], SmokeReport] | None = None,
        policies: Policies | None = None,
        app: AppCode | None = None,
    ) -> None:
        super().__init__(
            settings,
            known,
            session,
            reference,
            hidden=settings.secrets,
            tell=tell,
            now=now,
        )
        self.catalog = catalog
        self.resources = resources
        self.smoke = smoke
        self.policies = policies
        self.app = app

    # -- the webhook --------------------------------------------------------------------------

    def endpoints(self) -> tuple[Endpoint, ...]:
        """All webhook endpoints of the instance."""
        svix = self._svix()
        if svix is None:
            return ()
        return self.once(
            "v1.endpoint.list",
            f"{svix.address}/api/v1/app/{svix.app_id}/endpoint",
            "Svix: endpoints",
            lambda: tuple(svix.list_endpoints()),
        )

    def endpoint(self) -> Endpoint | None:
        """The stack's endpoint."""
        return endpoint_of_stack(self.endpoints(), self.settings, self.known)

    def left_out(self) -> tuple[str, ...]:
        """Declared events that the endpoint is without, since Svix does not offer them."""

        def offered() -> frozenset[str] | None:
            _, svix = self._of_endpoint()
            where = f"{svix.address}/api/v1/event-type"
            name = "v1.event-type.list"
            return self.once(name, where, "Svix: event types", svix.list_event_types)

        return left_out(endpoint_inputs(self.settings), self.endpoint(), offered)

    def signing_secret(self) -> str:
        """The secret that signs the endpoint's messages. Raises NoEndpoint."""
        endpoint, svix = self._of_endpoint()
        secret = self.once(
            "v1.endpoint.get-secret",
            f"{svix.address}/api/v1/app/{svix.app_id}/endpoint/{endpoint.id}/secret",
            "Svix: signing secret",
            lambda: svix.signing_secret(endpoint.id).get_secret_value(),
        )
        self.hide(secret, secret.removeprefix("whsec_"))
        return secret

    def attempts(self) -> list[Attempt]:
        """The attempts to deliver of the last days, newest first. Raises NoEndpoint."""
        endpoint, svix = self._of_endpoint()
        # Svix' clock may be ahead of this one.
        until = self.now() + timedelta(hours=1)
        since = self.now() - timedelta(days=DELIVERY_DAYS)
        return self.once(
            "v1.message-attempt.list-by-endpoint",
            f"{svix.address}/api/v1/app/{svix.app_id}/attempt/endpoint/{endpoint.id}",
            "Svix: deliveries",
            lambda: svix.recent_attempts(endpoint.id, since=since, until=until),
        )

    def probe(self, kind: str, send: Callable[[WebhookProbe], int]) -> int:
        """The status that the endpoint answers a test message with. Raises NoEndpoint."""
        endpoint, _ = self._of_endpoint()
        headers = self.settings.webhook.headers

        def fetch() -> int:
            from clerkstack.clients.webhook_probe import WebhookProbe

            with WebhookProbe(url=endpoint.url, headers=headers) as probe:
                return send(probe)

        return self.once(f"POST {kind}", shown_url(endpoint.url), f"the app: {kind}", fetch)

    # -- Vercel -------------------------------------------------------------------------------

    @property
    def projects(self) -> tuple[Project, ...]:
        """The Vercel projects that the stack declares variables of."""
        return self.settings.vercel_projects if self.settings.components.environment else ()

    def variables(self, project: Project) -> tuple[EnvironmentVariable, ...]:
        """A project's variables, readable where Vercel lets them be read."""

        def fetch() -> tuple[EnvironmentVariable, ...]:
            with self._session.vercel(project.team_id) as vercel:
                return tuple(vercel.list_variables(project.project_id, decrypt=True))

        where = f"{shown_url(self.settings.urls.vercel)}/v10/projects/{project.project_id}/env"
        return self.once(
            f"list variables {where}", where, f"Vercel: {project.prefix}variables", fetch
        )

    def variable(self, project: Project, key: str) -> str | None:
        """The value of a production variable: empty where it can't be read, None without one."""
        for each in self.variables(project):
            if each.key == key and TARGET in each.target and not each.git_branch:
                value = each.readable_value
                return "" if value is None else value.get_secret_value()
        return None

    def deployment(self, project: Project) -> Deployment | None:
        """The newest production deployment of a project that is ready."""

        def fetch() -> Deployment | None:
            with self._session.vercel(project.team_id) as vercel:
                return vercel.latest_deployment(project.project_id, TARGET)

        address = shown_url(self.settings.urls.vercel)
        where = f"{address}/v6/deployments?projectId={project.project_id}"
        return self.once(
            f"list deployments {where}", where, f"Vercel: {project.prefix}deployment", fetch
        )

    # -- all together -------------------------------------------------------------------------

    def live_variables(self) -> Live:
        """As much of `Live` as the variables are compared with."""
        use = self.settings.components
        secret = self.signing_secret() if use.webhook and self.endpoint() else None
        variables = {each.project_id: self.variables(each) for each in self.projects}
        return Live(self.instance(), variables=variables, signing_secret=secret)

    def live(self) -> Live:
        """What is live, without the variables."""
        use = self.settings.components
        api_keys: JsonObject = {}
        if use.api_keys and self.publishable_key:
            api_keys = self.environment().api_keys.model_dump()
        return Live(
            self.instance(),
            self.sections(),
            self.roles(),
            api_keys,
            self.endpoint() if use.webhook else None,
            self.endpoints() if use.webhook else (),
            left_out=self.left_out() if use.webhook and self.endpoint() else (),
        )

    def smoke_run(self) -> SmokeReport:
        """Make it. Raises ValueError where it was not asked for."""
        smoke = self.smoke
        if smoke is None:
            raise ValueError("no smoke run was asked for")
        where = shown_url(self.settings.app_url)
        return self.once("smoke run", where, "smoke run", smoke)

    # -- inside -------------------------------------------------------------------------------

    def _svix(self) -> SvixClient | None:
        self.instance()

        def fetch() -> SvixClient | None:
            found = self._session.svix_app(*self._place)
            return None if found is None else self.opened.enter_context(found)

        where = f"{shown_url(self.settings.urls.backend)}/v1/webhooks/svix_url"
        return self.once("GenerateSvixAuthURL", where, "Svix: access", fetch)

    def _of_endpoint(self) -> tuple[Endpoint, SvixClient]:
        endpoint, svix = self.endpoint(), self._svix()
        if endpoint is None or svix is None:
            raise NoEndpoint
        return endpoint, svix
