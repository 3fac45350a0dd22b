"""No command shows the query, a header or the user part of an address."""

from __future__ import annotations

import pytest

from clerkstack.cli.commands import COMMANDS
from tests.unit.cli.engine_of_memory import ENCRYPTED, ended
from tests.unit.cli.secret_addresses import BYPASS, DECLARED, HEADER, HOOK, LIVE, Here

RUNS: dict[str, list[tuple[str, ...]]] = {
    "check": [("--stack", "dev", "--live")],
    "drift": [("--stack", "dev"), ("--stack", "dev", "--json")],
    "doctor": [("--stack", "dev"), ("--stack", "dev", "--json")],
    "probe": [("--stack", "dev"), ("--stack", "dev", "--json")],
    "dry-run": [("--stack", "dev")],
    "adopt": [("--stack", "dev", "--dry-run"), ("--stack", "dev", "--dry-run", "--json")],
    "parity": [("--from", "dev", "--to", "prod"), ("--from", "dev", "--to", "prod", "--json")],
    "recover": [("--stack", "dev")],
    "take-over": [("--stack", "dev", "--dry-run")],
    "rotate": [("--stack", "dev", "--status"), ("--stack", "dev", "--history")],
    "smoke": [("--url", f"https://me:{DECLARED}@app.example/?x={LIVE}")],
    "cutover": [("--stack", "prod"), ("--stack", "prod", "--json")],
}
WITHOUT = {"redeploy", "move", "review", "comment"}
"""What reads no address, or the engine's output alone: tests/unit/review, tests/leaks."""


def test_every_command_is_walked() -> None:
    assert set(COMMANDS) == {*RUNS, *WITHOUT}


@pytest.mark.parametrize(("name", "words"), [(n, w) for n in RUNS for w in RUNS[n]])
def test_no_command_shows_a_query_a_header_or_a_user(
    here: Here,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    words: tuple[str, ...],
) -> None:
    ended(monkeypatch, name, *words)

    printed = "".join(capsys.readouterr())
    assert printed
    assert not [each for each in (DECLARED, LIVE, HEADER) if each in printed], printed


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_whole_addresses_are_shown_where_asked_for_and_secret_settings_stay_secret(
    here: Here,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
) -> None:
    ended(monkeypatch, "drift", "--stack", "dev", "--show-addresses", *more)

    printed = capsys.readouterr().out
    assert f"{BYPASS}={LIVE}" in printed, printed
    assert DECLARED not in printed
    assert HEADER not in printed


def test_another_query_alone_is_a_difference_that_is_reported(
    here: Here, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here.stacks.encrypted = frozenset(ENCRYPTED)
    here.settings["webhook"] = {"url": f"{HOOK}?{BYPASS}={DECLARED}"}

    assert ended(monkeypatch, "drift", "--stack", "dev") == 1

    printed = capsys.readouterr().out
    assert f"{HOOK}?…" in printed, printed
    assert "another query" in printed


def test_a_path_that_is_set_as_a_secret_is_one(
    here: Here, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"https://preview.sendero.example/hooks/{DECLARED}"
    here.settings["webhook"] = {"url": url}
    [app] = here.world.svix.apps().values()
    [own] = app.endpoints.values()
    own.url = url

    ended(monkeypatch, "doctor", "--stack", "dev")
    ended(monkeypatch, "drift", "--stack", "dev", "--show-addresses")

    assert DECLARED not in "".join(capsys.readouterr())
