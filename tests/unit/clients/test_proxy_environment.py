"""Variables and addresses that break every request are named, without their values."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.errors import Unreachable
from clerkstack.clients.platform import PlatformClient

PASSWORD = "hunter2hunter2"
VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
LONG = "a" * 64


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *PROXIES, *(proxy.lower() for proxy in PROXIES)):
        monkeypatch.delenv(name, raising=False)


def refused(address: str = "https://127.0.0.1:1", **how: httpx.BaseTransport) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        PlatformClient(
            key=SecretStr("ak_abcdef"), base_url=address, sleep=lambda seconds: None, **how
        ).get_application("app_1")

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSLKEYLOGFILE"])
def test_a_file_of_tls_that_is_not_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "/nowhere/at/all.pem")

    failure = refused()

    assert failure.sent is False
    assert name in str(failure)


def test_a_file_of_certificates_that_holds_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "none.pem"
    file.write_text("none here")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))

    assert "SSL_CERT_FILE" in str(refused())


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy"])
@pytest.mark.parametrize(
    "proxy",
    [
        f"socks5://me:{PASSWORD}@proxy.test:1080",
        f"ftp://me:{PASSWORD}@proxy.test",
        f"http://me:{PASSWORD}@proxy.test:port",
        f"http://me:{PASSWORD}@proxy.test:8080/\x01",
    ],
)
def test_a_proxy_that_cannot_be_used(
    name: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, proxy)

    failure = refused()

    assert failure.sent is False
    assert f"the proxy in {name} cannot be used" in str(failure)
    assert PASSWORD not in str(failure)


@pytest.mark.parametrize("place", [f"{LONG}.test:8080", "127.0.0.1:99999999999999999999"])
def test_a_proxy_where_nothing_can_be(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@{place}")

    failure = refused()

    assert failure.sent is False
    assert "the proxy in HTTPS_PROXY cannot be used" in str(failure)
    assert PASSWORD not in str(failure)


def test_only_the_variable_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.test:8080")
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.test")

    told = str(refused())

    assert "ALL_PROXY" in told
    assert "HTTPS_PROXY" not in told


def test_hosts_without_a_proxy_that_are_no_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "http://inside.test:port")

    assert "NO_PROXY" in str(refused())


@pytest.mark.parametrize(
    "address",
    [
        f"http://me:{PASSWORD}@{LONG}.test",
        f"http://me:{PASSWORD}@a..test",
        f"http://me:{PASSWORD}@xn--a.com",
        f"http://me:{PASSWORD}@127.0.0.1:99999999999999999999",
        f"http://me:{PASSWORD}@shop.test/\ud800",
    ],
)
def test_an_address_where_nothing_can_be(address: str) -> None:
    failure = refused(address)

    assert failure.sent is False
    assert "clerkstack:urls.platform" in str(failure)
    assert PASSWORD not in str(failure)


def test_a_redirect_to_a_host_that_cannot_be_was_sent() -> None:
    answer = httpx.Response(302, headers={"Location": "https://xn--a.com/"})

    failure = refused("https://shop.test", transport=httpx.MockTransport(lambda request: answer))

    assert failure.sent is True
    assert "its answer cannot be read" in str(failure)


@pytest.mark.parametrize("value", [float("nan"), "\ud800"])
def test_what_has_no_form_in_json_is_not_sent(value: object) -> None:
    transport = httpx.MockTransport(lambda request: pytest.fail("sent"))
    client = PlatformClient(
        key=SecretStr("ak_abcdef"), base_url="https://shop.test", transport=transport
    )

    with pytest.raises(Unreachable, match="is malformed and cannot be sent") as caught:
        client.patch_config("app_1", "development", {"billing": value}, if_match="1")

    assert caught.value.sent is False
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "error", [OverflowError("port"), socket.gaierror(socket.EAI_SERVICE, "Servname")]
)
def test_a_port_that_no_proxy_has_is_reported_alike_on_each_python(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.13 and newer pass such a port to the resolver, older ones refuse it."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@127.0.0.1:99999999999999999999")
    asked = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if isinstance(error, OSError):
            raise httpx.ConnectError("no") from error
        raise error

    failure = refused("https://shop.test", transport=httpx.MockTransport(answer))

    assert failure.sent is False
    assert "the proxy in HTTPS_PROXY cannot be used" in str(failure)
    assert asked == 1
