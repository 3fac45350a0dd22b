"""Runs a script with the JavaScript packages of the example app."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from local.world.deployed import EXAMPLE


def run_script(script: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON that the script prints; it reads `given` from its standard input."""
    ran = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        input=json.dumps(given),
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if ran.returncode:
        pytest.fail(ran.stderr)
    told: dict[str, Any] = json.loads(ran.stdout)
    return told
