"""CPU that something may take, and waiting for something, whatever machine, Python and worker of
the tests run it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Steps of an empty loop in a second of CPU, where the limits of the tests were set.
_STEPS_OF_A_SECOND = 45_000_000
_MEASURED = 1_000_000
_TRIES = 3
_PATIENCE = 180.0  # seconds; a machine may stand still for many of them


def within(seconds: float, act: Callable[[], T]) -> T:
    """What an act returns; fail if it takes more CPU than that, each time that it is tried.

    What takes too long once is tried again: a machine that was held up meanwhile, or that
    something else was busy on, is no fault of what is measured. The garbage of other tests is not
    looked through, and a machine that is slower than the one of the limits has more, by what a
    loop takes it.

    Args:
        seconds: of CPU.
        act: what may be done several times.
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
    """Wait until something is there; fail if it does not come.

    Args:
        there: looks for it.
        pause: seconds between looks.
    """
    deadline = time.monotonic() + _PATIENCE
    while not there():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(pause)


def _timed(act: Callable[[], T]) -> tuple[T, float]:
    # Not `freeze`, whose end would also give back what tests/conftest.py has frozen.
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
