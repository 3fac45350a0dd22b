"""The HTTP client for all services: auth, timeouts, retries, errors, typed answers."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict, Unpack
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from clerkstack import version
from clerkstack.clients.answers import Model, described, read_answer
from clerkstack.clients.bearer_key import BearerKey
from clerkstack.clients.connection_errors import connection_error
from clerkstack.clients.errors import (
    ApiError,
    ReadOnly,
    Refusal,
    Unreachable,
    error_class,
)
from clerkstack.clients.evidence import Evidence
from clerkstack.clients.proxy_environment import obstacle, usable_place
from clerkstack.clients.read_only import READ_ONLY, read_only
from clerkstack.clients.retries import SAFE_METHODS, NoAnswer, Outcome, repeated, retry_after
from clerkstack.closing import Closing
from clerkstack.scrub import secrets_in

Params = Mapping[str, str | int | Sequence[str]]

TIMEOUT = httpx.Timeout(30.0, connect=10.0)  # seconds, for one attempt

LONG_WAIT = 3.0  # seconds; a longer wait is logged
TRUST_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")

# A warning reaches stderr even without logging set up, as in Pulumi's provider process.
_LOG = logging.getLogger("clerkstack")

# httpcore's debug lines show headers. With debug logging on, httpx still logs each request.
logging.getLogger("httpcore").setLevel(logging.INFO)

_REMEDIES = {
    300: "It redirects: set the address ({setting}) to the final one",
    409: "It already exists or was changed meanwhile: run again to see what is left to do",
    422: "Fix what is named here, then run again",
    429: "Too many requests: wait, then run again",
    500: "The service failed, but a write may have happened. Check its status page, then run again",
}


@dataclass(frozen=True)
class Service:
    """A service's name and remedies for messages, and how to read its errors."""

    name: str
    setting: str  # the setting with its address
    read_error: Callable[[Any], Refusal]
    remedies: Mapping[int | str, str]  # by the service's own code, else by status
    # The wait in seconds that a refusal asks for, if not by Retry-After.
    wait: Callable[[httpx.Response], float | None] = lambda _response: None


class Options(TypedDict, total=False):
    """What every client accepts in addition to its key and address; mainly for tests.

    `note` gets a record of each request when it has an outcome.
    """

    transport: httpx.BaseTransport | None
    timeout: httpx.Timeout
    sleep: Callable[[float], None]
    clock: Callable[[], float]
    note: Callable[[Evidence], None]


class Sending(TypedDict, total=False):
    """The options of a request.

    `repeatable`: it is idempotent, as GET, HEAD, PUT and DELETE are by default. `reads`: it changes
    nothing, although it is not a GET. `form` is a body of form fields instead of JSON. `most` is
    for a file: redirects are followed, only the service itself gets the key, and at most that many
    bytes are read.
    """

    params: Params | None
    json: object
    form: Mapping[str, str]
    headers: Mapping[str, str] | None
    repeatable: bool
    reads: bool
    most: int


