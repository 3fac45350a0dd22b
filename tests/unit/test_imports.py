"""What a program that sends nothing must not wait for."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["components", "clerkstack.providers", "policies.binding"])
def test_what_every_preview_imports_loads_no_http_library(module: str) -> None:
    script = f"import sys, {module}; print(*sorted({{'httpx', 'rich'}} & set(sys.modules)))"

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == []
