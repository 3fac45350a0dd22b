"""The official Clerk command-line client against a world. Nothing it sends leaves loopback.

Whatever does not go to the world would go through a proxy, and the proxy here is ours: it answers
nobody and counts who came.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.world import World, seed

TOP = Path(__file__).resolve().parents[2]
BINARY = TOP / "node_modules" / ".bin" / "clerk"
APP = ("--app", seed.APPLICATION_ID)
SECTIONS: dict[str, Any] = {
    "organization_settings": {"enabled": True},
    "billing": {
        "organization_enabled": True,
        "features": {"audit": {"name": "Audit"}},
        "plans": {
            "pro": {"name": "Pro", "payer_type": "org", "amount": 6000, "features": ["audit"]}
        },
    },
}


class Exit:
    """A proxy that closes every connection."""

    def __init__(self) -> None:
        self.visitors = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.visitors += 1
            connection.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class Cli:
    """The client in an empty folder, with a config folder of its own."""

    def __init__(self, world: World, folder: Path, proxy: str) -> None:
        self.world = world
        self._folder = folder / "empty"
        self._folder.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CLERK_CONFIG_DIR": str(folder / "config"),
            "CLERK_PLATFORM_API_URL": world.urls.clerk,
            "CLERK_BACKEND_API_URL": world.urls.clerk,
            "CLERK_PLATFORM_API_KEY": seed.PLATFORM_KEY,
            "CLERK_MODE": "agent",
            "CLERK_TELEMETRY_DISABLED": "1",
            "DO_NOT_TRACK": "1",
            "NO_UPDATE_NOTIFIER": "1",
            "NO_PROXY": "127.0.0.1",
            "HTTP_PROXY": proxy,
            "HTTPS_PROXY": proxy,
        }

    def __call__(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        return subprocess.run(
            [str(BINARY), *words],
            cwd=self._folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def config(self, verb: str, *words: str) -> dict[str, Any]:
        """Run a config command that works, and give the JSON it prints."""
        ran = self("config", verb, *APP, *words)
        assert ran.returncode == 0, ran.stderr
        printed: dict[str, Any] = json.loads(ran.stdout)
        return printed

    def refused(self, verb: str, *words: str) -> dict[str, Any]:
        """Run a config command that Clerk refuses, and give the error it prints."""
        ran = self("config", verb, *APP, *words)
        assert ran.returncode == 1
        error: dict[str, Any] = json.loads(ran.stderr[ran.stderr.index('{"error"') :])["error"]
        return error

    def asked(self) -> list[str]:
        """Tell what was asked of the world, as METHOD and the path's last part."""
        return [f"{e.method} {e.path.rpartition('/')[2]}" for e in self.world.journal()]


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    if shutil.which("node") is None or not BINARY.exists():
        missing = "the Clerk command-line client is not installed: `make node` does, with npm"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    exit_ = Exit()
    with World(proxy=False) as world:
        yield Cli(world, tmp_path, exit_.url)
    exit_.close()
    assert exit_.visitors == 0


def test_pull_gives_the_config_as_it_is(cli: Cli) -> None:
    whole = cli.config("pull")
    part = cli.config("pull", "--keys", "billing,session")

    instance = cli.world.clerk.instance(seed.APPLICATION_ID, "development")
    config = cli.world.clerk.read_config(instance, ())
    assert {name: whole[name] for name in whole if name != "config_version"} == config
    assert list(part) == ["config_version", "billing", "session"]


def test_schema_can_be_narrowed(cli: Cli) -> None:
    schema = cli.config("schema", "--keys", "billing")

    assert list(schema["properties"]) == ["billing"]


def test_a_dry_run_shows_and_keeps_nothing(cli: Cli) -> None:
    before = cli.config("pull")

    shown = cli.config("patch", "--dry-run", "--json", json.dumps(SECTIONS))

    assert shown["dry_run"] is True
    assert "free_org" in shown["after"]["billing"]["plans"]
    assert cli.config("pull") == before


def test_a_patch_is_written_once_and_then_there_is_nothing_to_do(cli: Cli) -> None:
    written = cli.config("patch", "--yes", "--json", json.dumps(SECTIONS))
    cli.world.clear_journal()

    again = cli("config", "patch", *APP, "--yes", "--json", json.dumps(SECTIONS))

    assert written["after"]["billing"]["plans"]["pro"]["amount"] == 6000
    assert again.returncode == 0
    assert cli.asked() == [f"GET {seed.APPLICATION_ID}", "GET config"]


def test_a_put_of_what_was_pulled_and_edited_is_taken(cli: Cli) -> None:
    whole = cli.config("pull")
    whole["session"]["claims"] = {"plan": "{{org.plan}}"}

    cli.config("put", "--yes", "--json", json.dumps(whole))

    assert cli.config("pull")["session"]["claims"] == {"plan": "{{org.plan}}"}


def test_a_put_that_lacks_keys_is_refused(cli: Cli) -> None:
    error = cli.refused("put", "--yes", "--json", json.dumps({"session": {}}))

    assert error["code"] == "missing_config_keys"


def test_a_plan_is_removed_only_destructively(cli: Cli) -> None:
    cli.config("patch", "--yes", "--json", json.dumps(SECTIONS))
    removal = json.dumps({"billing": {"plans": {"pro": None}}})

    error = cli.refused("patch", "--yes", "--json", removal)
    cli.config("patch", "--yes", "--destructive", "--json", removal)

    assert error["code"] == "destructive_operation_not_allowed"
    assert error["errors"][0]["meta"]["param_name"] == "billing.plans.pro"
    assert "pro" not in cli.config("pull")["billing"]["plans"]


def test_a_conflict_is_told(cli: Cli) -> None:
    # The client sends no If-Match, so that the conflict is one of names.
    cli.config("patch", "--yes", "--json", json.dumps(SECTIONS))
    twin = {"billing": {"plans": {"twin": {"name": "Pro", "payer_type": "org"}}}}

    error = cli.refused("patch", "--yes", "--json", json.dumps(twin))

    assert error["code"] == "plan_name_already_exists"
    assert "(409)" in error["message"]


def test_an_unknown_key_comes_with_its_suggestion(cli: Cli) -> None:
    error = cli.refused("patch", "--yes", "--json", json.dumps({"biling": {"user_enabled": True}}))

    assert error["code"] == "unknown_config_key"
    assert "billing" in error["message"]


def test_a_wrong_platform_key_is_refused(cli: Cli) -> None:
    ran = cli("config", "pull", *APP, CLERK_PLATFORM_API_KEY="ak_nobody")

    assert ran.returncode == 1
    assert "ak_nobody" not in ran.stdout + ran.stderr


def test_billing_can_be_switched_on_by_its_own_command(cli: Cli) -> None:
    ran = cli("enable", "billing", "--for", "orgs", *APP, "--yes", "--no-skills")

    assert ran.returncode == 0, ran.stderr
    pulled = cli.config("pull")
    assert pulled["billing"]["organization_enabled"] is True
    assert pulled["organization_settings"]["enabled"] is True
    assert list(pulled["billing"]["plans"]) == ["free_org"]
