"""The local world: every vendor the program talks to, in one process on loopback."""

from __future__ import annotations

import importlib
import importlib.util
import os
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from local.world.app import ServiceApp, Turns
from local.world.control import control_app
from local.world.faults import Fault, Faults
from local.world.journal import Entry, Journal
from local.world.listeners import Listeners, listen
from local.world.proxy import Proxy
from local.world.seed import VERCEL_PROJECT_ID, seed_clerk, seed_vercel
from local.world.service import Dashboard, Service
from local.world.state import State
from local.world.store import LOOPBACK, Home, PortTaken, Urls
from local.world.svix import SvixBackend, SvixService
from local.world.vercel import VercelService

if TYPE_CHECKING:
    from local.world.deployed import Deployed

SERVICES = ("clerk", "frontend", "svix", "vercel")
SECONDS_OF_HOUR = 3600


class World:
    """The emulated vendors.

        with World() as world:
            client = PlatformClient(base_url=world.urls.clerk, ...)

    With a ``home`` folder, the state is stored there after each change, or only ``at_end``, and
    loaded at the next start; without one, it is lost at the end. ``port`` is that of the control
    API; the services have the next ones, and 0 takes free ports for all. ``seed=False`` starts
    empty. ``serves`` lets `stop` end this process. Further options go to the Clerk backend.

    ``clerk``, ``svix`` and ``vercel`` are the vendors' states, for tests that look inside.
    """

    def __init__(
        self,
        home: Path | None = None,
        port: int = 0,
        seed: bool = True,
        *,
        proxy: bool = True,
        serves: bool = False,
        at_end: bool = False,
        **options: Any,
    ) -> None:
        self._home = Home(home) if home is not None else None
        self._port = port
        self._seeds = seed
        self._proxied = proxy
        self._pid = os.getpid() if serves else None
        svix, vercel = SvixService(), VercelService()
        self.svix, self.vercel = svix.backend, vercel.backend
        self.clerk, clerk_services = _clerk(self.svix, options)
        self._services: tuple[Service, ...] = (*clerk_services, svix, vercel)
        self._state = State(self._services, self._home, at_once=not at_end)
        self._nothing = self._state.dump()
        if seed:
            self._seed()
        self._turns = Turns()
        self._urls: Urls | None = None
        self._running = ExitStack()
        self._deployed: dict[tuple[str, str], Deployed] = {}
        self.hosts = self.svix.deliveries.hosts
        self.requests = Journal()
        self.faults = Faults()

    @property
    def urls(self) -> Urls:
        """The base URLs of the running world."""
        if self._urls is None:
            raise RuntimeError("the world is not running")
        return self._urls

    def start(self) -> World:
        """Start all services; return when they accept connections.

        Raises:
            PortTaken: a port is in use.
            WorldError: another process serves the folder, or its state file can't be read.
        """
        with ExitStack() as undo:
            if self._home is not None:
                self._home.hold(self._pid)
                undo.callback(self._home.release)
                self.vercel.vault.open(self._home.values_file)
                state = self._home.read_state()
                if state is not None:
                    self._state.take(state)
            self._turns = Turns()
            self.svix.deliveries.guard = self._turns.threads
            self.svix.deliveries.keep = self._state.keep
            undo.callback(self.svix.deliveries.forget_keep)
            self._urls = self._listen(undo)
            undo.callback(self._forget_urls)
            if self._home is not None:
                self._home.write_urls(self._urls)
            self._state.write()
            self._running = undo.pop_all()
        return self

    def stop(self) -> None:
        """Store the state and stop everything. Does nothing if it is not running."""
        if self._urls is not None:
            with self._turns.threads:
                self._state.write()
        self._running.close()

    def __enter__(self) -> World:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    # -- for tests and the control API ------------------------------------------------------

    def journal(self) -> list[Entry]:
        """List the requests to the services, oldest first."""
        return self.requests.entries()

    def clear_journal(self) -> None:
        """Forget the requests so far."""
        self.requests.clear()

    def fault(self, **fields: Any) -> Fault:
        """Arm a fault; the fields are those of ``Fault``."""
        fault = Fault(**fields)
        self.faults.add(fault)
        return fault

    def clear_faults(self) -> None:
        """Disarm all faults."""
        self.faults.clear()

    def route(self, host: str, address: str | None) -> None:
        """Let an address on loopback answer for a host; None removes the route.

        Webhooks are delivered to it, and the proxy leads to it. It is forgotten at the end.

        Raises:
            ValueError: the host is not a name, or the address is not plain HTTP on loopback.
        """
        self.hosts.route(host, address)

    def deploy(
        self, target: str, host: str | None = None, *, project_id: str | None = None
    ) -> Deployed:
        """Run the example app as the deployment of a target of a project (default: Sendero's). It
        stops with the world.

        With a host, its address answers for the host, so that webhooks reach it. See
        `local.world.deployed`.

        Raises:
            NotBuilt: the app can't run here.
            ValueError: there is no such target or project.
        """
        if target not in ("production", "preview"):
            raise ValueError(f"there is no target {target}")
        project_id = project_id or VERCEL_PROJECT_ID
        if project_id not in self.vercel.projects:
            raise ValueError(f"there is no project {project_id}")
        from local.world.deployed import Deployed, build  # imported here: few worlds have an app

        known = (project_id, target)
        if known in self._deployed:
            deployed = self._deployed[known]
            if host is not None:
                self.route(host, deployed.address)
            return deployed
        folder = self._home.folder if self._home is not None else None
        if folder is None:
            folder = Path(self._running.enter_context(tempfile.TemporaryDirectory()))
        deployed = Deployed(
            self.vercel,
            project_id=project_id,
            target=target,
            guard=self._turns.threads,
            surroundings={"CLERK_API_URL": self.urls.clerk},
            program=build(),
            log=folder / f"app-{project_id}-{target}.log",
        ).start()
        self._running.callback(self._deployed.clear)
        self._running.callback(deployed.stop)
        self._deployed[known] = deployed
        if host is not None:
            self.route(host, deployed.address)
        return deployed

    def reset(self) -> None:
        """Go back to the beginning: the seed, no faults, no routes, an empty journal."""
        with self._turns.threads:
            self._state.load(self._nothing)
            if self._seeds:
                self._seed()
            self._state.keep()
        self.faults.clear()
        self.hosts.clear()
        self.requests.clear()

    def advance(self, hours: float) -> None:
        """Make the overlaps of rotated secrets end that many hours earlier.

        Nothing else ages: the app's process has this machine's time, and would refuse a message or
        a session with another one.
        """
        with self._turns.threads:
            for vendor in (self.clerk, self.svix):
                if vendor is not None:
                    vendor.age_overlaps(hours * SECONDS_OF_HOUR)
            self._state.keep()

    def dashboard(self, action: str, /, **body: Any) -> Any:
        """Act as a person in a vendor's dashboard.

        Raises:
            LookupError: no vendor has such an action, or its object does not exist.
            ValueError: the body is malformed.
        """
        with self._turns.threads:
            for service in self._services:
                if isinstance(service, Dashboard):
                    done = service.dashboard(action, body)
                    self._state.keep()
                    return done
        raise LookupError("no vendor has a dashboard")

    # -- inside -------------------------------------------------------------------------------

    def _listen(self, undo: ExitStack) -> Urls:
        names = ("control", *SERVICES)
        sockets: dict[str, socket.socket] = {}
        for offset, name in enumerate(names):
            sockets[name] = listen(self._port + offset if self._port else 0)
            undo.callback(sockets[name].close)
        apps: dict[socket.socket, ASGIApp] = {sockets["control"]: control_app(self)}
        for name in SERVICES:
            apps[sockets[name]] = Starlette()
        for service in self._services:
            apps[sockets[service.name]] = ServiceApp(
                service,
                journal=self.requests,
                faults=self.faults,
                turns=self._turns,
                state=self._state,
            )
        urls = {n: f"http://{LOOPBACK}:{s.getsockname()[1]}" for n, s in sockets.items()}
        if self._proxied:
            urls |= self._start_proxy(urls, undo)
        listeners = Listeners(apps)
        listeners.start()
        undo.callback(listeners.stop)
        return Urls(**urls)

    def _start_proxy(self, urls: dict[str, str], undo: ExitStack) -> dict[str, str]:
        if self._home is not None:
            ca_file = self._home.ca_file
        else:
            ca_file = Path(undo.enter_context(tempfile.TemporaryDirectory())) / "ca.pem"
        proxy = Proxy({name: urls[name] for name in SERVICES}, ca_file=ca_file, hosts=self.hosts)
        port = self._port + 1 + len(SERVICES) if self._port else 0
        try:
            return {"proxy": undo.enter_context(proxy.running(port)), "ca_file": str(ca_file)}
        except OSError:
            raise PortTaken(port) from None

    def _seed(self) -> None:
        seed_vercel(self.vercel)
        service = self._services[0]
        if self.clerk is not None and isinstance(service, Dashboard):
            seed_clerk(self.clerk, service)

    def _forget_urls(self) -> None:
        self._urls = None


def _clerk(svix: SvixBackend, options: dict[str, Any]) -> tuple[Any, tuple[Service, ...]]:
    if importlib.util.find_spec("local.world.clerk") is None:
        return None, ()
    package = importlib.import_module("local.world.clerk")
    clerk = package.ClerkBackend(svix=svix, **options)
    return clerk, (package.ClerkService(clerk), package.FrontendService(clerk))
