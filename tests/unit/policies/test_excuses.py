"""Excuses: read strictly, held to their day, never silent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from clerkstack.checks.finding import Finding, Severity
from clerkstack.problems import InputError
from policies.excuses import Excuse, load_excuses
from policies.judge import judge, level_of, text_of
from policies.rules import Level
from policies.view import Expected
from tests.unit.policies.deployments import deployment

TODAY = date(2026, 11, 25)
GOOD = {
    "policy": "trial-card",
    "stack": "prod",
    "subject": "billing",
    "reason": "A campaign that was sold with a card.",
    "by": "ana@sendero.example",
    "expires": "2026-12-31",
}


def written(folder: Path, *entries: dict[str, str]) -> Path:
    """An excuses.yaml."""
    lines = ["excuses:"]
    for entry in entries:
        lines += [
            ("  - " if not n else "    ") + f"{k}: {v}" for n, (k, v) in enumerate(entry.items())
        ]
    file = folder / "excuses.yaml"
    file.write_text("\n".join(lines) + "\n")
    return file


def read(file: Path) -> tuple[Excuse, ...]:
    return load_excuses(file, today=TODAY, max_days=90)


def problems(file: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(file)
    return [str(problem) for problem in caught.value.problems]


def verdicts(folder: Path, day: str = "2026-11-25", stack: str = "prod") -> list[Finding]:
    """Of a production deployment whose trials ask for a card."""
    found = deployment()
    found["billing"]["inputs"]["settings"]["free_trial_requires_payment_method"] = True
    found["written"]["outputs"] = {}
    now = datetime.fromisoformat(f"{day}T23:59:00").replace(tzinfo=UTC)
    resources = [{**each, "name": name} for name, each in found.items()]
    return judge(
        resources, stack=stack, now=now, folder=folder, projects=[Expected(names=["guide"])]
    )


def test_a_file_that_is_not_there_excuses_nothing(tmp_path: Path) -> None:
    assert read(tmp_path / "excuses.yaml") == ()
    assert [level_of(v) for v in verdicts(tmp_path)] == [Level.MANDATORY]


def test_the_file_of_the_project_is_right() -> None:
    project = Path(__file__).resolve().parents[3]

    load_excuses(project / "policies" / "excuses.yaml", today=TODAY, max_days=90)


def test_an_excused_violation_is_told_with_who_and_until_when(tmp_path: Path) -> None:
    written(tmp_path, GOOD)

    (verdict,) = verdicts(tmp_path)

    assert level_of(verdict) is Level.ADVISORY
    for said in ("payment method", GOOD["reason"], GOOD["by"], GOOD["expires"], "excuses.yaml:2"):
        assert said in text_of(verdict)


@pytest.mark.parametrize(
    ("change"),
    [{"subject": "other"}, {"stack": "dev"}, {"policy": "billing-payers"}, {"what": "nothing"}],
)
def test_an_excuse_is_for_what_it_names_alone(tmp_path: Path, change: dict[str, str]) -> None:
    written(tmp_path, {**GOOD, **change})

    found = verdicts(tmp_path)

    assert [v.check for v in found if level_of(v) is Level.MANDATORY] == ["trial-card"]
    notes = [v for v in found if v.check == "excuses"]
    assert len(notes) == (0 if "stack" in change else 1)
    assert all("excuses nothing any more" in v.message for v in notes)


@pytest.mark.parametrize("subject", ["*", "bill*"])
def test_a_star_stands_for_any_part_of_a_subject(tmp_path: Path, subject: str) -> None:
    written(tmp_path, {**GOOD, "subject": f'"{subject}"'})

    assert [level_of(v) for v in verdicts(tmp_path)] == [Level.ADVISORY]


@pytest.mark.parametrize("subject", ["bill?ng", "[b]illing", "billin", "illing"])
def test_nothing_else_stands_for_others(tmp_path: Path, subject: str) -> None:
    (excuse,) = read(written(tmp_path, {**GOOD, "subject": f"'{subject}'"}))

    assert not excuse.covers("trial-card", "billing", "")
    assert excuse.covers("trial-card", subject, "")


def test_it_holds_through_its_day_and_fails_after_it(tmp_path: Path) -> None:
    written(tmp_path, GOOD)

    last = verdicts(tmp_path, "2026-12-31")
    after = verdicts(tmp_path, "2027-01-01")

    assert [level_of(v) for v in last] == [Level.ADVISORY]
    assert [(v.check, level_of(v)) for v in after] == [
        ("trial-card", Level.MANDATORY),
        ("excuses", Level.MANDATORY),
    ]
    assert "expired on 2026-12-31" in after[1].message


def test_an_expired_excuse_fails_whatever_else_is_right(tmp_path: Path) -> None:
    written(tmp_path, {**GOOD, "subject": "gone", "expires": "2026-11-24"})

    found = [v for v in verdicts(tmp_path) if v.check == "excuses"]

    assert [(level_of(v), v.severity) for v in found] == [(Level.MANDATORY, Severity.FAILED)]


@pytest.mark.parametrize("missing", list(GOOD))
def test_every_field_is_needed(tmp_path: Path, missing: str) -> None:
    entry = {key: value for key, value in GOOD.items() if key != missing}

    (problem,) = problems(written(tmp_path, entry))

    assert problem.startswith(f"policies/excuses.yaml:2: excuses[0].{missing}: is missing.")


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        ({"policy": "trial-cards"}, 2, "there is no policy trial-cards"),
        ({"reasn": "x"}, 8, "excuses[0].reasn: is not known here. Did you mean reason?"),
        ({"reason": '" "'}, 5, "excuses[0].reason: can't be used"),
        ({"by": "[ana]"}, 6, "excuses[0].by: can't be used"),
        ({"expires": "soon"}, 7, "excuses[0].expires: can't be used"),
        ({"expires": "2026-12-31T10:00:00"}, 7, "excuses[0].expires: can't be used"),
        ({"expires": "2027-02-24"}, 7, "is more than 90 days away. Write 2027-02-23 or"),
        ({"expires": "'20261231'"}, 7, "excuses[0].expires: can't be used"),
        ({"expires": "'2026-W53-4'"}, 7, "excuses[0].expires: can't be used"),
        ({"stack": "'*'"}, 3, "excuses[0].stack: is every stack. Name the stack"),
        ({"what": "' '"}, 8, "excuses[0].what: can't be used"),
        ({"what": ""}, 8, "excuses[0].what: can't be used"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, change: dict[str, str], line: int, says: str
) -> None:
    (problem,) = problems(written(tmp_path, {**GOOD, **change}))

    assert problem.startswith(f"policies/excuses.yaml:{line}: ")
    assert says in problem


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    file = written(tmp_path, {**GOOD, "policy": "x"}, {**GOOD, "expires": "x"})

    assert len(problems(file)) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- a\n", "policies/excuses.yaml:1: is not a group of fields"),
        ("excuses: {}\n", "policies/excuses.yaml:1: excuses: is not a list"),
        ("excuses:\n  - text\n", "policies/excuses.yaml:2: excuses[0]: is not a group of fields"),
        ("excuse:\n", "policies/excuses.yaml:1: excuse: is not known here. Did you mean excuses?"),
        ("a: [\n", "policies/excuses.yaml:2: is not YAML"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "excuses.yaml"
    file.write_text(text)

    assert any(problem.startswith(says) for problem in problems(file))


def test_fields_of_an_anchor_are_its_own(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    file.write_text(
        file.read_text().replace("  - policy", "  - &first\n    policy")
        + "  - <<: *first\n    subject: instance\n    expires: soon\n"
    )

    assert problems(file) == [
        "policies/excuses.yaml:11: excuses[1].expires: can't be used. Write the last day it "
        "holds, as 2026-12-31"
    ]


def test_nothing_to_excuse_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "excuses.yaml"
    file.write_text("# none\nexcuses:\n")

    assert read(file) == ()
