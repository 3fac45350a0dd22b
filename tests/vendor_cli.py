"""Drives the official Clerk command-line client. Nothing it sends leaves loopback.

Requests that do not go to the world would go through a proxy, and the proxy here is ours: it
answers nothing and counts connections.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.parts import VENDOR_CLIENTS
from local.world import World, seed
from tests.absent import absent

TOP = Path(__file__).resolve().parents[1]
BINARY = TOP / "node_modules" / ".bin" / "clerk"
APP = ("--app", seed.APPLICATION_ID)


def need_vendor_cli() -> None:
    """Skip if the client is not installed, but never in CI."""
    if shutil.which("node") is None or not BINARY.exists():
        absent(VENDOR_CLIENTS)


@contextmanager
def vendor_cli(world: World, folder: Path, *, clerk: str | None = None) -> Iterator[Cli]:
    """Yield the client of a world, with its own files in the folder.

    ``clerk`` replaces the world's own address.
    """
    exit_ = _Exit()
    try:
        yield Cli(world, folder, exit_.url, clerk)
    finally:
        exit_.close()
    assert exit_.visitors == 0


class _Exit:
    """A proxy that closes every connection."""

    def __init__(self) -> None:
        self.visitors = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.visitors += 1
            connection.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class Cli:
    """The client in an empty folder, with a config folder of its own."""

    def __init__(self, world: World, folder: Path, proxy: str, clerk: str | None) -> None:
        self.world = world
        self._folder = folder / "empty"
        self._folder.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CLERK_CONFIG_DIR": str(folder / "config"),
            "CLERK_PLATFORM_API_URL": clerk or world.urls.clerk,
            "CLERK_BACKEND_API_URL": clerk or world.urls.clerk,
            "CLERK_PLATFORM_API_KEY": seed.PLATFORM_KEY,
            "CLERK_MODE": "agent",
            "CLERK_TELEMETRY_DISABLED": "1",
            "DO_NOT_TRACK": "1",
            "NO_UPDATE_NOTIFIER": "1",
            "NO_PROXY": "127.0.0.1",
            "HTTP_PROXY": proxy,
            "HTTPS_PROXY": proxy,
        }

    def __call__(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        return subprocess.run(
            [str(BINARY), *words],
            cwd=self._folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def config(self, verb: str, *words: str) -> dict[str, Any]:
        """Run a config command that succeeds, and return the JSON that it prints."""
        ran = self("config", verb, *APP, *words)
        assert ran.returncode == 0, ran.stderr
        printed: dict[str, Any] = json.loads(ran.stdout)
        return printed

    def refused(self, verb: str, *words: str) -> dict[str, Any]:
        """Run a config command that Clerk refuses, and return the error that it prints."""
        ran = self("config", verb, *APP, *words)
        assert ran.returncode == 1
        error: dict[str, Any] = json.loads(ran.stderr[ran.stderr.index('{"error"') :])["error"]
        return error

    def asked(self) -> list[str]:
        """Return the requests to the world, as METHOD and the path's last part."""
        return [f"{e.method} {e.path.rpartition('/')[2]}" for e in self.world.journal()]
