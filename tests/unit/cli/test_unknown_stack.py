"""A stack that does not exist ends every command in the same way."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkstack.cli.commands import COMMANDS
from clerkstack.cli.exits import BAD_INPUT
from tests.unit.cli.engine_of_memory import ended, install

RUNS: dict[str, list[tuple[str, ...]]] = {
    "check": [("--stack", "nope"), ("--stack", "nope", "--live", "--json")],
    "drift": [("--stack", "nope"), ("--stack", "nope", "--json")],
    "doctor": [("--stack", "nope"), ("--stack", "nope", "--json")],
    "probe": [("--stack", "nope"), ("--stack", "nope", "--write")],
    "dry-run": [("--stack", "nope")],
    "adopt": [("--stack", "nope"), ("--stack", "nope", "--dry-run")],
    "parity": [("--from", "nope", "--to", "other")],
    "recover": [("--stack", "nope"), ("--stack", "nope", "--list")],
    "take-over": [("--stack", "nope"), ("--stack", "nope", "--dry-run")],
    "move": [("--stack", "nope", "--to", "file:///elsewhere")],
    "review": [("--stack", "nope"), ("--stack", "nope", "--json")],
    "rotate": [
        ("--stack", "nope"),
        ("--stack", "nope", "--status"),
        ("--stack", "nope", "--history"),
        ("--stack", "nope", "--abort"),
    ],
    "smoke": [("--stack", "nope"), ("--stack", "nope", "--clean-up")],
    "cutover": [("--stack", "nope"), ("sign", "smoke", "--by", "Ana", "--stack", "nope")],
}
WITHOUT = {"redeploy": "knows no stack", "comment": "knows a review that was saved"}


def test_every_command_is_walked() -> None:
    assert set(COMMANDS) == {*RUNS, *WITHOUT}


@pytest.mark.parametrize(("name", "words"), [(n, w) for n in RUNS for w in RUNS[n]])
def test_an_unknown_stack_is_bad_input(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: clerkstack\nruntime: python\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    install(monkeypatch, tmp_path)
    # `review` starts the engine's command itself.
    there = tmp_path / "bin" / "pulumi"
    there.write_text("#!/bin/sh\necho \"error: no stack named 'nope' found\" >&2\nexit 255\n")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", f"{there.parent}:/usr/bin:/bin")

    code = ended(monkeypatch, name, *words)

    printed = "".join(capsys.readouterr())
    assert code == BAD_INPUT, printed
    # An earlier state is searched even if the stack no longer exists.
    assert ("no stack named 'nope'" in printed) is ("--list" not in words), printed
