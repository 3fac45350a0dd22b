"""Splitting a shared variable on the local world, also cut off at every request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.adopt.splitting import Plan, plan
from clerkstack.adopt.variables import finish, split
from clerkstack.clients.errors import ApiError, Unreachable
from clerkstack.clients.vercel import EnvironmentVariable, VercelClient
from clerkstack.desired.variables import Variable
from clerkstack.problems import ClerkstackError
from local.world import World
from local.world import seed as seeded

PROJECT = seeded.VERCEL_PROJECT_ID
KEY, VALUE = "CLERK_SECRET_KEY", "sk_test_shared"
STACKS = {"development": ("preview", "development"), "production": ("production",)}


class Killed(BaseException):
    """The process is gone."""


class Mortal(VercelClient):
    """A client whose process dies before or after its n-th write."""

    lives: int = -1
    after = False

    def narrow_variable(self, *words: Any, **more: Any) -> None:
        self._spend(before=True)
        super().narrow_variable(*words, **more)
        self._spend(before=False)

    def create_variable(self, *words: Any, **more: Any) -> EnvironmentVariable:
        self._spend(before=True)
        made = super().create_variable(*words, **more)
        self._spend(before=False)
        return made

    def _spend(self, *, before: bool) -> None:
        if before:
            self.lives -= 1
        if self.lives == 0 and before != self.after:
            self.lives = -1
            raise Killed


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)  # the notes are there
    with World(tmp_path / "world") as started:
        yield started


@pytest.fixture
def client(world: World) -> Iterator[Mortal]:
    token = SecretStr(seeded.VERCEL_TOKEN)
    with Mortal(token=token, base_url=world.urls.vercel) as opened:
        yield opened


def make(world: World, *targets: str, **more: Any) -> None:
    body = {"key": KEY, "value": VALUE, "type": "encrypted", "target": list(targets), **more}
    world.vercel.create_variable(world.vercel.projects[PROJECT], body)


def there(world: World) -> dict[str, str | None]:
    """Values by place, None for a sensitive one; a branch's under its name."""
    found: dict[str, str | None] = {}
    for variable in world.vercel.projects[PROJECT].variables.values():
        names = [variable.git_branch] if variable.git_branch else [*variable.target]
        for place in [*names, *variable.custom_environment_ids]:
            assert place not in found
            found[place] = variable.value
    return found


def planned(client: VercelClient, instance: str, value: str | None = "sk_test_own") -> Plan:
    declared = [
        Variable(each, KEY, value, secret=True, sensitive=each != "development")
        for each in STACKS[instance]
    ]
    names = [each.name for each in declared]
    return plan(declared, client.list_variables(PROJECT, decrypt=True), {}, names)


def whole_run(client: VercelClient, instance: str) -> None:
    """What the command does."""
    live = client.list_variables(PROJECT, decrypt=True)
    finish(client, PROJECT, live)
    for each in planned(client, instance).splits:
        split(client, PROJECT, each, lambda: client.list_variables(PROJECT, decrypt=True))


@pytest.mark.parametrize("instance", STACKS)
@pytest.mark.parametrize("kind", ["encrypted", "plain", "sensitive"])
@pytest.mark.parametrize("custom", [[], ["env_1", "env_2"]])
def test_each_place_has_its_own_and_others_their_value(
    world: World, client: Mortal, instance: str, kind: str, custom: list[str]
) -> None:
    targets = ["production", "preview"] + (["development"] if kind != "sensitive" else [])
    make(world, *targets, type=kind, customEnvironmentIds=custom)
    make(world, "preview", value="the branch's", gitBranch="next")

    whole_run(client, instance)

    found = there(world)
    others = {*targets, *custom} - {*STACKS[instance]}
    if kind == "sensitive":
        digests = {
            place: variable.value_digest
            for variable in world.vercel.projects[PROJECT].variables.values()
            for place in (*variable.target, *variable.custom_environment_ids)
            if variable.git_branch is None
        }
        assert len({digests[place] for place in others}) == 1
        assert digests["production"] != digests["preview"]
    else:
        assert {found[place] for place in others} == {VALUE}
    assert {*found} == {*targets, *custom, "next"}
    assert found["next"] == "the branch's"
    owners = [
        variable
        for variable in world.vercel.projects[PROJECT].variables.values()
        if variable.git_branch is None
    ]
    for owner in owners:
        if {*owner.target} & {*STACKS[instance]}:
            assert len(owner.target) == 1
            assert owner.custom_environment_ids == []
    world.clear_journal()
    whole_run(client, instance)
    assert {each.method for each in world.journal()} == {"GET"}


@pytest.mark.parametrize("instance", STACKS)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("write", range(1, 9))
def test_a_run_that_is_cut_off_is_gone_on_with_and_nobody_elses_value_is_lost(
    world: World, client: Mortal, instance: str, after: bool, write: int
) -> None:
    places = ["production", "preview", "development", "env_1"]
    make(world, *places[:3], customEnvironmentIds=places[3:])
    client.lives, client.after = write, after
    cut_off = False
    try:
        whole_run(client, instance)
    except Killed:
        cut_off = True
    client.lives = -1
    assert there(world)["production"] == VALUE, "it is never without"

    whole_run(client, instance)

    found = there(world)
    others = {*places} - {*STACKS[instance]}
    assert {place: found.get(place) for place in others} == dict.fromkeys(others, VALUE)
    # The next update makes what the stack itself declares.
    assert cut_off or {*found} == {*places}
    assert cut_off == (write <= 6)


def test_a_place_whose_own_is_refused_stays_in_the_shared_one(world: World, client: Mortal) -> None:
    make(world, "production", "preview")
    before = there(world)
    world.fault(kind="status", service="vercel", method="POST", status=403, times=None)

    with pytest.raises(ApiError):
        whole_run(client, "development")

    assert there(world) == before


def test_a_second_project_is_not_touched(world: World, client: Mortal) -> None:
    make(world, "production", "preview")
    other = world.vercel.add_project("prj_other", "other")
    body = {"key": KEY, "value": VALUE, "type": "encrypted", "target": ["production", "preview"]}
    held = world.vercel.create_variable(other, body)

    whole_run(client, "development")

    assert other.variables == {held.id: held}
    assert held.target == ["production", "preview"]


@pytest.mark.parametrize("instance", STACKS)
@pytest.mark.parametrize("method", ["PATCH", "POST"])
@pytest.mark.parametrize("after", range(3))
def test_lost_answers_cost_nobody_a_value(
    world: World, client: Mortal, instance: str, method: str, after: int
) -> None:
    places = ["production", "preview", "development", "env_1"]
    make(world, *places[:3], customEnvironmentIds=places[3:])
    fault = {"kind": "drop_after", "service": "vercel", "method": method, "after": after}
    world.fault(**fault, times=1)

    with suppress(Unreachable):
        whole_run(client, instance)
    whole_run(client, instance)

    found = there(world)
    others = {*places} - {*STACKS[instance]}
    assert {place: found.get(place) for place in others} == dict.fromkeys(others, VALUE)


def test_what_vercel_does_not_keep_is_reported(world: World, client: Mortal) -> None:
    make(world, "production", "preview")
    world.fault(kind="not_persisted", service="vercel", method="PATCH", times=None)

    with pytest.raises(ClerkstackError):
        whole_run(client, "development")

    assert there(world) == {"production": VALUE, "preview": VALUE}
