"""A folder in which commands run, on a local world and with an engine that starts nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clerkstack import safe
from local.machine.engine.places import Places
from local.project import TOP
from local.world import World
from tests.unit.cli.engine_of_memory import EngineOfMemory, install, sessions_closed
from tests.unit.cli.secret_addresses import Here


@pytest.fixture
def stacks(
    running: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EngineOfMemory]:
    """The engine, which knows no stack yet; the world is as at its beginning."""
    running.reset()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "catalog.yaml").write_text((TOP / "catalog.yaml").read_text())
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    monkeypatch.setenv("VERCEL_API_URL", running.urls.vercel)
    monkeypatch.setenv("PATH", str(Places().stand_ins), prepend=os.pathsep)
    with sessions_closed(monkeypatch):
        yield install(monkeypatch, tmp_path)


@pytest.fixture
def here(running: World, stacks: EngineOfMemory, monkeypatch: pytest.MonkeyPatch) -> Here:
    """Stacks whose addresses hold secrets; none is known to be one yet."""
    monkeypatch.setattr(safe, "_secrets", set())
    return Here(running, stacks)
