"""Imports the libraries, then forks for each who asks at the socket, until its input ends."""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import gc
import importlib
import io
import os
import runpy
import select
import selectors
import signal
import socket
import struct
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from preloaded import Preloaded

OF_PYTHON_ITSELF = ("PYTHON", "LANG", "LC_")
"""Variables that Python reads as it starts begin so: a fork has started with this process's."""

LIBRARIES = (
    "argparse",
    "encodings.utf_8_sig",
    "google.protobuf.json_format",
    "grpc",
    "grpc._channel",
    "grpc._server",
    "grpc._simple_stubs",
    "httpx",
    "pulumi",
    "pulumi.dynamic",
    "pulumi.provider.server",
    "pulumi_command.local.command",
    "pulumi_command.local.run",
    "pydantic",
    "rich.console",
    "rich.table",
    "ruamel.yaml",
    "tenacity",
    "typer",
    "yaml",
)


def main() -> None:
    """Serve at the socket that the first argument names; in a fork, do what was asked for."""
    for name in LIBRARIES:
        importlib.import_module(name)
    # At each step the SDK tells the engine what only `--debug` would show, and waits for it.
    sys.modules["pulumi.log"].debug = lambda *_, **__: None  # type: ignore[attr-defined]
    own = Preloaded(Path(__file__).parents[2])
    # What all forks share is not looked through, and so not copied, by each.
    gc.collect()
    gc.freeze()
    asked = _Server(sys.argv[1]).serve()
    if asked is not None:
        sys.meta_path.insert(0, own)
        try:
            _become(*asked)
        except SystemExit as exit_:
            if not isinstance(exit_.code, int | None):
                raise
            _end(exit_.code or 0)
        _end(0)


Asked = tuple[socket.socket, dict[str, Any], list[int]]
"""Who asked; what is to run; its standard input, output and error."""


