"""Every order of rotations: killed, refused, failing, aborted, taken over, leaked, with time
passing in between. Whatever happened, the next run ends well.

`CLERKSTACK_HISTORIES=500` walks through 500 new random histories instead of a few.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as walk

from clerkstack.clients.errors import ApiError
from clerkstack.desired.secret_kinds import KINDS, Kind
from clerkstack.problems import ClerkstackError
from clerkstack.rotation import journal
from clerkstack.rotation.journal import Entry
from clerkstack.rotation.proof import NotProved
from clerkstack.rotation.run import Refused
from local.world import World
from local.world.svix.inputs import SecretRotation
from local.world.svix.models import Endpoint
from tests.unit.rotation.testbed import RotationTestbed

ASKED = int(os.environ.get("CLERKSTACK_HISTORIES", "0"))
MOST_OLD = 6
HOUR = 3_600_000  # milliseconds
FAILING = {
    # What is outside of a run, and how it fails.
    "write": ClerkstackError("the state cannot be written"),
    "up": ClerkstackError("the update failed"),
    "variable": ClerkstackError("Vercel refused a variable"),
    "app": ClerkstackError("the build failed"),
    "prove": NotProved("the app does not answer"),
    "look": NotProved("the app does not answer"),
    "preview": Refused("a policy refuses"),
    "minted": ClerkstackError("no mint"),
    "minted done": ClerkstackError("no answer to a mint"),
    "sign_with": ClerkstackError("Svix refuses"),
    "sign_with done": ClerkstackError("no answer of Svix"),
    "shown": ClerkstackError("nobody shows secrets"),
}
DENIED = {
    "clerk": {"service": "clerk", "method": "POST", "path": "rotate_secret_keys$"},
    "webhook": {"service": "svix", "method": "POST", "path": "secret/rotate$"},
}
LOST = ("drop_before", "drop_after", "status")
kinds = st.sampled_from([None, ("clerk",), ("webhook",)])
moments = st.integers(1, 45)


class Histories(RuleBasedStateMachine):
    """One stack over weeks. Rules leave out nothing that a person, a schedule or a kill can do."""

    world: World

    @initialize()
    def deploy(self) -> None:
        self.world.reset()
        self.world.clear_faults()
        self.offset = 0.0
        self.testbed = RotationTestbed(self.world)
        # Whether the app is locked out is checked here, where it is known whether it may be.
        self.testbed.leaked = True
        self.ids: set[str] = set()
        self.spare = dict.fromkeys(KINDS, 0)
        self.dead: set[Kind] = set()
        self.seen: dict[Kind, set[str]] = {kind: set() for kind in KINDS}
        real = journal.time if not isinstance(journal.time, SimpleNamespace) else journal.time.real
        journal.time = SimpleNamespace(  # type: ignore[assignment]
            time=lambda: real.time() + self.offset * 3600, real=real
        )

    def teardown(self) -> None:
        """However it was left: the next run ends well, and what it leaves lasts."""
        if not hasattr(self, "testbed"):
            return
        self.clear()
        # An unfinished rotation is finished, then both secrets are rotated. (If only one were, the
        # other could end: somebody rotated it elsewhere, or an abort went back to it.)
        left = self.testbed.known().journal.running
        ends = [self.run_of(self.testbed.rotate) for _ in range(2 if left is None else 3)]
        assert [end.result for end in ends[1:]] == ["done"] * len(ends[1:])
        self.assert_done()
        self.pass_time(200)
        self.assert_done()
        journal.time = journal.time.real  # type: ignore[attr-defined]

    # -- what happens -----------------------------------------------------------------------------

    @rule(kinds=kinds)
    def rotate(self, kinds: Any) -> None:
        """It ends well, whatever there was before."""
        self.run_of(lambda: self.testbed.rotate(kinds=kinds))

    @rule()
    def scheduled(self) -> None:
        """Only what is old, or ends by itself."""
        limit = journal.now() - 80 * 24 * HOUR
        self.attempt(lambda: self.testbed.rotate(older_than=limit))

    @rule()
    def abort(self) -> None:
        self.attempt(self.testbed.abort)

    @rule(kinds=kinds)
    def leak(self, kinds: Any) -> None:
        self.emergency(kinds)
        self.attempt(lambda: self.testbed.rotate(kinds=kinds, overlap_hours=0))

    @rule(kinds=kinds, moment=moments, overlap=st.sampled_from([24, 24, 0]))
    def rotate_killed(self, kinds: Any, moment: int, overlap: int) -> None:
        if not overlap:
            self.emergency(kinds)
        self.killed(moment, lambda: self.testbed.rotate(kinds=kinds, overlap_hours=overlap))

    @rule(moment=moments)
    def abort_killed(self, moment: int) -> None:
        self.killed(moment, self.testbed.abort)

    @rule(moment=moments, hours=st.sampled_from([1, 25]), fails=st.booleans())
    def left(self, moment: int, hours: int, fails: bool) -> None:
        """An abort that fails, and nobody looks for a while."""
        entry = self.run_of(self.testbed.rotate)
        if fails:
            self.fails("app", back=True, kinds=None)
        else:
            self.killed(moment, self.testbed.abort)
        self.pass_time(hours)
        if fails and (entry.result, {*entry.secrets}) == ("done", {*KINDS}):
            self.assert_state_kept({*KINDS})

    @rule(name=st.sampled_from(sorted(FAILING)), back=st.booleans(), kinds=kinds)
    def fails(self, name: str, back: bool, kinds: Any) -> None:
        """Something outside does not do what it should."""
        self.testbed.fails = {name: FAILING[name]}
        before = self.valid_kinds()
        try:
            self.attempt(self.testbed.abort if back else lambda: self.testbed.rotate(kinds=kinds))
        finally:
            self.testbed.fails = {}
        if name not in ("write", "shown"):
            self.assert_state_kept(before)

    @rule(kind=st.sampled_from(KINDS), lost=st.sampled_from(LOST))
    def mint_fails(self, kind: Kind, lost: str) -> None:
        """The mint is refused, or has no answer."""
        more = {"status": 403} if lost == "status" else {}
        self.world.fault(**DENIED[kind], kind=lost, **more)  # type: ignore[arg-type]
        before = self.valid_kinds()
        self.attempt(self.testbed.rotate)
        self.world.clear_faults()
        self.assert_state_kept(before)

    @rule(moment=moments, one=st.booleans(), other=st.booleans())
    def second_machine(self, moment: int, one: bool, other: bool) -> None:
        """A run that was believed dead is taken over, and continues beside the other."""
        acts = (self.testbed.abort, self.testbed.rotate)
        self.testbed.meanwhile = (moment, lambda: self.attempt(acts[other]))
        self.spare = {kind: spare + 1 for kind, spare in self.spare.items()}
        # The last mint is valid: the other one's may end with its overlap.
        self.attempt(acts[one])
        self.testbed.meanwhile = None

    @rule()
    def somebody_deploys(self) -> None:
        """What the state has reaches the app, as with every `pulumi up`: a dead key, if an abort
        was killed and left until the old key ended, or if somebody rotated elsewhere."""
        self.dead |= {*KINDS} - self.valid_kinds()
        self.testbed.deploy()

    @rule(hours=st.sampled_from([1, 23, 25, 200]))
    def pass_time(self, hours: float) -> None:
        """Overlaps end."""
        self.world.advance(hours)
        self.offset += hours
        self.dead |= {
            kind for kind in KINDS if not self.is_valid(kind, self.testbed.deployed[kind])
        }

    @precondition(lambda self: self.testbed.known().journal.running is None)
    @rule(kind=st.sampled_from(KINDS))
    def dashboard(self, kind: Kind) -> None:
        """Somebody rotates elsewhere, and tells nobody."""
        self.spare[kind] += 1
        if kind == "clerk":
            self.world.clerk.rotate(self.world.clerk.instances()[:1], 24)
            return
        app = next(iter(self.world.svix.apps().values()))
        body = SecretRotation.model_validate({})
        self.world.svix.rotate_secret(app, self.endpoint.id, body)

    # -- what holds -------------------------------------------------------------------------------

    @invariant()
    def nobody_is_locked_out_by_a_run(self) -> None:
        """What the app runs with is valid, unless time has ended it, or a leaked one was ended."""
        if not hasattr(self, "testbed"):
            return
        for kind in KINDS:
            if kind not in self.dead:
                assert self.is_valid(kind, self.testbed.deployed[kind]), f"the app's {kind} is dead"

    @invariant()
    def nothing_is_minted_twice(self) -> None:
        if not hasattr(self, "testbed"):
            return
        there = self.testbed.known().journal
        self.ids |= {entry.id for entry in there.history}
        self.ids |= {each.id for each in (there.running,) if each is not None}
        self.seen["clerk"] |= {secret.value for secret in self.world.clerk.instances()[0].secrets}
        self.seen["webhook"] |= {self.endpoint.secret, *(old.key for old in self.endpoint.retired)}
        for kind, secrets in self.seen.items():
            count = len(secrets) - 1
            assert count <= len(self.ids) + self.spare[kind], f"{kind}: {count} mints"

    # -- inside -----------------------------------------------------------------------------------

    def run_of(self, act: Callable[[], Entry]) -> Entry:
        """A run with nothing in its way ends, and what it leaves is valid."""
        self.make_room()
        entry = act()
        self.dead.clear()
        assert self.testbed.known().journal.running is None
        for kind in entry.secrets:
            secret = self.testbed.known().secrets[kind].get_secret_value()
            assert self.is_valid(kind, secret), f"the state's {kind} is dead"
            assert secret == self.testbed.live[kind] == self.testbed.deployed[kind]
        self.dead = {k for k in KINDS if not self.is_valid(k, self.testbed.deployed[k])}
        assert not self.dead & set(entry.secrets)
        return entry

    def attempt(self, act: Callable[[], Entry]) -> None:
        """A run that may be refused, or may fail."""
        self.make_room()
        try:
            entry = act()
        except (ClerkstackError, ApiError):
            return
        for kind in entry.secrets:
            assert self.is_valid(kind, self.testbed.deployed[kind])
        self.dead -= set(entry.secrets)

    def killed(self, moment: int, act: Callable[[], Entry]) -> None:
        self.testbed.killed_at(moment, lambda: self.attempt(act))

    def emergency(self, kinds: Any) -> None:
        """From now on the app may be locked out, until a run ends well."""
        self.dead |= set(kinds or KINDS)
        running = self.testbed.known().journal.running
        if running is not None:
            self.dead |= set(running.sides)
        # One that is dropped, because nobody answers for it a second time, is begun anew.
        self.spare = {kind: spare + 1 for kind, spare in self.spare.items()}

    def make_room(self) -> None:
        """Svix keeps ten old secrets at most: days pass before there are so many."""
        if len(self.testbed.signing()) > MOST_OLD:
            self.pass_time(200)

    @property
    def endpoint(self) -> Endpoint:
        (app,) = self.world.svix.apps().values()
        return next(iter(app.endpoints.values()))

    def clear(self) -> None:
        self.testbed.fails, self.testbed.meanwhile, self.testbed.kill_at = {}, None, None
        self.world.clear_faults()

    def valid_kinds(self) -> set[Kind]:
        """The kinds whose secret in the state is valid."""
        known = self.testbed.known().secrets
        return {kind for kind in KINDS if self.is_valid(kind, known[kind].get_secret_value())}

    def assert_state_kept(self, before: set[Kind]) -> None:
        lost = before - self.valid_kinds()
        assert not lost, f"the state is left with a dead secret: {lost}"

    def assert_done(self) -> None:
        known = self.testbed.known()
        assert known.journal.running is None
        for kind in KINDS:
            secret = known.secrets[kind].get_secret_value()
            assert secret == self.testbed.live[kind] == self.testbed.deployed[kind]
            assert self.is_valid(kind, secret), f"{kind} ended"

    def is_valid(self, kind: Kind, secret: str) -> bool:
        return (
            self.testbed.is_valid(secret) if kind == "clerk" else secret in self.testbed.signing()
        )


@pytest.fixture
def world(running: World) -> Iterator[World]:
    yield running
    if isinstance(journal.time, SimpleNamespace):
        journal.time = journal.time.real


@pytest.mark.timeout(3000)
def test_whatever_happened_the_next_run_ends_well(world: World) -> None:
    Histories.world = world
    given = settings(
        max_examples=ASKED or 30,
        stateful_step_count=8,
        derandomize=not ASKED,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        # Each run takes a tenth of a second: shrinking a history would take minutes.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    walk(Histories, settings=given)
