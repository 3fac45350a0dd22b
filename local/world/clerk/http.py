"""HTTP around Clerk's operations: keys, query, body, and errors in the vendor's form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.world.clerk import errors
from local.world.clerk.models import Instance
from local.world.clerk.schema import Document
from local.world.service import refusal
from local.world.wire import number, parsed

if TYPE_CHECKING:
    from local.world.clerk.backend import ClerkBackend

API_VERSIONS = (
    "2021-02-05",
    "2024-10-01",
    "2025-03-12",
    "2025-04-10",
    "2025-11-10",
    "2026-05-12",
)
"""Versions of the Backend API (https://clerk.com/docs/versioning/available-versions); all are
answered like the newest."""
LARGEST_PAGE = 500
LARGEST_NUMBER = 2**63 - 1
Answer = tuple[int, Any]
_Item = TypeVar("_Item")


class Call:
    """One request, as operations need it."""

    def __init__(self, backend: ClerkBackend, request: Request, raw: bytes) -> None:
        self.backend = backend
        self.request = request
        self.query = request.query_params
        self.parts = request.path_params
        self.headers: dict[str, str] = {}
        """Headers of the answer."""
        self._raw = raw

    @property
    def key(self) -> str:
        """The bearer key.

        Raises:
            ClerkError: there is none.
        """
        scheme, _, key = self.request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise errors.missing_key()
        return key.strip()

    def body(self, *, optional: bool = False) -> Document:
        """Return the body, which must be a JSON object.

        Raises:
            ClerkError: it is not.
        """
        if not self._raw and optional:
            return {}
        body = self._json()
        if not isinstance(body, dict):
            raise errors.body_invalid("The body must be an object.")
        return body

    def bodies(self) -> list[Document]:
        """Return the body, which must be a JSON array of objects.

        Raises:
            ClerkError: it is not.
        """
        body = self._json()
        if not isinstance(body, list) or not all(isinstance(each, dict) for each in body):
            raise errors.body_invalid("The body must be an array of objects.")
        return body

    def _json(self) -> Any:
        try:
            return parsed(self._raw)
        except ValueError:
            raise errors.body_invalid("The body is no JSON.") from None

    def flag(self, name: str, *, status: int = 400) -> bool:
        """Return a query parameter that is true, false or absent.

        Raises:
            ClerkError: it is something else.
        """
        text = self.query.get(name, "false")
        if text not in ("true", "false"):
            raise errors.param_invalid(name, "must be true or false", status=status)
        return text == "true"

    def names(self, name: str) -> list[str]:
        """Return a query parameter with names: repeated, or separated by commas."""
        given = ",".join(self.query.getlist(name)).split(",")
        return list(dict.fromkeys(each.strip() for each in given if each.strip()))

    def page(self, items: list[_Item]) -> list[_Item]:
        """Return the page of limit and offset.

        Raises:
            ClerkError: they are not numbers, or out of range.
        """
        limit = self._number("limit", 10, 1, LARGEST_PAGE)
        offset = self._number("offset", 0, 0, None)
        return items[offset : offset + limit]

    def _number(self, name: str, default: int, least: int, most: int | None) -> int:
        found = number(self.query.get(name, str(default)))
        if found is None or found < least or (most is not None and found > most):
            bound = f"at least {least}" if most is None else f"from {least} to {most}"
            raise errors.param_invalid(name, f"must be a number {bound}")
        return found


class InstanceCall(Call):
    """A request with the secret key of an instance."""

    def __init__(self, backend: ClerkBackend, request: Request, raw: bytes) -> None:
        super().__init__(backend, request, raw)
        version = request.headers.get("clerk-api-version", API_VERSIONS[-1])
        if version not in API_VERSIONS:
            raise errors.api_version_invalid(version)
        self.instance: Instance = backend.instance_of_key(self.key)

    def need_roles(self) -> None:
        """Require roles and role sets.

        Raises:
            ClerkError: 404, as some accounts answer at each of their URLs.
        """
        if not self.backend.roles_offered:
            raise errors.unknown_url(self.request.url.path)


class PlatformCall(Call):
    """A request with a key of the Platform API."""

    def __init__(self, backend: ClerkBackend, request: Request, raw: bytes) -> None:
        super().__init__(backend, request, raw)
        backend.check_platform_key(self.key)


_AnyCall = TypeVar("_AnyCall", bound=Call)


def endpoint(
    backend: ClerkBackend, kind: type[_AnyCall], operation: Callable[[_AnyCall], Answer]
) -> Callable[[Request], Any]:
    """Bind an operation."""

    async def answer(request: Request) -> Response:
        try:
            call = kind(backend, request, await request.body())
            status, body = operation(call)
        except errors.ClerkError as error:
            return refusal(error)
        if body is None:
            return Response(status_code=status)
        return JSONResponse(body, status, headers=call.headers)

    return answer


def page_if_wanted(call: Call, items: list[Document]) -> list[Document]:
    """Return a page, or everything if `paginated` is false. The default is pages."""
    pages = "paginated" not in call.query or call.flag("paginated", status=422)
    page = call.page(items)
    return page if pages else items


def bare_list(call: Call, items: list[Document]) -> Any:
    """Return a list that is described as an array.

    If `paginated` is true, the count is included, which is undocumented: the official Go and
    JavaScript clients request it, and read nothing else.
    """
    page = page_if_wanted(call, items)
    counted = "paginated" in call.query and call.flag("paginated", status=422)
    return {"data": page, "total_count": len(items)} if counted else page


def checked(
    body: Document, allowed: dict[str, type | tuple[type, ...]], required: tuple[str, ...] = ()
) -> Document:
    """Check a form against its allowed fields; null counts as absent.

    Raises:
        ClerkError: lists all errors.
    """
    given = {name: value for name, value in body.items() if value is not None}
    mistakes = [errors.param_unknown(name) for name in body if name not in allowed]
    mistakes += [errors.param_missing(name) for name in required if name not in given]
    for name, value in given.items():
        kind = allowed.get(name)
        wrong_number = kind is int and (isinstance(value, bool) or not _fits(value))
        if kind is not None and (not isinstance(value, kind) or wrong_number):
            mistakes.append(errors.param_invalid(name, "is of the wrong type"))
    if mistakes:
        first, *rest = mistakes
        raise errors.ClerkError(first.status, first.code, first.message, meta=first.meta, also=rest)
    return given


def moment(form: Document, name: str) -> int:
    """Return an RFC 3339 time of a form in milliseconds since the epoch.

    Raises:
        ClerkError: it is not a time.
    """
    try:
        given = datetime.fromisoformat(form[name])
        if given.tzinfo is None:
            raise ValueError(name)
        return int(given.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise errors.param_invalid(name, "must be a time in RFC 3339") from None


def _fits(value: Any) -> bool:
    return not isinstance(value, int) or abs(value) <= LARGEST_NUMBER
