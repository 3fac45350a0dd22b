"""The app's health document: that a deployment answers, which one, which secrets it runs with.

    GET /api/health  →  {"deployment": "dpl_…", "fingerprints": {"CLERK_SECRET_KEY": "…"}}

A fingerprint is the first 12 hex digits of the secret's SHA-256. Everything in it may be missing.
"""

from __future__ import annotations

import json
import os
from typing import Any, Unpack

from pydantic import field_validator

from clerkstack.clients.answers import Answer
from clerkstack.clients.app import BYPASS
from clerkstack.clients.errors import Told
from clerkstack.clients.http import Client, Http, Options, Service


class Health(Answer):
    """What the app says of itself. `fingerprints` are by the variable's name."""

    deployment: str | None = None
    fingerprints: dict[str, str] | None = None

    @field_validator("deployment", "fingerprints", mode="before")
    @classmethod
    def _of_another_kind(cls, value: object) -> object:
        """An app may use these names for something else."""
        if isinstance(value, dict):
            return {str(k): v for k, v in value.items() if isinstance(v, str)}
        return value if isinstance(value, str) else None


class HealthClient(Client):
    """Asks one deployment of the app how it is."""

    def __init__(self, *, base_url: str, **options: Unpack[Options]) -> None:
        bypass = os.environ.get(BYPASS)
        headers = {"x-vercel-protection-bypass": bypass} if bypass else None
        self._http = Http(SERVICE, base_url=base_url, key=None, headers=headers, **options)

    def health(self, path: str) -> Health:
        """The health document at a path (GET).

        Raises:
            ApiError, Unreachable: it does not answer, or not with 2xx.
            UnexpectedAnswer: it is no JSON object.
        """
        return self._http.request(Health, "health", "GET", path)


def _read_error(body: Any) -> Told:
    """Nothing of what the app answers is repeated."""
    json.dumps(body)
    return Told()


SERVICE = Service(
    name="The app",
    setting="clerkstack:appUrl",
    read_error=_read_error,
    remedies={404: "Name the app's health route in clerkstack:rotation.healthPath"},
)
