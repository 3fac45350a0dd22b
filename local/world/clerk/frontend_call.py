"""A request to the Frontend API: its instance, its form, and the client that sends it.

Native apps send their client's token as `Authorization` with `_is_native=1`, browsers as the cookie
`__client` (security schemes of the description). Undocumented, so decided here: a browser may
use the cookie on a development instance too, and needs no dev browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from local.world.clerk import errors
from local.world.clerk.http import Call
from local.world.clerk.models import identifier
from local.world.clerk.schema import Document
from local.world.clerk.signing import opened, signed

if TYPE_CHECKING:
    from local.world.clerk.backend import ClerkBackend

FORM = "application/x-www-form-urlencoded"


class FrontendCall(Call):
    """A request to the instance that the Host header names."""

    def __init__(self, backend: ClerkBackend, request: Request, raw: bytes) -> None:
        super().__init__(backend, request, raw)
        self.instance = backend.instance_of_host(request.headers.get("host", ""))

    def form(self) -> dict[str, str]:
        """Return the fields of the form, including empty ones.

        Raises:
            ClerkError: the body is not a form.
        """
        media_type = self.request.headers.get("content-type", "").partition(";")[0].strip()
        if self._raw and media_type != FORM:
            raise errors.body_invalid(f"The body must be {FORM}.")
        try:
            pairs = parse_qsl(
                self._raw.decode(), strict_parsing=bool(self._raw), keep_blank_values=True
            )
        except ValueError:
            raise errors.body_invalid("The body is no form.") from None
        return dict(pairs)

    @property
    def client(self) -> Document | None:
        """The client of the token in the request."""
        token = self._token()
        claims = opened(self.instance, token) if token else None
        return self.instance.people.clients.get(str((claims or {}).get("id")))

    def known_client(self) -> Document:
        """Return the client.

        Raises:
            ClerkError: 401, as there is none.
        """
        client = self.client
        if client is None:
            message = "You are signed out."
            raise errors.ClerkError(401, "signed_out", message)
        return client

    def client_or_new(self) -> Document:
        """Return the client; create one if there is none, and send its token with the answer."""
        client = self.client
        if client is None:
            now = self.backend.now_ms()
            client = {
                "id": identifier("client"),
                "sign_in": None,
                "sign_up": None,
                "last_active_session_id": None,
                "last_authentication_strategy": None,
                "created_at": now,
                "updated_at": now,
            }
            self.instance.people.clients[client["id"]] = client
        token = signed(self.instance, {"id": client["id"], "rotating_token": identifier("rt")})
        if self._is_native():
            self.headers["Authorization"] = token
        else:
            self.headers["Set-Cookie"] = f"__client={token}; Path=/; HttpOnly; Secure"
        return client

    def _is_native(self) -> bool:
        return self.query.get("_is_native") in ("1", "true")

    def _token(self) -> str:
        if self._is_native():
            given = self.request.headers.get("authorization", "")
            return given.removeprefix("Bearer ").strip()
        found: Any = self.request.cookies.get("__client", "")
        return str(found)
