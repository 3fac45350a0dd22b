from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.unit.local_stack.conftest import UP, Project, declare_port, free_ports


def test_the_first_up_starts_the_world_and_makes_the_stack(project: Project) -> None:
    ran = project.run_alone("up", "--refresh")

    assert ran.returncode == 0
    assert project.journal() == ["pulumi stack init local", f"{UP} --refresh"]
    assert f"the local world runs, its control API at {project.urls().control}" in ran.stderr


def test_a_later_up_goes_straight_to_pulumi(project: Project) -> None:
    project.run("up")
    project.journal()
    before = project.urls()

    ran = project.run("up")

    assert ran.returncode == 0
    assert project.journal() == [UP]
    assert project.urls() == before


def test_the_stack_file_says_where_the_world_is(project: Project) -> None:
    project.run("up")
    first = project.urls()
    text = project.stack_file.read_text()
    project.stop_world()

    project.run("up")

    assert text.startswith("# kept\n")
    for url in (first.clerk, first.frontend, first.svix, first.vercel):
        assert url in text
    assert project.urls() == first
    assert project.stack_file.read_text() == text


def test_where_a_port_is_taken_the_world_goes_elsewhere_and_the_file_says_so(
    project: Project,
) -> None:
    port = free_ports()
    declare_port(project, port)
    with socket.create_server(("127.0.0.1", port)):
        ran = project.run("up")
        moved = project.urls()
        project.stop_world()
        project.run("up")

    assert ran.returncode == 0
    assert f"Port {port} of 127.0.0.1 is in use. The local world tries {port + 10}" in ran.stderr
    assert "Pulumi.local.yaml has its addresses now" in ran.stderr
    assert project.urls() == moved, "it stays where it moved to"
    assert f"platform: {project.urls().clerk} # kept too" in project.stack_file.read_text()


def test_an_official_plugin_is_brought_first_and_then_led_to_the_world(project: Project) -> None:
    package = project.folder / ".venv" / "lib" / "python3" / "site-packages" / "pulumiverse_vercel"
    package.mkdir(parents=True)
    facts = {"resource": True, "name": "vercel", "version": "5.21.1", "server": "github://x"}
    (package / "pulumi-plugin.json").write_text(json.dumps(facts))

    project.run("up")

    assert project.journal()[0] == (
        "pulumi plugin install resource vercel 5.21.1 --server github://x"
    )
    assert project.environment()["HTTPS_PROXY"] == project.urls().proxy
    assert project.environment()["SSL_CERT_FILE"] == project.urls().ca_file


def test_a_plugin_that_cannot_be_had_is_reported_with_what_does_without_it(
    project: Project,
) -> None:
    package = project.folder / ".venv" / "lib" / "python3" / "site-packages" / "pulumiverse_vercel"
    package.mkdir(parents=True)
    facts = {"resource": True, "name": "vercel", "version": "5.21.1"}
    (package / "pulumi-plugin.json").write_text(json.dumps(facts))

    ran = project.run("up", PLUGIN_CODE="3")

    assert ran.returncode == 3
    assert "the plugin vercel cannot be fetched here" in ran.stderr
    assert "CLERKSTACK_STAND_INS=yes make up" in ran.stderr
    assert [line for line in project.journal() if " up " in line] == []


SHOWN = 'printf "%s %s" "${npm_config_noproxy-none}" "${npm_config_https_proxy-none}"'


@pytest.mark.parametrize(
    ("shell", "npmrc", "shown"),
    [
        ({}, "", "127.0.0.1,localhost,registry.npmjs.org none"),
        (
            {},
            "registry=https://npm.acme.example/x/\n@acme:registry = http://own.acme.example:81\n",
            "127.0.0.1,localhost,registry.npmjs.org,npm.acme.example,own.acme.example none",
        ),
        ({"HTTPS_PROXY": "http://proxy.acme:3128"}, "", "none http://proxy.acme:3128"),
        ({"https_proxy": "http://proxy.acme:3128"}, "", "none http://proxy.acme:3128"),
        (
            {"HTTPS_PROXY": "http://a:1", "npm_config_https_proxy": "http://b:2"},
            "",
            "none http://b:2",
        ),
    ],
)
def test_npm_goes_where_it_went_before_in_a_shell_that_knows_the_world(
    project: Project, shell: dict[str, str], npmrc: str, shown: str
) -> None:
    (project.folder / ".npmrc").write_text(npmrc)
    project.run("up", CLERKSTACK_STAND_INS="yes")
    source = f'. "{project.folder}/.local/env.sh"; '

    for times in (1, 2):  # sourced again, it is unchanged
        words = ["/bin/sh", "-c", source * times + SHOWN]
        told = subprocess.run(words, capture_output=True, text=True, check=True, env=shell).stdout
        assert told == shown


