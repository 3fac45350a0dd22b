"""Runs the example app as the deployment of the local world, as Vercel would.

Each ready deployment of a target is a process with the variables that it was built with. The newest
takes over the address once it answers; the previous one finishes its requests and ends, so that
none is refused.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from local import parts
from local.world.listeners import Listeners, listen

if TYPE_CHECKING:
    from local.world.vercel import VercelBackend
    from local.world.vercel.models import Deployment

LOG = logging.getLogger("local.world.deployed")
EXAMPLE = Path(__file__).parents[2] / "example"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
DROPPED = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
LISTENING = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")
HEALTH = "/api/health"
PATIENCE_SECONDS = 180
PAUSE_SECONDS = 0.05
SECONDS_TO_DRAIN = 20


class NotBuilt(Exception):
    """The app can't run; the message says what to do."""


class NotInstalled(NotBuilt):
    """The app's packages are missing."""


def build(example: Path = EXAMPLE) -> Path:
    """Compile the app if its sources are newer than the output; return the program.

    Raises:
        NotInstalled: node or the app's packages are missing.
        NotBuilt: the sources do not compile.
    """
    program = example / "dist" / "server.js"
    sources = [*example.glob("src/*.ts"), example / "tsconfig.json"]
    compiler = example / "node_modules" / ".bin" / "tsc"
    if shutil.which("node") is None or not compiler.exists():
        raise NotInstalled(parts.EXAMPLE.why_missing())
    # One at a time: tests in several processes may need it at once.
    with (example / "node_modules" / ".clerkstack-build").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        newest = max(source.stat().st_mtime for source in sources)
        if not program.exists() or program.stat().st_mtime < newest:
            ran = subprocess.run(
                [compiler], cwd=example, capture_output=True, text=True, check=False
            )
            if ran.returncode:
                program.unlink(missing_ok=True)
                raise NotBuilt(f"the example app does not compile:\n{ran.stdout}")
            program.touch()
    return program


