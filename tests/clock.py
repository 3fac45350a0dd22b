"""CPU that something may take, whatever machine, Python and worker of the tests run it."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Steps of an empty loop in a second of CPU, where the limits of the tests were set.
_STEPS_OF_A_SECOND = 45_000_000
_MEASURED = 1_000_000


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail if what is in the block takes more CPU than that.

    The garbage of other tests is not looked through meanwhile, and a machine that is slower than
    today's has more, by what a loop takes it.

    Args:
        seconds: of CPU.
    """
    # Not `freeze`, whose end would also give back what tests/conftest.py has frozen.
    gc.disable()
    try:
        began = time.process_time()
        yield
        taken = time.process_time() - began
    finally:
        gc.enable()
    allowed = seconds * max(1.0, _slowness())
    assert taken < allowed, f"{taken:.2f} s of CPU, {allowed:.2f} s are allowed"


def _slowness() -> float:
    began = time.process_time()
    for _ in range(_MEASURED):
        pass
    return (time.process_time() - began) / _MEASURED * _STEPS_OF_A_SECOND
