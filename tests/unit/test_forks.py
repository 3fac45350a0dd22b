"""Others see a fork as the process that was requested."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.killing import kill_tree
from tests.clock import wait_until
from tests.forks import ALONE, LONGEST, Forks, forks_of

TOLD = """
import json, os, sys
print(json.dumps({
    "arguments": sys.argv, "folder": os.getcwd(), "variable": os.environ.get("VARIABLE"),
    "first": sys.path[0], "name": __name__, "prefix": sys.prefix, "isatty": sys.stdout.isatty(),
    "encoding": sys.stdout.encoding, "entered": sys.stdin.read(), "own": len(sys.path),
    "file": __file__, "loaded": "pulumi" in sys.modules,
}))
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A folder with a script and a module."""
    (tmp_path / "told.py").write_text(TOLD)
    return tmp_path


def output(command: list[str], folder: Path, **variables: str) -> dict[str, object]:
    shown: dict[str, object] = json.loads(
        subprocess.check_output(
            command, cwd=folder, env={**os.environ, **variables}, input="said", text=True
        )
    )
    return shown


@pytest.mark.parametrize("words", [["told.py", "a b"], ["-m", "told", "--c"], ["-u", "told.py"]])
def test_it_sees_what_a_process_of_its_own_sees(python: str, code: Path, words: list[str]) -> None:
    forked = output([python, *words], code, VARIABLE="x", PYTHONPATH="/theirs")
    alone = output([sys.executable, *words], code, VARIABLE="x", PYTHONPATH="/theirs")

    assert forked.pop("loaded")
    assert not alone.pop("loaded")
    assert forked == alone


@pytest.mark.parametrize("last", ["rotate", "x" * 2 * LONGEST])
def test_it_is_known_by_its_command_line(python: str, tmp_path: Path, last: str) -> None:
    (tmp_path / "own.py").write_text("print(open('/proc/self/cmdline').read(), end='')\n")
    command = [python, "-u", str(tmp_path / "own.py"), "a b", last]

    own = subprocess.check_output(command, text=True).rstrip("\0")

    words = "\0".join(["python", *command[1:]])
    assert own == words if last == "rotate" else words.startswith(own)
    assert len(own) > min(len(words) - 1, LONGEST)


@pytest.mark.parametrize(
    ("variables", "words"),
    [(ALONE, ["told.py"]), ({"PYTHONIOENCODING": "latin-1"}, ["told.py"])],
    ids=["asked for", "another encoding"],
)
def test_what_a_fork_can_not_be_is_a_process_of_its_own(
    python: str, code: Path, variables: dict[str, str], words: list[str]
) -> None:
    alone = output([sys.executable, *words], code, **variables)

    assert output([python, *words], code, **variables) == alone


def test_options_that_it_does_not_know_are_pythons(python: str) -> None:
    said = subprocess.check_output([python, "-X", "utf8", "-c", "print('x y')"], text=True)

    assert said == "x y\n"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("sys.exit(7)", 7),
        ("sys.exit('gone')", 1),
        ("os.kill(os.getpid(), signal.SIGKILL)", -9),
        ("signal.signal(15, signal.SIG_DFL); os.kill(os.getpid(), 15)", -15),
        ("raise KeyboardInterrupt", -2),
    ],
)
def test_it_ends_as_it_would(python: str, tmp_path: Path, line: str, status: int) -> None:
    (tmp_path / "script.py").write_text(f"import os, signal, sys\n{line}\n")
    command = [python, str(tmp_path / "script.py")]

    assert subprocess.run(command, capture_output=True, check=False).returncode == status


@pytest.mark.parametrize("end", ["", "sys.exit()", "sys.exit(0)"])
def test_what_was_begun_is_done_before_it_ends(python: str, tmp_path: Path, end: str) -> None:
    (tmp_path / "script.py").write_text(
        "import atexit, sys, threading\n"
        "atexit.register(print, 'at exit', end='')\n"
        "threading.Timer(0.1, print, ('in a thread',), {'end': ' '}).start()\n"
        f"print('first', end=' ')\n{end}\n"
    )

    said = subprocess.check_output([python, str(tmp_path / "script.py")], text=True)

    assert said == "first in a thread at exit"


def test_unbuffered_it_writes_at_once_also_bytes(python: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import sys\nsys.stdout.buffer.write(b'1')\ninput()\n")

    with subprocess.Popen(
        [python, "-u", str(tmp_path / "script.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as started:
        assert started.stdout is not None
        assert started.stdout.read(1) == b"1"
        started.communicate(b"\n")


def test_signals_reach_it(python: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n"
        "print('ready', flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([python, str(tmp_path / "script.py")], stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == b"ready\n"
        started.send_signal(signal.SIGTERM)

    assert started.returncode == 9


def test_a_tree_that_is_killed_has_the_forks_and_what_they_started(
    python: str, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(
        "import os, subprocess, time\n"
        "began = subprocess.Popen(['sleep', '60'])\n"
        "print(os.getpid(), began.pid, flush=True)\ntime.sleep(60)\n"
    )
    command = ["sh", "-c", f"{python} {tmp_path / 'script.py'}; true"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        numbers = [int(number) for number in started.stdout.readline().split()]
        kill_tree(started.pid, forks_of)

    for number in numbers:
        assert_gone(Path(f"/proc/{number}"))


def test_killed_it_takes_the_fork_along(python: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([python, str(tmp_path / "script.py")], stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        fork = Path(f"/proc/{int(started.stdout.readline())}")
        assert fork.exists()
        started.kill()

    assert_gone(fork)


def test_killed_it_takes_a_fork_along_that_runs_no_more_python(python: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import ctypes, os\nprint(os.getpid(), flush=True)\nctypes.PyDLL(None).sleep(1000)\n"
    )
    with subprocess.Popen([python, str(tmp_path / "script.py")], stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        fork = Path(f"/proc/{int(started.stdout.readline())}")
        started.kill()

    assert_gone(fork)


@pytest.mark.parametrize("sent", [b"", b"8 ", b"0 1\0word\0"])
def test_killed_before_it_has_said_what_to_run_it_leaves_no_open_file(
    forks: Forks, sent: bytes
) -> None:
    """The engine waits for the output of a plugin that it killed until nobody has it open."""
    read, write = os.pipe()
    with socket.socket(socket.AF_UNIX) as killed:
        killed.connect(str(forks.socket))
        socket.send_fds(killed, [(100).to_bytes(4, "big")], [write] * 3)
        killed.sendall(sent)
    os.close(write)

    ready, _, _ = select.select([read], [], [], 60)
    assert ready
    assert os.read(read, 1) == b""
    os.close(read)


def test_its_parent_is_the_parent_of_the_process_that_requested_it(
    python: str, tmp_path: Path
) -> None:
    """What ends with its parent, as plugins do, ends with it as a fork too."""
    (tmp_path / "script.py").write_text(
        "import os, time\n"
        "own, parent, child = os.getpid(), os.getppid(), os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if os.getppid() == own else 1)\n"
        "print(os.waitpid(child, 0)[1], parent, flush=True)\n"
        "while os.getppid() == parent:\n"
        "    time.sleep(0.01)\n"
        "print('orphan', flush=True)\n"
    )
    command = ["sh", "-c", f"{python} {tmp_path / 'script.py'}; true"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == b"0 %d\n" % started.pid
        started.kill()

        assert started.stdout.readline() == b"orphan\n"


def assert_gone(process: Path) -> None:
    wait_until(lambda: not process.exists())


def test_without_a_compiler_each_is_a_process_of_its_own(
    code: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    started = Forks(tmp_path_factory.mktemp("forks"))
    monkeypatch.undo()

    shown = output([str(started.environment / "bin" / "python"), "told.py"], code)

    started.stop()
    assert not shown["loaded"]
