"""Sign-offs: what counts, what is refused, what the file keeps."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from clerkstack.cutover.judge import judge
from clerkstack.cutover.points import NAMES, point_named
from clerkstack.cutover.signoffs import SignOff, read_signoffs, span, write_signoff
from clerkstack.problems import ClerkstackError, InputError
from tests.unit.cutover.seen import INSTANCE, NOW, Seen


def signoff(**changes: object) -> SignOff:
    fields = {
        "by": "Ana",
        "date": NOW - timedelta(days=1),
        "until": NOW + timedelta(days=1),
        "instance": INSTANCE,
    }
    return SignOff.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("point", "given", "made", "counts"),
    [
        ("smoke", {}, signoff(), True),
        ("smoke", {}, signoff(until=NOW), False),
        ("smoke", {}, signoff(date=NOW + timedelta(hours=1)), False),
        ("smoke", {}, signoff(instance="ins_another"), False),
        ("test-users", {"test_users": 1}, signoff(), False),
        ("test-users", {}, signoff(), False),
    ],
    ids=["holds", "over", "not yet", "another instance", "failed", "passed"],
)
def test_a_sign_off_counts_for_its_instance_and_time(
    point: str, given: dict[str, object], made: SignOff, counts: bool
) -> None:
    report = judge("prod", [point_named(point)], Seen(**given), {point: made})

    assert (report.lines[0].signed is not None) == counts


def test_the_file_keeps_its_comments_and_its_order(tmp_path: Path) -> None:
    file = tmp_path / "signoffs.yaml"
    write_signoff(file, "prod", "smoke", signoff(note="by hand"))
    file.write_text(file.read_text().replace("prod:\n", "prod:  # launch\n"))

    write_signoff(file, "prod", "sign-up", signoff())
    write_signoff(file, "eu", "smoke", signoff())

    found = read_signoffs(file, NAMES)
    assert [(stack, list(points)) for stack, points in found.items()] == [
        ("eu", ["smoke"]),
        ("prod", ["sign-up", "smoke"]),
    ]
    assert found["prod"]["smoke"] == signoff(note="by hand")
    assert "# launch" in file.read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prod: [\n", "is not YAML"),
        ("prod: 1\n", "signoffs.yaml:1: prod: is not"),
        ("prod:\n  frob: {}\n", "signoffs.yaml:2: prod.frob: is no point"),
        ("prod:\n  smoke:\n    by: ''\n", "signoffs.yaml:3: prod.smoke: by"),
        ("prod:\n  smoke: 1\n", "signoffs.yaml:2: prod.smoke"),
    ],
)
def test_a_wrong_file_is_told_by_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "signoffs.yaml"
    file.write_text(text)

    with pytest.raises(InputError) as refused:
        read_signoffs(file, NAMES)

    assert told in str(refused.value)


def test_how_long_it_holds() -> None:
    assert span("2w") == timedelta(days=14)
    with pytest.raises(ClerkstackError, match="12h, 14d or 4w"):
        span("soon")
