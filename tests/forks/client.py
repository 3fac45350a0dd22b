"""`client.py SOCKET PYTHON WORD...`: do what `PYTHON WORD...` does, as a fork where it can."""

from __future__ import annotations

# Each process pays for what is imported here: `socket` and `signal` cost more than all the rest.
import _signal
import _socket
import marshal
import os
import sys
import time

OF_PYTHON_ITSELF = ("PYTHON", "LANG", "LC_")
"""Variables that Python reads as it starts begin so: a fork has started with the server's."""

KNOWN_BY_COMMAND_LINE = "rotate"
"""Rotations look whether another one runs: by its number and its command line."""

AT_ONCE = 0.05  # seconds


def main() -> None:
    """Ask for the fork and be it, as far as others can see; or be the Python itself."""
    at, python, *words = sys.argv[1:]
    options, rest = what(words)
    known = bool(rest) and not rest[0].startswith("-") and KNOWN_BY_COMMAND_LINE not in rest
    if not known or "TESTS_WITHOUT_FORKS" in os.environ:
        return alone(python, words)
    # Until there is a fork to pass it on to, an interrupt ends this without a word.
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    connection = _socket.socket(_socket.AF_UNIX)
    try:
        connection.connect(at)
    except OSError:
        return alone(python, words)
    wanted = {
        "options": options,
        "words": rest,
        "folder": os.getcwd(),  # noqa: PTH109 (an import more)
        "environment": dict(os.environ),
    }
    message = marshal.dumps(wanted)
    files = b"".join(file.to_bytes(4, sys.byteorder) for file in (0, 1, 2))
    passed = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)]
    connection.sendmsg([len(message).to_bytes(4, "big")], passed)
    connection.sendall(message)
    child = answer(connection)
    if not child:
        return alone(python, words)

    def pass_on(number: int, _: object) -> None:
        # The language host interrupts a program and kills it at once: it has no time to say so.
        from contextlib import suppress

        time.sleep(AT_ONCE)
        with suppress(ProcessLookupError):
            os.kill(child, number)

    for number in (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP, _signal.SIGQUIT):
        _signal.signal(number, pass_on)
    status = answer(connection)
    if status < 0:
        if status != -_signal.SIGKILL:
            _signal.signal(-status, _signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def answer(connection: _socket.socket) -> int:
    """The next number that the server says; 0 where it says none."""
    said = b""
    while len(said) < 4:
        more = connection.recv(4 - len(said))
        if not more:
            return 0
        said += more
    return int.from_bytes(said, "big", signed=True)


def what(words: list[str]) -> tuple[list[str], list[str]]:
    """The options for Python that a fork knows, and the rest: module or script, and its words."""
    known = 0
    while known < len(words) and words[known] in ("-u", "-m"):
        known += 1
    return words[:known], words[known:]


def alone(python: str, words: list[str]) -> None:
    """Be the Python itself."""
    os.execv(python, [python, *words])


if __name__ == "__main__":
    main()
