"""Signals that end a process, held back while it starts another.

Imports only the standard library: the set-up uses it before a package is installed.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heeded() -> list[signal.Signals]:
    """Return the signals that end this process, without those that are ignored on purpose, as by
    nohup."""
    return [number for number in ENDING if signal.getsignal(number) != signal.SIG_IGN]


@contextmanager
def held_back() -> Iterator[None]:
    """Delay Ctrl-C and the like until the end of the block, when a process that it started is known
    and can be ended.

    Raises:
        KeyboardInterrupt: at the end of the block, if a signal came.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: caught.append(number))
        for number in heeded()
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if caught:
        raise KeyboardInterrupt
