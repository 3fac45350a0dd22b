"""Rules for every workflow: rights, shells, no text of a stranger."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from local.machine.actionlint import check, program_in
from local.machine.engine.places import Places
from local.parts import ACTIONLINT
from tests.absent import absent

TOP = Path(__file__).parents[2]
FILES = sorted((TOP / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((TOP / ".github" / "actions").glob("*/action.yml"))


@cache
def read(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(file.read_text())
    return loaded


JOBS = [(file, name, job) for file in FILES for name, job in read(file)["jobs"].items()]
each_job = pytest.mark.parametrize(
    ("file", "name", "job"), JOBS, ids=[f"{file.stem}-{name}" for file, name, _ in JOBS]
)
STATE = {"contents": "read", "id-token": "write"}
EXPECTED = {
    ("pull-request", "catalog"): {"contents": "read"},
    ("pull-request", "review"): STATE,
    ("preview-production", "review"): STATE,
    ("comment", "comment"): {"actions": "read", "contents": "read", "pull-requests": "write"},
    ("deploy", "dev"): STATE,
    ("deploy", "preview"): STATE,
    ("deploy", "prod"): STATE,
    ("rotate", "rotate"): STATE,
    ("drift", "drift"): {"actions": "read", **STATE},
}
ENVIRONMENTS = {
    ("pull-request", "catalog"): None,
    ("pull-request", "review"): "review",
    ("preview-production", "review"): "preview-production",
    ("comment", "comment"): None,
    ("deploy", "dev"): "development",
    ("deploy", "preview"): "drift",
    ("deploy", "prod"): "production",
    ("rotate", "rotate"): "rotation",
    ("drift", "drift"): "drift",
}
# Whoever may push a branch can change what these run, and these files.
OF_A_PULL_REQUEST = {"pull_request", "pull_request_target"}


@each_job
def test_a_job_has_the_rights_it_needs(file: Path, name: str, job: dict[str, Any]) -> None:
    assert read(file)["permissions"] == {}
    assert job["permissions"] == EXPECTED[file.stem, name]
    assert job["timeout-minutes"] <= 60


@each_job
def test_a_checkout_leaves_no_token(file: Path, name: str, job: dict[str, Any]) -> None:
    checkouts = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]

    assert [checkout["with"]["persist-credentials"] for checkout in checkouts] == [False]


@pytest.mark.parametrize("file", [*FILES, *ACTIONS], ids=lambda file: file.parent.name + file.stem)
def test_no_command_is_made_of_an_expression(file: Path) -> None:
    document = read(file)
    groups = [job["steps"] for job in document.get("jobs", {}).values()]
    groups += [document["runs"]["steps"]] if "runs" in document else []

    assert [s["run"] for steps in groups for s in steps if "${{" in s.get("run", "")] == []


def triggers(file: Path) -> set[str]:
    """Return what starts a workflow."""
    # YAML 1.1 reads the word `on` as true; ruamel reads 1.2.
    return set(read(file)["on"])


@each_job
def test_a_key_is_where_somebody_answers_for_the_code(
    file: Path, name: str, job: dict[str, Any]
) -> None:
    """Only environments hold production's passphrase.

    A job without an environment must not name it: as a secret of the repository, every branch could
    read it.
    """
    named = set(re.findall(r"secrets\.(\w+)", str(job)))

    assert job.get("environment") == ENVIRONMENTS[file.stem, name]
    assert named <= {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_PROD"}
    if job.get("environment") in (None, "review", "development"):
        assert "PULUMI_CONFIG_PASSPHRASE_PROD" not in named
        assert not re.search(r"--stack[ =]prod|\bSTACK['\"]?: ['\"]?prod", str(job))


def test_actions_name_no_secret() -> None:
    for file in ACTIONS:
        assert "secrets." not in file.read_text()


@pytest.mark.parametrize(
    "job", [job for file, _, job in JOBS if triggers(file) & OF_A_PULL_REQUEST]
)
def test_the_code_of_a_pull_request_has_no_token_that_can_write(job: dict[str, Any]) -> None:
    """GitHub gives each job a token with the job's rights.

    A program that searches memory finds it, so only its rights protect. The environment does not
    hold it at all.
    """
    rights = {right for right, kind in job["permissions"].items() if kind != "read"}

    assert rights <= {"id-token"}  # exchanged for reading development's state
    assert not re.search(r"github\.token|GITHUB_TOKEN|GH_TOKEN", str(job))


PLANTED = "ghs_plantedtokenofthejob0000000000000000"
# Takes the pull request's place: it searches every process above it for the token.
LOOKING = """#!{python}
import os, pathlib
found, seen, process = [], 0, os.getpid()
while process > 1:
    told = pathlib.Path(f"/proc/{{process}}")
    seen += 1
    if b"{token}" in (told / "environ").read_bytes():
        found.append((told / "cmdline").read_text().replace(chr(0), " "))
    process = int((told / "status").read_text().split("PPid:")[1].split()[0])
