"""Python's garbage collector in our processes."""

from __future__ import annotations

import subprocess
import sys

from tests.sources import TOP

SCRIPT = """
import atexit, gc
atexit.register(lambda: print("frozen" if gc.get_freeze_count() else "not frozen"))
from clerkstack.garbage import SELDOM, collect_seldom
collect_seldom()
print(gc.isenabled(), gc.get_threshold()[0] == SELDOM)
"""


def test_a_process_collects_seldom_and_not_at_its_end() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=TOP
    )

    assert ran.stdout.split("\n")[:2] == ["True True", "frozen"]
