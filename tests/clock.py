"""Limits on CPU time, and waiting, independent of the machine, the Python and the test worker."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Steps of an empty loop per CPU second, on the machine on which the limits were set.
_STEPS_OF_A_SECOND = 45_000_000
_MEASURED = 1_000_000
_TRIES = 3
_PATIENCE = 180.0  # seconds; a machine may stall for many of them


def within(seconds: float, act: Callable[[], T]) -> T:
    """Return the result of an act; fail if it exceeds the CPU seconds in every try.

    An act that takes too long is tried again, because the machine may have stalled or been busy.
    The garbage collector is off meanwhile, and a machine slower than the reference gets
    proportionally more time, measured by a loop.

    Args:
        seconds: CPU seconds.
        act: a function that may run several times.
    """
    for _ in range(_TRIES):
        result, taken = _timed(act)
        if taken < seconds:
            return result
        allowed = seconds * max(1.0, _slowness())
        if taken < allowed:
            return result
    raise AssertionError(f"{taken:.2f} s of CPU, {allowed:.2f} s are allowed")


def wait_until(there: Callable[[], object], *, pause: float = 0.01) -> None:
    """Wait until a condition holds; fail if it never does.

    Args:
        there: tests the condition.
        pause: seconds between tests.
    """
    deadline = time.monotonic() + _PATIENCE
    while not there():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(pause)


def _timed(act: Callable[[], T]) -> tuple[T, float]:
    # Not `freeze`, because unfreezing would also affect the objects that tests/conftest.py has
    # frozen.
    gc.disable()
    try:
        began = time.process_time()
        result = act()
        return result, time.process_time() - began
    finally:
        gc.enable()


def _slowness() -> float:
    def steps() -> None:
        for _ in range(_MEASURED):
            pass

    _, taken = _timed(steps)
    return taken / _MEASURED * _STEPS_OF_A_SECOND
