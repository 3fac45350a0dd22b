"""The readings by which the points are judged: live instance, declarations and state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from clerkstack.clients.evidence import Evidence
from clerkstack.desired.webhook import endpoint_inputs
from clerkstack.drift.compare import endpoint_of_stack
from clerkstack.failures import ResourceFailed
from clerkstack.hosts import host_of
from clerkstack.reconcile.webhook import left_out
from clerkstack.safe import shown_url
from clerkstack.settings.keys import frontend_host

if TYPE_CHECKING:
    from clerkstack.app.code import AppCode
    from clerkstack.catalog.models import Catalog
    from clerkstack.clients.domains import Domain
    from clerkstack.clients.svix import Attempt, Endpoint
    from clerkstack.clients.webhook_probe import WebhookProbe
    from clerkstack.cutover.policies import Policies
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings.models import Settings
    from clerkstack.settings.projects import Project
    from clerkstack.smoke.report import SmokeReport
    from clerkstack.state.known import Known

DELIVERY_DAYS = 7
TARGET = "production"


class NoEndpoint(Exception):
    """The stack has no webhook endpoint on the instance."""


@dataclass
class Readings:
    """Everything that the points of one stack are judged by.

    Attributes:
        settings, catalog, known: what the stack declares, and what its state knows.
        live: its instance.
        resources: the resources of its exported state, with secrets encrypted.
        reference: the development instance to compare production with, which shares `live`'s reads;
            None if none is named.
        smoke: makes the smoke run, if requested.
        policies: judges the resources like the policy pack.
        app: the facts of the app's code; None if the stack names none.
    """

    settings: Settings
    catalog: Catalog
    known: Known
    live: LiveInstance
    resources: Sequence[Mapping[str, Any]] = ()
    reference: LiveInstance | None = None
    smoke: Callable[[], SmokeReport] | None = None
    policies: Policies | None = None
    app: AppCode | None = None
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    # -- the webhook --------------------------------------------------------------------------

    def endpoint(self) -> Endpoint | None:
        """The stack's endpoint."""
        return endpoint_of_stack(self.settings, self.live, self.known)

    def left_out(self) -> tuple[str, ...]:
        """Declared events that the endpoint is without, since Svix does not offer them."""
        return left_out(endpoint_inputs(self.settings), self.endpoint(), self.live.event_types)

    def signing_secret(self) -> str:
        """The secret that signs the endpoint's messages. Raises NoEndpoint."""
        return self.live.signing_secret(self._needed().id)

    def attempts(self) -> list[Attempt]:
        """The delivery attempts of the last days, newest first. Raises NoEndpoint."""
        # Svix's clock may be ahead of this one.
        until = self.now() + timedelta(hours=1)
        since = self.now() - timedelta(days=DELIVERY_DAYS)
        return self.live.attempts(self._needed().id, since=since, until=until)

    def probe(self, kind: str, send: Callable[[WebhookProbe], int]) -> int:
        """Send a test message to the endpoint and return the status of its answer.

        Raises:
            NoEndpoint: there is no endpoint.
            ResourceFailed: the signing secret is malformed.
        """
        endpoint = self._needed()
        headers = self.settings.webhook.headers

        def read() -> int:
            from clerkstack.clients.webhook_probe import WebhookProbe

            note = self.live.session.requests.append
            try:
                with WebhookProbe(url=endpoint.url, headers=headers, note=note) as probe:
                    return send(probe)
            except ValueError as error:
                raise ResourceFailed(str(error)) from None

        return self.live.reads.once(kind, f"the app: {kind}", read)

    # -- Vercel -------------------------------------------------------------------------------

    @property
    def projects(self) -> tuple[Project, ...]:
        """The Vercel projects with variables that the stack declares."""
        return self.settings.vercel_projects if self.settings.components.environment else ()

    def variable(self, project: Project, key: str) -> str | None:
        """Return the value of a production variable: empty if it cannot be read, None if there is
        none."""
        for variable in self.live.variables(project):
            if variable.key == key and TARGET in variable.target and not variable.git_branch:
                value = variable.readable_value
                return "" if value is None else value.get_secret_value()
        return None

    # -- the rest -----------------------------------------------------------------------------

    def primary_domain(self) -> Domain | None:
        """Return the domain of the production instance, which its publishable key contains."""
        key = self.live.publishable_key
        host = frontend_host(key).partition(":")[0] if key else None
        own = [domain for domain in self.live.domains() if not domain.is_satellite]
        by_key = [domain for domain in own if host and host_of(domain.frontend_api_url) == host]
        name = self.settings.production.domain
        by_name = [domain for domain in own if domain.name == name]
        return next(iter([*by_key, *by_name]), None)

    def smoke_run(self, smoke: Callable[[], SmokeReport]) -> SmokeReport:
        """Make the smoke run, once."""

        def run() -> SmokeReport:
            at = self.now().replace(microsecond=0)
            report = smoke()
            evidence = Evidence("smoke run", shown_url(self.settings.app_url), at)
            self.live.session.requests.append(evidence)
            return report

        return self.live.reads.once("smoke run", "smoke run", run)

    # -- inside -------------------------------------------------------------------------------

    def _needed(self) -> Endpoint:
        endpoint = self.endpoint()
        if endpoint is None:
            raise NoEndpoint
        return endpoint
