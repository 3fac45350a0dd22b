"""The deployment that a smoke run tests, and the keys of its instance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clerkstack.problems import ClerkstackError
from clerkstack.settings.models import Settings, SmokeSettings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from clerkstack.live.instance import LiveInstance


@dataclass(frozen=True)
class Target:
    """A deployment of the app at `url`, and its Clerk instance. `frontend` is the Frontend API's
    address, if it differs from the one in the publishable key."""

    url: str
    publishable_key: str
    secret_key: SecretStr
    backend: str = "https://api.clerk.com"
    frontend: str | None = None
    smoke: SmokeSettings = field(default_factory=SmokeSettings)


def target_of(settings: Settings, live: LiveInstance, *, url: str | None = None) -> Target:
    """The deployment of a stack, at the app's URL or another one.

    Raises:
        ApiError, Unreachable: the instance's keys could not be read.
        OtherInstancesKey: the secret key belongs to another instance, where users would be created.
        ClerkstackError: there is no such instance, or the Platform API shows none of its keys.
    """
    publishable, secret = live.publishable_key if live.found() else None, live.secret_key()
    if not publishable or secret is None:
        raise ClerkstackError(
            f"The Platform API shows no keys of a {settings.instance} instance of "
            f"{settings.application_id}. Create it with `pulumi up`, or set clerkstack:secretKey "
            "and clerkstack:publishableKey."
        )
    return Target(
        url=url or settings.app_url,
        publishable_key=publishable,
        secret_key=secret,
        backend=settings.urls.backend,
        frontend=settings.urls.frontend,
        smoke=settings.smoke,
    )
