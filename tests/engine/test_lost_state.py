"""A lost or damaged state is restored from an earlier one, or rebuilt from the live services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.aws import SIGNED, Place
from local.project import Project
from local.world import World
from tests.deployments import development
from tests.engine.live import read_instance, requests, variables, writes
from tests.engine.small import declare, small_thrice
from tests.engine.test_killed import assert_complete, recover, up_killed_at
from tests.kept import starts_from

pytestmark = pytest.mark.engine

CHECKPOINT = ".pulumi/stacks/clerkstack/local.json"
LOST = "no stack named"
DAMAGED = "recover --stack <stack>"


def checkpoint(project: Project) -> Path:
    return project.folder / "state" / CHECKPOINT


def put_back(project: Project, *words: str) -> str:
    ran = project.clerkstack("recover", "--from-history", *words)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def shown(project: Project) -> Any:
    ran = project.pulumi("stack", "export", "--show-secrets", "--stack", "local")
    return json.loads(ran.stdout)["deployment"]["resources"]


def to_s3(project: Project, aws: Place) -> None:
    """The stack's state is in the bucket, nothing deployed yet, its secrets under the key."""
    project.shell |= aws.variables
    words = ("--to", aws.backend, "--secrets-provider", aws.secrets_provider)
    moved = project.clerkstack("move", *words)
    assert moved.returncode == 0, moved.stderr
    project.shell["PULUMI_BACKEND_URL"] = aws.backend