class Http:
    """Requests to one service: typed answers, errors of `errors.py`, retries of `retries.py`."""

    def __init__(
        self,
        service: Service,
        *,
        base_url: str,
        key: SecretStr | None,
        headers: Mapping[str, str] | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._service = service
        self._key = key
        self._sleep = options.get("sleep", time.sleep)
        self._clock = options.get("clock", time.monotonic)
        self._note: Callable[[Evidence], None] = options.get("note", lambda _evidence: None)
        self._client = _client(
            service,
            base_url=_address(service, base_url),
            auth=None if key is None else BearerKey(key, vendor=service.name),
            timeout=options.get("timeout", TIMEOUT),
            transport=options.get("transport"),
            headers={"User-Agent": user_agent(), "Accept": "application/json", **(headers or {})},
        )
        self.address = str(self._client.base_url.copy_with(userinfo=b"")).rstrip("/")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def request(
        self, model: type[Model], operation: str, method: str, path: str, **how: Unpack[Sending]
    ) -> Model:
        """Send a request and return its answer as `model`.

        Raises:
            ApiError, Unreachable, UnexpectedAnswer.
        """
        return read_answer(
            model,
            self.send(operation, method, path, **how).content,
            vendor=self._service.name,
            operation=operation,
            address=self.address,
        )

    def send(
        self, operation: str, method: str, path: str, **how: Unpack[Sending]
    ) -> httpx.Response:
        """Send a request, repeat it if that is safe, and return a 2xx answer.

        Raises:
            ApiError, Unreachable.
        """
        if method not in ("GET", "HEAD") and not how.get("reads") and read_only():
            raise ReadOnly(
                f"{READ_ONLY} is set, and {self._service.name} ({operation}) would be "
                "changed. Nothing was sent."
            )
        began = datetime.now(UTC).replace(microsecond=0)
        outcome = repeated(
            lambda: self._attempt(operation, method, path, how),
            repeatable=how.get("repeatable", method in SAFE_METHODS),
            sleep=functools.partial(self._pause, operation),
            clock=self._clock,
            wait=self._service.wait,
        )
        failed = isinstance(outcome, NoAnswer) or not outcome.is_success
        self._note(Evidence(operation, self._where(path), began, failed))
        if isinstance(outcome, NoAnswer):
            raise outcome.failure
        if not outcome.is_success:
            raise self._refused(operation, outcome, how.get("json", how.get("form")))
        return outcome

    def _where(self, path: str) -> str:
        """The address of a request without its query, which may hold a secret."""
        return re.split(r"[?#]", self.address)[0].rstrip("/") + re.split(r"[?#]", path)[0]

    def _pause(self, operation: str, seconds: float) -> None:
        if seconds >= LONG_WAIT:
            name = self._service.name
            _LOG.warning("%s: waiting %.0f seconds to send %s again", name, seconds, operation)
        self._sleep(seconds)

    def _attempt(self, operation: str, method: str, path: str, how: Sending) -> Outcome:
        try:
            request = self._client.build_request(
                method,
                path,
                params=how.get("params"),
                json=how.get("json"),
                data=how.get("form"),
                headers=how.get("headers"),
            )
        except (httpx.InvalidURL, ValueError):
            return self._no_answer(httpx.LocalProtocolError("not built"), operation)
        try:
            most = how.get("most")
            return self._client.send(request) if most is None else self._read(request, most)
        except (httpx.HTTPError, ValueError, OverflowError) as error:
            return self._no_answer(error, operation)

    def _read(self, request: httpx.Request, most: int) -> httpx.Response:
        """The answer after all redirects, its body cut off after `most` + 1 bytes."""
        body = bytearray()
        answer = self._client.send(request, stream=True, follow_redirects=True)
        with contextlib.closing(answer):
            for part in answer.iter_bytes():
                body += part
                if len(body) > most:
                    break
        kept = {
            name: value
            for name, value in answer.headers.items()
            if name not in ("content-encoding", "content-length", "transfer-encoding")
        }
        content = bytes(body[: most + 1])
        return httpx.Response(answer.status_code, headers=kept, content=content, request=request)

    def _no_answer(self, error: Exception, operation: str) -> NoAnswer:
        return connection_error(
            error,
            vendor=self._service.name,
            operation=operation,
            address=self.address,
            setting=self._service.setting,
        )

    def _refused(self, operation: str, response: httpx.Response, body: object) -> ApiError:
        status = response.status_code
        refusal = self._refusal_of(response)
        own = () if self._key is None else (self._key.get_secret_value(),)
        remedies = self._service.remedies
        remedy = remedies.get(refusal.code) or remedies.get(status)
        remedy = remedy or _REMEDIES.get(status) or _REMEDIES.get(_hundred(status))
        return error_class(status)(
            vendor=self._service.name,
            operation=operation,
            status=status,
            code=refusal.code,
            message=refusal.message,
            trace_id=refusal.trace_id,
            meta=refusal.meta,
            remedy=(remedy or "").replace("{setting}", self._service.setting),
            retry_after=retry_after(response),
            hidden=(*own, *secrets_in(body)),
        )

    def _refusal_of(self, response: httpx.Response) -> Refusal:
        try:
            return self._service.read_error(response.json())
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            # From a proxy or another server: its body does not help.
            what = described(response.content)
            return Refusal(
                message=f"{what} instead of the service's own error. Is {self.address} its address?"
            )


class Client(Closing):
    """Base of the clients: `with` closes its connections."""

    _http: Http

    @property
    def address(self) -> str:
        """Where requests go, without the parts of a URL that may be secret."""
        return self._http.address

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._http.address})"


def joined(*segments: str) -> str:
    """A path of segments, each quoted, so that an id cannot reach into another path."""
    return "/" + "/".join(quote(segment, safe="") for segment in segments)


@functools.cache
def user_agent() -> str:
    """The User-Agent header: clerkstack/<version>."""
    return f"clerkstack/{version()}"


def _address(service: Service, base_url: str) -> httpx.URL:
    wrong = "is not a URL"
    try:
        url = httpx.URL(base_url)
        if usable_place(url):
            return url
        wrong = "has an invalid host or port"
    except (httpx.InvalidURL, ValueError):
        pass
    raise Unreachable(
        f"The address of {service.name} ({service.setting}) {wrong}. The request was not "
        "sent. Set it to a URL such as https://api.example.com.",
        sent=False,
    )


def _client(service: Service, **how: Any) -> httpx.Client:
    try:
        trust = _trust(*(os.environ.get(name) for name in TRUST_VARIABLES))
        return httpx.Client(verify=trust, **how)
    except (OSError, ImportError, ValueError, httpx.InvalidURL) as error:
        wrong = obstacle(error)
    raise Unreachable(
        f"{service.name} cannot be reached: {wrong}, then run again. The request was not sent.",
        sent=False,
    )


@functools.cache
def _trust(*_named: str | None) -> ssl.SSLContext:
    """The trusted certificates, from the files that the variables name. Read once for all clients,
    since it takes longer than a request."""
    return httpx.create_ssl_context()


def _hundred(status: int) -> int:
    return status // 100 * 100
