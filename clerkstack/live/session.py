"""The clients of one stack, and cached reads of one run: the application, the config document.

Credentials come from the stack's config and stay in this process.
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
    from clerkstack.settings.models import Connection


class Session:
    """Clients and cached reads of one run.

    A client is created, and its module imported, on first use: a run that sends nothing does not
    import an HTTP library.
    """

    def __init__(self, connection: Connection) -> None:
        self.requests: list[Evidence] = []
        """All requests of its clients, in order."""
        self._connection = connection
        self._lock = threading.RLock()
        self._applications: dict[str, Application] = {}
        self._documents: dict[tuple[str, str], ConfigDocument] = {}
        self._platform: PlatformClient | None = None
        self._of_teams: dict[str | None, VercelClient] = {}
        self._verified: set[tuple[str, str]] = set()

    def close(self) -> None:
        """Close the open connections."""
        with self._lock:
            if self._platform is not None:
                self._platform.close()
                self._platform = None
            while self._of_teams:
                self._of_teams.popitem()[1].close()

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
        """The application's instance for that environment, None if there is none."""
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
        """The session of another stack, which shares the reads with the same platform key."""
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

        Sends nothing if the config has none. Otherwise reads the application, which every read of
        the instance needs, and if the Platform API shows another secret key, asks Clerk for the
        instance of the config's.

        Args:
            application_id, environment: the declared instance.
            publishable_key: the one in the config, None if it has none.

        Raises:
            OtherInstancesKey: a key belongs to another instance, whose roles, webhook and users
                would be taken for this one's.
        """
        if publishable_key is None and self._connection.secret_key is None:
            return
        instance = self.instance(application_id, environment)
        shown = instance.publishable_key if instance else None
        if publishable_key and shown and publishable_key != shown:
            raise OtherInstancesKey(
                f"clerkstack:publishableKey is not the key of the {environment} instance of "
                f"{application_id}. Copy it again from the dashboard page API keys, or remove "
                "it, so that it is read from the Platform API."
            )
        if instance is not None:
            self.secret_key(application_id, environment)

    def secret_key(self, application_id: str, environment: str) -> SecretStr | None:
        """The instance's secret key: from the stack's config, verified once, else from the Platform
        API; None if that shows none.

        Raises:
            OtherInstancesKey: the one in the config belongs to another instance, or this one does
                not exist yet.
        """
        declared = self._connection.secret_key
        instance = self.instance(application_id, environment)
        shown = instance.secret_key if instance else None
        # An instance can have several keys; the Platform API shows one.
        if declared is None or declared == shown:
            return shown
        with self._lock:
            if (application_id, environment) not in self._verified:
                self._verify(declared, instance, f"{environment} instance of {application_id}")
                self._verified.add((application_id, environment))
        return declared

    def instance_of(self, key: SecretStr) -> str:
        """The id of the instance that a secret key belongs to (GetInstance).

        Raises:
            ApiError, Unreachable: the key is not valid, or Clerk could not be reached.
        """
        with self.backend_with(key) as backend:
            return backend.get_instance().id

    def _verify(self, key: SecretStr, instance: ApplicationInstance | None, words: str) -> None:
        actual = self.instance_of(key)
        if instance is None or actual != instance.instance_id:
            expected = (
                f"{instance.instance_id}, the {words}"
                if instance
                else f"the {words}, not created yet"
            )
            raise OtherInstancesKey(
                f"clerkstack:secretKey is the key of the instance {actual}, but this stack is "
                f"for {expected}. Copy it again from the dashboard page API keys, or remove it, "
                "so that it is read from the Platform API."
            )

    def backend(self, application_id: str, environment: str) -> BackendClient:
        """A Backend API client with the instance's secret key.

        Raises:
            OtherInstancesKey: the key of the stack's config belongs to another instance.
            ResourceFailed: neither the stack's config nor the Platform API has a secret key.
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
        """A Backend API client with an unverified secret key."""
        from clerkstack.clients.backend import BackendClient

        return BackendClient(
            key=key, base_url=self._connection.urls.backend, note=self.requests.append
        )

    def frontend(self, publishable_key: str) -> FrontendClient:
        """A client of the public Frontend API of the key's instance."""
        from clerkstack.clients.frontend import FrontendClient

        return FrontendClient(
            publishable_key=publishable_key,
            base_url=self._connection.urls.frontend,
            note=self.requests.append,
        )

    def vercel(self, team_id: str | None) -> VercelClient:
        """The client of Vercel's API, for a team or the token owner's own projects.

        Raises:
            ResourceFailed: the stack's config has no token.
        """
        from clerkstack.clients.vercel import VercelClient

        token = self._connection.vercel_token
        if token is None:
            raise ResourceFailed(
                "This stack has no token for Vercel: pulumi config set --secret vercel:apiToken"
            )
        with self._lock:
            if team_id not in self._of_teams:
                self._of_teams[team_id] = VercelClient(
                    token=token,
                    base_url=self._connection.urls.vercel,
                    team_id=team_id,
                    note=self.requests.append,
                )
            return self._of_teams[team_id]

    def variables(
        self, team_id: str | None, project_id: str, *, decrypt: bool = False
    ) -> list[EnvironmentVariable]:
        """A Vercel project's variables as they are now (GET /v10/projects/{id}/env).

        What must be read before and after a write is read here; `LiveInstance.variables` reads it
        once in a run.

        Args:
            team_id, project_id: the project.
            decrypt: with the values that Vercel lets be read.
        """
        return self.vercel(team_id).list_variables(project_id, decrypt=decrypt)

    def svix_app(self, application_id: str, environment: str) -> SvixClient | None:
        """A client of the instance's Svix app, None if it has none."""
        with self.backend(application_id, environment) as backend:
            try:
                return self.svix(backend.svix_url())
            except ApiError as error:
                # GenerateSvixAuthURL answers 400 if the instance has no Svix app.
                if error.status == 400 and error.operation == "GenerateSvixAuthURL":
                    return None
                raise

    def svix(self, link: str) -> SvixClient:
        """A Svix client for the app behind a link of the Backend API."""
        from clerkstack.clients.svix import SvixClient

        return SvixClient.from_link(
            link, base_url=self._connection.urls.svix, note=self.requests.append
        )
