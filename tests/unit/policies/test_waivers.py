"""Waivers: parsed strictly, in force until their day, never silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clerkstack.checks.finding import Finding, Severity, Waiver
from clerkstack.checks.waiver_file import load_waivers, write_waiver
from clerkstack.checks.waivers import EXCUSES, covers
from clerkstack.problems import InputError
from policies.judge import judge, level_of, text_of
from policies.registry import BY_ID
from policies.rules import Level
from policies.view import Expected
from tests.unit.policies.deployments import deployment

TODAY = date(2026, 11, 25)
GOOD = {
    "id": "trial-card",
    "stack": "prod",
    "subject": "billing",
    "reason": "A campaign that was sold with a card.",
    "by": "ana@sendero.example",
    "until": "2026-12-31",
}
OLD = {"id": "policy", "until": "expires"}


def written(folder: Path, *entries: dict[str, str]) -> Path:
    """Write a waivers.yaml, and return its path."""
    lines = ["waivers:"]
    for entry in entries:
        lines += [
            ("  - " if not n else "    ") + f"{k}: {v}" for n, (k, v) in enumerate(entry.items())
        ]
    file = folder / "waivers.yaml"
    file.write_text("\n".join(lines) + "\n")
    return file


def read(file: Path) -> tuple[Waiver, ...]:
    return load_waivers(file, today=TODAY, max_days=90, policies=BY_ID)


def problems(file: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(file)
    return [str(problem) for problem in caught.value.problems]


def verdicts(folder: Path, day: str = "2026-11-25", stack: str = "prod") -> list[Finding]:
    """The verdict on a production deployment whose trials require a card."""
    found = deployment()
    found["billing"]["inputs"]["settings"]["free_trial_requires_payment_method"] = True
    found["written"]["outputs"] = {}
    now = datetime.fromisoformat(f"{day}T23:59:00").replace(tzinfo=UTC)
    resources = [{**each, "name": name} for name, each in found.items()]
    return judge(
        resources,
        stack=stack,
        now=now,
        folder=folder,
        waivers=folder / "waivers.yaml",
        projects=[Expected(names=["guide"])],
    )


def test_a_missing_file_waives_nothing(tmp_path: Path) -> None:
    assert read(tmp_path / "waivers.yaml") == ()
    assert [level_of(v) for v in verdicts(tmp_path)] == [Level.MANDATORY]


def test_the_file_of_the_project_is_right() -> None:
    project = Path(__file__).resolve().parents[3]

    read(project / "waivers.yaml")


def test_a_waived_violation_is_reported_with_who_and_until_when(tmp_path: Path) -> None:
    written(tmp_path, GOOD)

    (verdict,) = verdicts(tmp_path)

    assert level_of(verdict) is Level.ADVISORY
    for said in ("payment method", GOOD["reason"], GOOD["by"], GOOD["until"], "waivers.yaml:2"):
        assert said in text_of(verdict)


@pytest.mark.parametrize(
    ("change"),
    [{"subject": "other"}, {"stack": "dev"}, {"id": "billing-payers"}, {"what": "nothing"}],
)
def test_a_waiver_is_only_for_what_it_names(tmp_path: Path, change: dict[str, str]) -> None:
    written(tmp_path, {**GOOD, **change})

    found = verdicts(tmp_path)

    assert [v.check for v in found if level_of(v) is Level.MANDATORY] == ["trial-card"]
    notes = [v for v in found if v.check == "waivers"]
    assert len(notes) == (0 if "stack" in change else 1)
    assert all("no longer waives anything" in v.message for v in notes)


@pytest.mark.parametrize("subject", ["*", "bill*"])
def test_a_star_stands_for_any_part_of_a_subject(tmp_path: Path, subject: str) -> None:
    written(tmp_path, {**GOOD, "subject": f'"{subject}"'})

    assert [level_of(v) for v in verdicts(tmp_path)] == [Level.ADVISORY]


@pytest.mark.parametrize("subject", ["bill?ng", "[b]illing", "billin", "illing"])
def test_nothing_else_stands_for_others(tmp_path: Path, subject: str) -> None:
    (waiver,) = read(written(tmp_path, {**GOOD, "subject": f"'{subject}'"}))

    assert not covers(waiver, "trial-card", "billing", "")
    assert covers(waiver, "trial-card", subject, "")


def test_it_holds_through_its_day_and_fails_after_it(tmp_path: Path) -> None:
    written(tmp_path, GOOD)

    last = verdicts(tmp_path, "2026-12-31")
    after = verdicts(tmp_path, "2027-01-01")

    assert [level_of(v) for v in last] == [Level.ADVISORY]
    assert [(v.check, level_of(v)) for v in after] == [
        ("trial-card", Level.MANDATORY),
        ("waivers", Level.MANDATORY),
    ]
    assert "expired on 2026-12-31" in after[1].message


def test_an_expired_waiver_fails_whatever_else_is_right(tmp_path: Path) -> None:
    written(tmp_path, {**GOOD, "subject": "gone", "until": "2026-11-24"})

    found = [v for v in verdicts(tmp_path) if v.check == "waivers"]

    assert [(level_of(v), v.severity) for v in found] == [(Level.MANDATORY, Severity.FAILED)]


@pytest.mark.parametrize("missing", list(GOOD))
def test_every_field_is_needed(tmp_path: Path, missing: str) -> None:
    entry = {key: value for key, value in GOOD.items() if key != missing}

    (problem,) = problems(written(tmp_path, entry))

    assert problem.startswith(f"waivers.yaml:2: waivers[0].{missing}: is missing.")


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        ({"id": "trial-cards"}, 2, "there is no policy trial-cards"),
        ({"reasn": "x"}, 8, "waivers[0].reasn: is not a known field. Did you mean reason?"),
        ({"reason": '" "'}, 5, "waivers[0].reason: is not valid"),
        ({"by": "[ana]"}, 6, "waivers[0].by: is not valid"),
        ({"until": "soon"}, 7, "waivers[0].until: is not valid"),
        ({"until": "2026-12-31T10:00:00"}, 7, "waivers[0].until: is not valid"),
        ({"until": "2027-02-24"}, 7, "is more than 90 days away. Write 2027-02-23 or"),
        ({"until": "'20261231'"}, 7, "waivers[0].until: is not valid"),
        ({"until": "'2026-W53-4'"}, 7, "waivers[0].until: is not valid"),
        ({"stack": "'*'"}, 3, "waivers[0].stack: names every stack. Name one stack"),
        ({"what": "' '"}, 8, "waivers[0].what: is not valid"),
        ({"what": ""}, 8, "waivers[0].what: is not valid"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(
    tmp_path: Path, change: dict[str, str], line: int, says: str
) -> None:
    (problem,) = problems(written(tmp_path, {**GOOD, **change}))

    assert problem.startswith(f"waivers.yaml:{line}: ")
    assert says in problem


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    file = written(tmp_path, {**GOOD, "id": "x"}, {**GOOD, "until": "x"})

    assert len(problems(file)) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- a\n", "waivers.yaml:1: is not a group of fields"),
        ("waivers: {}\n", "waivers.yaml:1: waivers: is not a list"),
        ("waivers:\n  - text\n", "waivers.yaml:2: waivers[0]: is not a group of fields"),
        ("waiver:\n", "waivers.yaml:1: waiver: is not a known field. Did you mean waivers?"),
        ("a: [\n", "waivers.yaml:2: is not YAML"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(text)

    assert any(problem.startswith(says) for problem in problems(file))


def test_fields_are_merged_from_nowhere(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    file.write_text(
        file.read_text().replace("  - id", "  - &first\n    id")
        + "  - <<: *first\n    subject: instance\n    until: soon\n"
    )

    assert problems(file) == [
        "waivers.yaml:9: waivers[1]: merges with <<, which is not YAML 1.2. Write the fields out",
        "waivers.yaml:11: waivers[1].until: is not valid. Write the last day on which it is "
        "valid, such as 2026-12-31",
    ]


def test_nothing_to_waive_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text("# none\nwaivers:\n")

    assert read(file) == ()


def old_file(folder: Path, *entries: dict[str, str]) -> None:
    """The excuses.yaml that held waivers of policies in earlier versions."""
    named = [{OLD.get(key, key): value for key, value in entry.items()} for entry in entries]
    text = written(folder, *named).read_text().replace("waivers:", "excuses:")
    (folder / "excuses.yaml").write_text(text)
    (folder / "waivers.yaml").unlink()


def test_the_file_before_is_read_and_a_note_says_how_to_move(tmp_path: Path) -> None:
    old_file(tmp_path, GOOD)

    waived, note = verdicts(tmp_path)
    (after, *_) = verdicts(tmp_path, "2027-01-01")

    assert level_of(waived) is Level.ADVISORY
    assert f"waived until 2026-12-31 by {GOOD['by']}" in text_of(waived)
    assert (note.check, note.severity) == ("waivers", Severity.NOTE)
    for word in ("policies/excuses.yaml", "waivers.yaml", "`policy` becomes `id`", "`until`"):
        assert word in note.message
    assert level_of(after) is Level.MANDATORY


def test_a_mistake_in_the_file_before_is_reported_with_its_own_names(tmp_path: Path) -> None:
    old_file(tmp_path, {**GOOD, "until": "soon"})

    with pytest.raises(InputError, match=r"policies/excuses.yaml:7: excuses\[0\].expires: "):
        load_waivers(
            tmp_path / "excuses.yaml", today=TODAY, max_days=90, policies=BY_ID, form=EXCUSES
        )


POINT = {
    **GOOD,
    "id": "cutover/smoke",
    "subject": "ins_1",
    "since": "2026-11-01T12:00:00Z",
    "until": "2028-12-31T12:00:00Z",
}


def test_a_point_of_the_cutover_is_no_matter_of_the_policies(tmp_path: Path) -> None:
    (point,) = read(written(tmp_path, POINT))

    assert point.until == datetime(2028, 12, 31, 12, tzinfo=UTC)
    assert [v.check for v in verdicts(tmp_path)] == ["trial-card"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": "cutover/smok"}, "there is no point of the cutover smok. Use one of cutover/smoke"),
        ({"since": "2029-01-01T00:00:00Z"}, "waivers[0].since: is not valid"),
        ({"since": "soon"}, "waivers[0].since: is not valid"),
        ({"until": "soon"}, "waivers[0].until: is not valid"),
    ],
)
def test_a_point_is_read_as_strictly(tmp_path: Path, change: dict[str, str], says: str) -> None:
    file = written(tmp_path, {**POINT, **change}, {**GOOD, "id": "of-another-pack"})

    with pytest.raises(InputError) as caught:
        load_waivers(file, today=TODAY, points={"smoke"})

    (problem,) = map(str, caught.value.problems)
    assert says in problem


def test_what_is_written_is_read_and_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    file.write_text(f"# ours\n{file.read_text()}")
    (before,) = read(file)
    since, until = datetime(2026, 11, 1, 12, tzinfo=UTC), datetime(2026, 12, 1, 12, tzinfo=UTC)
    point = Waiver("cutover/smoke", "ins_1", "prod", "by hand", "Ana", until, since)

    write_waiver(file, point)
    write_waiver(file, replace(point, stack="eu"))
    write_waiver(file, replace(point, by="Ben"))

    first, mine, other = read(file)
    assert replace(first, where="") == replace(before, where="")
    assert replace(mine, where="") == replace(point, by="Ben")
    assert other.stack == "eu"
    assert file.read_text().startswith("# ours\n")


@pytest.mark.parametrize("text", [None, "# only a comment\n"])
def test_a_file_with_comments_alone_keeps_them(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "waivers.yaml"
    if text is not None:
        file.write_text(text)
    # Without `since`, it is valid from now on.
    until = datetime.now(UTC) + timedelta(days=1)

    write_waiver(file, Waiver("cutover/smoke", "ins_1", "prod", "seen", "Ana", until))

    assert file.read_text().startswith(text or "# Findings for which somebody takes responsibility")
    assert [each.id for each in read(file)] == ["cutover/smoke"]
