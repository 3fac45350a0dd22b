"""The names of the app's variables, by what reads them; no other module spells them.

Source: the SDKs' code (November 2026), which is @clerk/backend 3.25.0 as installed, @clerk/nextjs 7
as published, and the repository clerk/javascript for the others. No SDK reads the app's own
address: the app chooses that name, with the prefix by which its framework makes it public.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

NameSet = Literal["guide", "nextjs", "astro", "nuxt", "react-router", "express"]
Purpose = Literal[
    "publishable_key",
    "secret_key",
    "sign_in_url",
    "sign_up_url",
    "after_sign_in_url",
    "after_sign_up_url",
    "app_url",
    "signing_secret",
]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
PATHS: tuple[Purpose, ...] = (
    "sign_in_url",
    "sign_up_url",
    "after_sign_in_url",
    "after_sign_up_url",
)
"""The purposes whose value is the setting of the same name (`ProjectFields`)."""


@dataclass(frozen=True)
class Names:
    """The names that one kind of app reads; None if nothing in it reads such a value."""

    publishable_key: str
    secret_key: str
    sign_in_url: str | None
    sign_up_url: str | None
    after_sign_in_url: str | None
    after_sign_up_url: str | None
    app_url: str
    signing_secret: str


SETS: dict[NameSet, Names] = {
    # The set-up guide's names, which Sendero's own code reads.
    "guide": Names(
        "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
        "CLERK_SECRET_KEY",
        "NEXT_PUBLIC_CLERK_SIGN_IN_URL",
        "NEXT_PUBLIC_CLERK_SIGN_UP_URL",
        "NEXT_PUBLIC_CLERK_AFTER_SIGN_IN_URL",
        "NEXT_PUBLIC_CLERK_AFTER_SIGN_UP_URL",
        "NEXT_PUBLIC_APP_URL",
        "CLERK_WEBHOOK_SECRET",
    ),
    # @clerk/nextjs 7; `verifyWebhook()` is @clerk/backend's.
    "nextjs": Names(
        "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
        "CLERK_SECRET_KEY",
        "NEXT_PUBLIC_CLERK_SIGN_IN_URL",
        "NEXT_PUBLIC_CLERK_SIGN_UP_URL",
        "NEXT_PUBLIC_CLERK_SIGN_IN_FALLBACK_REDIRECT_URL",
        "NEXT_PUBLIC_CLERK_SIGN_UP_FALLBACK_REDIRECT_URL",
        "NEXT_PUBLIC_APP_URL",
        "CLERK_WEBHOOK_SIGNING_SECRET",
    ),
    # packages/astro: get-safe-env.ts, merge-env-vars-with-params.ts
    "astro": Names(
        "PUBLIC_CLERK_PUBLISHABLE_KEY",
        "CLERK_SECRET_KEY",
        "PUBLIC_CLERK_SIGN_IN_URL",
        "PUBLIC_CLERK_SIGN_UP_URL",
        None,
        None,
        "PUBLIC_APP_URL",
        "CLERK_WEBHOOK_SIGNING_SECRET",
    ),
    # packages/nuxt: module.ts, by Nuxt's runtime configuration; its own `verifyWebhook()`
    "nuxt": Names(
        "NUXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
        "NUXT_CLERK_SECRET_KEY",
        "NUXT_PUBLIC_CLERK_SIGN_IN_URL",
        "NUXT_PUBLIC_CLERK_SIGN_UP_URL",
        "NUXT_PUBLIC_CLERK_SIGN_IN_FALLBACK_REDIRECT_URL",
        "NUXT_PUBLIC_CLERK_SIGN_UP_FALLBACK_REDIRECT_URL",
        "NUXT_PUBLIC_APP_URL",
        "NUXT_CLERK_WEBHOOK_SIGNING_SECRET",
    ),
    # packages/react-router: utils/env.ts, server/loadOptions.ts
    "react-router": Names(
        "VITE_CLERK_PUBLISHABLE_KEY",
        "CLERK_SECRET_KEY",
        "VITE_CLERK_SIGN_IN_URL",
        "VITE_CLERK_SIGN_UP_URL",
        "VITE_CLERK_SIGN_IN_FALLBACK_REDIRECT_URL",
        "VITE_CLERK_SIGN_UP_FALLBACK_REDIRECT_URL",
        "VITE_APP_URL",
        "CLERK_WEBHOOK_SIGNING_SECRET",
    ),
    # packages/express: utils.ts
    "express": Names(
        "CLERK_PUBLISHABLE_KEY",
        "CLERK_SECRET_KEY",
        "CLERK_SIGN_IN_URL",
        None,
        None,
        None,
        "APP_URL",
        "CLERK_WEBHOOK_SIGNING_SECRET",
    ),
}
DEFAULT: tuple[NameSet, ...] = ("guide",)
"""The default names: those of Sendero's app."""

