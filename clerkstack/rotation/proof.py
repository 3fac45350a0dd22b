"""Proves that the deployments that answer use a rotation's secrets: each project's app at its own
address.

Vercel reports a deployment as ready a moment before its addresses lead there, so the check is
repeated until it succeeds or takes too long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from clerkstack.clients.errors import ApiError, UnexpectedAnswer, Unreachable
from clerkstack.clients.health import Health, HealthClient
from clerkstack.clients.webhook_probe import WebhookProbe
from clerkstack.desired.secret_kinds import WORDS, Kind, variables_of
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import fingerprint
from clerkstack.rotation.stacks import held_by
from clerkstack.settings.models import Settings
from clerkstack.settings.names import PREFIX
from clerkstack.settings.projects import Project
from clerkstack.settings.source_map import spelled

PATIENCE = 180.0  # seconds that a deployment may take to answer at its addresses
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.1, 1.6, 5.0
Result = TypeVar("Result")


class NotProved(ClerkstackError):
    """The deployment that answers does not use the secrets, or refuses messages signed with
    them."""


@dataclass
class Prover:
    """Checks the apps of a stack."""

    settings: Settings
    patience: float = PATIENCE
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def prove(
        self, secrets: Mapping[Kind, SecretStr], deployed: Sequence[Project] | None = None
    ) -> str | None:
        """Check that the apps use these secrets; returns the ids of their deployments, if reported.

        Args:
            secrets: the secrets that should be in use.
            deployed: the projects whose app runs; None: all.

        Raises:
            NotProved: an app still does not, after `patience` seconds.
        """
        projects = self._all(deployed)
        deployments = [
            self._patiently(partial(self._looked, project, secrets)) for project in projects
        ]
        if "webhook" in secrets and self._takes_events(projects):
            self._patiently(partial(self._probe, secrets["webhook"]))
        return ", ".join(filter(None, deployments)) or None

    def _patiently(self, look: Callable[[], Result]) -> Result:
        deadline = self.clock() + self.patience
        pause = FIRST_PAUSE
        while True:
            try:
                return look()
            except (NotProved, ApiError, Unreachable, UnexpectedAnswer) as failure:
                if self.clock() + pause > deadline:
                    raise NotProved(
                        f"{failure} This did not change for {self.patience:.0f} seconds."
                    ) from None
            self.sleep(pause)
            pause = min(pause * GROWTH, LONGEST_PAUSE)

    def look(
        self, secrets: Mapping[Kind, SecretStr], deployed: Sequence[Project] | None = None
    ) -> list[str]:
        """Check the apps once before anything is rotated; returns what is odd but harmless.

        Raises:
            NotProved: an app does not answer as the proof requires.
        """
        projects, odd = self._all(deployed), list[str]()
        try:
            for project in projects:
                health = self._health(project)
                held = self._held(project, secrets)
                self._need_fingerprints(project, health, held)
                if self.settings.rotation.fingerprints:
                    odd += self._others(project, health, held)
            if not odd and "webhook" in secrets and self._takes_events(projects):
                self._probe(secrets["webhook"])
        except (ApiError, Unreachable, UnexpectedAnswer) as failure:
            raise NotProved(f"The app does not answer as a rotation requires. {failure}") from None
        return odd

    def _looked(self, project: Project, secrets: Mapping[Kind, SecretStr]) -> str | None:
        health, held = self._health(project), self._held(project, secrets)
        if self.settings.rotation.fingerprints:
            self._need_fingerprints(project, health, held)
            for other in self._others(project, health, held):
                raise NotProved(other)
        return health.deployment

    def _all(self, deployed: Sequence[Project] | None) -> Sequence[Project]:
        return self.settings.vercel_projects if deployed is None else deployed

    def _takes_events(self, deployed: Sequence[Project]) -> bool:
        """Whether the webhook's app runs, or is not one of the projects."""
        host = urlsplit(self.settings.webhook_url).netloc
        at_host = [
            project for project in self._all(None) if urlsplit(project.app_url).netloc == host
        ]
        return not at_host or any(project in deployed for project in at_host)

    def _held(
        self, project: Project, secrets: Mapping[Kind, SecretStr]
    ) -> Mapping[Kind, SecretStr]:
        return {kind: secrets[kind] for kind in held_by(project, self._all(None), secrets)}

    def _health(self, project: Project) -> Health:
        with HealthClient(base_url=project.app_url, sleep=self.sleep) as app:
            return app.health(self.settings.rotation.health_path)

    def _need_fingerprints(
        self, project: Project, health: Health, secrets: Mapping[Kind, SecretStr]
    ) -> None:
        if not self.settings.rotation.fingerprints:
            return
        reported = health.fingerprints or {}
        names = [variables_of(kind, project.names) for kind in secrets]
        missing = [" or ".join(name) for name in names if not reported.keys() & {*name}]
        if missing:
            without = (
                (
                    " If this app does not use such a variable, add it to "
                    f"{PREFIX}{spelled(project.path)}.leaveAlone."
                )
                if project.name
                else ""
            )
            raise NotProved(
                f"{project.app_url}{self.settings.rotation.health_path} does not report the "
                f"fingerprint of {' and '.join(missing)}. Report it as docs/rotation.md "
                "shows; or set clerkstack:rotation.fingerprints to false, so that any answer "
                f"of the app is accepted.{without}"
            )

    def _probe(self, secret: SecretStr) -> None:
        url, headers = self.settings.webhook_url, self.settings.webhook.headers
        with WebhookProbe(url=url, headers=headers, sleep=self.sleep) as probe:
            status = probe.signed(secret)
        if not 200 <= status < 300:
            raise NotProved(
                f"The app's webhook answered {status} to a test message that is signed with "
                f"the {WORDS['webhook']}: it must verify with "
                f"{' or '.join(self._signing_names())} and answer 2xx, even to an event type "
                "that it does not know."
            )

    def _signing_names(self) -> tuple[str, ...]:
        names = (name for project in self.settings.vercel_projects for name in project.names)
        return variables_of("webhook", tuple(dict.fromkeys(names)))

    def _others(
        self, project: Project, health: Health, secrets: Mapping[Kind, SecretStr]
    ) -> Iterator[str]:
        reported = health.fingerprints or {}
        of = f"the deployment {health.deployment}" if health.deployment else "the app"
        of = f"{project.prefix}{of}"
        for kind, secret in secrets.items():
            own = fingerprint(secret)
            for name in variables_of(kind, project.names):
                if reported.get(name, own) != own:
                    yield f"{of} runs with another {name} ({reported[name]}) than {own}."
