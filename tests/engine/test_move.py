"""`clerkstack move`: another backend, another secrets provider, the same state."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.aws import Place
from local.project import Project
from local.world import World
from local.world import seed as seeded
from tests.deployments import development
from tests.engine.live import writes
from tests.engine.small import declare
from tests.engine.small import small as three
from tests.kept import starts_from
from tests.kms import KEY, PROVIDER

pytestmark = [pytest.mark.engine, starts_from(three)]

ANOTHER_KEY = PROVIDER.replace(KEY, "alias/another")
CIPHERTEXT = re.compile(r"v1:[A-Za-z0-9+/=]{10,}:[A-Za-z0-9+/=]+")


@pytest.fixture
def small(project: Project, aws: Place) -> Project:
    """The small stack, in the file backend, with AWS available."""
    project.shell |= aws.variables
    return project


def config_of(project: Project) -> str:
    return (project.folder / "Pulumi.local.yaml").read_text()


def shown(project: Project) -> Any:
    """The resources of the stack, secrets shown."""
    ran = project.pulumi("stack", "export", "--show-secrets", "--stack", "local")
    return json.loads(ran.stdout)["deployment"]["resources"]


def move(project: Project, to: str, *words: str) -> subprocess.CompletedProcess[str]:
    return project.clerkstack("move", "--to", to, *words)


def use(project: Project, backend: str) -> None:
    project.shell["PULUMI_BACKEND_URL"] = backend


@starts_from(development)
def test_a_deployment_goes_on_from_s3_and_kms_as_if_nothing_had_been(
    project: Project, world: World, aws: Place
) -> None:
    project.shell |= aws.variables
    before, old = shown(project), config_of(project) + json.dumps(project.state())
    world.clear_journal()

    ran = move(project, aws.backend, "--secrets-provider", aws.secrets_provider, "--json")

    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["resources"], told["pending"]) == (len(before), 0)
    assert told["config"] == "Pulumi.local.yaml"
    assert shown(project) == before, "the old state stays"
    use(project, aws.backend)
    # The passphrase is no longer involved.
    project.shell["PULUMI_CONFIG_PASSPHRASE"] = "another"
    assert shown(project) == before
    state = project.state()
    assert state["deployment"]["secrets_providers"]["state"]["url"] == aws.secrets_provider
    new = config_of(project) + json.dumps(state)
    assert set(CIPHERTEXT.findall(old)) & set(CIPHERTEXT.findall(new)) == set()
    for secret in (seeded.PLATFORM_KEY, seeded.VERCEL_TOKEN):
        assert secret not in new + ran.stdout + ran.stderr
    assert "unchanged" in project.up()
    assert writes(world) == []


def test_there_and_back_again(small: Project, aws: Place) -> None:
    before, config = shown(small), config_of(small)
    assert move(small, aws.backend).returncode == 0
    assert config_of(small) == config, "who keeps the provider keeps the file"
    use(small, aws.backend)
    assert small.pulumi("stack", "change-secrets-provider", aws.secrets_provider, "-s", "local")
    by_key = config_of(small)
    assert "encryptionsalt" not in by_key

    again = small.folder / "again"
    again.mkdir()
    ran = move(small, f"file://{again}")

    assert ran.returncode == 0, ran.stderr
    assert config_of(small) == by_key, "another stack of the same key leaves the key's file alone"
    use(small, f"file://{again}")
    assert shown(small) == before
    assert "unchanged" in small.up()
    # Another place in the bucket: an old state stays at the first place.
    back = move(small, replace(aws, folder="back").backend, "--secrets-provider", "passphrase")
    assert back.returncode == 0, back.stderr
    assert "encryptionsalt" in config_of(small)


def test_who_moves_twice_is_told_the_same(project: Project, bucket: Place) -> None:
    words = (bucket.backend, "--secrets-provider", ANOTHER_KEY)
    first, config = move(project, *words), config_of(project)

    second = move(project, *words)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "the state is there" in second.stderr
    assert config_of(project) == config


def test_changes_that_were_pending_are_pending_there(project: Project, bucket: Place) -> None:
    declare(project, things=3)

    ran = move(project, bucket.backend)

    assert ran.returncode == 0, ran.stderr
    # The resource, and the stack's own entry with it.
    assert "as before" in ran.stdout
    use(project, bucket.backend)
    assert "+ 1 created" in project.up()


# The requests to the engine, in this order; the move is killed before or after each.
KILLS = [
    ("stack init", "after"),
    ("stack tag set", "before"),
    ("stack import", "before"),
    ("stack import", "after"),
    ("stack change-secrets-provider", "after"),
    ("stack tag rm", "after"),
]
SHIM = """#!/bin/sh
case "$*" in *"{words}"*) ;; *) exec {pulumi} "$@" ;; esac
if [ {moment} = after ]; then {pulumi} "$@" >/dev/null 2>&1; fi
kill -9 $PPID
"""


def test_killed_at_each_step_it_is_run_again(
    project: Project, bucket: Place, tmp_path: Path
) -> None:
    before, config, path = shown(project), config_of(project), os.environ["PATH"]
    pulumi = subprocess.check_output(["which", "pulumi"], text=True).strip()
    shim = tmp_path / "shim" / "pulumi"
    shim.parent.mkdir()
    for words, moment in KILLS:
        shim.write_text(SHIM.format(words=words, moment=moment, pulumi=pulumi))
        shim.chmod(0o755)
        project.shell["PATH"] = f"{shim.parent}:{path}"
        ran = move(project, bucket.backend, "--secrets-provider", ANOTHER_KEY)
        project.shell["PATH"] = path
        assert ran.returncode == -9, (words, moment, ran.stderr)
        assert config_of(project) == config, (words, moment)
        assert shown(project) == before, (words, moment)

    ran = move(project, bucket.backend, "--secrets-provider", ANOTHER_KEY)

    assert ran.returncode == 0, ran.stderr
    use(project, bucket.backend)
    assert shown(project) == before
    assert "unchanged" in project.up()


def test_what_can_not_be_moved_is_left_as_it_is(small: Project, aws: Place) -> None:
    before, config = shown(small), config_of(small)
    here = small.environment["PULUMI_BACKEND_URL"]
    no_bucket = aws.backend.replace("clerkstack-state", "no-such-bucket")
    nobody = aws.backend.replace(aws.url, "http://127.0.0.1:1")
    unknown = aws.provider("00000000-0000-0000-0000-000000000000")
    cases = [
        ((no_bucket,), 3, "Create the bucket first"),
        ((nobody,), 3, "Nothing answers"),
        ((aws.backend, "--secrets-provider", unknown), 3, "KMS does not know the key"),
        ((aws.backend, "--secrets-provider", "awskm://x"), 2, "unknown secrets provider"),
        ((here,), 2, "is already there"),
        (("file:///no/such/folder",), 2, "unable to open state directory"),
        (("s4://bucket",), 2, "not the address of a backend"),
    ]
    for words, code, said in cases:
        ran = move(small, *words)
        assert (ran.returncode, said in ran.stderr) == (code, True), (words, ran.stderr)
        assert seeded.PLATFORM_KEY not in ran.stdout + ran.stderr

    del small.shell["AWS_ACCESS_KEY_ID"], small.shell["AWS_SECRET_ACCESS_KEY"]
    ran = move(small, aws.backend)
    assert (ran.returncode, "no AWS credentials" in ran.stderr) == (3, True), ran.stderr
    assert (shown(small), config_of(small)) == (before, config)


def test_what_aws_forbids_is_reported(small: Project, aws: Place) -> None:
    config = config_of(small)
    assert move(small, aws.backend).returncode == 0
    with aws.rights():
        ran = move(small, aws.backend, "--secrets-provider", aws.secrets_provider)
        small.shell |= aws.credentials("review")
        forbidden = move(small, aws.backend, "--secrets-provider", aws.secrets_provider)

    assert (ran.returncode, "AWS does not know these" in ran.stderr) == (3, True), ran.stderr
    said = "lack a permission" in forbidden.stderr
    assert (forbidden.returncode, said) == (3, True), forbidden.stderr
    assert config_of(small) == config


def test_another_stack_there_is_not_replaced(project: Project, bucket: Place) -> None:
    assert move(project, bucket.backend).returncode == 0
    declare(project, things=3)
    project.up()

    ran = move(project, bucket.backend)

    assert ran.returncode == 2
    assert "with another state" in ran.stderr
    use(project, bucket.backend)
    assert len(shown(project)) == 4, "the stack, its provider and two things"


def test_a_stack_that_somebody_works_on_is_not_moved(project: Project, bucket: Place) -> None:
    lock = project.folder / "state/.pulumi/locks/organization/clerkstack/local/one.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": 1, "username": "ann", "hostname": "desk"}))

    ran = move(project, bucket.backend)

    assert ran.returncode == 2
    assert "Somebody is working on local" in ran.stderr
    assert "ann@desk" in ran.stderr


def test_half_an_update_is_finished_first(project: Project, bucket: Place) -> None:
    file = project.folder / "state/.pulumi/stacks/clerkstack/local.json"
    state = json.loads(file.read_text())
    latest = state["checkpoint"]["latest"]
    latest["pending_operations"] = [{"resource": latest["resources"][-1], "type": "creating"}]
    file.write_text(json.dumps(state))
    before = file.read_text()

    ran = move(project, bucket.backend)

    assert (ran.returncode, "recover --stack local" in ran.stderr) == (2, True), ran.stderr
    assert file.read_text() == before
