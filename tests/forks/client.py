"""`client.py SOCKET PYTHON WORD...`: do what `PYTHON WORD...` does, as a fork where it can."""

from __future__ import annotations

import os
import sys

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
    # Each process pays for what is imported here.
    import json
    import signal
    import socket
    import time
    from contextlib import suppress

    # Until there is a fork to pass it on to, an interrupt ends this without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    connection = socket.socket(socket.AF_UNIX)
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
    message = json.dumps(wanted).encode()
    socket.send_fds(connection, [len(message).to_bytes(4, "big")], [0, 1, 2])
    connection.sendall(message)
    answers = connection.makefile("rb")
    child = int(answers.readline() or 0)
    if not child:
        return alone(python, words)

    def pass_on(number: int, _: object) -> None:
        # The language host interrupts a program and kills it at once: it has no time to say so.
        time.sleep(AT_ONCE)
        with suppress(ProcessLookupError):
            os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, pass_on)
    status = int(answers.readline())
    if status < 0:
        if status != -signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


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
