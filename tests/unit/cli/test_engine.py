"""What a failed command of the engine's says of itself."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from clerkstack.cli.engine import pulumi
from clerkstack.problems import ClerkstackError

PLAN = {
    "steps": [{"op": "create", "urn": "urn:pulumi:dev::x"}],
    "diagnostics": [
        {"severity": "warning", "message": "a plugin of the PATH"},
        {"severity": "error", "message": "slugs differ: pro"},
    ],
}


@pytest.mark.parametrize(
    ("stdout", "stderr", "said"),
    [
        (json.dumps(PLAN), "", "pulumi preview failed:\nslugs differ: pro"),
        (json.dumps(PLAN), "error: no stack named 'x'", "no stack named"),
        ("plain words", "", "plain words"),
        (json.dumps([1]), "", "[1]"),
        (json.dumps({"diagnostics": None}), "", "diagnostics"),
    ],
)
def test_a_failure_is_told_without_the_whole_plan(
    monkeypatch: pytest.MonkeyPatch, stdout: str, stderr: str, said: str
) -> None:
    def ran(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, 255, stdout, stderr)

    monkeypatch.setattr(subprocess, "run", ran)

    with pytest.raises(ClerkstackError) as told:
        pulumi("preview", "--json")
    assert said in str(told.value)
    if stdout == json.dumps(PLAN):
        assert "urn:pulumi" not in str(told.value)