@pytest.mark.parametrize("host", ["registry.npmjs.org", "api.vercel.com"])
def test_npm_itself_reads_it_so(project: Project, host: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not on this machine")
    agent = Path(npm).resolve().parents[1] / "node_modules" / "@npmcli" / "agent" / "lib"
    if not (agent / "proxy.js").exists():
        pytest.skip("this npm keeps its way to a proxy elsewhere")
    project.run("up", CLERKSTACK_STAND_INS="yes")
    script = (
        f"const {{ getProxy }} = require('{agent}/proxy.js');"
        "const noProxy = process.env.npm_config_noproxy;"
        f"console.log(getProxy('https://{host}/x', {{ noProxy }}))"
    )
    words = ["/bin/sh", "-c", f'. "{project.folder}/.local/env.sh"; node -e "$SCRIPT"']
    path = f"{Path(npm).parent}:/usr/bin:/bin"

    ran = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": path, "SCRIPT": script},
    )

    assert (ran.stdout.strip() == "null") is (host == "registry.npmjs.org"), ran.stdout


def test_a_stand_in_plugin_gets_the_worlds_address_and_the_app_is_reached_by_its_host(
    project: Project,
) -> None:
    project.run("up", CLERKSTACK_STAND_INS="yes")

    assert project.environment()["VERCEL_API_URL"] == project.urls().vercel
    # Only the world's proxy knows https://preview.sendero.example: `make app` opens it.
    assert project.environment()["HTTPS_PROXY"] == project.urls().proxy
    assert project.environment()["SSL_CERT_FILE"] == project.urls().ca_file


def test_a_persons_shell_knows_the_world_while_it_runs(project: Project) -> None:
    project.run("up", CLERKSTACK_STAND_INS="yes")
    vercel = project.urls().vercel
    show = [
        "/bin/sh",
        "-c",
        f'. "{project.folder}/.local/env.sh"; printf %s "${{VERCEL_API_URL-none}}"',
    ]
    of_tests = [*show[:2], f"CLERKSTACK_WORLD=no; {show[2]}"]

    running = subprocess.run(show, capture_output=True, text=True, check=True, env={}).stdout
    left_out = subprocess.run(of_tests, capture_output=True, text=True, check=True, env={}).stdout
    project.run("down")
    stopped = subprocess.run(show, capture_output=True, text=True, check=True, env={}).stdout

    assert (running, left_out, stopped) == (vercel, "none", "none")


def test_a_preview_deploys_nothing_and_applies_the_policies(project: Project) -> None:
    project.run("preview")

    assert project.journal()[-1] == "pulumi preview --stack local --policy-pack policies/pack"


def test_down_destroys_removes_the_stack_and_stops_the_world(project: Project) -> None:
    project.run_alone("up")
    project.journal()

    ran = project.run_alone("down")

    assert ran.returncode == 0
    assert project.journal() == [
        "pulumi destroy --yes --stack local",
        "pulumi stack rm --yes --preserve-config --stack local",
    ]
    assert project.home.urls() is None


def test_production_is_a_stack_of_its_own_in_the_same_world(project: Project) -> None:
    project.run("up")
    project.production_file.write_text("config: {}\n")
    project.journal()

    ran = project.run("up", "--stack", "local-prod", "--refresh")

    assert ran.returncode == 0
    assert project.journal() == [
        "pulumi stack init local-prod",
        "pulumi up --stack local-prod --policy-pack policies/pack --yes --refresh",
    ]
    assert project.urls().clerk in project.production_file.read_text()
    assert "Pulumi.local-prod.yaml has its addresses now" in ran.stderr


def test_down_takes_production_first_and_its_protection_before(project: Project) -> None:
    project.run("up")
    project.production_file.write_text("config:\n  clerkstack:instance: production\n")
    project.run("up", "--stack", "local-prod")
    shipped = project.production_file.read_text()
    project.journal()

    ran = project.run("down")

    assert ran.returncode == 0, ran.stderr
    allowing = project.folder / ".local" / "Pulumi.local-prod.down.yaml"
    assert project.journal() == [
        "pulumi state unprotect --all --yes --stack local-prod",
        f"pulumi destroy --yes --stack local-prod --run-program --config-file {allowing}",
        "pulumi stack rm --yes --preserve-config --stack local-prod",
        "pulumi destroy --yes --stack local",
        "pulumi stack rm --yes --preserve-config --stack local",
    ]
    # Its app checks its plans, and nobody relies on them.
    assert "billingLeft: true" in allowing.read_text()
    assert project.production_file.read_text() == shipped
    assert project.home.urls() is None


def test_a_stack_that_is_not_local_is_refused(project: Project) -> None:
    ran = project.run("up", "--stack", "prod")

    assert ran.returncode == 2
    assert "invalid choice: 'prod' (choose from" in ran.stderr
    assert project.journal() == []


@pytest.mark.parametrize("before", [(), ("up", "down")])
def test_down_without_a_stack_only_stops_the_world(
    project: Project, before: tuple[str, ...]
) -> None:
    for command in before:
        project.run(command)
    project.journal()

    ran = project.run("down")

    assert ran.returncode == 0
    assert project.journal() == []


def test_a_failed_destroy_keeps_stack_and_world_for_another_try(project: Project) -> None:
    project.run("up")
    project.journal()

    ran = project.run("down", DESTROY_CODE="4")

    assert ran.returncode == 4
    assert project.journal() == ["pulumi destroy --yes --stack local"]
    assert project.urls()


def test_the_env_file_for_a_persons_shell_is_there_after_up(project: Project) -> None:
    project.run("up")

    assert os.access(project.folder / ".local" / "env.sh", os.R_OK)
