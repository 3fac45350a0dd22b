"""Processes are found, followed to their end and named; a start stops at its first request."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from local.measure import command, first_request, proc, roles
from local.measure.first_request import Listener
from local.measure.sampler import Sampler, Seen
from tests.clock import wait_until

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux has /proc/<pid>/task/<tid>/children"
)

SPENT = 0.3  # seconds
SLACK = 0.1  # seconds: of the kernel's clock, and of a Python that ends
BURN = f"""\
import time
def burn():
    while time.process_time() < {SPENT}:
        pass
"""
HOLD = 64  # MiB
PARENT = f"""\
import subprocess, sys
{BURN}
held = bytearray({HOLD} << 20)
subprocess.run([sys.executable, "-c", {BURN + "burn()"!r}, "child"], check=True)
burn()
"""
CONNECTS = """\
import socket, sys
burn()
socket.create_connection(("127.0.0.1", int(sys.argv[1]))).recv(1)
while True:
    pass
"""


def python(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-c", *words)


def test_every_process_is_followed_to_its_end(tmp_path: Path) -> None:
    # On a busy machine the last sample of a process may be taken long before its end.
    for _ in range(10):
        sampler = Sampler()
        cost = command.run(python(PARENT), cwd=tmp_path, environ=os.environ, follower=sampler)
        parent, child = sorted(sampler.seen.values(), key=lambda seen: seen.first_seen)
        if child.cpu > SPENT / 2:
            break

    assert child.parent == parent.pid
    assert child.words[-1] == "child"
    assert parent.cpu == pytest.approx(SPENT, abs=SLACK)
    assert SPENT / 2 < child.cpu < SPENT + SLACK
    assert cost.cpu == pytest.approx(2 * SPENT, abs=2 * SLACK)
    assert 0 < child.first_seen < child.last_seen < parent.last_seen + SLACK
    assert sampler.seconds == pytest.approx(cost.seconds, rel=0.5)
    assert parent.mebibytes > HOLD > child.mebibytes > 0


def test_a_command_that_fails_is_reported_with_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(command.Failed, match=r"(?s)ended with 3.*the reason"):
        command.run(("sh", "-c", "echo the reason >&2; exit 3"), cwd=tmp_path, environ=os.environ)


def test_an_interrupted_measurement_leaves_no_process(tmp_path: Path) -> None:
    started: list[int] = []

    class Interrupted:
        def begin(self, pid: int) -> None:
            while not (below := proc.below(pid)):
                time.sleep(0.01)
            started.extend((pid, *below))
            raise KeyboardInterrupt

        def end(self) -> None:
            raise AssertionError("it was never followed")

    with pytest.raises(KeyboardInterrupt):
        command.run(
            ("sh", "-c", "sleep 600; true"),
            cwd=tmp_path,
            environ=os.environ,
            follower=Interrupted(),
        )

    assert len(started) == 2
    wait_until(lambda: not any(running(pid) for pid in started))


def running(pid: int) -> bool:
    its = proc.times(pid)
    return its is not None and not its.ended


def test_a_start_is_measured_up_to_its_first_request(tmp_path: Path) -> None:
    with Listener(0) as listener:
        (port,) = listener.ports
        asking = python(BURN + CONNECTS, str(port))

        spent = listener.spent(asking, cwd=tmp_path, environ=os.environ)
        next_one = listener.spent(("true",), cwd=tmp_path, environ=os.environ)

    assert spent.asks
    assert spent.own == pytest.approx(SPENT, abs=SLACK)
    assert spent.below == 0
    # The next command does not get the connection that nobody accepted.
    assert not next_one.asks


def test_what_a_start_has_started_is_told_apart(tmp_path: Path) -> None:
    with Listener(0) as listener:
        spent = listener.spent(python(PARENT), cwd=tmp_path, environ=os.environ)

    assert not spent.asks
    assert spent.own == pytest.approx(SPENT, abs=SLACK)
    assert spent.below == pytest.approx(SPENT, abs=SLACK)


def test_a_start_that_fails_or_hangs_is_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Listener(0) as listener:
        with pytest.raises(command.Failed, match="ended with 1"):
            listener.spent(python("raise SystemExit(1)"), cwd=tmp_path, environ=os.environ)
        monkeypatch.setattr(first_request, "PATIENCE", 0.2)
        with pytest.raises(command.Failed, match="neither ended nor sent"):
            listener.spent(("sleep", "600"), cwd=tmp_path, environ=os.environ)


ENGINE = ("pulumi", "up", "--stack", "local", "--policy-pack", "policies/pack")
PROCESSES: dict[int, tuple[int | None, tuple[str, ...], str]] = {
    1: (None, ENGINE, roles.ENGINE),
    2: (1, ("/built/bin/pulumi-language-python", "127.0.0.1:1"), roles.HOST),
    3: (2, ("/venv/bin/python3", "-m", "pip", "list", "-v"), roles.PACKAGES),
    4: (2, ("python3", "/bin/pulumi-language-python-exec", "--monitor", "x"), roles.PROGRAM),
    5: (1, ("/bin/sh", "/built/bin/pulumi-resource-pulumi-python", "x"), roles.DYNAMIC),
    6: (5, ("python", "-u", "-m", "pulumi.dynamic", "x"), roles.DYNAMIC),
    7: (1, ("python", "-u", "local/machine/plugins/bin/../start.py", "vercel", "x"), roles.VERCEL),
    8: (1, ("/home/x/pulumi-resource-vercel", "127.0.0.1:1"), roles.VERCEL),
    9: (1, ("python", "-u", "bin/../start.py", "command", "x"), roles.COMMAND),
    10: (9, ("/bin/sh", "-c", "bin/clerkstack redeploy --project p"), roles.REDEPLOY),
    11: (10, ("dirname", "bin/clerkstack"), roles.REDEPLOY),
    12: (1, (".venv/bin/python", "-u", "-m", "policies", "x"), roles.PACK),
    13: (12, (), roles.PACK),
    14: (2, ("python3", "--version"), roles.OTHERS),
}


def test_every_process_of_an_up_has_a_role() -> None:
    seen = {
        pid: Seen(pid, parent, first_seen=pid, last_seen=pid + 1, words=words, cpu=1, mebibytes=pid)
        for pid, (parent, words, _) in PROCESSES.items()
    }

    named = {pid: roles.role_of(each, seen) for pid, each in seen.items()}
    summed = {each.role: each for each in roles.by_role(seen.values())}

    assert named == {pid: role for pid, (_, _, role) in PROCESSES.items()}
    assert next(iter(summed)) == roles.ENGINE
    assert summed[roles.DYNAMIC].model_dump() == {
        "role": roles.DYNAMIC,
        "processes": 2,
        "cpu": 2,
        "first_seen": 5,
        "ended": 7,
        "mebibytes": 6,
    }
