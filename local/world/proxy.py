"""A forward proxy that leads programs without a base-URL setting to the local world.

A Go program such as an official provider plugin honours HTTPS_PROXY and SSL_CERT_FILE: with the
first it requests a tunnel to, say, api.vercel.com from this proxy, and with the second it trusts
the proxy's certificate. The proxy forwards requests to the emulator, or to the address in the
world's routes. Every other host is refused, so that nothing reaches a real account by mistake.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import trustme

from local.world.hosts import Hosts
from local.world.listeners import PATIENCE_SECONDS

LOOPBACK = "127.0.0.1"
HTTPS_PORT = 443
CHUNK_BYTES = 65_536
LONGEST_HEAD_BYTES = 16_384
CONNECT = re.compile(rb"CONNECT ([^\s:]+):(\d+) HTTP/1\.[01]\r\n")

HOSTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"api\.vercel\.com"), "vercel"),
    (re.compile(r"api\.clerk\.(com|dev)"), "clerk"),
    (re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.clerk\.accounts\.dev"), "frontend"),
    (re.compile(r"api(\.[a-z]+)?\.svix\.com"), "svix"),
)
"""The service that answers for each host; the first match wins."""


def service_of(host: str, *, frontend_hosts: frozenset[str] = frozenset()) -> str | None:
    """Return the service that answers for a host, or None for an external host."""
    name = host.lower().rstrip(".")
    if name in frontend_hosts:
        return "frontend"
    return next((service for form, service in HOSTS if form.fullmatch(name)), None)


class Proxy:
    """The proxy over the world's services.

    ``services`` maps service names to base URLs on loopback; ``frontend_hosts`` are the Frontend
    API hosts of production instances (``clerk.<domain>``); ``hosts`` are further hosts with their
    addresses. The certificate authority is new each time, with its certificate in ``ca_file``; its
    key stays in memory.
    """

    def __init__(
        self,
        services: Mapping[str, str],
        *,
        ca_file: Path,
        frontend_hosts: frozenset[str] = frozenset(),
        hosts: Hosts | None = None,
    ) -> None:
        self._services = dict(services)
        self._hosts = hosts or Hosts()
        self._frontend_hosts = frontend_hosts
        self._authority = trustme.CA(organization_name="clerkstack local world")
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._server: asyncio.Server | None = None
        self._tunnels: set[asyncio.Task[None]] = set()
        self.ca_file = ca_file
        ca_file.parent.mkdir(parents=True, exist_ok=True)
        self._authority.cert_pem.write_to_path(str(ca_file))

    async def start(self, port: int = 0) -> int:
        """Listen on loopback and return the port."""
        logging.getLogger("asyncio").addFilter(_matters)
        # Explicitly TCP, so that asyncio disables Nagle's algorithm on accepted connections.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            listener.close()
            raise
        self._server = await asyncio.start_server(self._accept, sock=listener)
        return int(listener.getsockname()[1])

    async def stop(self) -> None:
        """Close the listener and every tunnel."""
        if self._server is not None:
            self._server.close()
        for tunnel in list(self._tunnels):
            tunnel.cancel()
        await asyncio.gather(*self._tunnels, return_exceptions=True)

    @contextmanager
    def running(self, port: int = 0) -> Iterator[str]:
        """Run in a separate thread; yield the URL for HTTPS_PROXY."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
        thread.start()
        try:
            bound = asyncio.run_coroutine_threadsafe(self.start(port), loop).result(
                PATIENCE_SECONDS
            )
            yield f"http://{LOOPBACK}:{bound}"
        finally:
            asyncio.run_coroutine_threadsafe(self.stop(), loop).result(PATIENCE_SECONDS)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(PATIENCE_SECONDS)
            loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tunnels.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # One side closed: the other one is closed below.
        finally:
            self._tunnels.discard(task)
            await _close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return
        asked = CONNECT.match(head)
        host, port = (asked[1].decode(), int(asked[2])) if asked else ("", 0)
        address = self._address(host)
        if address is None or port != HTTPS_PORT or len(head) > LONGEST_HEAD_BYTES:
            await _refuse(writer, host or "a request that is no CONNECT")
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await writer.start_tls(self._context(host))
        there = urlsplit(address)
        onward_reader, onward_writer = await asyncio.open_connection(there.hostname, there.port)
        try:
            await _join(reader, writer, onward_reader, onward_writer)
        finally:
            await _close(onward_writer)

    def _address(self, host: str) -> str | None:
        """Return the address that answers for a host; the world's own hosts cannot be rerouted."""
        service = service_of(host, frontend_hosts=self._frontend_hosts)
        return self._hosts.address_of(host) if service is None else self._services.get(service)

    def _context(self, host: str) -> ssl.SSLContext:
        """Return the TLS settings with a certificate for the host, created on first use."""
        if host not in self._contexts:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.set_alpn_protocols(["http/1.1"])
            self._authority.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]


def _matters(record: logging.LogRecord) -> bool:
    """Drop a warning that Python 3.11 logs at the end of every upgraded connection."""
    return "eof_received() has no effect" not in record.getMessage()


async def _join(
    near_reader: asyncio.StreamReader,
    near_writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    """Pass bytes both ways until one side ends."""
    ways = [
        asyncio.create_task(_pass_on(near_reader, far_writer)),
        asyncio.create_task(_pass_on(far_reader, near_writer)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()


async def _refuse(writer: asyncio.StreamWriter, what: str) -> None:
    text = f"The local world does not answer for {what}, and passes nothing on.\n".encode()
    head = f"HTTP/1.1 403 Forbidden\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + text)
    await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, ssl.SSLError, asyncio.CancelledError):
        await writer.wait_closed()
