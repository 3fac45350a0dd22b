"""The clients of one stack, and what one run reads with them: the application, the config document.

A run reads each of them once. Credentials come from the stack's config and stay in this process.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from clerkstack.clients.errors import ApiError
from clerkstack.failures import OtherInstancesKey, ResourceFailed
from clerkstack.live.config_document import ConfigDocument

if TYPE_CHECKING:
    from pydantic import SecretStr

    from clerkstack.clients.backend import BackendClient
    from clerkstack.clients.evidence import Evidence
    from clerkstack.clients.frontend import FrontendClient
    from clerkstack.clients.platform import Application, ApplicationInstance, PlatformClient
    from clerkstack.clients.svix import SvixClient
    from clerkstack.clients.vercel import EnvironmentVariable, VercelClient
    from clerkstack.settings import Connection

_sessions: dict[Connection, Session] = {}
_lock = threading.RLock()


def session_for(connection: Connection) -> Session:
    """The session of these credentials; one for the whole process."""
    with _lock:
        if connection not in _sessions:
            _sessions[connection] = Session(connection)
        return _sessions[connection]


class Session:
    """Clients and cached reads of one run.

    A client is made, and its module imported, when it is asked for: a run that sends nothing
    does not wait for an HTTP library.
    """

    def __init__(self, connection: Connection) -> None:
        self.requests: list[Evidence] = []
        """All requests of its clients, in their order."""
        self._connection = connection
        self._lock = threading.RLock()
        self._applications: dict[str, Application] = {}
        self._documents: dict[tuple[str, str], ConfigDocument] = {}
        self._platform: PlatformClient | None = None
        self._verified: set[tuple[str, str]] = set()

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            if self._platform is not None:
                self._platform.close()
                self._platform = None

    @property
    def platform(self) -> PlatformClient:
        """The Platform API client."""
        from clerkstack.clients.platform import PlatformClient

        with self._lock:
            if self._platform is None:
                self._platform = PlatformClient(
                    key=self._connection.platform_key,
                    base_url=self._connection.urls.platform,
                    note=self.requests.append,
                )
            return self._platform

    def application(self, application_id: str, *, fresh: bool = False) -> Application:
        """The application with its instances and their keys (PlatformGetApplication)."""
        with self._lock:
            if fresh or application_id not in self._applications:
                self._applications[application_id] = self.platform.get_application(
                    application_id, include_secret_keys=True
                )
            return self._applications[application_id]

    def instance(
        self, application_id: str, environment: str, *, fresh: bool = False
    ) -> ApplicationInstance | None:
        """The application's instance of that environment, or None where there is none."""
        for instance in self.application(application_id, fresh=fresh).instances:
            if instance.environment_type == environment:
                return instance
        return None

    def config(self, application_id: str, environment: str) -> ConfigDocument:
        """The config document of an instance; one object for the whole run."""
        key = (application_id, environment)
        with self._lock:
            if key not in self._documents:
                self._documents[key] = ConfigDocument(self.platform, *key)
            return self._documents[key]

    def beside(self, connection: Connection) -> Session:
        """The session of another stack: what both read with the same platform key is read once."""
        other = Session(connection)
        other.requests = self.requests
        mine = self._connection
        same = (mine.platform_key, mine.urls.platform)
        if same == (connection.platform_key, connection.urls.platform):
            other._platform = self.platform
            other._applications = self._applications
        return other

    @property
    def has_secret_key(self) -> bool:
        """Whether the stack's config has a secret key."""
        return self._connection.secret_key is not None

    def verify_keys(
        self, application_id: str, environment: str, publishable_key: str | None = None
    ) -> None:
        """Check that the keys of the stack's config belong to the instance that it declares.

        Sends nothing where the config has none; otherwise reads the application, as whoever reads
        the instance does, and asks whose the secret key is where the Platform API shows another.

        Args:
            application_id, environment: the declared instance.
            publishable_key: the one of the config, None if it has none.

        Raises:
            OtherInstancesKey: one belongs to another instance: its roles, webhook and users would
                be taken for this one's.
        """
        if publishable_key is None and self._connection.secret_key is None:
            return
        found = self.instance(application_id, environment)
        shown = found.publishable_key if found else None
        if publishable_key and shown and publishable_key != shown:
            raise OtherInstancesKey(
                f"clerkstack:publishableKey is not the key of the {environment} instance of "
                f"{application_id}. Copy it again from the dashboard page API keys, or remove "
                "it, so that it is read from the Platform API."
            )
        if found is not None:
            self.secret_key(application_id, environment)

    def secret_key(self, application_id: str, environment: str) -> SecretStr | None:
        """The instance's secret key: the one of the stack's config, which is verified once, else
        the one that the Platform API shows; None where that shows none.

        Raises:
            OtherInstancesKey: the one of the config belongs to another instance, or this one does
                not exist yet.
        """
        declared = self._connection.secret_key
        found = self.instance(application_id, environment)
        shown = found.secret_key if found else None
        # An instance can have several keys; the Platform API shows one.
        if declared is None or declared == shown:
            return shown
        with self._lock:
            if (application_id, environment) not in self._verified:
                self._verify(declared, found, f"{environment} instance of {application_id}")
                self._verified.add((application_id, environment))
        return declared

    def instance_of(self, key: SecretStr) -> str:
        """The id of the instance that a secret key belongs to (GetInstance).

        Raises:
            ApiError, Unreachable: the key is not valid, or Clerk could not be reached.
        """
        with self.backend_with(key) as backend:
            return backend.get_instance().id

    def _verify(self, key: SecretStr, found: ApplicationInstance | None, words: str) -> None:
        there = self.instance_of(key)
        if found is None or there != found.instance_id:
            wanted = f"{found.instance_id}, the {words}" if found else f"the {words}, not made yet"
            raise OtherInstancesKey(
                f"clerkstack:secretKey is the key of the instance {there}, and this stack is "
                f"for {wanted}. Copy it again from the dashboard page API keys, or remove it, "
                "so that it is read from the Platform API."
            )

    def backend(self, application_id: str, environment: str) -> BackendClient:
        """A Backend API client with the instance's secret key.

        Raises:
            OtherInstancesKey: the key of the stack's config belongs to another instance.
            ResourceFailed: neither the stack's config nor the Platform API gives a secret key.
        """
        key = self.secret_key(application_id, environment)
        if key is None:
            raise ResourceFailed(
                f"The Platform API shows no secret key for the {environment} instance of "
                f"{application_id}. Set it for this stack: "
                "pulumi config set --secret clerkstack:secretKey"
            )
        return self.backend_with(key)

    def backend_with(self, key: SecretStr) -> BackendClient:
        """A Backend API client with a secret key that is not verified."""
        from clerkstack.clients.backend import BackendClient

        return BackendClient(
            key=key, base_url=self._connection.urls.backend, note=self.requests.append
        )

    def frontend(self, publishable_key: str) -> FrontendClient:
        """A client of the public Frontend API of the instance the key belongs to."""
        from clerkstack.clients.frontend import FrontendClient

        return FrontendClient(
            publishable_key=publishable_key,
            base_url=self._connection.urls.frontend,
            note=self.requests.append,
        )

    def vercel(self, team_id: str | None) -> VercelClient:
        """A client of Vercel's API, for a team or the token owner's own projects.

        Raises:
            ResourceFailed: the stack's config has no token.
        """
        from clerkstack.clients.vercel import VercelClient

        token = self._connection.vercel_token
        if token is None:
            raise ResourceFailed(
                "This stack has no token for Vercel: pulumi config set --secret vercel:apiToken"
            )
        return VercelClient(
            token=token,
            base_url=self._connection.urls.vercel,
            team_id=team_id,
            note=self.requests.append,
        )

    def variables(
        self, team_id: str | None, project_id: str, *, decrypt: bool = False
    ) -> list[EnvironmentVariable]:
        """A Vercel project's variables as they are now (GET /v10/projects/{id}/env).

        Args:
            team_id, project_id: the project.
            decrypt: with the values that Vercel lets be read.
        """
        with self.vercel(team_id) as vercel:
            return vercel.list_variables(project_id, decrypt=decrypt)

    def svix_app(self, application_id: str, environment: str) -> SvixClient | None:
        """A client of the instance's Svix app, or None where it has none."""
        with self.backend(application_id, environment) as backend:
            try:
                return self.svix(backend.svix_url())
            except ApiError as error:
                # GenerateSvixAuthURL answers 400 where the instance has no Svix app.
                if error.status == 400 and error.operation == "GenerateSvixAuthURL":
                    return None
                raise

    def svix(self, link: str) -> SvixClient:
        """A Svix client for the app behind a link of the Backend API."""
        from clerkstack.clients.svix import SvixClient

        return SvixClient.from_link(
            link, base_url=self._connection.urls.svix, note=self.requests.append
        )
