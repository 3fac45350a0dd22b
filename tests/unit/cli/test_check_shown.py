"""`check --stack` prints the differences in lines that are readable without a terminal."""

from __future__ import annotations

import pytest

from clerkstack.app.code import AppCode
from clerkstack.cli import check_stack
from clerkstack.comparison.compare import Row
from clerkstack.texts import counted


def test_of_a_list_what_differs_is_shown() -> None:
    many = [f"feature_{number}" for number in range(60)]
    row = Row(
        "pro", {"features": [*many, "sso"]}, {"features": ["audit", *many]}, None, agree=False
    )

    shown = check_stack._rows("plan", [row], ["app", "catalog"])

    assert shown[1] == ("plan", "pro", "features", "sso", "audit", "differs")


def test_a_side_that_has_no_more_than_the_other() -> None:
    row = Row("pro", {"features": ["a", "b"]}, {"features": ["a"]}, {"features": []}, agree=False)

    shown = check_stack._rows("plan", [row], ["app", "catalog", "instance"])

    assert shown[1] == ("plan", "pro", "features", "a, b", "a", "none of these", "differs")


def test_no_line_is_wider_than_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    words = "src/app/page.tsx:1:2: has({ plan: 'x' }), and " + "neither of them has that plan " * 9

    check_stack._say(words)

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 120
    assert " ".join(map(str.strip, lines)) == words.strip()


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ((), ""),
        (
            ("a.py",),
            " 1 file of other languages names Clerk and cannot be read (a.py). List those to "
            "ignore in clerkstack",
        ),
        (
            ("a.py", "b.go", "c.rb", "d.html"),
            " 4 files of other languages name Clerk and cannot be read (a.py, b.go, c.rb, "
            "…). List those to ignore in clerkstack",
        ),
    ],
)
def test_files_of_other_languages_are_counted(others: tuple[str, ...], told: str) -> None:
    assert check_stack._others(AppCode(others=others)).partition(":")[0] == told


@pytest.mark.parametrize(("count", "told"), [(0, "0 checks"), (1, "1 check"), (2, "2 checks")])
def test_one_is_one(count: int, told: str) -> None:
    assert counted(count, "check") == told
