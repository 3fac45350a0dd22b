"""The app's health document: which deployment answers, and with which secrets it runs.

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
from clerkstack.clients.errors import Refusal
from clerkstack.clients.http import Client, Http, Options, Service


class Health(Answer):
    """What the app reports about itself. `fingerprints` are by the variable's name."""

    deployment: str | None = None
    fingerprints: dict[str, str] | None = None

    @field_validator("deployment", "fingerprints", mode="before")
    @classmethod
    def _of_another_kind(cls, value: object) -> object:
        """Ignore values of another type: an app may use these names for something else."""
        if isinstance(value, dict):
            return {str(k): v for k, v in value.items() if isinstance(v, str)}
        return value if isinstance(value, str) else None


class HealthClient(Client):
    """Reads the health document of one deployment of the app."""

    def __init__(self, *, base_url: str, **options: Unpack[Options]) -> None:
        bypass = os.environ.get(BYPASS)
        headers = {"x-vercel-protection-bypass": bypass} if bypass else None
        self._http = Http(SERVICE, base_url=base_url, key=None, headers=headers, **options)

    def health(self, path: str) -> Health:
        """The health document at a path (GET).

        Raises:
            ApiError, Unreachable: the app does not answer with 2xx.
            UnexpectedAnswer: the answer is not a JSON object.
        """
        return self._http.request(Health, "health", "GET", path)


def show_nothing(body: Any) -> Refusal:
    """Read an app's answer as an error of which nothing is shown."""
    json.dumps(body)
    return Refusal()


SERVICE = Service(
    name="The app",
    setting="clerkstack:appUrl",
    read_error=show_nothing,
    remedies={404: "Name the app's health route in clerkstack:rotation.healthPath"},
)
