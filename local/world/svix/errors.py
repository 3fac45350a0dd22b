"""Svix's refusals (Svix API description, HttpErrorOut and HTTPValidationError)."""

from __future__ import annotations

from collections.abc import Sequence


class SvixError(Exception):
    """One refused request with a code and a detail."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail

    def body(self) -> dict[str, object]:
        """Give the answer."""
        return {"code": self.code, "detail": self.detail}


class Invalid(Exception):
    """A request of the wrong form: where, what and which kind, for each mistake."""

    def __init__(self, mistakes: Sequence[tuple[list[str], str, str]]) -> None:
        super().__init__("; ".join(f"{'.'.join(where)}: {what}" for where, what, _ in mistakes))
        self.mistakes = list(mistakes)

    def body(self) -> dict[str, object]:
        """Give the answer to a 422."""
        return {
            "detail": [
                {"loc": where, "msg": what, "type": kind} for where, what, kind in self.mistakes
            ]
        }


def unauthenticated() -> SvixError:
    """The token is missing, unknown or ended."""
    return SvixError(401, "authentication_failed", "Authentication token missing or invalid.")


def one_time_token_used() -> SvixError:
    """A one-time token is good once."""
    return SvixError(401, "authentication_failed", "The one-time token is invalid or was used.")


def forbidden() -> SvixError:
    """The token belongs to another application."""
    return SvixError(403, "permission_denied", "The token does not give access to this.")


def not_found(thing: str) -> SvixError:
    """There is no such thing."""
    return SvixError(404, "not_found", f"{thing} not found.")


def uid_taken() -> SvixError:
    """Two endpoints of an application cannot have one uid."""
    return SvixError(409, "endpoint_exists", "An endpoint with this uid exists already.")


def event_id_taken() -> SvixError:
    """Two messages of an application cannot have one event id."""
    return SvixError(409, "event_exists", "A message with this eventId exists already.")
