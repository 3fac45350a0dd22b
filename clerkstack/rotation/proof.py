"""The proof that the deployment that answers uses a rotation's secrets.

Vercel says that a deployment is ready a moment before its addresses lead there, so it is looked at
until it is so, or for too long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from clerkstack.clients.errors import ApiError, UnexpectedAnswer, Unreachable
from clerkstack.clients.health import Health, HealthClient
from clerkstack.clients.webhook_probe import WebhookProbe
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import WORDS, Kind, fingerprint, variables_of
from clerkstack.settings import Settings

PATIENCE = 180.0  # seconds that a deployment may take to answer at its addresses
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.1, 1.6, 5.0


class NotProved(ClerkstackError):
    """The deployment that answers does not use the secrets, or refuses what they sign."""


@dataclass
class Prover:
    """Looks at the app of a stack."""

    settings: Settings
    patience: float = PATIENCE
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def prove(self, secrets: Mapping[Kind, SecretStr]) -> str | None:
        """See that the app uses these secrets; the id of its deployment, where it tells.

        Raises:
            NotProved: it does not, after `patience` seconds.
        """
        deadline = self.clock() + self.patience
        pause = FIRST_PAUSE
        while True:
            try:
                return self._looked(secrets)
            except (NotProved, ApiError, Unreachable, UnexpectedAnswer) as failure:
                if self.clock() + pause > deadline:
                    raise NotProved(
                        f"{failure} This was so for {self.patience:.0f} seconds."
                    ) from None
            self.sleep(pause)
            pause = min(pause * GROWTH, LONGEST_PAUSE)

    def look(self, secrets: Mapping[Kind, SecretStr]) -> list[str]:
        """Look once, before anything is rotated: what would keep a rotation from being proved is
        raised, what is only odd is told.

        Raises:
            NotProved: the app does not answer as the proof needs it.
        """
        try:
            health = self._health()
            self._need_fingerprints(health, secrets)
            odd = list(self._others(health, secrets)) if self.settings.rotation.fingerprints else []
            if not odd and "webhook" in secrets:
                self._probe(secrets["webhook"])
        except (ApiError, Unreachable, UnexpectedAnswer) as failure:
            raise NotProved(f"The app does not answer as a rotation needs it. {failure}") from None
        return odd

    def _looked(self, secrets: Mapping[Kind, SecretStr]) -> str | None:
        health = self._health()
        if self.settings.rotation.fingerprints:
            self._need_fingerprints(health, secrets)
            for other in self._others(health, secrets):
                raise NotProved(other)
        if "webhook" in secrets:
            self._probe(secrets["webhook"])
        return health.deployment

    def _health(self) -> Health:
        with HealthClient(base_url=self.settings.app_url, sleep=self.sleep) as app:
            return app.health(self.settings.rotation.health_path)

    def _need_fingerprints(self, health: Health, secrets: Mapping[Kind, SecretStr]) -> None:
        if not self.settings.rotation.fingerprints:
            return
        told = health.fingerprints or {}
        names = [self._variables(kind) for kind in secrets]
        missing = [" or ".join(each) for each in names if not told.keys() & {*each}]
        if missing:
            raise NotProved(
                f"{self.settings.app_url}{self.settings.rotation.health_path} does not tell the "
                f"fingerprint of {' and '.join(missing)}. Let it, as docs/rotation.md shows; or "
                "set clerkstack:rotation.fingerprints to false, and that the app answers counts."
            )

    def _probe(self, secret: SecretStr) -> None:
        url, headers = self.settings.webhook_url, self.settings.webhook.headers
        with WebhookProbe(url=url, headers=headers, sleep=self.sleep) as probe:
            status = probe.signed(secret)
        if not 200 <= status < 300:
            raise NotProved(
                f"The app's webhook answered {status} to a test message that is signed with the "
                f"{WORDS['webhook']}: it has to verify with "
                f"{' or '.join(self._variables('webhook'))} and answer 2xx, also to an event type "
                "that it does not know."
            )

    def _variables(self, kind: Kind) -> tuple[str, ...]:
        return variables_of(kind, self.settings.environment.names)

    def _others(self, health: Health, secrets: Mapping[Kind, SecretStr]) -> Iterator[str]:
        told = health.fingerprints or {}
        of = f"the deployment {health.deployment}" if health.deployment else "the app"
        for kind, secret in secrets.items():
            own = fingerprint(secret)
            for name in self._variables(kind):
                if told.get(name, own) != own:
                    yield f"{of} runs with another {name} ({told[name]}) than {own}."
