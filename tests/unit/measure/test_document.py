"""docs/measured.md is made from results: tables are generated, prose is left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.measure.document import MEASURED, SECTIONS, sections
from local.measure.operations import (
    EMPTY_FIRST,
    EMPTY_UNCHANGED,
    FEWEST,
    FIRST,
    LEAST_FIRST,
    LEAST_UNCHANGED,
    UNCHANGED,
    WITH_PACK,
)
from local.measure.results import Results
from local.sections import NoSection

DOCUMENT = Path(__file__).parents[3] / "docs" / "measured.md"
NAMES = ("machine", *(name for names in SECTIONS.values() for name in names))


def cost(seconds: float, cpu: float | None = None, mebibytes: float = 100) -> dict[str, float]:
    return {
        "seconds": seconds,
        "cpu": seconds / 2 if cpu is None else cpu,
        "mebibytes": mebibytes,
    }


def rounds(name: str, kind: str, *seconds: float) -> dict[str, Any]:
    return {"name": name, "kind": kind, "costs": [cost(each) for each in seconds]}


def role(name: str, cpu: float, mebibytes: float, count: int = 1) -> dict[str, Any]:
    return {
        "role": name,
        "processes": count,
        "cpu": cpu,
        "first_seen": 0 if name == "engine" else 1,
        "ended": 4,
        "mebibytes": mebibytes,
    }


def account(*roles: dict[str, Any]) -> dict[str, Any]:
    return {"seconds": 4, "sampling": 0.1, "roles": list(roles)}


ACCOUNTS = [
    account(role("engine", 1.0, 120), role("program", 3.0, 70, count=2)),
    account(role("engine", 2.0, 130), role("program", 2.0, 72, count=2)),
    account(role("engine", 1.0, 140), role("program", 3.0, 71, count=2)),
]
RESULTS: dict[str, Any] = {
    "machine": {"cores": 2, "engine": "3.259.0 with the stand-in plugins", "python": "3.11.7"},
    "suite": {
        "wall": 900,
        "cpu": 1500,
        "workers": 2,
        "passed": 2999,
        "failed": 0,
        "skipped": 1,
        "files": [
            {"name": "tests/unit/app/test_a.py", "seconds": 60, "tests": 2000},
            {"name": "tests/engine/test_b.py", "seconds": 240, "tests": 500},
            {"name": "tests/unit/test_c.py", "seconds": 300, "tests": 500},
        ],
    },
    "starts": {
        "unit": [0.01, 0.02, 0.03],
        "starts": [
            {"name": "--help", "own": [0.5, 0.5], "below": [0, 0], "asks": False},
            {"name": "drift", "own": [0.4, 0.6], "below": [0.2, 0.3], "asks": True},
        ],
    },
    "ups": {
        "rounds": [
            rounds(EMPTY_FIRST, "first", 1, 2, 10),
            rounds(EMPTY_UNCHANGED, "unchanged", 1, 1, 1),
            rounds(LEAST_FIRST, "first", 2, 4, 20),
            rounds(LEAST_UNCHANGED, "unchanged", 2, 2, 2),
            rounds(FIRST, "first", 3, 8, 30),
            rounds(UNCHANGED, "unchanged", 3, 3, 3),
        ],
        "requests": [
            {"name": FIRST, "sent": {"clerk, read": 20, "clerk, write": 20}},
            {"name": UNCHANGED, "sent": {}},
        ],
    },
    "processes": [{"name": name, "rounds": ACCOUNTS} for name in (FIRST, UNCHANGED, WITH_PACK)],
    "large": {
        "size": "500 plans",
        "rounds": [rounds("unchanged `up`", "unchanged", 6, 6, 6)],
        "base": [rounds(LEAST_UNCHANGED, "unchanged", 2, 2, 2)],
    },
    "scan": {
        "files": 501,
        "checks": 60,
        "unit": [0.02],
        "nothing": [cost(1, cpu=0.2, mebibytes=30)],
        "whole": [cost(2, cpu=1.2, mebibytes=50)],
    },
    "app": {
        "files": 6001,
        "checks": 600,
        "cold": [cost(2, cpu=3, mebibytes=60), cost(2, cpu=2, mebibytes=50)],
        "warm": [cost(1, cpu=0.4, mebibytes=40)],
        "walks": [[4, 0.001], [64, 0.0123]],
    },
}


def made(**changes: Any) -> dict[str, str]:
    return sections(Results.model_validate_json(json.dumps({**RESULTS, **changes})))


def rows(section: str) -> list[list[str]]:
    """Return the cells of a section's tables."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def row(section: str, name: str) -> list[str]:
    (found,) = [cells for cells in rows(section) if cells[0] == name]
    return found[1:]


