"""Hosts: where a URL leads, and whether production is there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from clerkstack.hosts import is_local, why_not_production
from clerkstack.problems import ClerkstackError
from clerkstack.settings.keys import frontend_host
from clerkstack.settings.variable_names import names_of
from policies.view import INSTANCE, PRODUCTION, Stack

APP_URLS = names_of("app_url")
OR_PROXY = "or, if the app proxies Clerk, add it to this policy's hosts"
PUBLISHABLE_KEYS = names_of("publishable_key")


@dataclass(frozen=True)
class Url:
    """The parts of a URL that policies judge; `host` is empty where there is none."""

    scheme: str
    host: str
    port: int | None
    path: str

    @classmethod
    def of(cls, text: str) -> Url:
        """Read a URL; one that cannot be read has no host."""
        try:
            parts = urlsplit(text.strip())
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            return cls("", "", None, "")
        return cls(parts.scheme.lower(), host, port, parts.path)

    @property
    def place(self) -> tuple[str, int, str]:
        """Host, port and path: equal for URLs that lead to the same place."""
        usual = {"https": 443, "http": 80}.get(self.scheme, 0)
        return self.host, self.port or usual, self.path.rstrip("/")

    @property
    def local(self) -> bool:
        """Whether it leads to this machine or a private network: nobody else reaches it."""
        return is_local(self.host)

    @property
    def before_production(self) -> str | None:
        """Why its host is no production host, or None."""
        why = why_not_production(self.host, or_proxy=OR_PROXY)
        return f"leads to {self.host}, which {why}" if why and self.host else why


def astray(subject: str, url: Url, hosts: Collection[str]) -> str | None:
    """Why a URL does not lead to production, None if it does. `hosts` are production's, empty if no
    configuration names them."""
    if hosts:
        where = f"leads to {url.host}; production is at {listed(hosts)}"
        return None if url.host in hosts else f"{subject} {where}"
    return f"{subject} {url.before_production}" if url.before_production else None


def listed(hosts: Collection[str]) -> str:
    """Hosts as messages list them, each once."""
    return ", ".join(sorted(set(hosts)))


def app_hosts(stack: Stack) -> set[str]:
    """The hosts of the variables that hold the app's URL."""
    return {
        Url.of(variable.known).host
        for _, variable in stack.variables()
        if variable.key in APP_URLS and variable.in_production and variable.known
    } - {""}


def production_domains(stack: Stack) -> set[str]:
    """The domain of the production instance: declared, or taken from its publishable key."""
    domains: set[str] = set()
    for instance in stack.of(INSTANCE):
        if instance.environment == PRODUCTION:
            keys = (
                instance.inputs.get("declared_publishable_key"),
                instance.outputs.get("publishable_key"),
            )
            domains |= set(_domains(instance.inputs.get("domain"), *keys))
    for _, variable in stack.variables():
        if variable.key in PUBLISHABLE_KEYS and variable.in_production:
            domains |= set(_domains(None, variable.known))
    return domains


def _domains(declared: object, *keys: object) -> Iterator[str]:
    if isinstance(declared, str) and declared:
        yield declared.lower()
    for key in keys:
        if isinstance(key, str) and key.startswith("pk_live_"):
            try:
                host = Url.of(f"https://{frontend_host(key)}").host
            except ClerkstackError:
                continue
            # The Frontend API of a production instance is clerk.<domain>.
            if host.startswith("clerk."):
                yield host.removeprefix("clerk.")
