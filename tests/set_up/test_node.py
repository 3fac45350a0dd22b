"""`python3 -m local.machine.node`: what is fetched, what is not, and what is reported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from local.machine import github_description, node, operator_description
from local.machine.again import PATIENCE_VARIABLE
from local.machine.engine.places import PROJECT
from local.machine.steps import Steps
from local.parts import EXAMPLE, VENDOR_CLIENTS, noted
from tests.set_up.clients import (
    MODULE,
    VERSION,
    module_sum,
    serve_modules,
    serve_packages,
    variables,
)
from tests.set_up.conftest import _need
from tests.set_up.registry import Registry

Run = Callable[..., int]


@pytest.fixture
def project(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two folders of npm packages."""
    _need("npm")
    folder = tmp_path / "project"
    for each in (folder, folder / "example"):
        serve_packages(registry, each)
    monkeypatch.setattr(node, "WAYS", node.WAYS[:2])
    return folder


@pytest.fixture
def run(project: Path, registry: Registry) -> Run:
    def run(**environ: str) -> int:
        own = {**variables(registry, project.parent / "home"), PATIENCE_VARIABLE: "0"}
        return node.main(project, {**own, **environ})

    return run


def test_the_packages_are_brought_once_and_again_for_another_lock(
    project: Path, registry: Registry, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.refuses = [429, "reset"]

    assert run(**{PATIENCE_VARIABLE: "0.1"}) == 0

    said = capsys.readouterr().err
    assert f"{VENDOR_CLIENTS.title}: 429 Too Many Requests" in said
    for folder in (project, project / "example"):
        assert (folder / "node_modules" / "tiny" / "package.json").exists()
    assert noted(project) == {}
    served = len(registry.served)

    assert run() == 0
    assert len(registry.served) == served
    assert capsys.readouterr().err == ""

    done = (project / "node_modules" / ".package-lock.json").stat().st_mtime
    os.utime(project / "package-lock.json", (done + 5, done + 5))
    os.utime(project / "node_modules" / ".package-lock.json", (done, done))
    run()
    said = capsys.readouterr().err
    assert f"{VENDOR_CLIENTS.title}: npm ci" in said
    assert EXAMPLE.title not in said


def test_no_script_of_a_package_or_of_the_project_is_run(project: Path, run: Run) -> None:
    for folder in (project, project / "example"):
        file = folder / "package.json"
        told = json.loads(file.read_text())
        scripts = dict.fromkeys(("preinstall", "install", "postinstall", "prepare"), "touch ran")
        file.write_text(json.dumps({**told, "scripts": scripts}))

    assert run() == 0

    assert (project / "node_modules" / "tiny" / "package.json").exists()
    assert list(project.rglob("ran")) == []


def test_a_refused_part_is_noted_and_reported_and_in_ci_it_fails_the_run(
    project: Path, registry: Registry, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.for_ever = 503

    assert run() == 0

    assert list(noted(project)) == [EXAMPLE.name, VENDOR_CLIENTS.name]
    for why in noted(project).values():
        assert "refused once, at last with: 503 Service Unavailable" in why
    capsys.readouterr()

    assert run(CI="true") == 1
    told = capsys.readouterr().err.partition("In CI each part is required")[2].splitlines()
    assert [line.partition("(")[2].partition(")")[0] for line in told[1:]] == [
        VENDOR_CLIENTS.name,
        EXAMPLE.name,
    ]

    registry.for_ever = None
    assert run(CI="true") == 0
    assert noted(project) == {}


def test_what_was_waited_for_in_vain_is_not_waited_for_again_but_in_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float | None] = []

    def fetch(at: Path, environ: Mapping[str, str], steps: Steps, patience: float | None) -> None:
        waited.append(patience)
        raise OSError("no")

    part = replace(VENDOR_CLIENTS, tool="sh")
    monkeypatch.setattr(node, "WAYS", [node.Way(part=part, there=lambda _: False, fetch=fetch)])

    for more in ({}, {}, {"CI": "true"}):
        node.main(tmp_path, {"PATH": os.environ["PATH"], **more})

    assert waited == [None, 0, None]


def test_without_the_tool_the_part_is_missing(
    project: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(PATH="/nowhere") == 0
    assert VENDOR_CLIENTS.why_missing(project).endswith("(vendor-clients): there is no npm on PATH")
    assert run(PATH="/nowhere", CI="1") == 1
    assert "there is no npm on PATH" in capsys.readouterr().err


def start(project: Path, script: str) -> subprocess.Popen[str]:
    """Fetch the packages of a project with a fake npm, without waiting for its end."""
    npm = project.parent / "bin" / "npm"
    npm.parent.mkdir(exist_ok=True)
    npm.write_text(f"#!/bin/sh\n{script}")
    npm.chmod(0o755)
    run = (
        "import sys; from pathlib import Path; from local.machine import node; "
        "node.WAYS = node.WAYS[:2]; "
        "sys.exit(node.main(Path(sys.argv[1])))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", run, str(project)],
        env={"PATH": f"{npm.parent}:/usr/bin:/bin", "PYTHONPATH": str(PROJECT)},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_set_up_waits_and_finds_the_work_done(project: Path, tmp_path: Path) -> None:
    pipe, journal, went = tmp_path / "pipe", tmp_path / "journal", tmp_path / "went"
    os.mkfifo(pipe)
    script = (
        f'echo "$PWD" >> {journal}\n[ -e {went} ] || read line < {pipe}\ntouch {went}\n'
        "mkdir -p node_modules\ntouch node_modules/.package-lock.json\n"
    )
    for each in (project, project / "example"):
        os.utime(each / "package-lock.json", (0, 0))

    first = start(project, script)
    with pipe.open("w"):  # the first one is at work
        second = start(project, script)
        assert second.stderr is not None
        said = second.stderr.readline()
    first.communicate(timeout=180)
    second.communicate(timeout=180)

    assert "another set-up is at work in this folder; waiting for it" in said
    assert (first.returncode, second.returncode) == (0, 0)
    assert journal.read_text().splitlines() == [str(project), str(project / "example")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_npm_and_the_set_up(
    project: Path, tmp_path: Path, number: signal.Signals
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    running = start(project, f"echo $$ > {pipe}\nexec sleep 600\n")
    npm = int(pipe.read_text())

    running.send_signal(number)
    _, said = running.communicate(timeout=180)

    assert running.returncode == 130
    assert "the next call goes on from here" in said
    with pytest.raises(ProcessLookupError):
        os.kill(npm, 0)
    assert noted(project) == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_for_another_try(project: Path, number: signal.Signals) -> None:
    running = start(project, "echo npm error code E503\nexit 1\n")
    assert running.stderr is not None
    assert [running.stderr.readline() for _ in range(2)][1].endswith("again in 2 s\n")

    running.send_signal(number)
    running.communicate(timeout=180)

    assert running.returncode == 130


def test_the_description_of_github_is_had_after_refusals_and_only_as_it_is_pinned(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _need("npm")
    pin = serve_packages(registry, tmp_path / "unused")["tiny"]
    monkeypatch.setattr(github_description, "PACKAGE", "tiny@1.0.0")
    monkeypatch.setattr(github_description, "MEMBER", "package/package.json")
    monkeypatch.setattr(github_description, "SHA512", pin)
    registry.refuses = [403, 503]
    environ = variables(registry, tmp_path / "home")

    github_description.fetch(tmp_path, environ, Steps("test"), 0.1)

    assert "tiny" in github_description.file_in(tmp_path).read_text()
    assert len(registry.refused) == 2
    github_description.file_in(tmp_path).unlink()
    monkeypatch.setattr(github_description, "SHA512", "another")
    with pytest.raises(ValueError, match="is not what it was"):
        github_description.fetch(tmp_path, environ, Steps("test"), 0)
    assert not github_description.file_in(tmp_path).exists()


def test_the_description_of_the_operator_is_had_after_refusals_and_only_as_it_is_pinned(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _need("go")
    serve_modules(registry, tmp_path / "unused")
    pin = module_sum(registry.files[f"/{MODULE}/@v/{VERSION}.zip"])
    monkeypatch.setattr(operator_description, "MODULE", MODULE)
    monkeypatch.setattr(operator_description, "VERSION", VERSION)
    monkeypatch.setattr(operator_description, "MEMBER", "tiny.go")
    monkeypatch.setattr(operator_description, "SUM", pin)
    registry.refuses = [403, "reset"]
    environ = variables(registry, tmp_path / "home")

    operator_description.fetch(tmp_path, environ, Steps("test"), 0.1)

    assert operator_description.file_in(tmp_path).read_text() == "package tiny\n"
    assert len(registry.refused) == 2
    operator_description.file_in(tmp_path).unlink()
    monkeypatch.setattr(operator_description, "SUM", "h1:another")
    with pytest.raises(ValueError, match="is not what it was"):
        operator_description.fetch(tmp_path, environ, Steps("test"), 0)
    assert not operator_description.file_in(tmp_path).exists()
