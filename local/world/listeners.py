"""Loopback listeners: one thread serves all applications, each on a port of its own."""

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

PATIENCE_SECONDS = 20
GRACE_SECONDS = 0.1
CLOSE_CONNECTION = "local.world.close"
"""Name in an ASGI scope of the function that closes the connection at once."""


def listen(port: int) -> socket.socket:
    """Make a listening socket on loopback; port 0 takes a free one.

    Raises:
        PortTaken: the port is in use.
    """
    # Named as TCP, so that asyncio turns Nagle's algorithm off: else each answer waits 40 ms.
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
        self._servers = {listener: _server(app) for listener, app in apps.items()}
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local world", daemon=True)

    def start(self) -> None:
        """Start all; returns when each of them takes connections."""
        self._thread.start()
        if not self._started.wait(PATIENCE_SECONDS):
            raise TimeoutError("the local world did not start")

    def stop(self) -> None:
        """Stop all, wait until they have, and close the sockets."""
        for server in self._servers.values():
            server.end()
        self._thread.join(PATIENCE_SECONDS)
        for listener in self._servers:
            listener.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        tasks = [
            asyncio.create_task(server.serve(sockets=[listener]))
            for listener, server in self._servers.items()
        ]
        while not all(server.started for server in self._servers.values()):
            await asyncio.sleep(0.002)
        self._started.set()
        await asyncio.gather(*tasks)


def _server(app: ASGIApp) -> Server:
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
    )
    return Server(config)


class Server(uvicorn.Server):
    """A server that leaves the process's signals alone, and ends as soon as it is to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing about signals."""
        yield

    async def main_loop(self) -> None:
        """Serve until `end`, with a look at the clock each second: the date in the answers."""
        ending = asyncio.Event()
        self._ending = (asyncio.get_running_loop(), ending)
        # uvicorn itself looks ten times a second whether it is to end, and each end waits for that.
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the listeners and the connections; what is being answered has a moment."""
        for listening in self.servers:
            listening.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE_SECONDS)

    def end(self) -> None:
        """End it from any thread; connections are closed."""
        self.should_exit = True
        self.force_exit = True
        if self._ending is not None:
            loop, ending = self._ending
            with contextlib.suppress(RuntimeError):  # it has ended already
                loop.call_soon_threadsafe(ending.set)


class _Closable(H11Protocol):
    """HTTP whose application can close the connection instead of answering."""

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
