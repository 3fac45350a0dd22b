"""What programs must not wait for: an HTTP library, the engine's library."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["components", "clerkstack.providers", "policies.analyzer"])
def test_what_every_preview_imports_loads_no_http_library(module: str) -> None:
    script = f"import sys, {module}; print(*sorted({{'httpx', 'rich'}} & set(sys.modules)))"

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == []


def test_a_command_does_not_wait_for_the_engines_library() -> None:
    script = "import sys, clerkstack.cli; print('pulumi' in sys.modules)"

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["False"]
