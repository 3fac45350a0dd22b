"""A secret key of another application's instance stops every command that reads with it."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from clerkstack.cli.commands import COMMANDS
from clerkstack.clients.platform import PlatformClient
from local.project import production_settings_on, settings_on
from local.world import World
from local.world import seed as seeded
from tests.unit.cli.engine_of_memory import EngineOfMemory, ended
from tests.unit.rotation.testbed import RotationTestbed

OTHER, OTHERS_KEY = "app_other", "ak_other_workspace"
DOMAINS = {seeded.APPLICATION_ID: "sendero.example", OTHER: "other.example"}
RUNS: dict[str, list[tuple[str, ...]]] = {
    "check": [("--stack", "dev", "--live")],
    "drift": [("--stack", "dev"), ("--stack", "dev", "--json")],
    "doctor": [("--stack", "dev")],
    "probe": [("--stack", "dev"), ("--stack", "dev", "--write")],
    "dry-run": [("--stack", "dev")],
    "adopt": [("--stack", "dev", "--dry-run"), ("--stack", "dev", "--overwrite")],
    "parity": [("--from", "dev", "--to", "prod"), ("--from", "good", "--to", "prod")],
    "recover": [("--stack", "dev")],
    "take-over": [("--stack", "dev"), ("--stack", "dev", "--dry-run")],
    "rotate": [("--stack", "dev"), ("--stack", "dev", "--secret", "webhook", "--abort")],
    "smoke": [("--stack", "dev"), ("--stack", "dev", "--clean-up")],
    "cutover": [("--stack", "prod"), ("--stack", "prod", "--smoke")],
}
WITHOUT = {
    "redeploy": "asks Vercel alone, and knows no stack",
    "move": "asks the backends and the engine",
    "review": "lets the engine preview: its providers read",
    "comment": "asks GitHub alone",
}
FOUND = {"doctor": 1}
"""How a command ends that goes on with what does not need the key; every other one with 2."""


def keys_of(world: World, application: str, platform_key: str) -> dict[str, tuple[str, str]]:
    """Return the publishable and the secret key of both instances of an application."""
    with PlatformClient(key=SecretStr(platform_key), base_url=world.urls.clerk) as platform:
        platform.create_instance(application, domain=DOMAINS[application])
        found = platform.get_application(application, include_secret_keys=True).instances
    return {
        each.environment_type: (each.publishable_key, each.secret_key.get_secret_value())
        for each in found
        if each.publishable_key and each.secret_key
    }


class Here:
    """A world with two applications, and stacks with each other's secret key."""

    def __init__(self, world: World, stacks: EngineOfMemory) -> None:
        self.world, self.stacks = world, stacks
        world.clerk.seed_application(application_id=OTHER, name="Other", platform_key=OTHERS_KEY)
        self.own = keys_of(world, seeded.APPLICATION_ID, seeded.PLATFORM_KEY)
        self.others = keys_of(world, OTHER, OTHERS_KEY)
        self.use({kind: {"secretKey": secret} for kind, (_, secret) in self.others.items()})
        stacks.resources["dev"] = [
            {**resource, "id": "id"} for resource in RotationTestbed(world).resources
        ]
        world.clear_journal()

    def use(self, keys: dict[str, dict[str, str]]) -> None:
        """Set the keys of the stacks `dev` and `prod`; `good` has none."""
        development, production = settings_on(self.world), production_settings_on(self.world)
        self.stacks.settings["good"] = development
        self.stacks.settings["dev"] = {**development, **keys.get("development", {})}
        self.stacks.settings["prod"] = {**production, **keys.get("production", {})}

    def asked(self) -> list[str]:
        """Return the requests to Clerk with a secret key, and to Svix."""
        return [
            f"{entry.method} {entry.path}"
            for entry in self.world.journal()
            if entry.service == "svix"
            or (entry.service == "clerk" and not entry.path.startswith("/v1/platform"))
        ]

    def writes(self) -> list[str]:
        return [f"{e.method} {e.path}" for e in self.world.journal() if e.method != "GET"]


@pytest.fixture
def here(running: World, stacks: EngineOfMemory) -> Here:
    return Here(running, stacks)


def test_every_command_is_walked() -> None:
    assert set(COMMANDS) == {*RUNS, *WITHOUT}


@pytest.mark.parametrize(("name", "words"), [(n, w) for n in RUNS for w in RUNS[n]])
def test_a_command_stops_before_it_reads_with_anothers_key(
    here: Here,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    words: tuple[str, ...],
) -> None:
    code = ended(monkeypatch, name, *words)

    printed = "".join(capsys.readouterr())
    assert "clerkstack:secretKey is the key of the instance" in printed, printed
    assert code == FOUND.get(name, 2)
    assert here.writes() == []
    assert set(here.asked()) == {"GET /v1/instance"}
    assert not any(secret in printed for _, secret in here.others.values())
    assert not {words[0] for words in here.stacks.ran} & {"up", "preview", "refresh", "import"}


@pytest.mark.parametrize(("name", "words"), [(n, RUNS[n][0]) for n in RUNS if n != "doctor"])
def test_so_does_anothers_publishable_key(
    here: Here,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    words: tuple[str, ...],
) -> None:
    here.use({kind: {"publishableKey": public} for kind, (public, _) in here.others.items()})

    code = ended(monkeypatch, name, *words)

    assert "clerkstack:publishableKey is not the key of" in capsys.readouterr().err
    assert code == 2
    assert here.writes() == here.asked() == []


@pytest.mark.parametrize("name", ["check", "drift", "dry-run", "parity"])
def test_the_key_that_clerk_shows_takes_no_request(
    here: Here, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def requests() -> list[str]:
        here.world.clear_journal()
        ended(monkeypatch, name, *RUNS[name][0])
        return [f"{entry.method} {entry.path}" for entry in here.world.journal()]

    here.use({})
    without = requests()
    here.use({kind: {"secretKey": secret} for kind, (_, secret) in here.own.items()})

    assert "GET /v1/instance" not in without
    # The check reads the instance only if nothing else in the command does.
    more = requests()
    of_application = f"GET /v1/platform/applications/{seeded.APPLICATION_ID}"
    assert [row for row in more if row != of_application] == [
        row for row in without if row != of_application
    ]
    assert more.count(of_application) == 1


def test_another_key_of_the_instance_is_looked_at_once(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = here.own["development"][1]
    with PlatformClient(
        key=SecretStr(seeded.PLATFORM_KEY), base_url=here.world.urls.clerk
    ) as platform:
        platform.rotate_secret_keys(
            seeded.APPLICATION_ID, "development", overlap_hours=24, reason="a second key"
        )
    here.use({"development": {"secretKey": old}})
    here.world.clear_journal()

    code = ended(monkeypatch, "drift", "--stack", "dev", "--json")

    assert code == 1
    assert here.asked().count("GET /v1/instance") == 1
    assert "GET /v1/organization_roles" in here.asked()
