"""A Clerk backend with one application, for tests that need no HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from local.world.clerk import ClerkBackend
from local.world.clerk.errors import ClerkError
from local.world.clerk.models import Instance
from local.world.svix import SvixBackend

APPLICATION_ID = "app_tests"
PLATFORM_KEY = "ak_tests"
FEATURES = {"audit": {"name": "Audit"}, "sso": {"name": "SSO"}}
PRO = {"name": "Pro", "payer_type": "org", "amount": 6000, "features": ["audit", "sso"]}


class Clock:
    """A clock that stands still until it is moved; seconds since the epoch."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Account:
    """One application with its development instance, and shortcuts to write its config."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.clerk = ClerkBackend(svix=SvixBackend(), clock=self.clock, **options)
        self.clerk.seed_application(
            application_id=APPLICATION_ID, name="Tests", platform_key=PLATFORM_KEY
        )

    @property
    def instance(self) -> Instance:
        """The development instance."""
        return self.clerk.instance(APPLICATION_ID, "development")

    def read(self, section: str) -> dict[str, Any]:
        """Read one section."""
        found: dict[str, Any] = self.clerk.read_config(self.instance, [section])[section]
        return found

    def write(self, change: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Write the config."""
        return self.clerk.write_config(self.instance, change, **options)

    def refused(self, change: dict[str, Any], **options: Any) -> ClerkError:
        """Write a change that is refused, and check that it had no effect."""
        before = self.clerk.dump()
        with pytest.raises(ClerkError) as caught:
            self.write(change, **options)
        assert self.clerk.dump() == before
        return caught.value


def billing(**section: Any) -> dict[str, Any]:
    """Return a change of the billing section."""
    return {"billing": section}


def with_billing(**options: Any) -> Account:
    """Return an account with organizations, organization billing, two features and one plan."""
    account = Account(**options)
    account.write(
        {
            "organization_settings": {"enabled": True},
            **billing(organization_enabled=True, features=FEATURES, plans={"pro": PRO}),
        }
    )
    return account


def without_unset(value: Any) -> Any:
    """Return a document without values that are null, "" or 0."""
    if not isinstance(value, dict):
        return value
    kept = {name: without_unset(inner) for name, inner in value.items()}
    return {k: v for k, v in kept.items() if v is not None and v != "" and (v != 0 or v is False)}