OLDER_SECRET_KEYS = ("CLERK_API_KEY",)
"""Names by which earlier SDKs read the secret key (@clerk/clerk-sdk-node before 4.12, @clerk/nextjs
4). Nothing declares them, but an app may still have one, and with it the key."""

# Read by @clerk/nextjs (server/constants.ts) and @clerk/backend; nothing declares them.
_OTHER_SECRETS = frozenset({"CLERK_ENCRYPTION_KEY", "CLERK_MACHINE_SECRET_KEY"})

PUBLIC_PREFIXES = ("NEXT_PUBLIC_", "NUXT_PUBLIC_", "PUBLIC_", "VITE_")
"""The prefixes by which a framework puts a variable into the pages that it sends."""


BY_PACKAGE: dict[str, NameSet] = {
    "@clerk/nextjs": "nextjs",
    "@clerk/astro": "astro",
    "@clerk/nuxt": "nuxt",
    "@clerk/react-router": "react-router",
    "@clerk/express": "express",
}
"""The names that the SDK of a package reads, by package."""

OTHERWISE: dict[NameSet, tuple[str, ...]] = {"react-router": ("CLERK_PUBLISHABLE_KEY",)}
"""The names that an SDK reads if a value is missing under its own name (utils/env.ts)."""

WEBHOOK_SECRET = "CLERK_WEBHOOK_SIGNING_SECRET"
"""What `verifyWebhook()` of any other package reads: it comes from @clerk/backend."""


def names_of(purpose: Purpose, sets: Iterable[NameSet] = tuple(SETS)) -> tuple[str, ...]:
    """The names under which apps of these sets read a value, each once."""
    names = (getattr(SETS[name], purpose) for name in sets)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def all_names(sets: Iterable[NameSet] = tuple(SETS)) -> set[str]:
    """Every name that apps of these sets read."""
    named = tuple(sets)
    return {name for purpose in PURPOSES for name in names_of(purpose, named)}


def is_server_secret(name: str) -> bool:
    """Whether a variable holds what only a server may have."""
    own = (*names_of("secret_key"), *names_of("signing_secret"), *OLDER_SECRET_KEYS)
    return name in own or name in _OTHER_SECRETS


def purpose_of(name: str) -> Purpose | None:
    """The purpose of a variable, by its name; None if no set has it."""
    return next((purpose for purpose in PURPOSES if name in names_of(purpose)), None)


def _unread() -> dict[str, str]:
    current = all_names(name for name in SETS if name != "guide")
    guide, newest = SETS["guide"], SETS["nextjs"]
    pairs = {getattr(guide, purpose): getattr(newest, purpose) for purpose in PURPOSES}
    return {name: instead for name, instead in pairs.items() if name not in current}


UNREAD = _unread()
"""The guide's names that no current SDK reads, and what @clerk/nextjs reads instead."""


def unread_in(keys: Iterable[str]) -> str:
    """A message about the variables that no current SDK reads; empty if there are none."""
    present = set(keys)
    unread = [f"{name} (they read {UNREAD[name]})" for name in UNREAD if name in present]
    return f"no current SDK of Clerk's reads {', '.join(unread)}" if unread else ""
