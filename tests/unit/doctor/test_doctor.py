"""Each check with the thing broken that it looks at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clerkstack.doctor import machine, services
from clerkstack.doctor import stack as stacks
from clerkstack.doctor.model import Check, Finding, examined, failed, ok
from clerkstack.problems import ClerkstackError
from clerkstack.providers.session import Session
from clerkstack.rotation.journal import Journal, now
from clerkstack.rotation.stacks import enter, known_of
from clerkstack.settings import Settings
from local.world import World
from tests.unit.rotation.bed import Bed

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    with World(proxy=False) as world:
        yield world


@dataclass
class Here:
    """A stack on the bed's world, as the checks read it."""

    bed: Bed
    pending: list[Any] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)
    provider: str = "cloud"

    def settings(self) -> Settings:
        return self.bed.settings

    def exported(self) -> dict[str, Any]:
        return {
            "deployment": {
                "resources": json.loads(json.dumps(self.bed.resources)),
                "pending_operations": self.pending,
                "secrets_providers": {"type": self.provider},
            }
        }

    def locks(self) -> list[str]:
        return self.locked

    def max_days(self) -> int:
        return 90

    def patient(self) -> stacks.Patient:
        return stacks.Patient("dev", self, Session)


@pytest.fixture
def here(running: World) -> Here:
    running.reset()
    return Here(Bed(running))


def look(check: Callable[[stacks.Patient], Finding], here: Here) -> Finding:
    patient = here.patient()
    try:
        return check(patient)
    finally:
        patient.close()


def examine(check: Callable[[stacks.Patient], Finding], here: Here) -> Finding:
    patient = here.patient()
    try:
        ((_, finding),) = examined([Check("it", check)], patient, print)
    finally:
        patient.close()
    return finding


def change(here: Here, edit: Callable[[Journal], Any], **rotated: int) -> None:
    journal = known_of(here.bed.resources, "dev").journal
    edit(journal)
    enter(here.bed.resources, journal, rotated=rotated)  # type: ignore[arg-type]


STACK = [stacks.settings, stacks.state, stacks.rotation]
SERVICES = [
    services.platform_key,
    services.secret_key,
    services.newest_key,
    services.clock,
    services.webhook,
]


@pytest.mark.parametrize("check", [*STACK, *SERVICES], ids=lambda check: check.__name__)
def test_all_is_well(check: Callable[[stacks.Patient], Finding], here: Here) -> None:
    finding = look(check, here)

    assert finding.state == "ok", finding
    assert not any(secret in finding.detail for secret in here.bed.deployed.values())


def test_settings_that_are_wrong(here: Here) -> None:
    here.bed.configured = {"appUrl": "nowhere"}

    finding = examine(stacks.settings, here)

    assert finding.state == "failed"
    assert "appUrl" in finding.detail


def test_a_state_that_is_locked_half_done_or_empty(here: Here) -> None:
    here.locked = ["ana@vm, process 7"]
    assert "locked by ana@vm, process 7" in look(stacks.state, here).detail
    here.locked, here.pending = [], [{"type": "creating"}]
    assert look(stacks.state, here).state == "failed"
    assert "recover" in look(stacks.state, here).mend
    here.pending, here.bed.resources = [], []
    assert look(stacks.state, here).state == "warning"


