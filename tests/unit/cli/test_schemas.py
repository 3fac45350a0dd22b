"""Every JSON output has a published schema and conforms to it."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from pydantic import SecretStr

from clerkstack.cli import app
from clerkstack.cli.schemas import DOCUMENTS
from clerkstack.report.operations import MoveDocument, RotationStatusDocument, RotationUnderWay
from clerkstack.rotation.journal import Running, Side, fingerprint
from clerkstack.state.move import Moved
from local.reference.pages import SCHEMAS
from local.reference.schemas import files
from tests.schemas import assert_as_published
from tests.unit.cli.engine_of_memory import ended
from tests.unit.cli.secret_addresses import Here

DEV = ("--stack", "dev")
RUNS: dict[str, list[tuple[str, ...]]] = {
    "check": [(), (*DEV, "--live")],
    "drift": [DEV],
    "doctor": [DEV],
    "probe": [DEV],
    "dry-run": [DEV],
    "adopt": [(*DEV, "--dry-run", "--overwrite")],
    "parity": [("--from", "dev", "--to", "prod")],
    "review": [DEV],
    "rotate": [(*DEV, "--status"), (*DEV, "--history")],
    "smoke": [DEV, (*DEV, "--clean-up")],
    "cutover": [("--stack", "prod"), ("--stack", "prod", "--reference", "dev")],
}
WITH_AN_ENGINE = {"move"}
"""Run by tests/leaks/test_commands.py, as all the others."""


def test_every_command_that_prints_json_has_a_schema() -> None:
    program: Any = typer.main.get_command(app)
    printing = {
        name
        for name in program.commands
        if any("--json" in parameter.opts for parameter in program.commands[name].params)
    }

    assert printing == set(DOCUMENTS) == {*RUNS, *WITH_AN_ENGINE}


def test_the_schemas_are_those_of_the_models() -> None:
    published = {file.name: file.read_text() for file in SCHEMAS.glob("*.json")}

    assert published == files(), "renew them: python -m local.reference"


@pytest.mark.parametrize(("name", "words"), [(n, w) for n in RUNS for w in RUNS[n]])
def test_what_a_command_prints_is_as_published(
    here: Here,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    words: tuple[str, ...],
) -> None:
    code = ended(monkeypatch, name, *words, "--json")

    printed = capsys.readouterr()
    assert printed.out, printed.err
    document = assert_as_published(name, printed.out)
    assert code in (0, 1, 2, 3)
    for finding in document.get("findings", ()):
        assert finding["check"]
        assert finding["subject"]


def test_a_move_is_as_published() -> None:
    moved = Moved("dev", "file://a", "s3://b", 7, 0, None)

    assert_as_published("move", MoveDocument(**vars(moved)).text())


def test_a_rotation_under_way_is_as_published_and_shows_fingerprints_alone() -> None:
    side = Side(overlap_hours=1, old=SecretStr("old-secret-0123"), new=SecretStr("new-secret-0123"))
    earlier = Running(
        id="1", who="Ana", reason="leak", overlap_hours=1, started=1, sides={"clerk": side}
    )
    running = earlier.model_copy(update={"id": "2", "replaces": earlier})
    shown = RotationUnderWay.of(running, "prove the app")
    status = RotationStatusDocument(
        stack="dev", over=False, running=shown, last=None, doomed={}, waiting=(), since={"clerk": 1}
    )

    document = assert_as_published("rotate", status.text())

    assert "secret-0123" not in status.text()
    assert document["running"]["replaces"]["secrets"]["clerk"]["old"] == fingerprint(side.old)


def test_text_that_is_no_unicode_is_written_out() -> None:
    moved = Moved("dev\udcff", "file://a", "s3://b", 7, 0, None)

    document = assert_as_published("move", MoveDocument(**vars(moved)).text())

    assert document["stack"] == "dev\\udcff"
