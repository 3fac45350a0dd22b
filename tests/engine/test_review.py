"""`clerkstack review`: what the real engine would do to each stack, in one comment."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from local.github import Github
from local.github.github import TOKEN
from local.project import PASSPHRASE, Project, write_source
from local.world import World
from local.world import seed as seeded
from tests import sendero
from tests.clock import wait_until
from tests.deployments import declared_production, development_beside_production
from tests.engine.by_hand import by_hand
from tests.engine.live import read_instance, writes
from tests.engine.reviewed import commented, event, review
from tests.engine.written_app import PAGE, write_app
from tests.kept import starts_from

pytestmark = [
    pytest.mark.engine,
    starts_from(declared_production),
]


@pytest.fixture
def two(project: Project) -> Project:
    """Two stacks: development, deployed if the test's mark says so, and production, undeployed."""
    project.stack = "local"
    return project


def offend(project: Project, offends: bool) -> None:
    """Make production's trials require a card, or not."""
    project.stack = "prod"
    project.set("billing.freeTrialRequiresPaymentMethod", offends)
    project.stack = "local"


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {str(each): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


@starts_from(development_beside_production)
def test_a_violation_is_commented_and_the_next_run_renews_the_comment(
    two: Project, world: World, github: Github
) -> None:
    two.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
    offend(two, True)
    two.stack = "prod"
    write_app(two, plans=sendero.APP_DECLARATION.replace("monthlyUsd: 60", "monthlyUsd: 65"))
    two.stack = "local"
    world.clear_journal()
    state = contents(two.folder / "state")

    offending = commented(two, github)
    (first,) = github.comments()
    told = first.body
    offend(two, False)
    clear = commented(two, github, "--json", "--output", "review.md")

    assert offending.returncode == 1, offending.stderr
    assert "| **update** | `billing-catalog` | `plans.pro.amount` | `6000` | `6500` |" in told
    assert "- `trial-card` on `billing-catalog` (`mandatory`)" in told
    assert "Commit `feed0123feed`" in told
    assert clear.returncode == 0, clear.stderr
    (second,) = github.comments()
    assert second.id == first.id
    assert "✅ nothing blocks" in second.body
    assert "trial-card" not in second.body
    whole = (two.folder / "review.md").read_text()
    assert whole.splitlines()[:3] == second.body.splitlines()[:3]
    assert writes(world) == []
    assert contents(two.folder / "state") == state
    by_stack = {stack["stack"]: stack for stack in json.loads(clear.stdout)["stacks"]}
    changes = {change["resource"]: change for change in by_stack["local"]["preview"]["changes"]}
    assert {"path": "plans.pro.amount", "before": 6000, "after": 6500} in changes[
        "billing-catalog"
    ]["properties"]
    told_of_production = by_stack["prod"]["preview"]["violations"]
    assert {each["severity"] for each in told_of_production} <= {"warning"}
    assert_nothing_leaks(two, world, github, offending, clear)


@starts_from(development_beside_production)
def test_a_changed_variable_is_described_by_its_declaration(two: Project, github: Github) -> None:
    """Vercel's provider also names a team, which nobody declares, without details."""
    two.set("appUrl", "https://other.sendero.example")

    ran = review(two, github, "--json", stacks=("local",))

    (told,) = json.loads(ran.stdout)["stacks"]
    changes = {change["resource"]: change["properties"] for change in told["preview"]["changes"]}
    assert [each["path"] for each in changes["environment-preview-NEXT_PUBLIC_APP_URL"]] == [
        "value"
    ]
    properties = [each for every in changes.values() for each in every]
    assert all(
        property_["before"] is not None or property_["after"] is not None
        for property_ in properties
    )
    assert "teamId" not in ran.stdout


def assert_nothing_leaks(
    project: Project, world: World, github: Github, *runs: subprocess.CompletedProcess[str]
) -> None:
    live = read_instance(world)
    told = [comment.body for comment in github.comments()] + [
        run.stdout + run.stderr for run in runs
    ]
    told += [(project.folder / "summary.md").read_text()]
    for secret in (
        *(seeded.PLATFORM_KEY, seeded.VERCEL_TOKEN, TOKEN, PASSPHRASE),
        *(live.secret_key, *live.signing_secrets.values()),
    ):
        assert not any(secret in each for each in told)
    assert list((project.folder / "temporary").iterdir()) == []


PLANTED = """
import pulumi
import pulumiverse_vercel as vercel
secret = pulumi.Config("clerkstack").require("platformKey")
pulumi.log.warn(f"warned of {secret}")
def variable(name, value):
    vercel.ProjectEnvironmentVariable(
        name, project_id="prj_1", key="A", value=value, targets=["preview"], sensitive=True
    )
variable("one", secret)
variable("two", pulumi.Output.secret("marked-as-secret"))
variable("three", "sk_live_onlyaform00")
variable(f"named-{secret}", "x")
raise ValueError(f"it is {secret}")
"""


@starts_from(development_beside_production)
def test_planted_secrets_are_shown_nowhere(two: Project, world: World, github: Github) -> None:
    write_source(two.folder / "__main__.py", PLANTED)
    two.pulumi("config", "set", "--secret", "clerkstack:platformKey", "no-keys-form-at-all")

    ran = commented(two, github, "--json", stacks=("local",))

    (comment,) = github.comments()
    assert ran.returncode == 2, ran.stderr
    assert "ValueError" in comment.body
    for secret in ("no-keys-form-at-all", "marked-as-secret", "onlyaform00"):
        assert secret not in ran.stdout + ran.stderr + comment.body
    assert_nothing_leaks(two, world, github, ran)


def test_a_disagreement_blocks_and_what_is_unresolved_is_commented(
    two: Project, world: World, github: Github
) -> None:
    write_app(two)
    two.up()
    by_hand(world, billing={"plans": {"pro": {"amount": 7000}}})
    brings = commented(two, github, stacks=("local",))
    write_app(two, PAGE + "export const f = ({ has }) => has({ plan: 'Pro' })\n")
    disagreeing = commented(two, github, stacks=("local",))
    first = github.comments()[0].body
    write_app(two)
    world.fault(kind="status", status=403, service="clerk", times=None)
    failing = commented(two, github, stacks=("local",))
    second = github.comments()[0].body
    world.clear_faults()
    two.set("appUrl", "nonsense")
    wrong = commented(two, github, stacks=("local", "nowhere"))
    third = github.comments()[0].body

    codes = [each.returncode for each in (brings, disagreeing, failing, wrong)]
    assert codes == [0, 1, 3, 2], wrong.stderr
    assert "src/page.tsx:8:43" in first
    assert "did you mean 'pro'?" in first
    assert "Clerk's Platform API refused" in second
    assert "(403" in second
    assert "appUrl: is not a complete https URL" in third
    assert "no stack named 'nowhere' found" in third
    assert len(github.comments()) == 1


def test_bad_input_has_its_code(two: Project, github: Github) -> None:
    two.set("appUrl", "nonsense")

    wrong = review(two, github, stacks=("local",))
    unknown = review(two, github, stacks=("nowhere",))

    assert (wrong.returncode, unknown.returncode) == (2, 2)
    assert "nonsense" not in unknown.stdout
    assert github.requests == []


def at_work_in(folder: Path) -> list[str]:
    """Return the programs whose working folder lies in a folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if (each / "cwd").readlink().is_relative_to(folder):
                found.append((each / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("begun", ["language-python ", "language-python-exec "])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_engine(
    two: Project, github: Github, number: signal.Signals, begun: str
) -> None:
    """Also before the engine is ready for one, which it is soon after it started the first."""
    program = (two.folder / "__main__.py").read_text()
    write_source(two.folder / "__main__.py", "import time\ntime.sleep(100)\n")
    running = subprocess.Popen(
        ["bin/clerkstack", "review", *("--stack", "local", "--stack", "prod", "--save", "r.json")],
        cwd=two.folder,
        env={**two.environment, **event(two.folder, github)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    wait_until(lambda: len([each for each in at_work_in(two.folder) if begun in each]) >= 2)

    running.send_signal(number)
    _, said = running.communicate(timeout=180)

    assert running.returncode == 130, said
    # Nothing more starts.
    assert said.rstrip().endswith("interrupted: ending the engine")
    wait_until(lambda: at_work_in(two.folder) == [], pause=0.2)
    assert not (two.folder / "r.json").exists()
    write_source(two.folder / "__main__.py", program)
    assert two.preview()
