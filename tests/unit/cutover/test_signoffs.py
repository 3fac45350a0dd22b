"""Sign-offs: which are valid, which are refused, what the file keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clerkstack.checks.finding import Waiver
from clerkstack.checks.waiver_file import load_signoffs, write_waiver
from clerkstack.checks.waivers import of_points
from clerkstack.cli.cutover import _signoffs
from clerkstack.cutover.judge import judge
from clerkstack.cutover.points import NAMES, point_named
from clerkstack.cutover.signoffs import span
from clerkstack.problems import ClerkstackError, InputError
from tests.unit.cutover.seen import INSTANCE, NOW, Seen


def signoff(**changes: Any) -> Waiver:
    day = timedelta(days=1)
    waiver = Waiver("cutover/smoke", INSTANCE, "prod", "", "Ana", NOW + day, NOW - day)
    return replace(waiver, **changes)


@pytest.mark.parametrize(
    ("point", "given", "made", "counts"),
    [
        ("smoke", {}, signoff(), True),
        ("smoke", {}, signoff(until=NOW), False),
        ("smoke", {}, signoff(since=NOW + timedelta(hours=1)), False),
        ("smoke", {}, signoff(subject="ins_another"), False),
        ("test-users", {"count_users": 1}, signoff(), False),
        ("test-users", {}, signoff(), False),
    ],
    ids=["holds", "over", "not yet", "another instance", "failed", "passed"],
)
def test_a_sign_off_is_valid_for_its_instance_and_time(
    point: str, given: dict[str, object], made: Waiver, counts: bool
) -> None:
    report = judge("prod", [point_named(point)], Seen(**given), {point: made})

    assert (report.findings[0].waiver is not None) == counts


def test_the_file_before_is_read_as_waivers(tmp_path: Path) -> None:
    file = tmp_path / "signoffs.yaml"
    file.write_text(
        "prod:\n  smoke:\n    by: Ana\n    date: 2026-01-01\n    until: 2026-02-01T12:00:00Z\n"
        "    instance: ins_1\n    note: by hand\n"
    )

    (found,) = load_signoffs(file, NAMES)

    assert (found.id, found.subject, found.stack) == ("cutover/smoke", "ins_1", "prod")
    assert (found.by, found.reason, found.where) == ("Ana", "by hand", "signoffs.yaml")
    assert (found.since, found.until) == (
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 2, 1, 12, tzinfo=UTC),
    )
    assert of_points([found], "prod") == {"smoke": found}
    assert of_points([found], "eu") == {}


def test_both_files_are_read_and_the_one_before_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_waiver(Path("waivers.yaml"), signoff(reason="seen"))
    assert list(_signoffs("prod")) == ["smoke"]
    assert capsys.readouterr().err == ""
    Path("signoffs.yaml").write_text(
        "prod:\n  sign-up: {by: Ben, date: 2026-01-01, until: 2026-02-01, instance: ins_1}\n"
    )

    found = _signoffs("prod")

    assert {point: each.by for point, each in found.items()} == {"sign-up": "Ben", "smoke": "Ana"}
    printed = capsys.readouterr().err
    assert "signoffs.yaml is deprecated. Move its entries to waivers.yaml" in printed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prod: [\n", "is not YAML"),
        ("prod: 1\n", "signoffs.yaml:1: prod: is not"),
        ("prod:\n  frob: {}\n", "signoffs.yaml:2: prod.frob: is not a point"),
        ("prod:\n  smoke:\n    by: ''\n", "signoffs.yaml:3: prod.smoke.by: "),
        ("prod:\n  smoke: 1\n", "signoffs.yaml:2: prod.smoke"),
    ],
)
def test_a_wrong_file_is_reported_by_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "signoffs.yaml"
    file.write_text(text)

    with pytest.raises(InputError) as refused:
        load_signoffs(file, NAMES)

    assert told in str(refused.value)


def test_how_long_it_holds() -> None:
    assert span("2w") == timedelta(days=14)
    with pytest.raises(ClerkstackError, match="12h, 14d or 4w"):
        span("soon")
