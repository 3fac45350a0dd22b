"""Each check, with what it looks at broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clerkstack.app.git import git
from clerkstack.checks.finding import Finding
from clerkstack.cli.doctor import _code
from clerkstack.desired.secret_kinds import KINDS, variables_of
from clerkstack.doctor import machine, services
from clerkstack.doctor import stack as stacks
from clerkstack.doctor.model import Check, examined, failed, ok, warning
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import Journal, now
from clerkstack.rotation.stacks import enter, known_of
from clerkstack.settings.variable_names import DEFAULT
from clerkstack.state.locks import Owner
from tests.unit.doctor.here import Here, examine, look


def change(here: Here, edit: Callable[[Journal], Any], **rotated: int) -> None:
    journal = known_of(here.testbed.state, "dev").journal
    edit(journal)
    enter(here.testbed.state, journal, rotated=rotated)  # type: ignore[arg-type]


STACK = [stacks.checkpoint, stacks.settings, stacks.state, stacks.rotation]


@pytest.mark.parametrize("check", STACK, ids=lambda check: check.__name__)
def test_all_is_well(check: Callable[[stacks.Patient], Finding], here: Here) -> None:
    finding = look(check, here)

    assert finding.severity == "passed", finding
    assert not any(secret in finding.message for secret in here.testbed.deployed.values())


def test_settings_that_are_wrong(here: Here) -> None:
    here.testbed.configured = {"appUrl": "nowhere"}

    finding = examine(stacks.settings, here)

    assert finding.severity == "failed"
    assert "appUrl" in finding.message


def test_a_state_that_is_locked_half_done_or_empty(here: Here) -> None:
    here.locked = [Owner("ana", "vm", 7)]
    assert "locked by ana@vm, process 7" in look(stacks.state, here).message
    here.locked, here.pending = [], [{"type": "creating"}]
    assert look(stacks.state, here).severity == "failed"
    assert "recover" in look(stacks.state, here).remedy
    here.pending, here.testbed.resources = [], []
    finding = look(stacks.state, here)
    assert (finding.severity, finding.remedy) == ("failed", "pulumi up --stack dev")


def test_a_stack_that_nobody_deployed_is_reported_once(here: Here) -> None:
    here.testbed.resources = []
    patient = here.patient()
    found = {
        finding.check: finding
        for finding in examined((*stacks.CHECKS, *services.CHECKS), patient, print)
    }
    patient.close()
    assert found["state"].message == "nothing is deployed"
    for name in ("rotation", "ages of secrets", "secret key", "webhook", "app"):
        assert found[name].severity == "not checked", (name, found[name])


def test_a_checkpoint_that_was_cut_off(here: Here) -> None:
    here.broken = ["dev.json.attrs"]
    patient = here.patient()
    found = {finding.check: finding for finding in examined(stacks.CHECKS, patient, print)}
    patient.close()
    assert found["checkpoint"].severity == "failed"
    assert found["checkpoint"].remedy == "bin/clerkstack recover --stack dev"
    assert found["state"].severity == found["settings"].severity == "not checked"


def test_a_passphrase_that_is_not_there(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    here.provider = "passphrase"
    for name in machine.PASSPHRASE:
        monkeypatch.delenv(name, raising=False)
    assert look(stacks.state, here).severity == "warning"
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")  # an empty one is one
    assert look(stacks.state, here).severity == "passed"


def test_a_rotation_that_was_left(here: Here) -> None:
    assert here.testbed.killed_at(10, here.testbed.rotate)
    assert look(stacks.rotation, here).severity == "warning"  # somebody may be running it

    def dead(journal: Journal) -> None:
        assert journal.running is not None
        assert journal.running.holder is not None
        journal.running.holder.until = 1

    change(here, dead)
    finding = look(stacks.rotation, here)
    assert (finding.severity, finding.remedy) == ("failed", "bin/clerkstack rotate --stack dev")

    here.testbed.rotate()
    assert "done, by Ana" in look(stacks.rotation, here).message
    assert "the old secrets end at 20" in look(stacks.rotation, here).message
    here.testbed.abort()
    assert "the secret key in use ends in 2" in look(stacks.rotation, here).message


def test_other_holders_are_counted_until_they_are_seen_to(here: Here) -> None:
    vercel = here.testbed.world.vercel
    project = vercel.add_project("prj_api", "api")
    body = {"key": "CLERK_SECRET_KEY", "type": "encrypted", "target": ["preview"]}
    vercel.create_variable(project, {**body, "value": here.testbed.deployed["clerk"]})
    name = "api/preview/CLERK_SECRET_KEY"
    here.testbed.rotate(seen_to=(name,))

    finding = look(stacks.rotation, here)

    assert finding.severity == "failed"
    assert finding.message.startswith("1 other holder must receive the new secrets by 20")
    assert name in finding.message
    assert "rotate --stack dev --status --holder-done NAME" in finding.remedy
    change(here, lambda journal: journal.see_to([name]))
    assert look(stacks.rotation, here).severity == "passed"


def test_an_unfinished_rotation_shows_when_an_old_secret_ends(here: Here) -> None:
    assert here.testbed.killed_at(10, here.testbed.rotate)

    def left(journal: Journal) -> None:
        assert journal.running is not None
        journal.running.holder = None
        journal.running.sides["clerk"].old_ends = 1_800_000_000_000

    change(here, left)

    assert "an old secret ends at 2027-01-15 08:00 UTC" in look(stacks.rotation, here).message


def test_secrets_that_are_old(here: Here) -> None:
    day = stacks.DAY
    change(here, lambda _: None, clerk=now() - 91 * day, webhook=now() - 3 * day)
    finding = look(stacks.ages, here)
    assert finding.severity == "failed"
    assert "CLERK_SECRET_KEY 91 days, CLERK_WEBHOOK_SECRET 3 days" in finding.message

    change(here, lambda _: None, clerk=now() - 90 * day, webhook=now() - 1 * day)
    assert look(stacks.ages, here).severity == "passed"


def test_of_a_secret_never_rotated_the_age_is_when_it_was_written(here: Here) -> None:
    names = [name for kind in KINDS for name in variables_of(kind, DEFAULT)]
    written = {f"preview/{name}": now() - 5 * stacks.DAY for name in names}
    (variables,) = [
        resource
        for resource in here.testbed.resources
        if resource["type"].endswith(":WrittenVariables")
    ]
    variables["outputs"]["written"] = written
    change(here, lambda _: None, webhook=now() - 3 * stacks.DAY)

    told = look(stacks.ages, here).message

    assert "CLERK_SECRET_KEY 5 days since it was written; never rotated" in told
    assert "CLERK_WEBHOOK_SECRET 3 days;" in told


def test_names_that_no_sdk_reads_are_reported_unless_the_stack_says_that_its_app_does(
    here: Here,
) -> None:
    for resource in here.testbed.resources:
        resource["id"] = "env_1"
    assert look(stacks.names, here).severity == "passed", "the testbed says what its app reads"
    said = "no current SDK of Clerk's reads CLERK_WEBHOOK_SECRET (they read CLERK_WEBHOOK_SI"

    for environment in ({"projectId": "prj_1"}, {"projectId": "prj_1", "names": ["nextjs"]}):
        here.testbed.configured = {"environment": json.dumps(environment)}
        finding = look(stacks.names, here)
        assert finding.severity == "warning"
        assert finding.message.startswith(said)
        assert "clerkstack:environment.names" in finding.remedy


def test_variables_without_an_id_in_the_state(here: Here) -> None:
    held = [
        resource for resource in here.testbed.resources if resource["type"].startswith("vercel:")
    ]
    for each in held:
        each.update(id="prj_1/env_1", outputs={"id": "env_1"})
    assert look(stacks.state, here).severity == "passed"

    held[0]["outputs"] = {}
    finding = look(stacks.state, here)

    assert finding.severity == "warning"
    assert finding.message == "1 variable without an id in the state: a refresh would drop them"
    assert "recover --stack dev" in finding.remedy


def test_what_needs_something_that_failed_is_not_checked() -> None:
    asked: list[str] = []

    def bad(_: None) -> Finding:
        raise ClerkstackError("broken")

    def noted(name: str) -> Callable[[None], Finding]:
        return lambda _: asked.append(name) or ok(name)  # type: ignore[func-returns-value]

    checks = [
        Check("a", bad),
        Check("b", noted("b"), ("a",)),
        Check("c", noted("c"), ("b",)),
        Check("d", noted("d")),
        Check("e", lambda _: failed("x")),
    ]

    found = {finding.check: finding for finding in examined(checks, None, lambda _: None)}

    assert asked == ["d"]
    states = {name: str(each.severity) for name, each in found.items()}
    assert states == {
        "a": "failed",
        "b": "not checked",
        "c": "not checked",
        "d": "passed",
        "e": "failed",
    }


def test_this_machine() -> None:
    said = {
        ("version",): "v3.1.0\n",
        ("plugin", "ls", "--json"): '[{"name": "vercel", "version": "5.0.0"}]',
        ("whoami", "--verbose", "--json"): '{"user": "ana", "url": "s3://states"}',
    }
    paths = {name: f"/usr/bin/{name}" for name in ("pulumi", machine.LANGUAGE)}
    paths = {**paths, "pulumi-resource-command": "/usr/bin/x"}
    there = machine.Machine(lambda *words: said[words], paths.get)

    assert machine.engine(there).message == "v3.1.0, /usr/bin/pulumi"
    assert machine.plugins(there).message == "vercel 5.0.0, command from PATH"
    assert machine.backend(there).message == "s3://states, as ana"
    assert machine.python(there).severity == "passed"
    assert machine.python(machine.Machine(there.pulumi, version=(3, 10))).severity == "failed"
    nothing = machine.Machine(lambda *_: "null", lambda _: None)
    assert machine.engine(nothing).severity == "failed"
    assert machine.plugins(nothing).message == f"{machine.LANGUAGE} is not on PATH"
    bare = machine.Machine(lambda *_: "null", {machine.LANGUAGE: "/usr/bin/x"}.get)
    assert machine.plugins(bare).severity == "warning"


def test_a_checkout_with_changes_and_none(tmp_path: Path) -> None:
    here = machine.Machine(lambda *_: "", folder=tmp_path)
    assert machine.checkout(here).message == "not in a git checkout"
    git("init", "-q", folder=tmp_path)
    assert machine.checkout(here).message == "no commit yet, nothing changed"
    (tmp_path / "new").write_text("x")
    assert machine.checkout(here).severity == "passed"
    git("add", "new", folder=tmp_path)
    finding = machine.checkout(here)
    assert (finding.severity, " with 1 uncommitted file" in finding.message) == ("warning", True)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("s3://states?region=eu-west-1", "s3://states?region=eu-west-1"),
        ("postgres://ana:pw1@db/states", "postgres://…@db/states"),
        ("postgres://db/s?sslpassword=pw1&sslmode=x", "postgres://db/s?sslpassword=…&sslmode=x"),
        ("https://pulumi.example/ana@home", "https://pulumi.example/ana@home"),
    ],
)
def test_a_backends_address_is_shown_without_its_password(address: str, shown: str) -> None:
    said = json.dumps({"user": "ana", "url": address})

    assert machine.backend(machine.Machine(lambda *_: said)).message == f"{shown}, as ana"


def test_a_backend_that_lets_nobody_in() -> None:
    def pulumi(*_: str) -> str:
        raise ClerkstackError("pulumi whoami failed: no credentials")

    checks = (*machine.CHECKS[-1:], *stacks.CHECKS)
    here = machine.Machine(pulumi)
    found = {finding.check: finding for finding in examined(checks, here, print)}  # type: ignore[arg-type]

    assert (found["backend"].severity, found["checkpoint"].severity) == ("failed", "not checked")
    assert "no credentials" in found["backend"].message


def test_a_state_that_somebody_edited(here: Here) -> None:
    del here.testbed.resources[0]["outputs"]

    finding = examine(stacks.rotation, here)

    assert finding.severity == "failed"
    assert "cannot be read" in finding.message


def test_the_exit_code_tells_a_service_that_failed_from_what_is_off() -> None:
    off, service = failed("x"), replace(failed("x"), service_failed=True)
    assert _code([ok("x"), warning("x")]) == 0
    assert _code([ok("x"), service]) == 3
    assert _code([service, off]) == 1
