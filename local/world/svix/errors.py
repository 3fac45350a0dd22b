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
        """Return the answer."""
        return {"code": self.code, "detail": self.detail}


class Invalid(Exception):
    """A malformed request: place, message and kind of each error."""

    def __init__(self, mistakes: Sequence[tuple[list[str], str, str]]) -> None:
        super().__init__("; ".join(f"{'.'.join(where)}: {what}" for where, what, _ in mistakes))
        self.mistakes = list(mistakes)

    def body(self) -> dict[str, object]:
        """Return the answer to a 422."""
        return {
            "detail": [
                {"loc": where, "msg": what, "type": kind} for where, what, kind in self.mistakes
            ]
        }


def unauthenticated() -> SvixError:
    """The token is missing, unknown or expired."""
    return SvixError(401, "authentication_failed", "Incorrect authentication credentials.")


def one_time_token_used() -> SvixError:
    """A one-time token is valid once."""
    return SvixError(401, "authentication_failed", "The one-time token is invalid or was used.")


def forbidden() -> SvixError:
    """An application's token lacks permission; objects of other applications are not found."""
    return SvixError(403, "insufficient access", "Insufficient access for the given operation.")


def not_found() -> SvixError:
    """The object does not exist, or not in this application."""
    return SvixError(404, "not_found", "Entity not found")


def bad_request(code: str, detail: str) -> SvixError:
    """The request is invalid in the current state."""
    return SvixError(400, code, detail)


def conflict() -> SvixError:
    """A unique name is taken."""
    return SvixError(409, "conflict", "A conflict has occurred")


def invalid(where: Sequence[str], what: str) -> Invalid:
    """One value is invalid."""
    return Invalid([([*where], what, "value_error")])


def unknown_event_types(names: Sequence[str]) -> Invalid:
    """An endpoint can't filter by event types that are not in the catalogue."""
    listed = ", ".join(names)
    return invalid(["body", "eventTypes"], f"The following event types don't exist: {listed}")
