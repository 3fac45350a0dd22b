"""An emulated Svix with one application, and clients for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlparse

import httpx
from svix.api import Svix, SvixOptions

from local.world.svix import SvixBackend, SvixService
from tests.world.serving import serving

INSTANCE = "ins_development"
URL = "https://sendero.example.com/api/webhooks/clerk"


@dataclass
class Emulated:
    """The emulator, its address, and a clock that only tests move."""

    url: str = ""
    time: float = 1_800_000_000.0
    backend: SvixBackend = field(init=False)
    opened: list[Svix] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.backend = SvixBackend(clock=lambda: self.time)

    def token(self) -> tuple[str, str]:
        """Get a link as from Clerk, and exchange its token."""
        key = unpacked(self.backend.link(INSTANCE))
        answer = httpx.post(
            f"{self.url}/api/v1/auth/one-time-token/", json={"oneTimeToken": key["oneTimeToken"]}
        )
        return key["appId"], answer.json()["token"]

    def sdk(self, *, organization: bool = False) -> tuple[str, Svix]:
        """Open the official SDK; ``organization``: with a token like Clerk's own."""
        app_id, token = self.token()
        token = self.backend.organization_token() if organization else token
        svix = Svix(token, SvixOptions(server_url=self.url, retry_schedule=[]))
        self.opened.append(svix)
        return app_id, svix

    def http(self, *, organization: bool = False) -> tuple[str, httpx.Client]:
        """Open plain HTTP, as in `sdk`; return the path of the endpoints too."""
        app_id, token = self.token()
        token = self.backend.organization_token() if organization else token
        headers = {"Authorization": f"Bearer {token}"}
        return f"/api/v1/app/{app_id}/endpoint", httpx.Client(base_url=self.url, headers=headers)


@contextmanager
def emulated() -> Iterator[Emulated]:
    """Serve the emulator."""
    made = Emulated()
    made.backend.create_app(INSTANCE)
    with serving(SvixService(made.backend)) as url:
        made.url = url
        yield made
        for svix in made.opened:
            svix._httpx_client.close()  # The SDK itself cannot be closed.


def unpacked(link: str) -> dict[str, str]:
    """Return the contents of a link."""
    fragment = urlparse(link).fragment.removeprefix("key=")
    content: dict[str, str] = json.loads(base64.b64decode(fragment))
    return content
