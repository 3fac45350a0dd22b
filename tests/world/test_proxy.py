"""The proxy takes the world's hosts to the emulators, and blocks everything else."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from local.world.proxy import Proxy, service_of
from local.world.vercel import VercelService
from tests.world.serving import serving

TOKEN = "localVercelToken00000000001"


@dataclass
class Way:
    """The running proxy and how to go through it."""

    proxy: str
    ca_file: Path

    def client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        return httpx.Client(proxy=self.proxy, verify=context, trust_env=False)


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    service = VercelService()
    service.backend.add_token(TOKEN)
    service.backend.add_project("prj_sendero", "sendero")
    with serving(service) as url:
        proxy = Proxy({"vercel": url}, ca_file=tmp_path / "world" / "ca.pem")
        with proxy.running() as address:
            yield Way(address, proxy.ca_file)


def test_a_request_to_the_real_host_reaches_the_emulator(way: Way) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}

    with way.client() as client:
        answers = [
            client.get("https://api.vercel.com/v10/projects/sendero", headers=headers)
            for _ in range(2)
        ]

    assert [answer.json()["id"] for answer in answers] == ["prj_sendero"] * 2


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://api.vercel.com.example.com/",
        "https://api.vercel.com:8443/",
        "https://api.clerk.com/",
    ],
    ids=["outside", "look-alike", "other port", "service that does not run"],
)
def test_every_other_host_is_refused(way: Way, url: str) -> None:
    with way.client() as client, pytest.raises(httpx.ProxyError, match="403"):
        client.get(url)


def test_a_request_without_a_tunnel_is_refused(way: Way) -> None:
    with way.client() as client:
        answer = client.get("http://api.vercel.com/v10/projects/sendero")

    assert answer.status_code == 403


def test_a_client_that_does_not_know_the_authority_does_not_trust_it(way: Way) -> None:
    with (
        httpx.Client(proxy=way.proxy, trust_env=False) as client,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        client.get("https://api.vercel.com/v2/teams")


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("api.vercel.com", "vercel"),
        ("API.clerk.com", "clerk"),
        ("api.clerk.dev", "clerk"),
        ("happy-cat-1.clerk.accounts.dev", "frontend"),
        ("clerk.sendero.example", "frontend"),
        ("api.svix.com", "svix"),
        ("api.eu.svix.com", "svix"),
        ("clerk.accounts.dev", None),
        ("api.svix.com.example", None),
        ("vercel.com", None),
    ],
)
def test_a_host_belongs_to_one_service_or_to_the_outside(host: str, service: str | None) -> None:
    assert service_of(host, frontend_hosts=frozenset({"clerk.sendero.example"})) == service
