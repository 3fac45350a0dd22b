"""What a connection error means: its message, whether the request was sent, whether to retry."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

from clerkstack.clients.errors import Unreachable
from clerkstack.clients.proxy_environment import proxy_obstacle
from clerkstack.clients.retries import NoAnswer

# Message, sent, passing. The first matching class applies.
_KINDS: list[tuple[type[Exception], str, bool, bool]] = [
    (httpx.ConnectTimeout, "the connection timed out", False, True),
    (httpx.ConnectError, "the connection failed", False, True),
    (httpx.PoolTimeout, "all connections were busy", False, True),
    (httpx.ProxyError, "the proxy in between refused (see HTTPS_PROXY)", False, True),
    (httpx.UnsupportedProtocol, "the address must start with https://", False, False),
    (httpx.LocalProtocolError, "the request is malformed and cannot be sent", False, False),
    (httpx.ReadTimeout, "it did not answer in time", True, True),
    (httpx.RemoteProtocolError, "it closed the connection without an answer", True, True),
    (httpx.DecodingError, "its answer cannot be decoded", True, True),
    (httpx.HTTPError, "the connection broke", True, True),
    # Everything else, for example a redirect to an impossible host.
    (Exception, "its answer cannot be read", True, False),
]
_CAUSES: list[tuple[type[BaseException], str, bool]] = [
    (socket.gaierror, "its name is not known to DNS", True),
    (ConnectionRefusedError, "the connection was refused: nothing listens there", True),
    (ssl.SSLCertVerificationError, "its TLS certificate is not trusted (see SSL_CERT_FILE)", False),
]


def connection_error(
    error: Exception, *, vendor: str, operation: str, address: str, setting: str
) -> NoAnswer:
    """Explain the exception of an attempt. `setting` is the setting with the address."""
    if isinstance(error, httpx.ConnectError) and any(map(_is_of_the_port, _causes(error))):
        # Python 3.13 and newer wrap the error of an impossible port; older ones raise it directly.
        error = OverflowError("port")
    message, sent, passing = next(
        (message, sent, passing)
        for kind, message, sent, passing in _KINDS
        if isinstance(error, kind)
    )
    if isinstance(error, httpx.ConnectError):
        for cause in _causes(error):
            for kind, cause_message, passes in _CAUSES:
                if isinstance(cause, kind):
                    message, passing = cause_message, passes
    elif not isinstance(error, httpx.HTTPError) and (proxy := proxy_obstacle()):
        message, sent = proxy, False
    arrived = (
        "The request may have been processed: check before you repeat it."
        if sent
        else "The request was not sent."
    )
    return NoAnswer(
        Unreachable(
            f"{vendor} cannot be reached at {address} for {operation}: {message}. {arrived} "
            f"Check the network and the address ({setting}), then run again.",
            sent=sent,
        ),
        passing,
    )


def _is_of_the_port(cause: BaseException) -> bool:
    return isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_SERVICE


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