pathlib.Path("{out}").write_text(f"{{seen >= 3}} {{found}}")
raise SystemExit(1)
"""


def with_token(step: dict[str, Any], job: dict[str, Any]) -> dict[str, str]:
    """Return the variables that the workflow gives to a step, with the token if it names it."""
    told = {**job.get("env", {}), **step.get("env", {})}
    return {
        name: PLANTED if re.search(r"github\.token|secrets\.GITHUB_TOKEN", str(value)) else ""
        for name, value in told.items()
    }


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc")
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("name", ["pull-request", "preview-production"])
def test_no_process_above_the_previewed_program_has_the_token(
    tmp_path: Path, name: str, given: bool
) -> None:
    """With `given` the step is as it was before, and it is found."""
    job = read(TOP / f".github/workflows/{name}.yml")["jobs"]["review"]
    (step,) = [each for each in job["steps"] if "run" in each]
    before = {**step, "env": {"GITHUB_TOKEN": "${{ github.token }}"}} if given else step
    out, pulumi = tmp_path / "found", tmp_path / "pulumi"
    pulumi.write_text(LOOKING.format(python=sys.executable, token=PLANTED, out=out))
    pulumi.chmod(0o755)
    subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"].replace("bin/", f"{TOP}/bin/")],
        cwd=tmp_path,
        env={
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "GITHUB_ACTIONS": "true",
            **with_token(before, job),
        },
        capture_output=True,
        timeout=180,
        check=False,
    )

    seen, _, found = out.read_text().partition(" ")
    assert (seen, found != "[]") == ("True", given), found


def test_the_job_that_comments_runs_main_s_code_and_nothing_of_the_other_run() -> None:
    file = TOP / ".github/workflows/comment.yml"
    (job,) = read(file)["jobs"].values()
    checkout, packages, comment = job["steps"]

    assert read(file)["on"] == {
        "workflow_run": {
            "workflows": ["pull-request", "preview-production"],
            "types": ["completed"],
        }
    }
    # In a run started by another run, this is the newest commit of the default branch.
    assert checkout["with"] == {"persist-credentials": False}
    assert packages["uses"] == "./.github/actions/packages"
    assert comment["run"] == "bin/clerkstack comment"
    assert list(comment["env"]) == ["GITHUB_TOKEN"]
    assert "env" not in job
    assert "head_repository.full_name == github.repository" in job["if"]
    assert not re.search(r"download-artifact|head_sha|head_ref|pull_requests", file.read_text())
    for name in ("pull-request", "preview-production"):
        assert read(TOP / f".github/workflows/{name}.yml")["name"] == name


@pytest.mark.parametrize("name", ["pull-request", "preview-production"])
def test_a_forks_pull_request_runs_nothing_that_has_secrets(name: str) -> None:
    file = TOP / f".github/workflows/{name}.yml"
    jobs = read(file)["jobs"]

    own = "github.event.pull_request.head.repo.full_name == github.repository"
    assert own in jobs["review"]["if"]
    assert "||" not in jobs["review"]["if"]
    assert "env" not in jobs.get("catalog", {})


def test_nothing_hands_a_stranger_s_code_main_s_rights() -> None:
    for file in FILES:
        assert "pull_request_target" not in triggers(file)
        # Another job, with other code, would run what one job stores there.
        assert not re.search(r"actions/cache|\bcache(-dependency-path)?:", file.read_text())
    assert [file.stem for file in FILES if "workflow_run" in triggers(file)] == ["comment"]


PINNED = re.compile(
    r"uses: (?:\./\.github/actions/\w+|[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)"
)


@pytest.mark.parametrize("file", [*FILES, *ACTIONS], ids=lambda file: file.parent.name + file.stem)
def test_each_action_is_pinned_by_its_commit(file: Path) -> None:
    used = [line.strip(" -") for line in file.read_text().splitlines() if "uses:" in line]

    assert [each for each in used if not PINNED.fullmatch(each)] == []


def test_what_is_installed_has_its_hash_checked_and_builds_nothing() -> None:
    commands = " ".join(
        step.get("run", "") for file in ACTIONS for step in read(file)["runs"]["steps"]
    )

    assert "--require-hashes --only-binary :all: -r requirements.lock" in commands
    assert ".venv/bin/python -m local.machine.engine official" in commands
    # They install what nobody has pinned: packages of pip itself, the newest engine, scripts.
    assert not re.search(r"pulumi install|pulumi/actions|curl|wget|npx?\b|\|\s*sh\b", commands)


@each_job
def test_what_waits_for_each_other_is_of_one_kind(
    file: Path, name: str, job: dict[str, Any]
) -> None:
    """A run of a pull request neither cancels nor delays one of main."""
    groups = [each["concurrency"]["group"] for each in (read(file), job) if "concurrency" in each]

    for group in groups:
        assert group.split("-${{")[0].startswith(file.stem), group
    if triggers(file) & OF_A_PULL_REQUEST:
        assert all("github.event.pull_request.number" in group for group in groups)


def test_a_role_is_trusted_to_one_subject_and_audience_compared_whole() -> None:
    issuer = "token.actions.githubusercontent.com"
    trusts = [
        statement
        for file in (TOP / "docs" / "aws").rglob("*.json")
        for statement in json.loads(file.read_text())["Statement"]
        if statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    ]

    assert trusts
    for trust in trusts:
        assert list(trust["Condition"]) == ["StringEquals"]
        told = trust["Condition"]["StringEquals"]
        assert told[f"{issuer}:aud"] == "sts.amazonaws.com"
        subjects = told[f"{issuer}:sub"]
        for subject in [subjects] if isinstance(subjects, str) else subjects:
            assert re.fullmatch(r"repo:[\w-]+/[\w-]+:environment:[\w-]+", subject), subject


def test_a_stack_is_updated_by_one_run_at_a_time_and_production_after_an_approval() -> None:
    jobs = read(TOP / ".github/workflows/deploy.yml")["jobs"]
    groups = {name: job["concurrency"] for name, job in jobs.items() if name != "preview"}

    assert groups == {
        name: {"group": f"deploy-{name}", "cancel-in-progress": False} for name in ("dev", "prod")
    }
    assert jobs["prod"]["environment"] == "production"
    assert jobs["prod"]["needs"] == ["dev", "preview"]


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


@pytest.mark.parametrize(
    "inside", ["", "a\n```\n<b>x</b>", "`````", "``` x ```\n````", "%s \\n $(id)"]
)
def test_a_summary_is_shown_and_never_obeyed(tmp_path: Path, inside: str) -> None:
    summary = tmp_path / "summary.md"
    text = f"one\n{inside}\n| a | [b](https://x.example) |"
    ran = subprocess.run(
        [str(TOP / "bin" / "summary"), "prod"],
        input=text,
        env={**os.environ, "GITHUB_STEP_SUMMARY": str(summary)},
        capture_output=True,
        text=True,
        check=True,
    )

    title, begin, *lines, end = summary.read_text().rstrip("\n").split("\n")
    assert (title, "\n".join(lines), ran.stdout) == ("### prod", text, f"{text}\n")
    assert begin == f"{end}text"
    assert set(end) == {"`"}
    assert end not in text


def test_every_summary_is_written_so() -> None:
    for file in FILES:
        assert "GITHUB_STEP_SUMMARY" not in file.read_text(), file
        # Without it, a pipe returns the status of its last command.
        assert read(file)["defaults"]["run"]["shell"] == "bash", file