class Deployed:
    """The deployments of one target, behind one fixed address.

    ``guard`` protects Vercel's state; ``surroundings`` are the variables that Vercel would add to
    those of the project, above all Clerk's address.
    """

    def __init__(
        self,
        vercel: VercelBackend,
        *,
        project_id: str,
        target: str,
        guard: AbstractContextManager[Any],
        surroundings: dict[str, str],
        program: Path,
        log: Path,
    ) -> None:
        self._vercel, self._guard = vercel, guard
        self._project_id, self._target = project_id, target
        self._surroundings, self._program, self._log = surroundings, program, log
        self._current: _Process | None = None
        self._seen: str | None = None
        self._ended = threading.Event()
        self._looks = 0
        self._looked = threading.Condition()
        self._thread = threading.Thread(target=self._follow, name="deployed", daemon=True)
        self._socket = listen(0)
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.problem: str | None = None
        app = Starlette(routes=[Route("/{path:path}", self._pass_on, methods=METHODS)])
        self._listeners = Listeners({self._socket: app})

    def start(self) -> Deployed:
        """Start following the deployments."""
        self._listeners.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop all deployments."""
        self._ended.set()
        self._thread.join(SECONDS_TO_DRAIN + PATIENCE_SECONDS)
        self._listeners.stop()

    def __enter__(self) -> Deployed:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @property
    def deployment(self) -> str | None:
        """Return the id of the deployment that answers now."""
        return None if self._current is None else self._current.deployment

    def settle(self, seconds: float = PATIENCE_SECONDS) -> str:
        """Wait until the newest deployment answers; give its id.

        Raises:
            TimeoutError: it does not; the message is the app's own.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            looks = self._looks
            newest = self._newest()
            if newest is not None and newest.id == self.deployment:
                return newest.id
            if newest is not None and newest.id == self._seen and self.problem is not None:
                break
            self._wait_for_look(looks + 1, deadline)
        raise TimeoutError(f"the {self._target} deployment does not answer: {self.problem}")

    def look_again(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until it has looked for a newer deployment once more, and started it."""
        self._wait_for_look(self._looks + 2, time.monotonic() + seconds)

    # -- inside -------------------------------------------------------------------------------

    def _newest(self) -> Deployment | None:
        with self._guard:
            ready = [
                each
                for each in self._vercel.deployments.values()
                if (each.project_id, each.target) == (self._project_id, self._target)
                and each.state == "READY"
            ]
            return max(ready, key=lambda each: each.created_at, default=None)

    def _follow(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            newest = self._newest()
            if newest is not None and newest.id != self._seen:
                self.problem, self._seen = None, newest.id
                self._take_over(newest)
            with self._looked:
                self._looks += 1
                self._looked.notify_all()
        if self._current is not None:
            self._current.end()

    def _wait_for_look(self, number: int, deadline: float) -> None:
        with self._looked:
            self._looked.wait_for(
                lambda: self._looks >= number, max(0.0, deadline - time.monotonic())
            )

    def _take_over(self, deployment: Deployment) -> None:
        try:
            process = self._started(deployment)
        except (LookupError, TimeoutError) as error:
            self.problem = str(error.args[0])
            LOG.warning("%s: %s", deployment.id, self.problem)
            return
        before, self._current = self._current, process
        if before is not None:
            before.drain()

    def _started(self, deployment: Deployment) -> _Process:
        with self._guard:
            variables = self._vercel.vault.opened(deployment.environment)
        system = {
            "VERCEL": "1",
            "VERCEL_ENV": self._target,
            "VERCEL_DEPLOYMENT_ID": deployment.id,
            "PATH": os.environ["PATH"],
            "PORT": "0",
        }
        environment = {**variables, **system, **self._surroundings}
        return _Process(
            deployment.id, self._program, environment, self._log, gives_up=self._ended.is_set
        )

    async def _pass_on(self, request: Request) -> Response:
        process = self._current
        if process is None:
            message = f"No {self._target} deployment answers. {self.problem or ''}\n"
            return PlainTextResponse(message, 503)
        process.in_flight += 1
        try:
            return await _asked(process.address, request)
        except httpx.HTTPError:
            return PlainTextResponse("The deployment does not answer.\n", 502)
        finally:
            process.in_flight -= 1


class _Process:
    """One running deployment."""

    def __init__(
        self,
        deployment: str,
        program: Path,
        environment: dict[str, str],
        log: Path,
        *,
        gives_up: Callable[[], bool],
    ) -> None:
        self.deployment = deployment
        self.in_flight = 0
        with log.open("a+") as out:
            begin = out.tell()
            self._popen = subprocess.Popen(
                ["node", str(program)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            self.address = self._healthy(log, begin, gives_up)
        except BaseException:
            self.end()
            raise

    def _healthy(self, log: Path, begin: int, gives_up: Callable[[], bool]) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and self._popen.poll() is None and not gives_up():
            found = LISTENING.search(log.read_text()[begin:])
            if found is not None and _is_healthy(found[1]):
                return found[1]
            time.sleep(PAUSE_SECONDS)
        raise TimeoutError(log.read_text()[begin:].strip() or "the app did not start")

    def drain(self) -> None:
        """Let it finish its requests, and stop it."""
        time.sleep(PAUSE_SECONDS)  # by then, a request on its way has been counted
        deadline = time.monotonic() + SECONDS_TO_DRAIN
        while self.in_flight and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
        self.end()

    def end(self) -> None:
        """Kill it."""
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGTERM)
            try:
                self._popen.wait(SECONDS_TO_DRAIN)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()


def _is_healthy(address: str) -> bool:
    try:
        return httpx.get(address + HEALTH, trust_env=False, timeout=5).is_success
    except httpx.HTTPError:
        return False


async def _asked(address: str, request: Request) -> Response:
    headers = [(k, v) for k, v in request.headers.raw if k.decode().lower() not in DROPPED]
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=30) as client:
        answer = await client.request(
            request.method, address + path, content=await request.body(), headers=headers
        )
    kept = {k: v for k, v in answer.headers.items() if k.lower() not in DROPPED}
    kept.pop("content-encoding", None)
    return Response(answer.content, answer.status_code, kept)
