"""Runs a world in a separate process that outlives the command that started it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from local.world.store import Home, PortTaken, Urls, WorldError

PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60


def start(home: Home, port: int | None) -> Urls:
    """Start a server on the folder; return when it, or one started meanwhile, is ready.

    Raises:
        PortTaken: a port is in use.
        WorldError: it did not start; the message is its own.
    """
    home.folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "local.world", "serve", "--json", "--home", str(home.folder)]
    if port is not None:
        command += ["--port", str(port)]
    with home.log_file.open("a+") as log:
        begin = log.tell()
        server = subprocess.Popen(
            command,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        assert server.stdout is not None
        with server.stdout:
            ready = server.stdout.readline()  # ends with the process if it fails
        said = json.loads(ready) if ready else {}
        if "port_taken" in said:
            server.wait()
            raise PortTaken(said["port_taken"])
        if said:
            server.returncode = 0  # it keeps running; nobody here waits for it
            return Urls(**said)
        server.wait()
        other = _started_meanwhile(home)
        if other is not None:
            return other
        log.seek(begin)
        raise WorldError(log.read().strip() or f"the server ended with {server.returncode}")


def _started_meanwhile(home: Home) -> Urls | None:
    """Wait for a server that somebody else started at the same time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while home.is_held() and time.monotonic() < deadline:
        urls = home.urls()
        if urls is not None:
            return urls
        time.sleep(0.02)
    return None


def stop(home: Home) -> bool:
    """Stop the server on the folder; False if none runs.

    Raises:
        WorldError: the folder belongs to a test, or the server does not end.
    """
    if not home.is_held():
        return False
    pid = home.pid()
    if pid is None:
        raise WorldError(f"{home.folder} is used by a program that did not `serve` it")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while home.is_held():
        if time.monotonic() > deadline:
            raise WorldError(f"process {pid} does not end")
        time.sleep(0.02)
    return True
