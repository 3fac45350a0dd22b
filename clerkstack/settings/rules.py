"""What settings must be beyond their types: keys that fit, URLs that work, known events."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from clerkstack.settings.events import KNOWN_EVENTS
from clerkstack.settings.keys import wrong_platform_key, wrong_publishable_key, wrong_secret_key
from clerkstack.settings.models import Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
KEYS_PAGE = "Copy it from the dashboard page API keys of that instance"


@dataclass(frozen=True)
class Broken:
    """A rule that does not hold, at a setting. No message holds a secret."""

    path: tuple[str, ...]
    message: str
    mend: str


def broken_rules(settings: Settings) -> Iterator[Broken]:
    """Every rule that the settings break."""
    yield from _keys(settings)
    yield from _app(settings)
    yield from _production(settings)
    yield from _webhook(settings)
    yield from _environment(settings)


def _keys(settings: Settings) -> Iterator[Broken]:
    wrong = wrong_platform_key(settings.platform_key.get_secret_value())
    if wrong:
        yield Broken(
            ("platformKey",),
            wrong,
            "Make one in the dashboard of your workspace, then run: "
            "pulumi config set --secret clerkstack:platformKey",
        )
    if settings.secret_key is not None:
        wrong = wrong_secret_key(settings.secret_key.get_secret_value(), settings.instance)
        if wrong:
            yield Broken(("secretKey",), wrong, KEYS_PAGE)
    if settings.publishable_key is not None:
        wrong = wrong_publishable_key(settings.publishable_key, settings.instance)
        if wrong:
            yield Broken(("publishableKey",), wrong, KEYS_PAGE)


def _app(settings: Settings) -> Iterator[Broken]:
    loopback_ok = settings.instance == "development"
    for name, url in (("appUrl", settings.app_url), ("webhook.url", settings.webhook.url)):
        if url is not None and not _good_url(url, loopback_ok=loopback_ok):
            also = " (or http on localhost)" if loopback_ok else ""
            yield Broken(
                tuple(name.split(".")),
                "is not a whole https URL" + also,
                "Write it with https:// and a host, for example https://app.example.com",
            )
    if not _good_url(settings.development_app_url, loopback_ok=True):
        yield Broken(
            ("developmentAppUrl",),
            "is neither an https URL nor http on localhost",
            "For example http://localhost:3000",
        )


def _good_url(url: str, *, loopback_ok: bool) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if not host or any(character.isspace() for character in url):
        return False
    return parts.scheme == "https" or (loopback_ok and parts.scheme == "http" and host in LOOPBACK)


def _production(settings: Settings) -> Iterator[Broken]:
    production = settings.production
    if production.create and settings.instance != "production":
        yield Broken(
            ("production", "create"),
            "is for a stack with clerkstack:instance production",
            "Remove it from this stack",
        )
    if production.create and production.domain is None:
        yield Broken(
            ("production", "domain"),
            "is missing, and a production instance can't be made without a domain",
            "Run: pulumi config set --path clerkstack:production.domain example.com",
        )


def _webhook(settings: Settings) -> Iterator[Broken]:
    seen: set[str] = set()
    for event in settings.webhook.events:
        if event in seen:
            yield Broken(("webhook", "events"), f"names {event} twice", "Name it once")
        seen.add(event)
        if event not in KNOWN_EVENTS:
            close = difflib.get_close_matches(event, sorted(KNOWN_EVENTS), n=1)
            yield Broken(
                ("webhook", "events"),
                f"names {event}, which Clerk does not send",
                f"Did you mean {close[0]}?" if close else "See clerkstack/settings/events.py",
            )


def _environment(settings: Settings) -> Iterator[Broken]:
    if settings.components.environment and settings.vercel_token is None:
        yield Broken(
            ("vercel:apiToken",),
            "is missing",
            "Make a token at https://vercel.com/account/tokens, then run: "
            "pulumi config set --secret vercel:apiToken",
        )