@starts_from(development)
def test_a_deployment_whose_checkpoint_is_damaged_goes_on(project: Project, world: World) -> None:
    before = shown(project)
    whole = checkpoint(project).read_bytes()
    checkpoint(project).write_bytes(whole[: len(whole) // 2])
    assert DAMAGED in project.clerkstack("recover").stderr

    told = put_back(project)

    assert "is back" in told
    assert shown(project) == before
    assert_complete(project, world)


def test_what_came_after_the_state_that_is_back_is_taken_over(
    project: Project, world: World
) -> None:
    assert up_killed_at(project, 30, "after")
    recover(project)
    project.up()
    # No trace of the second update is left: the first's state lacks what it made at Vercel.
    history = sorted((project.folder / "state/.pulumi/history").rglob("*.checkpoint.json"))
    for file in (checkpoint(project), Path(f"{checkpoint(project)}.bak")):
        file.write_text("{")
    for file in (project.folder / "state/.pulumi/backups").rglob("*.json"):
        file.unlink()
    for file in history[1:]:
        file.write_bytes(file.read_bytes()[:100])

    put_back(project)
    project.up()

    assert_complete(project, world)


@pytest.mark.parametrize("damage", ["empty", "zeros", "gone"])
@starts_from(small_thrice)
def test_whatever_happened_to_the_checkpoint(project: Project, damage: str) -> None:
    before = shown(project)
    config = (project.folder / "Pulumi.local.yaml").read_text()
    if damage == "gone":
        checkpoint(project).unlink()
    else:
        checkpoint(project).write_bytes(b"" if damage == "empty" else bytes(4096))

    put_back(project)

    assert shown(project) == before
    assert (project.folder / "Pulumi.local.yaml").read_text() == config
    assert "unchanged" in project.up()


@starts_from(small_thrice)
def test_the_newest_whole_state_is_put_back(project: Project) -> None:
    checkpoint(project).write_bytes(b"")
    Path(f"{checkpoint(project)}.bak").write_bytes(b"")
    newest = sorted((project.folder / "state/.pulumi/history").rglob("*.checkpoint.json"))[-1]
    newest.write_bytes(newest.read_bytes()[:-9])
    for file in (project.folder / "state/.pulumi/backups").rglob("*.json"):
        file.unlink()

    ran = project.clerkstack("recover", "--from-history")

    assert ran.returncode == 0, ran.stderr
    assert "damaged" in ran.stderr
    assert len(shown(project)) == 4, "the stack, its provider, and two things"
    assert "+ 1 created" in project.up()


@starts_from(small_thrice)
def test_a_whole_state_is_only_replaced_by_one_that_is_named(project: Project) -> None:
    before = shown(project)

    refused = project.clerkstack("recover", "--from-history")

    assert refused.returncode == 2
    assert "can be read, with 5 resources" in refused.stderr
    assert shown(project) == before
    listed = project.clerkstack("recover", "--list")
    assert listed.returncode == 0, listed.stderr
    first = next(line for line in listed.stdout.splitlines() if "3 resources" in line)
    put_back(project, "--at", first.split()[0])
    assert len(shown(project)) == 3
    assert "+ 2 created" in project.up()


@starts_from(small_thrice)
def test_a_copy_of_the_backend_is_as_good(project: Project) -> None:
    before = shown(project)
    (project.folder / "state").rename(project.folder / "copy")
    (project.folder / "state").mkdir()
    nothing = project.clerkstack("recover", "--from-history")
    assert (nothing.returncode, "clerkstack adopt" in nothing.stderr) == (2, True)

    put_back(project, "--history", "copy")

    assert shown(project) == before


def test_a_bucket_gives_back_its_last_version(project: Project, aws: Place) -> None:
    declare(project)
    to_s3(project, aws)
    project.up()
    # Later than the last update, as a rotation's journal is.
    state = project.state()
    state["deployment"]["resources"][-1]["outputs"]["made"] = "later"
    file = project.folder / "state.json"
    file.write_text(json.dumps(state))
    project.pulumi("stack", "import", "--stack", "local", "--file", str(file))
    before, config = shown(project), (project.folder / "Pulumi.local.yaml").read_text()

    for method, content in (("PUT", '{"version":3,'), ("DELETE", None)):
        lost = httpx.request(method, aws.object(CHECKPOINT), content=content, headers=SIGNED)
        lost.raise_for_status()
        assert "is back" in put_back(project)
        assert shown(project) == before
        assert (project.folder / "Pulumi.local.yaml").read_text() == config

    with aws.rights():
        # With a deploy's rights alone: what the engine stores after each update.
        known = {**project.shell}
        project.shell |= aws.credentials("deploy")
        fewer = project.clerkstack("recover", "--list")
        assert fewer.returncode == 0, fewer.stderr
        assert "without the bucket's versions" in fewer.stderr
        assert "3 resources" not in fewer.stdout
        assert "4 resources" in fewer.stdout
        project.shell = known
    nobody = {**project.shell, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    project.shell = nobody
    ran = project.clerkstack("recover", "--list")
    assert (ran.returncode, "no AWS credentials" in ran.stderr) == (3, True), ran.stderr


def test_a_kill_on_s3_is_recovered(project: Project, world: World, aws: Place) -> None:
    to_s3(project, aws)
    assert up_killed_at(project, 32, "after")
    assert "currently locked" in project.up(check=False)

    recover(project)
    project.up()

    assert_complete(project, world)


def test_a_state_that_is_gone_is_built_again_from_what_is_live(
    project: Project, world: World, aws: Place
) -> None:
    project.shell |= aws.variables
    provider = aws.secrets_provider
    project.pulumi("stack", "change-secrets-provider", provider, "--stack", "local")
    project.up()
    config = (project.folder / "Pulumi.local.yaml").read_text()
    live, held = read_instance(world), variables(world)
    (project.folder / "state").rename(project.folder / "gone")
    (project.folder / "state").mkdir()
    world.clear_journal()

    nothing = project.clerkstack("recover", "--from-history")
    told = f"stack init local --secrets-provider '{provider}'"
    assert (nothing.returncode, told in nothing.stderr) == (2, True), nothing.stderr
    project.pulumi("stack", "init", "local", "--secrets-provider", provider)
    assert (project.folder / "Pulumi.local.yaml").read_text() == config, "its key stays"
    adopted = project.clerkstack("adopt")

    assert adopted.returncode == 0, adopted.stdout + adopted.stderr
    assert writes(world) == [], "adopting writes nothing"
    project.up()
    again, now = read_instance(world), variables(world)
    assert [endpoint.id for endpoint in again.endpoints] == [
        endpoint.id for endpoint in live.endpoints
    ]
    assert {slug: plan.id for slug, plan in again.plans.items()} == {
        slug: plan.id for slug, plan in live.plans.items()
    }
    assert again.config == live.config
    assert {key: (each["id"], each.get("value")) for key, each in now.items()} == {
        key: (each["id"], each.get("value")) for key, each in held.items()
    }
    assert_complete(project, world)
    assert requests(world) == []
    assert writes(world) == []
