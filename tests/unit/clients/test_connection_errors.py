"""A lost connection becomes a message that says whether the request may have arrived."""

from __future__ import annotations

import contextlib
import inspect
import socket
import ssl
import threading
from collections.abc import Iterator

import httpx
import pytest
import trustme
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.connection_errors import connection_error
from clerkstack.clients.errors import Unreachable
from clerkstack.clients.platform import PlatformClient

LOST = sorted(
    (
        kind
        for _, kind in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(kind, httpx.RequestError)
    ),
    key=lambda kind: kind.__name__,
)
NEVER_SENT = {
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.LocalProtocolError,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
}


@contextlib.contextmanager
def shaking_hands(listening: socket.socket, context: ssl.SSLContext) -> Iterator[None]:
    """Answer one caller over TLS, in a thread."""

    def shake() -> None:
        caller, _ = listening.accept()
        # The caller hangs up, as expected.
        with caller, contextlib.suppress(OSError):
            context.wrap_socket(caller, server_side=True).close()

    thread = threading.Thread(target=shake)
    thread.start()
    try:
        yield
    finally:
        thread.join(10)


def described(error: httpx.HTTPError) -> Unreachable:
    return connection_error(
        error, vendor="Shop", operation="buy", address="https://shop.test", setting="urls.shop"
    ).failure


@pytest.mark.parametrize("kind", LOST)
def test_every_exception_of_the_lower_layer_has_its_meaning(
    kind: type[httpx.RequestError],
) -> None:
    failure = described(kind("Bearer ak_abcdef"))

    assert failure.sent is (kind not in NEVER_SENT)
    assert "ak_abcdef" not in str(failure)
    for part in ("Shop", "https://shop.test", "buy", "urls.shop"):
        assert part in str(failure)


def test_the_message_says_whether_to_check_first() -> None:
    assert "was not sent" in str(described(httpx.ConnectError("no")))
    assert "check before you repeat" in str(described(httpx.ReadTimeout("no")))


def caused(cause: BaseException) -> httpx.ConnectError:
    error = httpx.ConnectError(str(cause))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "says"),
    [
        (socket.gaierror(-2, "Name or service not known"), "not known to DNS"),
        (ConnectionRefusedError(111, "refused"), "connection was refused"),
        (ssl.SSLCertVerificationError(1, "self-signed"), "certificate is not trusted"),
        (OSError(101, "unreachable"), "the connection failed"),
    ],
)
def test_the_reason_is_reported(cause: BaseException, says: str) -> None:
    assert says in str(described(caused(cause)))


def test_a_port_where_nothing_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        client = PlatformClient(
            key=SecretStr("ak_abcdef"), base_url=address, sleep=lambda seconds: None
        )

        with pytest.raises(Unreachable, match="connection was refused") as caught, client:
            client.get_application("app_1")

    assert caught.value.sent is False
    assert address in str(caught.value)
    assert "clerkstack:urls.platform" in str(caught.value)


def test_a_certificate_of_nobody_we_know_is_reported_at_once() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listening, shaking_hands(listening, context):
        client = BackendClient(
            key=SecretStr("sk_test_abcdef"),
            base_url=f"https://127.0.0.1:{listening.getsockname()[1]}",
            sleep=lambda seconds: pytest.fail("it tried again"),
        )

        with pytest.raises(Unreachable, match="certificate is not trusted"), client:
            client.get_instance()


@pytest.mark.parametrize("address", ["http://[::1", "api.clerk.com"])
def test_an_address_that_is_no_url_is_reported(address: str) -> None:
    with pytest.raises(Unreachable, match=r"clerkstack:urls\.platform") as caught:
        PlatformClient(key=SecretStr("ak_abcdef"), base_url=address).get_application("app_1")

    assert caught.value.sent is False
