"""What our processes do without."""

from __future__ import annotations

import subprocess
import sys

from tests.sources import TOP

SCRIPT = """
import atexit, gc, sys
atexit.register(lambda: print("frozen" if gc.get_freeze_count() else "not frozen"))
from clerkstack.short_lived import SELDOM, be_short_lived
be_short_lived()
print(gc.isenabled(), gc.get_threshold()[0] == SELDOM)
from pydantic import BaseModel
class Model(BaseModel):
    field: int
Model(field=1)
from pydantic.plugin import _loader
print(_loader._plugins)
"""


def test_it_collects_seldom_and_not_at_its_end_and_looks_for_no_plugin() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=TOP
    )

    assert ran.stdout.splitlines() == ["True True", "None", "frozen"]
