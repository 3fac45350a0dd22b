"""Arguments of the command line and their form in the state: overlaps, people, the journal."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from clerkstack.problems import ClerkstackError
from clerkstack.rotation import holder
from clerkstack.rotation.holder import alone, is_at_it, myself, who
from clerkstack.rotation.journal import Holder, Journal, Running, Side, fingerprint, now
from clerkstack.rotation.journal_store import Held
from clerkstack.rotation.overlap import days_of, hours_of

DAY = 24 * 3_600_000


@pytest.mark.parametrize(
    ("text", "hours"), [("24h", 24), ("2d", 48), ("0", 0), ("0h", 0), ("7d", 168), (" 1h ", 1)]
)
def test_overlaps(text: str, hours: int) -> None:
    assert hours_of(text) == hours


@pytest.mark.parametrize("text", ["", "24", "30m", "1.5h", "-1h", "8d", "169h", "h", "1h2h", "٣h"])
def test_what_is_no_overlap(text: str) -> None:
    with pytest.raises(ClerkstackError, match=r"--overlap"):
        hours_of(text)


def test_days() -> None:
    assert (days_of("80d"), days_of("1")) == (80 * DAY, DAY)
    with pytest.raises(ClerkstackError, match="--if-older-than"):
        days_of("2h")


def test_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTOR", raising=False)
    assert who().endswith(f"@{socket.gethostname()}")
    monkeypatch.setenv("GITHUB_ACTOR", "ana")
    monkeypatch.setenv("GITHUB_RUN_ID", "77")
    monkeypatch.setenv("GITHUB_REPOSITORY", "sendero/deploy")
    assert who() == "ana, sendero/deploy run 77"


def test_who_is_still_at_it() -> None:
    here = socket.gethostname()
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", "rotate"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        alive = Holder(who="ana", host=here, pid=process.pid, until=0)
        assert is_at_it(alive)
        process.communicate()
    assert not is_at_it(alive)
    # Another program has the process id.
    assert not is_at_it(Holder(who="ana", host=here, pid=os.getppid(), until=now() + DAY))
    assert not is_at_it(myself())
    elsewhere = Holder(who="ana", host="another", pid=1, until=now() + 1000)
    assert is_at_it(elsewhere)
    assert not is_at_it(elsewhere.model_copy(update={"until": now() - 1}))


def test_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holder, "FOLDER", tmp_path / "notes")
    with alone("org/clerkstack/prod"):
        with pytest.raises(Held, match=f"process {os.getpid()} of"), alone("org/clerkstack/prod"):
            pass
        with alone("dev"):
            pass
    with alone("org/clerkstack/prod"):
        pass


def test_a_journal_is_what_it_was() -> None:
    side = Side(
        overlap_hours=24,
        old=SecretStr("sk_live_old"),
        new=SecretStr("sk_live_new"),
        minted=2,
        old_ends=3,
    )
    running = Running(
        id="rot_1", who="ana", reason="x", overlap_hours=24, started=1, sides={"clerk": side}
    )
    journal = Journal(running=running)

    again = Journal.parse(journal.text())

    assert again == journal
    entry = again.conclude("done", deployment="dpl_1")
    assert entry.new == {"clerk": fingerprint(SecretStr("sk_live_new"))}
    assert "sk_live" not in entry.model_dump_json() + repr(again)
    assert again.last is running or again.last == running
    assert Journal.parse("") == Journal.parse("{}") == Journal()


def test_what_is_no_journal_is_reported_without_what_it_holds() -> None:
    with pytest.raises(ClerkstackError, match="cannot be read") as told:
        Journal.parse('{"running": {"sides": {"clerk": {"new": "sk_live_secret"}}}}')
    assert "sk_live_secret" not in str(told.value)
    assert told.value.__cause__ is None


def test_a_long_history_keeps_the_newest() -> None:
    journal = Journal()
    for at in range(510):
        side = Side(overlap_hours=24, old=SecretStr("o"), new=SecretStr("n"))
        journal.running = Running(
            id=f"rot_{at}", who="a", reason="x", overlap_hours=1, started=at, sides={"clerk": side}
        )
        journal.conclude("done")
    assert (len(journal.history), journal.history[-1].id) == (500, "rot_509")
