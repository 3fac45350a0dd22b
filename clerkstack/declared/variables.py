"""The app's environment variables: which there are, for which Vercel targets, how kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from clerkstack.settings import Settings

# Vercel's targets, by the Clerk instance whose keys they get.
TARGETS = {"development": ("preview", "development"), "production": ("production",)}

# `vercel dev` on a person's machine reads the development target; nothing is deployed there.
DEPLOYED: dict[str, Literal["production", "preview"]] = {
    "development": "preview",
    "production": "production",
}
"""The target that is deployed, by the Clerk instance whose keys it gets."""

VARIABLE_TYPE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
"""The resource of one variable, as the state names it."""

Value = TypeVar("Value")
"""A value: a string, or whatever stands for one that is not known yet."""


@dataclass(frozen=True)
class Keys(Generic[Value]):
    """The values that come from the services; no `signing_secret` where there is no webhook."""

    publishable_key: Value
    secret_key: Value
    signing_secret: Value | None


@dataclass(frozen=True)
class Variable(Generic[Value]):
    """One variable of one target. `secret` ones are server-only and never shown; of `sensitive`
    ones Vercel never gives the value back."""

    target: str
    key: str
    value: Value | str
    secret: bool = False
    sensitive: bool = False


def variables(settings: Settings, keys: Keys[Value]) -> list[Variable[Value]]:
    """Every variable of the stack, target by target, but those that it leaves alone."""
    return [
        variable
        for target in TARGETS[settings.instance]
        for variable in _of_target(settings, target, keys)
        if f"{target}/{variable.key}" not in settings.environment.leave_alone
    ]


def _of_target(settings: Settings, target: str, keys: Keys[Value]) -> list[Variable[Value]]:
    paths = settings.environment
    # Vercel keeps no sensitive variable for the development target.
    may_hide = target != "development"
    hide_all = may_hide and paths.sensitive == "all"

    def plain(key: str, value: Value | str) -> Variable[Value]:
        return Variable(target, key, value, sensitive=hide_all)

    def secret(key: str, value: Value) -> Variable[Value]:
        return Variable(target, key, value, secret=True, sensitive=may_hide)

    app_url = settings.development_app_url if target == "development" else settings.app_url
    found = [
        plain("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", keys.publishable_key),
        secret("CLERK_SECRET_KEY", keys.secret_key),
        plain("NEXT_PUBLIC_CLERK_SIGN_IN_URL", paths.sign_in_url),
        plain("NEXT_PUBLIC_CLERK_SIGN_UP_URL", paths.sign_up_url),
        plain("NEXT_PUBLIC_CLERK_AFTER_SIGN_IN_URL", paths.after_sign_in_url),
        plain("NEXT_PUBLIC_CLERK_AFTER_SIGN_UP_URL", paths.after_sign_up_url),
        plain("NEXT_PUBLIC_APP_URL", app_url),
    ]
    if keys.signing_secret is not None:
        found.append(secret("CLERK_WEBHOOK_SECRET", keys.signing_secret))
    return found