def test_the_document_has_every_section_and_no_other() -> None:
    text = DOCUMENT.read_text()

    assert sorted(made()) == sorted(NAMES)
    for name in NAMES:
        assert text.count(MEASURED.begin(name) + "\n") == 1
        assert text.count(MEASURED.end(name) + "\n") == 1
    assert text.count("<!-- measured: ") == len(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "machine"])
def test_the_tables_of_the_document_are_the_writers(name: str) -> None:
    """A change of the writer must reach the document, too: `make measure`."""
    section = MEASURED.section_in(DOCUMENT.read_text(), name)

    if not rows(section):
        assert section.strip(), f"{name} has neither a table nor why there is none"
    else:
        assert rows(section)[0] == rows(made()[name])[0]


def test_a_section_is_replaced_and_the_prose_stays() -> None:
    text = f"before\n{MEASURED.begin('a')}\nold\nold\n{MEASURED.end('a')}\nafter\n"

    once = MEASURED.written(text, {"a": "new\n"})

    assert once == f"before\n{MEASURED.begin('a')}\nnew\n{MEASURED.end('a')}\nafter\n"
    assert MEASURED.written(once, {"a": "new\n"}) == once
    assert MEASURED.section_in(once, "a") == "new\n"
    with pytest.raises(NoSection, match="measured: b"):
        MEASURED.written(once, {"b": "new\n"})


def test_the_writer_is_a_function_of_the_results_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    first = made()
    monkeypatch.chdir("/")
    monkeypatch.setenv("PATH", "")

    assert made() == first


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    ups = made()["ups"]

    # The rounds' own: 3/1, 8/2, 30/10 and 3/2, 8/4, 30/20. The medians would give 4×.
    assert row(ups, FIRST)[:3] == ["3.00×", "1.50×", "1.50×"]
    assert row(ups, LEAST_FIRST)[:2] == ["2.00×", "1×"]
    assert row(ups, EMPTY_UNCHANGED)[:2] == ["1×", "0.50×"]
    assert row(ups, FIRST)[3:] == ["8.00", "4.00"]


def test_requests_stand_beside_the_fewest() -> None:
    requests = made()["requests"]

    assert row(requests, FIRST) == ["40", *map(str, FEWEST[FIRST])]
    assert row(requests, UNCHANGED)[:2] == ["0", "0"]


def test_an_up_is_shared_out_among_its_processes() -> None:
    one = made(processes=[{"name": UNCHANGED, "rounds": ACCOUNTS}])
    processes, memory = one["processes"], one["memory"]

    assert row(processes, "engine") == ["25 %", "1.00×", "1.00", "0 % to 100 %"]
    assert row(processes, "program (2 processes)") == ["75 %", "3.00×", "3.00", "25 % to 100 %"]
    assert "Unchanged `up`: 4.00 s of CPU, 4.00 s." in processes
    assert row(memory, "engine") == ["130"]


def test_a_start_is_compared_with_an_empty_program() -> None:
    starts = made()["starts"]

    assert row(starts, "`--help`") == ["25×", "0.50", "", "its end: it asks nobody"]
    assert row(starts, "`drift`") == ["25×", "0.50", "0.25", "its first request"]


def test_the_suite_is_shared_out_by_part_and_by_file() -> None:
    suite = made()["suite"]

    assert row(suite, "`tests/unit`") == ["60 %", "6.0", "2,500"]
    assert row(suite, "`tests/engine/test_b.py`") == ["40 %", "4.0", "500"]
    assert "2,999 passed, 0 failed, 1 skipped. 2 workers: 15.0 min of wall time" in suite
    assert [cells[0] for cells in rows(suite)[-3:]] == [
        "`tests/unit/test_c.py`",
        "`tests/engine/test_b.py`",
        "`tests/unit/app/test_a.py`",
    ]


def test_a_scan_and_a_large_catalog() -> None:
    scan, large = made()["scan"], made()["large"]

    assert row(scan, "501 files, 60 checks in them") == ["60×", "1.20", "50"]
    assert "0.100× of a Python start, 2.00 ms" in scan
    assert row(large, "unchanged `up`")[:2] == ["3.00×", "3.00×"]


def test_a_large_app() -> None:
    app = made()["app"]

    assert app.startswith("6,001 files, 600 checks in them.")
    assert row(app, "empty") == ["2.50", "2.00", "60"]
    assert row(app, "complete") == ["0.40", "1.00", "40"]
    assert row(app, "64") == ["12.3"]


def test_a_part_that_was_not_measured_is_left_alone() -> None:
    some = made(suite=None, ups=None, unmeasured={"suite": "run `make test` first"})

    assert some["suite"] == "run `make test` first\n"
    assert not {"ups", "requests"} & set(some)
