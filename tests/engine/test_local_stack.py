"""`make up`, `make preview`, `make down` in a copy of the checkout, as a new user runs them.

The virtual environment and the engine are those of the tests: CI makes them anew before it runs
these.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.project import TOP, copy_source, link_environment
from local.world import background
from local.world.store import Home
from tests import sendero
from tests.engine.live import Addresses, read_variables, read_world_instance
from tests.engine.test_deployment import assert_deployed

pytestmark = pytest.mark.engine


@dataclass
class Checkout:
    folder: Path

    @property
    def home(self) -> Home:
        return Home(self.folder / ".local" / "world")

    def make(self, target: str, *more: str) -> str:
        """What a target printed; it must succeed."""
        ran = subprocess.run(
            [sys.executable, "-m", "local.stack", target, *more],
            cwd=self.folder,
            # The engine the tests run with is on PATH; it has no official plugins beside it.
            env={**os.environ, "CLERKSTACK_STAND_INS": "yes", "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def addresses(self) -> Addresses:
        urls = self.home.urls()
        assert urls is not None
        return urls

    def journal(self) -> list[dict[str, Any]]:
        ran = subprocess.run(
            [sys.executable, "-m", "local.world", "journal", "--json"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        entries: list[dict[str, Any]] = json.loads(ran.stdout)
        return entries


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """A copy of what git has, at ports of its own."""
    folder = tmp_path / "a checkout"
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=TOP, text=True).splitlines():
        if (TOP / name).exists():
            copy_source(TOP / name, folder / name)
    link_environment(folder)
    made = Checkout(folder)
    yield made
    background.stop(made.home)


def test_up_preview_and_down(checkout: Checkout) -> None:
    printed = checkout.make("up")

    assert re.search(r"Resources:\n\s+\+ 33 created\n", printed)
    live = read_world_instance(checkout.addresses())
    found = read_variables(checkout.addresses())
    assert_deployed(live)
    assert set(found) == {
        (key, target) for key in sendero.VARIABLES for target in ("preview", "development")
    }

    before = len(checkout.journal())
    again = checkout.make("up")

    assert "33 unchanged" in again
    assert len(checkout.journal()) == before

    catalog = checkout.folder / "catalog.yaml"
    sold = catalog.read_text()
    catalog.write_text(sold.replace("amount: 6000", "amount: 6500"))
    foretold = checkout.make("preview", "--diff")

    assert re.search(r"~ amount\s*: 6000 => 6500", foretold)

    catalog.write_text(sold)
    checkout.make("up", "--stack", "local-prod")
    shipped = (checkout.folder / "Pulumi.local-prod.yaml").read_text()
    checkout.make("down")

    assert (checkout.folder / "Pulumi.local-prod.yaml").read_text() == shipped
    assert checkout.home.urls() is None
    world = json.loads((checkout.home.state_file).read_text())
    assert world["vercel"]["projects"]["prj_senderolocal"]["variables"] == {}
    assert world["svix"]["apps"] == []


def test_the_world_keeps_its_state_when_it_is_stopped_and_started(checkout: Checkout) -> None:
    checkout.make("up")
    background.stop(checkout.home)

    again = checkout.make("up")

    assert "33 unchanged" in again
    assert_deployed(read_world_instance(checkout.addresses()))
