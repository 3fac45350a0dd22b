from __future__ import annotations

import subprocess

import pytest

from local.machine.engine import Engine, shell_exports, variables
from local.machine.engine.variables import STAND_INS_VARIABLE, write_env_file
from tests.unit.engine_setup.conftest import Machine


def engine_of(machine: Machine, source: str) -> Engine:
    if source == "path":
        return Engine(source="path", pulumi=machine.bin / "pulumi", version="3.300.0")
    if source == "release":
        pulumi = machine.places.official / "bin" / "pulumi"
        return Engine(source="release", pulumi=pulumi, version="3.274.1")
    return Engine(source="build", pulumi=machine.places.built / "bin/pulumi", version="3.274.1")


def in_a_shell(machine: Machine, engine: Engine, show: str, **own: str) -> str:
    """Return what a shell that has sourced the exports prints for `show`."""
    file = machine.root / "env.sh"
    file.write_text(shell_exports(engine, machine.places, machine.environ))
    run = subprocess.run(
        ["/bin/sh", "-c", f'. "{file}"; printf %s "{show}"'],
        env={**machine.environ, **own},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


@pytest.mark.parametrize("source", ["path", "release"])
def test_an_official_engine_sees_no_file_of_the_fallback(machine: Machine, source: str) -> None:
    engine = engine_of(machine, source)

    path = variables(engine, machine.places, machine.environ)["PATH"].split(":")

    assert path[0] == str(machine.places.venv_bin)
    assert str(machine.places.built / "bin") not in path
    assert str(machine.places.stand_ins) not in path
    assert path == in_a_shell(machine, engine, "$PATH").split(":")


def test_a_pulumi_on_path_adds_no_folder_but_the_virtual_environment(machine: Machine) -> None:
    path = variables(engine_of(machine, "path"), machine.places, machine.environ)["PATH"]

    assert path == f"{machine.places.venv_bin}:{machine.environ['PATH']}"


def test_a_built_engine_comes_with_the_stand_in_plugins(machine: Machine) -> None:
    engine = engine_of(machine, "build")

    path = variables(engine, machine.places, machine.environ)["PATH"].split(":")

    assert path[:3] == [
        str(machine.places.venv_bin),
        str(machine.places.built / "bin"),
        str(machine.places.stand_ins),
    ]
    assert path == in_a_shell(machine, engine, "$PATH").split(":")


def test_the_stand_ins_can_be_wished_for_and_refused(machine: Machine) -> None:
    stand_ins = str(machine.places.stand_ins)
    wished = {**machine.environ, STAND_INS_VARIABLE: "yes"}
    refused = {**machine.environ, STAND_INS_VARIABLE: "no"}

    official = variables(engine_of(machine, "path"), machine.places, wished)
    built = variables(engine_of(machine, "build"), machine.places, refused)

    assert stand_ins in official["PATH"].split(":")
    assert stand_ins not in built["PATH"].split(":")


def test_the_local_stack_never_lands_in_the_users_backend(machine: Machine) -> None:
    users = {
        **machine.environ,
        "PULUMI_BACKEND_URL": "s3://team",
        "PULUMI_CONFIG_PASSPHRASE": "theirs",
        "PULUMI_CONFIG_PASSPHRASE_FILE": "/theirs",
    }

    made = variables(engine_of(machine, "path"), machine.places, users)

    assert made["PULUMI_BACKEND_URL"] == machine.places.state.as_uri()
    assert made["PULUMI_CONFIG_PASSPHRASE"] == "local"
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in made


def test_sourcing_keeps_what_the_user_has_set(machine: Machine) -> None:
    engine = engine_of(machine, "build")
    show = "$PULUMI_BACKEND_URL $PULUMI_CONFIG_PASSPHRASE $PULUMI_HOME"

    by_default = in_a_shell(machine, engine, show)
    kept = in_a_shell(
        machine,
        engine,
        show,
        PULUMI_BACKEND_URL="s3://team",
        PULUMI_CONFIG_PASSPHRASE="theirs",
        PULUMI_HOME="/theirs",
    )

    home = machine.places.pulumi_home
    assert by_default == f"{machine.places.state.as_uri()} local {home}"
    assert kept == "s3://team theirs /theirs"


def test_what_would_lead_to_another_python_is_dropped(machine: Machine) -> None:
    users = {
        **machine.environ,
        "PULUMI_PYTHON_CMD": "/theirs",
        "PYTHONSAFEPATH": "1",
    }
    engine = engine_of(machine, "build")

    made = variables(engine, machine.places, users)
    shown = in_a_shell(machine, engine, "${PULUMI_PYTHON_CMD-none}", PULUMI_PYTHON_CMD="/theirs")

    assert not {"PULUMI_PYTHON_CMD", "PYTHONSAFEPATH"} & set(made)
    assert shown == "none"


OURS = "127.0.0.1,localhost"


@pytest.mark.parametrize(
    ("users", "both"),
    [
        ({}, (OURS, OURS)),
        ({"NO_PROXY": "", "no_proxy": ""}, (OURS, OURS)),
        ({"no_proxy": ".corp"}, (f".corp,{OURS}", f".corp,{OURS}")),
        ({"NO_PROXY": ".corp"}, (f".corp,{OURS}", f".corp,{OURS}")),
        ({"NO_PROXY": ".a", "no_proxy": ".b"}, (f".a,{OURS}", f".b,{OURS}")),
        ({"NO_PROXY": f"{OURS},.corp"}, (f"{OURS},.corp", f"{OURS},.corp")),
    ],
)
def test_loopback_is_never_reached_through_a_proxy_of_the_user(
    machine: Machine, users: dict[str, str], both: tuple[str, str]
) -> None:
    engine = engine_of(machine, "build")
    show = "env | grep -i ^no_proxy= | sort"

    made = variables(engine, machine.places, {**machine.environ, **users})
    exported = in_a_shell(machine, engine, f"$({show})", **users)
    twice = in_a_shell(machine, engine, f"$(. {machine.root}/env.sh; {show})", **users)

    assert (made["NO_PROXY"], made["no_proxy"]) == both
    assert sorted(exported.split()) == sorted([f"NO_PROXY={both[0]}", f"no_proxy={both[1]}"])
    assert twice == exported


def test_the_env_file_says_which_stacks_it_is_for(machine: Machine) -> None:
    text = shell_exports(engine_of(machine, "build"), machine.places, machine.environ)

    comments = "".join(line for line in text.splitlines() if line.startswith("#"))
    for word in ("`local` and `local-prod` only", "new shell for other stacks", "VERCEL_API_URL"):
        assert word in comments


def test_the_env_file_is_written_and_its_state_folder_is_there(machine: Machine) -> None:
    text = write_env_file(engine_of(machine, "build"), machine.places, machine.environ)

    assert machine.places.env_file.read_text() == text
    assert machine.places.state.is_dir()
