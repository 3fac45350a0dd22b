"""`python -m local.world` as a user runs it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.world import World, seed

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "world"
    yield folder
    run("stop", folder)


def run(command: str, home: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local.world", command, "--home", str(home), *more],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def start(home: Path) -> dict[str, str]:
    started = run("start", home, "--port", "0", "--json")
    assert started.returncode == 0, started.stderr
    urls: dict[str, str] = json.loads(started.stdout)
    return urls


def pid_of(home: Path) -> int:
    return int((home / "pid").read_text())


def write(urls: dict[str, str], key: str) -> None:
    httpx.post(
        f"{urls['vercel']}/v10/projects/{seed.VERCEL_PROJECT_ID}/env",
        headers={"Authorization": f"Bearer {seed.VERCEL_TOKEN}"},
        json={"key": key, "value": "value", "type": "plain", "target": ["production"]},
    ).raise_for_status()


def keys(urls: dict[str, str]) -> list[str]:
    answer = httpx.get(
        f"{urls['vercel']}/v10/projects/{seed.VERCEL_PROJECT_ID}/env",
        headers={"Authorization": f"Bearer {seed.VERCEL_TOKEN}"},
    )
    return [variable["key"] for variable in answer.raise_for_status().json()["envs"]]


def end_by_force(pid: int) -> None:
    """Kill the process and return when it is gone."""
    handle = os.pidfd_open(pid)
    try:
        os.kill(pid, signal.SIGKILL)
        assert select.select([handle], [], [], 20)[0], "the process is still there"
    finally:
        os.close(handle)


def test_started_is_ready_and_stopped_is_gone(home: Path) -> None:
    urls = start(home)
    assert httpx.get(f"{urls['control']}/health").json()["status"] == "ready"

    stopped = run("stop", home)

    assert (stopped.returncode, stopped.stdout) == (0, "stopped\n")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{urls['control']}/health")


def test_start_and_stop_may_be_repeated(home: Path) -> None:
    first = start(home)
    pid = pid_of(home)

    assert start(home) == first
    assert pid_of(home) == pid

    run("stop", home)
    assert run("stop", home).stdout == "not running\n"


def test_status_tells_where_it_runs(home: Path) -> None:
    before = run("status", home)
    urls = start(home)
    after = run("status", home, "--json")

    assert (before.returncode, before.stdout) == (1, "not running\n")
    assert (after.returncode, json.loads(after.stdout)) == (0, urls)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process as Linux does")
def test_what_was_answered_survives_a_kill(home: Path) -> None:
    urls = start(home)
    write(urls, "KEPT")

    end_by_force(pid_of(home))

    assert run("status", home).returncode == 1
    assert keys(start(home)) == ["KEPT"]


def test_a_busy_port_is_named_with_another_one(home: Path) -> None:
    with World() as world:
        port = int(world.urls.control.rsplit(":", 1)[1])

        refused = run("start", home, "--port", str(port))

    assert refused.returncode == 1
    assert f"Port {port} of 127.0.0.1 is in use." in refused.stderr
    assert "--port " in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_folder_used_inside_a_program_is_not_stopped(tmp_path: Path) -> None:
    with World(tmp_path):
        refused = run("stop", tmp_path)

    assert refused.returncode == 1
    assert "did not `serve`" in refused.stderr


def test_journal_faults_and_reset_from_the_command_line(home: Path) -> None:
    urls = start(home)
    write(urls, "KEY")

    assert "POST /v10/projects/prj_senderolocal/env" in run("journal", home).stdout
    armed = run("faults", home, "--add", '{"kind": "status", "service": "svix"}')
    assert json.loads(armed.stdout)[0]["service"] == "svix"
    mistaken = run("faults", home, "--add", '{"kind": "crash", "service": "svix"}')
    assert (mistaken.returncode, "kind" in mistaken.stderr) == (1, True)

    assert run("reset", home).returncode == 0
    assert json.loads(run("journal", home, "--json").stdout) == []
    assert keys(urls) == []


def test_a_running_world_prints_nothing_of_its_requests(home: Path) -> None:
    urls = start(home)

    write(urls, "KEY")
    run("stop", home)

    assert (home / "log").read_text() == ""


def test_operations_need_the_descriptions(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.world", "operations", "--specs", str(tmp_path)]

    ran = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=180, check=False
    )

    assert ran.returncode == 1
    assert "set API_SPECS to the folder of the descriptions" in ran.stderr
    assert ran.stdout == ""