def test_a_passphrase_that_is_not_there(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    here.provider = "passphrase"
    for name in machine.PASSPHRASE:
        monkeypatch.delenv(name, raising=False)
    assert look(stacks.state, here).state == "warning"
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")  # an empty one is one
    assert look(stacks.state, here).state == "ok"


def test_a_rotation_that_was_left(here: Here) -> None:
    assert here.bed.killed_at(10, here.bed.rotate)
    assert look(stacks.rotation, here).state == "warning"  # somebody may be at it

    def dead(journal: Journal) -> None:
        assert journal.running is not None
        assert journal.running.holder is not None
        journal.running.holder.until = 1

    change(here, dead)
    finding = look(stacks.rotation, here)
    assert (finding.state, finding.mend) == ("failed", "bin/clerkstack rotate --stack dev")

    here.bed.rotate()
    assert "done, by Ana" in look(stacks.rotation, here).detail
    here.bed.abort()
    assert "the secret key in use ends in 2" in look(stacks.rotation, here).detail


def test_secrets_that_are_old(here: Here) -> None:
    day = stacks.DAY
    change(here, lambda _: None, clerk=now() - 91 * day, webhook=now() - 3 * day)
    finding = look(stacks.ages, here)
    assert finding.state == "failed"
    assert "CLERK_SECRET_KEY 91 days, CLERK_WEBHOOK_SECRET 3 days" in finding.detail

    change(here, lambda _: None, clerk=now() - 90 * day, webhook=now() - 1 * day)
    assert look(stacks.ages, here).state == "ok"


def test_no_such_instance(here: Here) -> None:
    here.bed.configured = {"instance": "production"}
    finding = look(services.platform_key, here)
    assert (finding.state, "production instance" in finding.detail) == ("failed", True)


def test_a_key_that_counts_no_more(here: Here) -> None:
    here.bed.world.clerk.instances()[0].secrets[0].expires_at = 1

    finding = examine(services.secret_key, here)

    assert finding.state == "failed"
    assert "401" in finding.detail
    assert not finding.service


def test_secrets_that_were_rotated_by_hand(here: Here) -> None:
    world = here.bed.world
    world.clerk.rotate(world.clerk.instances(), 24)
    app = next(iter(world.svix.apps().values()))
    next(iter(app.endpoints.values())).secret = "whsec_" + "B" * 32

    assert look(services.newest_key, here).state == "warning"
    assert look(services.webhook, here).state == "warning"
    assert "rotated in the dashboard" in look(services.webhook, here).mend


def test_an_endpoint_that_is_disabled_or_gone(here: Here) -> None:
    app = next(iter(here.bed.world.svix.apps().values()))
    endpoint = next(iter(app.endpoints.values()))
    endpoint.disabled = True
    assert "disabled" in look(services.webhook, here).detail
    app.endpoints.clear()
    assert "gone" in look(services.webhook, here).detail


def test_a_clock_that_is_wrong(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz or UTC) + timedelta(minutes=5)

    monkeypatch.setattr(services, "datetime", Late)
    finding = look(services.clock, here)
    assert finding.state == "failed"
    assert "ahead of Clerk's" in finding.detail


def test_a_service_that_fails_is_told_apart(here: Here) -> None:
    here.bed.world.fault(service="clerk", kind="status", status=501, times=5)

    finding = examine(services.platform_key, here)

    assert (finding.state, finding.service) == ("failed", True)


def test_what_needs_something_that_failed_is_not_asked() -> None:
    asked: list[str] = []

    def bad(_: None) -> Finding:
        raise ClerkstackError("broken")

    def told(name: str) -> Callable[[None], Finding]:
        return lambda _: asked.append(name) or ok(name)  # type: ignore[func-returns-value]

    checks = [
        Check("a", bad),
        Check("b", told("b"), ("a",)),
        Check("c", told("c"), ("b",)),
        Check("d", told("d")),
        Check("e", lambda _: failed("x")),
    ]

    found = dict(examined(checks, None, lambda _: None))

    assert asked == ["d"]
    states = {name: str(each.state) for name, each in found.items()}
    assert states == {
        "a": "failed",
        "b": "not asked",
        "c": "not asked",
        "d": "ok",
        "e": "failed",
    }


def test_this_machine() -> None:
    said = {
        ("version",): "v3.1.0\n",
        ("plugin", "ls", "--json"): '[{"name": "vercel", "version": "5.0.0"}]',
        ("whoami", "--verbose", "--json"): '{"user": "ana", "url": "s3://states"}',
    }
    paths = {"pulumi": "/usr/bin/pulumi", "pulumi-resource-command": "/usr/bin/x"}
    there = machine.Machine(lambda *words: said[words], paths.get)

    assert machine.engine(there).detail == "v3.1.0, /usr/bin/pulumi"
    assert machine.plugins(there).detail == "vercel 5.0.0, command from PATH"
    assert machine.backend(there).detail == "s3://states, as ana"
    assert machine.python(there).state == "ok"
    assert machine.python(machine.Machine(there.pulumi, version=(3, 10))).state == "failed"
    nothing = machine.Machine(lambda *_: "null", lambda _: None)
    assert machine.engine(nothing).state == "failed"
    assert machine.plugins(nothing).state == "warning"
