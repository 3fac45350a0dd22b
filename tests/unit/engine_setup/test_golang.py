from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.machine.engine.golang import find_go
from tests.unit.engine_setup.conftest import Machine


def caches(machine: Machine, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables that a build with the machine's own Go gets."""
    go = find_go(environ, machine.places, machine.root / "workshop")
    assert go is not None
    return go.caches


def test_a_go_of_the_users_own_uses_the_users_caches(machine: Machine) -> None:
    machine.has_go()

    assert caches(machine, machine.environ) == {}


@pytest.mark.parametrize(
    "users",
    [
        {"HOME": "/dev/null"},
        {"GOMODCACHE": "", "GOCACHE": "off"},
        {"GOMODCACHE": "/dev/null/mod"},
        {"GOCACHE": "off"},
    ],
)
def test_without_a_place_for_them_the_caches_are_in_the_workshop(
    machine: Machine, users: dict[str, str]
) -> None:
    machine.has_go()
    workshop = machine.root / "workshop"

    made = caches(machine, {**machine.environ, **users})

    for key in ("GOPATH", "GOMODCACHE", "GOCACHE"):
        assert workshop in Path(made[key]).parents
    assert made["GOFLAGS"] == "-modcacherw"


def test_a_folder_nobody_may_write_is_no_place(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has_go()
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda at, mode, **how: not mode & os.W_OK and access(at, mode, **how)
    )

    assert caches(machine, machine.environ)


def test_a_build_without_a_home_uses_and_removes_them(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has_go()
    environ = {**machine.environ, "HOME": "/dev/null"}
    monkeypatch.setattr(Machine, "environ", environ)

    machine.ensure()

    engine = machine.places.engine
    used = [line.split()[1:] for line in machine.go_calls() if line.startswith("caches ")]
    assert len(used) == 2
    assert all(engine in Path(folder).parents for pair in used for folder in pair)
    assert machine.left_in_engine_folder() == {"built", "stamp.json", "lock"}