class _Server:
    def __init__(self, at: str) -> None:
        self._started_with = _of_python(dict(os.environ))
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(at)
        self._listening.listen(64)
        self._ended, self._woken = os.pipe()
        os.set_blocking(self._woken, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._woken)
        self._running: dict[int, socket.socket] = {}

    def serve(self) -> Asked | None:
        """None when the input ended; in a fork, what was asked for."""
        with selectors.DefaultSelector() as events:
            for each in (self._listening, self._ended, sys.stdin):
                events.register(each, selectors.EVENT_READ)
            print("ready", flush=True)
            while True:
                for key, _ in events.select():
                    if key.fileobj is sys.stdin:
                        return None
                    if key.fileobj is self._listening:
                        asked = self._fork()
                        if asked is not None:
                            return asked
                    else:
                        os.read(self._ended, 4096)
                        self._tell()

    def _fork(self) -> Asked | None:
        who, _ = self._listening.accept()
        wanted, files = _read(who)
        same = wanted is not None and _of_python(wanted["environment"]) == self._started_with
        child = os.fork() if same else -1
        if wanted is not None and child == 0:
            self._close()
            return who, wanted, files
        for file in files:
            os.close(file)
        if not same:
            who.close()
            return None
        self._running[child] = who
        _say(who, child)
        return None

    def _tell(self) -> None:
        """Tell those whose process ended how it ended."""
        while self._running:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            with self._running.pop(child) as who:
                _say(who, os.waitstatus_to_exitcode(status))

    def _close(self) -> None:
        """Let go of what is the server's, in a fork."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for each in (self._listening, *self._running.values()):
            each.close()
        os.close(self._ended)
        os.close(self._woken)


def _of_python(environment: dict[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(OF_PYTHON_ITSELF) and name != "PYTHONPATH"
    }


def _read(who: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """What is to run, None from one who was killed before all was sent; and the files."""
    files: list[int] = []
    try:
        said, files, *_ = socket.recv_fds(who, 4, 3)
        size = int.from_bytes(said, "big")
        with who.makefile("rb") as stream:
            sent = stream.read(size)
    except OSError:
        return None, files
    if not sent or len(sent) < size:
        return None, files
    texts = [os.fsdecode(text) for text in sent.split(b"\0")]
    options, count = map(int, texts[0].split())
    words, folder, variables = texts[1 : count + 1], texts[count + 1], texts[count + 2 : -1]
    wanted = {
        "options": words[:options],
        "words": words[options:],
        "folder": folder,
        "environment": dict(variable.split("=", 1) for variable in variables if "=" in variable),
    }
    return wanted, files


def _say(who: socket.socket, number: int) -> None:
    with suppress(OSError):
        who.sendall(number.to_bytes(4, "big", signed=True))


def _become(who: socket.socket, wanted: dict[str, Any], files: list[int]) -> None:
    """Do what the interpreter does as it starts."""
    _end_with(who)
    _be_child_of(who)
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    options, (what, *words) = wanted["options"], wanted["words"]
    _be_known_as(["python", *options, what, *words])
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = _stream(1, sys.stdout, unbuffered="-u" in options)
    sys.stderr = _stream(2, sys.stderr, unbuffered="-u" in options)
    sys.argv[:] = ["-m" if "-m" in options else what, *words]
    sys.path.remove(str(Path(__file__).parent))
    more = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    script = Path(what).absolute()
    own = Path.cwd() if "-m" in options else script.resolve().parent
    sys.path[:0] = [str(own), *more]
    importlib.invalidate_caches()
    main = sys.modules["__main__"].__dict__
    for name in [name for name in main if not name.startswith("__")]:
        del main[name]
    if "-m" in options:
        runpy._run_module_as_main(what)  # type: ignore[attr-defined]
        return
    main.update(__file__=str(script), __spec__=None, __loader__=None)
    exec(compile(script.read_bytes(), script, "exec"), main)


def _end_with(who: socket.socket) -> None:
    """Have the system kill this process when the one that asked is gone, as if this were it. A
    thread could not while another holds the interpreter's lock, or when the interpreter ends."""
    fcntl.fcntl(who, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(who, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(who, fcntl.F_SETFL, fcntl.fcntl(who, fcntl.F_GETFL) | os.O_ASYNC)
    gone, _, _ = select.select([who], [], [], 0)
    if gone:
        os.kill(os.getpid(), signal.SIGKILL)


def _be_child_of(who: socket.socket) -> None:
    """Let `os.getppid` answer with the parent of the process that asked: some end when their parent
    does, and the server outlives it."""
    asking, _, _ = struct.unpack("3i", who.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    own, parent = os.getpid(), os.getppid

    def of_who_asked() -> int:
        if os.getpid() != own:
            return parent()
        return int(_fields_of(asking)[1])

    os.getppid = of_who_asked


def _fields_of(process: int | str) -> list[str]:
    """What the system says of a process, from its state on."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _be_known_as(command: list[str]) -> None:
    """Put the command line, or what there is room for, where others read it: in the place of this
    process's own."""
    fields = _fields_of("self")
    start, end = (int(fields[place]) for place in (45, 46))
    text = b"".join(os.fsencode(word) + b"\0" for word in command)
    # Longer than its arguments were, a command line would go on into its environment.
    ctypes.memmove(start, text[: end - start - 1].ljust(end - start, b"\0"), end - start)


def _end(status: int) -> None:
    """End as the interpreter does, but leave the modules as they are: to take them apart is to copy
    the memory that all forks share, and half of what a short process costs."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status & 0xFF)


def _stream(file: int, before: TextIO, *, unbuffered: bool) -> TextIO:
    """The stream that Python itself makes of a file it writes to."""
    binary = open(file, "wb", 0 if unbuffered else -1, closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(
        binary,
        before.encoding,
        before.errors,
        line_buffering=file == 2 or binary.isatty(),
        write_through=unbuffered,
    )
