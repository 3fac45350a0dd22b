"""What holds for every workflow, whatever it does: rights, shells, no word of a stranger's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from local.actionlint import check, program_in
from local.engine.places import Places
from local.parts import ACTIONLINT
from tests.absent import absent

TOP = Path(__file__).parents[2]
FILES = sorted((TOP / ".github" / "workflows").glob("*.yml"))
ACTION = TOP / ".github" / "actions" / "engine" / "action.yml"


def read(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(file.read_text())
    return loaded


JOBS = [(file, name, job) for file in FILES for name, job in read(file)["jobs"].items()]
each_job = pytest.mark.parametrize(
    ("file", "name", "job"), JOBS, ids=[f"{file.stem}-{name}" for file, name, _ in JOBS]
)
EXPECTED = {
    ("pull-request", "catalog"): {"contents": "read"},
    ("pull-request", "review"): {
        "contents": "read",
        "id-token": "write",
        "pull-requests": "write",
    },
    ("deploy", "dev"): {"contents": "read", "id-token": "write"},
    ("deploy", "prod"): {"contents": "read", "id-token": "write"},
    ("rotate", "rotate"): {"contents": "read", "id-token": "write"},
    ("drift", "drift"): {"contents": "read", "id-token": "write"},
}


@each_job
def test_a_job_has_the_rights_it_needs(file: Path, name: str, job: dict[str, Any]) -> None:
    assert read(file)["permissions"] == {}
    assert job["permissions"] == EXPECTED[file.stem, name]
    assert job["timeout-minutes"] <= 60


@each_job
def test_a_checkout_leaves_no_token(file: Path, name: str, job: dict[str, Any]) -> None:
    checkouts = [each for each in job["steps"] if "actions/checkout" in each.get("uses", "")]

    assert [each["with"]["persist-credentials"] for each in checkouts] == [False]


@pytest.mark.parametrize("file", [*FILES, ACTION], ids=lambda file: file.stem)
def test_no_command_is_made_of_an_expression(file: Path) -> None:
    document = read(file)
    groups = [job["steps"] for job in document.get("jobs", {}).values()]
    groups += [document["runs"]["steps"]] if "runs" in document else []

    assert [s["run"] for steps in groups for s in steps if "${{" in s.get("run", "")] == []


def test_no_key_that_lasts_is_named() -> None:
    named = {
        secret
        for file in [*FILES, ACTION]
        for secret in re.findall(r"secrets\.(\w+)", file.read_text())
    }

    assert named == {"PULUMI_CONFIG_PASSPHRASE"}


def test_a_forks_pull_request_runs_nothing_that_has_secrets() -> None:
    jobs = read(TOP / ".github/workflows/pull-request.yml")["jobs"]
    text = (TOP / ".github/workflows/pull-request.yml").read_text()

    own = "github.event.pull_request.head.repo.full_name == github.repository"
    assert jobs["review"]["if"] == own
    assert "env" not in jobs["catalog"]
    assert "pull_request_target" not in text


def test_a_stack_is_updated_by_one_run_at_a_time_and_production_after_an_approval() -> None:
    jobs = read(TOP / ".github/workflows/deploy.yml")["jobs"]
    groups = {name: job["concurrency"] for name, job in jobs.items()}

    assert groups == {
        name: {"group": f"deploy-{name}", "cancel-in-progress": False} for name in ("dev", "prod")
    }
    assert jobs["prod"]["environment"] == "production"
    assert jobs["prod"]["needs"] == "dev"


def test_actionlint_finds_nothing_and_would_find_something(tmp_path: Path) -> None:
    program = program_in(Places())
    if not program.exists():
        absent(ACTIONLINT)
    wrong = tmp_path / "wrong.yml"
    text = FILES[0].read_text()
    wrong.write_text(text.replace("timeout-minutes", "timeout-minute"))

    assert check(program, FILES) == 0
    assert check(program, [wrong]) == 1


def test_zizmor_finds_nothing_and_would_find_something(tmp_path: Path) -> None:
    def zizmor(*places: Path) -> int:
        words = [Path(sys.executable).parent / "zizmor", "--quiet", "--offline", "--no-progress"]
        return subprocess.run([*words, *places], capture_output=True, check=False).returncode

    wrong = tmp_path / "wrong.yml"
    text = (TOP / ".github/workflows/pull-request.yml").read_text()
    wrong.write_text(text.replace("run: bin/clerkstack check", "run: echo ${{ github.head_ref }}"))

    assert zizmor(TOP / ".github") == 0
    assert zizmor(wrong) != 0
