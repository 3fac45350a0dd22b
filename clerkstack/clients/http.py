"""One HTTP client for all services: auth, time-outs, retries, errors, typed answers."""

from __future__ import annotations

import datetime
import email.utils
import logging
import random
import time
from collections.abc import Callable, Generator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from clerkstack.clients.errors import UnexpectedAnswer, Unreachable, error_class

Model = TypeVar("Model", bound=BaseModel)
ErrorReader = Callable[[Any], dict[str, Any]]

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
ATTEMPTS = 6
SECONDS_IN_ALL = 60.0
REPEATED_STATUS = frozenset({429, 500, 502, 503, 504})
SAFE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})

# httpcore's debug lines hold whole header lists, the Authorization header among them.
logging.getLogger("httpcore").setLevel(logging.INFO)


class BearerKey(httpx.Auth):
    """Sends a key as bearer token and never shows it."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        yield request

    def __repr__(self) -> str:
        return "BearerKey(…)"


class Http:
    """Requests to one service.

    What is safe to repeat (GET, PUT, DELETE, and whatever the caller marks) is repeated on 429,
    500, 502, 503, 504 and lost connections; other writes only on 429 and where the connection was
    never made. Waits grow, carry jitter, follow Retry-After, and end after about a minute.
    """

    def __init__(
        self,
        *,
        vendor: str,
        base_url: str,
        auth: httpx.Auth | None,
        read_error: ErrorReader,
        mends: Mapping[int, str],
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.vendor = vendor
        self.base_url = base_url
        self._read_error = read_error
        self._mends = mends
        self._sleep = sleep
        self._client = httpx.Client(
            base_url=base_url,
            auth=auth,
            timeout=timeout,
            transport=transport,
            headers={"User-Agent": "clerkstack", "Accept": "application/json", **(headers or {})},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def request(
        self,
        model: type[Model],
        operation: str,
        method: str,
        path: str,
        **how: Any,
    ) -> Model:
        """Send a request and return its answer as `model`. `how` as in `send`.

        Raises:
            ApiError, Unreachable, UnexpectedAnswer.
        """
        response = self.send(operation, method, path, **how)
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            fields = ", ".join(
                ".".join(map(str, each["loc"])) or each["type"] for each in error.errors()
            )
            raise UnexpectedAnswer(
                f"{self.vendor}'s answer to {operation} is not of the described form "
                f"({fields}). Is {self.base_url} the right address?"
            ) from None

    def send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> httpx.Response:
        """Send a request, repeat it where that is safe, and return a 2xx answer."""
        repeat = method in SAFE_METHODS if repeatable is None else repeatable
        waited = 0.0
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            try:
                response = self._client.request(
                    method, path, params=params, json=json, headers=headers
                )
            except httpx.HTTPError as error:
                failure = self._unreachable(operation, error)
                if last or not (repeat or not failure.sent):
                    raise failure from None
                pause = _pause(attempt)
            else:
                if response.is_success:
                    return response
                status = response.status_code
                again = status == 429 or (repeat and status in REPEATED_STATUS)
                pause = _retry_after(response) or _pause(attempt)
                if last or not again or waited + pause > SECONDS_IN_ALL:
                    raise self._refused(operation, response)
            if waited + pause > SECONDS_IN_ALL:
                raise failure from None
            waited += pause
            self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _refused(self, operation: str, response: httpx.Response) -> Exception:
        try:
            told = self._read_error(response.json())
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            told = {"message": ""}
        status = response.status_code
        return error_class(status)(
            vendor=self.vendor,
            operation=operation,
            status=status,
            mend=self._mends.get(status, ""),
            **told,
        )

    def _unreachable(self, operation: str, error: httpx.HTTPError) -> Unreachable:
        sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        known: dict[type[httpx.HTTPError], str] = {
            httpx.ConnectTimeout: "the connection timed out",
            httpx.ReadTimeout: "it gave no answer in time",
        }
        what = known.get(
            type(error), type(error).__name__ if sent else "no connection could be made"
        )
        arrived = "The request may have arrived." if sent else "The request was not sent."
        return Unreachable(
            f"{self.vendor} can't be reached at {self.base_url} for {operation}: {what}. "
            f"{arrived} Check the address and the network, then run again.",
            sent=sent,
        )


class Client:
    """Base of the clients: closes its connections as a context manager."""

    _http: Http

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._http.base_url})"


def _pause(attempt: int) -> float:
    return float(min(0.5 * 2**attempt, 15.0) * random.uniform(0.5, 1.0))


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After")
    if not value:
        return None
    if value.isdigit():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    now = datetime.datetime.now(datetime.UTC)
    return max(0.0, (when - now).total_seconds())
