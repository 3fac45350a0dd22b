"""A team's state: S3 with locks, KMS, and a change of key."""

from __future__ import annotations

import json
import re

import pytest

from local import team
from local.aws import Place
from local.project import Project
from tests.engine.small import declare

pytestmark = pytest.mark.engine

CIPHERTEXT = re.compile(r"v1:[A-Za-z0-9+/=]{10,}:[A-Za-z0-9+/=]+")


def test_the_whole_deployment_with_its_state_in_s3(capfd: pytest.CaptureFixture[str]) -> None:
    assert team.main() == 0

    told = capfd.readouterr()
    assert [line.split(":")[0].strip() for line in told.out.splitlines()] == [
        title for title, _ in team.CHECKS
    ]


def test_another_secrets_provider_encrypts_config_and_state_anew(
    project: Project, aws: Place
) -> None:
    declare(project)
    project.shell |= aws.variables
    project.up()
    config = project.folder / "Pulumi.local.yaml"
    providers = [aws.secrets_provider, aws.provider(aws.keys[1]), "passphrase"]
    used = [set(CIPHERTEXT.findall(config.read_text() + json.dumps(project.state())))]

    for provider in providers:
        before = len(config.read_text().splitlines())
        project.pulumi("stack", "change-secrets-provider", provider, "--stack", "local")
        text, state = config.read_text(), project.state()["deployment"]
        now = set(CIPHERTEXT.findall(text + json.dumps(state)))
        assert now, before
        assert all(now & earlier == set() for earlier in used), "an old ciphertext is left"
        assert state["secrets_providers"]["state"].get("url", "passphrase") == provider
        assert ("encryptionsalt" in text) == (provider == "passphrase")
        assert "unchanged" in project.up()
        used.append(now)


def test_the_documented_rights_are_enough_and_no_more(project: Project, aws: Place) -> None:
    declare(project)
    project.shell |= aws.variables
    words = ("--to", aws.backend, "--secrets-provider", aws.secrets_provider)
    assert project.clerkstack("move", *words).returncode == 0
    project.shell["PULUMI_BACKEND_URL"] = aws.backend
    with aws.rights():
        project.shell |= aws.credentials("review")
        assert "to create" in project.preview()
        refused = project.up(check=False)
        assert "AccessDenied" in refused
        assert "created" not in refused

        project.shell |= aws.credentials("deploy-dev")
        state = project.state()
        refused = project.up(check=False)
        assert "AccessDenied" in refused
        assert "created" not in refused
        (project.folder / "state.json").write_text(json.dumps(state))
        words = ("import", "--stack", "local", "--file", str(project.folder / "state.json"))
        assert "AccessDenied" in project.pulumi("stack", *words, check=False).stderr

        project.shell |= aws.credentials("deploy")
        assert "created" in project.up()
        assert "unchanged" in project.up()
        project.shell |= aws.credentials("review")
        assert "unchanged" in project.preview()
