"""What a connection error means: in words, if the request was sent, and if a retry may help."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

from clerkstack.clients.errors import Unreachable
from clerkstack.clients.proxy_environment import proxy_obstacle
from clerkstack.clients.retries import Lost

# What, sent, passing. The first class that fits counts.
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
    # Left over where no variable is to blame: a redirect to a host that can't be, for one.
    (Exception, "its answer cannot be read", True, False),
]
_CAUSES: list[tuple[type[BaseException], str, bool]] = [
    (socket.gaierror, "its name is not known to DNS", True),
    (ConnectionRefusedError, "the connection was refused: nothing listens there", True),
    (ssl.SSLCertVerificationError, "its TLS certificate is not trusted (see SSL_CERT_FILE)", False),
]


def connection_error(
    error: Exception, *, vendor: str, operation: str, address: str, setting: str
) -> Lost:
    """Read the exception of an attempt. `setting` is where a person sets the address."""
    if isinstance(error, httpx.ConnectError) and any(map(_is_of_the_port, _causes(error))):
        # What Python 3.13 and newer make of a port that can't be; older ones raise this at once.
        error = OverflowError("port")
    what, sent, passing = next(
        (what, sent, passing) for kind, what, sent, passing in _KINDS if isinstance(error, kind)
    )
    if isinstance(error, httpx.ConnectError):
        for cause in _causes(error):
            for kind, told, passes in _CAUSES:
                if isinstance(cause, kind):
                    what, passing = told, passes
    elif not isinstance(error, httpx.HTTPError) and (proxy := proxy_obstacle()):
        what, sent = proxy, False
    arrived = (
        "The request may have been processed: check before you repeat it."
        if sent
        else "The request was not sent."
    )
    return Lost(
        Unreachable(
            f"{vendor} cannot be reached at {address} for {operation}: {what}. {arrived} "
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
