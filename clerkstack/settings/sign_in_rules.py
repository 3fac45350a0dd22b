"""Rules for the sign-in settings: claims, and credentials of connections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from clerkstack.problems import hidden_name
from clerkstack.settings.broken import Broken
from clerkstack.settings.forms import how_to_set
from clerkstack.settings.keys import STRAY, stray
from clerkstack.settings.models import Settings

GOOGLE_ID = re.compile(r"[0-9]+-[a-z0-9]+\.apps\.googleusercontent\.com")
"""From config/schema (PlatformGetConfigSchema)."""


def broken_sign_in(settings: Settings) -> Iterator[Broken]:
    """Every rule of sign-in that the settings break."""
    for name in settings.sign_in.session_claims or ():
        if hidden := hidden_name(name):
            yield Broken(("signIn", "sessionClaims", name), hidden, "Use another name")
    for path in _nulls(settings.sign_in.session_claims or {}, ("signIn", "sessionClaims")):
        yield Broken(path, "is null, but Clerk does not keep a null claim", "Remove it")
    for provider, connection in settings.sign_in.oauth.items():
        path = ("signIn", "oauth", provider)
        secret = connection.client_secret
        for name, value in (
            ("clientId", connection.client_id),
            ("clientSecret", None if secret is None else secret.get_secret_value()),
        ):
            if value is not None and (not value or stray(value)):
                at = (*path, name)
                yield Broken(at, STRAY if value else "is empty", how_to_set(at))
        own = connection.client_id
        if provider == "google" and own and not (stray(own) or GOOGLE_ID.fullmatch(own)):
            remedy = "Copy it from Google's console: it ends with .apps.googleusercontent.com"
            yield Broken((*path, "clientId"), "is not a Google client id", remedy)
        if connection.client_id is None and connection.client_secret is not None:
            at = (*path, "clientId")
            yield Broken(at, "is missing, but clientSecret is set", how_to_set(at))
        if connection.client_secret is None and connection.client_id is not None:
            at = (*path, "clientSecret")
            yield Broken(at, "is missing, but clientId is set", how_to_set(at))


def _nulls(value: Mapping[str, object], at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _nulls(inner, (*at, name))
        elif inner is None:
            yield (*at, name)
