"""Loopback listeners: one thread serves all applications, each on its own port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.world.store import LOOPBACK, PortTaken

PATIENCE_SECONDS = 180
SECONDS_TO_ANSWER = 0.1
"""Seconds that pending answers may take when the servers stop."""
SECONDS_OF_A_DATE = 1.0
"""Seconds between two updates of the date in the answers."""
CLOSE_CONNECTION = "local.world.close"
"""Name in an ASGI scope of the function that closes the connection at once."""


def listen(port: int) -> socket.socket:
    """Create a listening socket on loopback; port 0 takes a free one.

    Raises:
        PortTaken: the port is in use.
    """
    # Explicitly TCP, so that asyncio disables Nagle's algorithm; otherwise each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise PortTaken(port) from None
    return listener


class Listeners:
    """Servers of ASGI applications, each on its listening socket."""

    def __init__(self, apps: Mapping[socket.socket, ASGIApp]) -> None:
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._servers = {listener: _server(app, self._ended) for listener, app in apps.items()}
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local world", daemon=True)

    def start(self) -> None:
        """Start all servers; return when each accepts connections."""
        self._thread.start()
        if not self._started.wait(PATIENCE_SECONDS):
            raise TimeoutError("the local world did not start")

    def stop(self) -> None:
        """Stop all servers, wait for them, and close the sockets."""
        for server in self._servers.values():
            server.should_exit = True
            server.force_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: all have ended
                self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(PATIENCE_SECONDS)
        for listener in self._servers:
            listener.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        tasks = [
            asyncio.create_task(server.serve(sockets=[listener]))
            for listener, server in self._servers.items()
        ]
        while not all(server.started for server in self._servers.values()):
            await asyncio.sleep(0.002)
        self._started.set()
        await asyncio.gather(*tasks)


def _server(app: ASGIApp, ended: asyncio.Event) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=_Closable,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )
    return _Quiet(config, ended)


class _Quiet(uvicorn.Server):
    """A server that does not touch the process's signals, and stops at once on request."""

    def __init__(self, config: uvicorn.Config, ended: asyncio.Event) -> None:
        super().__init__(config)
        self._ended = ended

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), SECONDS_OF_A_DATE)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=SECONDS_TO_ANSWER)
        await asyncio.sleep(0)  # let closed connections notice

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Closable(H11Protocol):
    """An HTTP protocol whose application can close the connection instead of answering."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: uvicorn.server.ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            close: Callable[[], None] = self.transport.abort
            await inner({**scope, CLOSE_CONNECTION: close}, receive, send)

        self.app = app
