"""What belongs to one instance and must differ on others: its addresses, ids and keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clerkstack.settings.variable_names import PATHS

if TYPE_CHECKING:
    from clerkstack.settings.models import Settings
    from clerkstack.shapes import Json

OWN = "<own>"
WEBHOOK = "webhook"  # the path of the stack's endpoint, which is not a field of the config
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
# Clerk's ids end with 27 letters and digits; an instance's keys begin with its kind.
_ID = re.compile(r"^([a-z]+(?:_[a-z]+)*)_[A-Za-z0-9]{27}$")
_KEY = re.compile(r"^(pk|sk)_(test|live)_")


@dataclass(frozen=True)
class Own:
    """The addresses of one instance and its app.

    `hosts` include the port if it is not the scheme's default. `paths` are the paths in the stack's
    settings, by the name of the config's field, or WEBHOOK. With `loopback`, every address on this
    machine belongs to the instance too.
    """

    hosts: frozenset[str] = frozenset()
    paths: Mapping[str, Collection[str]] = field(default_factory=dict)
    loopback: bool = False

    def neutral(self, name: str, value: Json) -> Json:
        """A value without what belongs to this instance; equal neutral values are no difference."""
        if isinstance(value, dict):
            return {key: self.neutral(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.neutral(name, item) for item in value]
        if not isinstance(value, str):
            return value
        match = _ID.match(value)
        if match:
            return f"<{match[1]}>"
        if _KEY.match(value):
            return f"<{value[:2]}>"
        text = self._without_host(value)
        declared = self.paths.get(name, ())
        return f"<{name}>" if text.removeprefix(OWN) in declared else text

    def _without_host(self, value: str) -> str:
        if value.lower() in self.hosts:
            return OWN
        try:
            url = urlsplit(value)
        except ValueError:
            return value
        if url.scheme not in ("http", "https") or not self._is_own(url.netloc.lower()):
            return value
        rest = url._replace(scheme="", netloc="").geturl()
        return OWN + (rest if rest.startswith("/") else f"/{rest}")

    def _is_own(self, place: str) -> bool:
        host = re.sub(r":\d+$", "", place)
        return place in self.hosts or (self.loopback and host in LOOPBACK)


def own_of(settings: Settings, hosts: Iterable[str]) -> Own:
    """What belongs to the stack's instance; `hosts` are its addresses according to Clerk."""
    development = settings.instance == "development"
    projects = settings.vercel_projects
    urls = [settings.app_url, *(project.app_url for project in projects)]
    if development:
        urls += [
            settings.development_app_url,
            *(project.development_app_url for project in projects),
        ]
    if settings.production.domain and not development:
        hosts = [*hosts, settings.production.domain]
    return Own(
        hosts=frozenset(filter(None, [*map(place_of, urls), *(host.lower() for host in hosts)])),
        paths={
            **{purpose: {project.paths[purpose] for project in projects} for purpose in PATHS},
            WEBHOOK: {urlsplit(settings.webhook_url).path},
        },
        loopback=development,
    )


def place_of(url: str) -> str:
    """The host of a URL, with its port if given; empty if it is not a URL."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
