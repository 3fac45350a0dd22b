"""The sequence, killed and refused at each step: no lockout, nothing minted twice."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from clerkstack.clients.errors import ApiError
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import fingerprint
from clerkstack.rotation.journal_store import Held
from clerkstack.rotation.proof import NotProved
from clerkstack.rotation.requests import NothingOld, RotationRequest
from clerkstack.rotation.stacks import enter, targets
from local.world import World
from tests.unit.rotation.testbed import Killed, RotationTestbed


@pytest.fixture
def testbed(running: World) -> RotationTestbed:
    running.reset()
    running.faults.clear()
    return RotationTestbed(running)


def test_both_are_rotated_with_one_roll_out(testbed: RotationTestbed) -> None:
    before = dict(testbed.deployed)

    entry = testbed.rotate(reason="offboarding", who="Ben")

    known = testbed.known()
    assert entry.result == "done"
    assert (entry.who, entry.reason, entry.overlap_hours) == ("Ben", "offboarding", 24)
    assert (entry.secrets, entry.deployment) == (["clerk", "webhook"], "dpl_1")
    for kind, secret in known.secrets.items():
        assert entry.old[kind] != entry.new[kind] == fingerprint(secret)
        assert testbed.deployed[kind] == secret.get_secret_value() != before[kind]
    assert testbed.is_valid(before["clerk"])
    assert testbed.signing() == [testbed.deployed["webhook"], before["webhook"]]
    assert testbed.mints() == {"clerk": 1, "webhook": 1}
    assert entry.old_ends - entry.minted == pytest.approx(24 * 3_600_000, abs=10_000)
    assert known.journal.running is None
    assert known.since == {
        "clerk": pytest.approx(entry.minted, abs=9000),
        "webhook": pytest.approx(entry.minted, abs=9000),
    }


def test_the_requests_are_the_fewest(testbed: RotationTestbed) -> None:
    testbed.rotate()

    sent = [
        f"{each.service} {each.method} {each.path.rsplit('/', 1)[-1]}"
        for each in testbed.world.journal()
    ]
    # After each step the testbed checks whether the app's key is valid: one request of ours, after
    # the mint.
    sent = [each for each in sent if not each.endswith("GET instance")]
    there = [
        project for project in testbed.world.vercel.projects.values() if project.team_id is None
    ]
    assert sent == [
        # Who else holds them: the existing projects, and the variables of each.
        "vercel GET projects",
        *(["vercel GET env"] * len(there)),
        "clerk POST rotate_secret_keys",
        "clerk POST svix_url",
        "svix POST one-time-token",
        "svix POST rotate",
        "svix GET secret",
    ]


@pytest.mark.parametrize("kind", ["clerk", "webhook"])
def test_one_of_them(testbed: RotationTestbed, kind: Any) -> None:
    before = dict(testbed.deployed)

    entry = testbed.rotate(kinds=(kind,))

    assert entry.secrets == [kind]
    changed = {each for each in before if testbed.deployed[each] != before[each]}
    assert changed == {kind}
    assert set(testbed.known().journal.history[0].new) == {kind}


def moments_of_a_run(running: World) -> int:
    running.reset()
    testbed = RotationTestbed(running)
    testbed.rotate()
    return testbed.moments


def test_killed_at_any_moment_the_next_run_completes(running: World) -> None:
    count = moments_of_a_run(running)
    assert count > 20
    for moment in range(1, count + 1):
        running.reset()
        testbed = RotationTestbed(running)
        before = dict(testbed.deployed)

        assert testbed.killed_at(moment, testbed.rotate), moment
        testbed.assert_nobody_is_locked_out()
        entry = testbed.rotate()

        assert entry.result == "done", moment
        assert testbed.mints() == {"clerk": 1, "webhook": 1} or moment >= count - 1, moment
        assert {**testbed.deployed} != before
        known = testbed.known()
        assert {k: s.get_secret_value() for k, s in known.secrets.items()} == testbed.deployed
        assert known.journal.running is None
        assert testbed.is_valid(before["clerk"])
        testbed.assert_nobody_is_locked_out()


def test_killed_again_and_again_it_still_gets_there(testbed: RotationTestbed) -> None:
    moment = 4
    while testbed.killed_at(moment, testbed.rotate):
        testbed.assert_nobody_is_locked_out()
        moment += 2

    assert testbed.mints() == {"clerk": 1, "webhook": 1}
    assert len(testbed.known().journal.history) == 1


def test_an_abort_killed_at_any_moment_is_completed_by_the_next_run(running: World) -> None:
    moment, came = 1, True
    while came:
        running.reset()
        testbed = RotationTestbed(running)
        before = dict(testbed.deployed)
        testbed.rotate()
        came = testbed.killed_at(moment, testbed.abort)
        testbed.assert_nobody_is_locked_out()
        if came:
            # Killed after its last message: nothing remains to be done.
            with contextlib.suppress(ClerkstackError):
                testbed.abort() if moment % 2 else testbed.rotate()
        testbed.assert_nobody_is_locked_out()
        assert testbed.known().journal.running is None, moment
        if testbed.known().journal.history[-1].result == "aborted":
            assert testbed.deployed == before
            assert testbed.signing()[0] == before["webhook"]
        moment += 1
    assert moment > 12


@pytest.mark.parametrize("kind", ["clerk", "webhook"])
@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
def test_a_mint_without_an_answer_is_not_made_twice(
    testbed: RotationTestbed, kind: Any, fault: Any
) -> None:
    path = {"clerk": "rotate_secret_keys$", "webhook": "secret/rotate$"}[kind]
    testbed.world.fault(
        service="clerk" if kind == "clerk" else "svix", method="POST", path=path, kind=fault
    )

    assert testbed.rotate().result == "done"

    assert testbed.mints()[kind] == (1 if fault == "drop_after" else 2)
    app = next(iter(testbed.world.svix.apps().values()))
    (endpoint,) = app.endpoints.values()
    assert len(endpoint.retired) == 1
    assert len(testbed.world.clerk.instances()[0].secrets) == 2


@pytest.mark.parametrize("times", [1, None])
def test_a_key_that_clerk_did_not_keep_is_none(testbed: RotationTestbed, times: int | None) -> None:
    before = testbed.deployed["clerk"]
    testbed.world.fault(
        kind="not_persisted",
        service="clerk",
        path="/rotate_secret_keys$",
        method="POST",
        times=times,
    )
    if times is None:
        with pytest.raises(ClerkstackError, match="does not accept the new secret key"):
            testbed.rotate()
        testbed.world.clear_faults()
        assert testbed.known().journal.running is None

    entry = testbed.rotate()

    assert entry.result == "done"
    assert testbed.deployed["clerk"] != before
    assert testbed.is_valid(testbed.deployed["clerk"])


def test_a_refused_mint_leaves_nothing_behind(testbed: RotationTestbed) -> None:
    before = dict(testbed.deployed)
    testbed.world.fault(
        service="clerk", method="POST", path="rotate_secret_keys$", kind="status", status=403
    )

    with pytest.raises(ApiError):
        testbed.rotate()

    journal = testbed.known().journal
    assert (journal.running, journal.history) == (None, [])
    assert testbed.deployed == before


def test_where_the_second_mint_is_refused_the_first_is_not_lost(testbed: RotationTestbed) -> None:
    testbed.world.fault(
        service="svix", method="POST", path="secret/rotate$", kind="status", status=403
    )
    with pytest.raises(ApiError):
        testbed.rotate()
    testbed.assert_nobody_is_locked_out()
    running = testbed.known().journal.running
    assert running is not None
    assert running.holder is None
    assert running.sides["clerk"].new is not None

    assert testbed.rotate().result == "done"

    assert testbed.mints() == {"clerk": 1, "webhook": 2}


def test_what_is_not_proved_is_not_done(testbed: RotationTestbed) -> None:
    testbed.proves = False
    with pytest.raises(NotProved):
        testbed.rotate()
    assert testbed.known().journal.history == []
    testbed.assert_nobody_is_locked_out()

    testbed.proves = True
    assert testbed.rotate().result == "done"
    assert testbed.mints() == {"clerk": 1, "webhook": 1}


def test_nothing_is_minted_where_it_could_not_be_rolled_out(testbed: RotationTestbed) -> None:
    for name in ("preview", "look"):
        testbed.fails = {name: ClerkstackError("cannot")}
        with pytest.raises(ClerkstackError, match="cannot"):
            testbed.rotate()
        assert testbed.known().journal.running is None
    assert testbed.mints() == {"clerk": 0, "webhook": 0}


def test_a_variable_that_the_stack_does_not_declare_would_be_locked_out(
    testbed: RotationTestbed,
) -> None:
    testbed.resources = [
        resource for resource in testbed.resources if "development-CLERK_SEC" not in resource["urn"]
    ]

    with pytest.raises(ClerkstackError, match="development/CLERK_SECRET_KEY"):
        testbed.rotate()

    assert testbed.rotate(kinds=("webhook",)).result == "done"


def test_every_name_of_a_secret_is_rolled_out(running: World) -> None:
    """An app may read one secret under two names."""
    running.reset()
    testbed = RotationTestbed(running, names=("guide", "nextjs"))
    held = [resource for resource in testbed.resources if "WEBHOOK" in resource["urn"]]
    assert len(held) == 4, "two names in two targets"

    rolled = targets(testbed.state, ["webhook"], ["preview", "development"])

    assert {each["urn"] for each in held} < set(rolled)
    assert testbed.rotate().result == "done"
    gone = "preview-CLERK_WEBHOOK_SIGNING"
    testbed.resources = [resource for resource in testbed.resources if gone not in resource["urn"]]
    with pytest.raises(ClerkstackError, match="declare preview/CLERK_WEBHOOK_SIGNING_SECRET"):
        testbed.rotate()


def test_a_key_that_a_person_copied_is_not_rotated(testbed: RotationTestbed) -> None:
    testbed.configured = {"secretKey": testbed.deployed["clerk"]}

    with pytest.raises(ClerkstackError, match="config rm clerkstack:secretKey"):
        testbed.rotate()
    assert testbed.known().journal.running is None


def test_back_to_the_old_ones_and_what_that_means(testbed: RotationTestbed) -> None:
    before = dict(testbed.deployed)
    since = testbed.known().since
    done = testbed.rotate()

    entry = testbed.abort()

    assert (entry.result, entry.id) == ("aborted", done.id)
    assert testbed.deployed == before
    known = testbed.known()
    assert known.journal.doomed == {"clerk": pytest.approx(entry.old_ends, abs=9000)}
    assert known.since["clerk"] == since["clerk"]
    assert testbed.signing()[0] == before["webhook"]
    with pytest.raises(ClerkstackError, match="no rotation to go back from"):
        testbed.abort()
    # The next run repairs it.
    testbed.rotate()
    assert testbed.known().journal.doomed == {}


def test_a_mint_that_nobody_knows_of_is_gone_back_from_as_well(testbed: RotationTestbed) -> None:
    before = dict(testbed.deployed)
    moment = 1
    while testbed.mints()["clerk"] == 0:
        testbed.killed_at(moment, testbed.rotate)
        moment += 1
    assert testbed.known().journal.running.sides["clerk"].new is None  # type: ignore[union-attr]

    entry = testbed.abort()

    assert set(entry.new) == {"clerk"}
    assert testbed.known().journal.doomed
    assert testbed.deployed == before


def test_there_is_no_way_back_to_a_dead_key(testbed: RotationTestbed) -> None:
    testbed.proves = False
    with pytest.raises(NotProved):
        testbed.rotate()
    testbed.world.clerk.instances()[0].secrets[0].expires_at = 1

    with pytest.raises(ClerkstackError, match="no way back"):
        testbed.abort()

    testbed.proves = True
    assert testbed.rotate().result == "done"


def test_a_leaked_key_is_dead_with_the_first_request(testbed: RotationTestbed) -> None:
    leaked, testbed.leaked = testbed.deployed["clerk"], True

    entry = testbed.rotate(kinds=("clerk",), overlap_hours=0)

    first = next(each for each in testbed.world.journal() if each.method == "POST")
    assert first.path.endswith("/rotate_secret_keys")
    assert entry.result == "done"
    assert not testbed.is_valid(leaked)
    testbed.assert_nobody_is_locked_out()
    assert "preflight" not in " ".join(testbed.said)


def test_a_signing_secret_that_was_gone_back_to_is_reported_as_still_valid(
    testbed: RotationTestbed,
) -> None:
    leaked, testbed.leaked = testbed.deployed["webhook"], True
    testbed.rotate(kinds=("webhook",), overlap_hours=0)
    assert not any("still" in line for line in testbed.said)
    assert leaked not in testbed.signing()

    leaked = testbed.deployed["webhook"]
    testbed.rotate(kinds=("webhook",))
    testbed.abort()
    testbed.rotate(kinds=("webhook",), overlap_hours=0)

    assert leaked in testbed.signing()
    assert any("Svix accepts the old signing secret until" in line for line in testbed.said)


def test_without_the_confirmation_nothing_is_sent(testbed: RotationTestbed) -> None:
    testbed.confirmed = False

    with pytest.raises(ClerkstackError, match="no"):
        testbed.rotate(overlap_hours=0)

    assert testbed.mints() == {"clerk": 0, "webhook": 0}
    assert testbed.known().journal.running is None


def test_a_leak_does_not_wait_for_a_rotation_under_way(testbed: RotationTestbed) -> None:
    leaked = testbed.deployed["clerk"]
    testbed.proves = False
    with pytest.raises(NotProved):
        testbed.rotate()
    testbed.proves = testbed.leaked = True

    testbed.rotate(kinds=("clerk",), overlap_hours=0)

    assert [entry.result for entry in testbed.known().journal.history] == ["replaced", "done"]
    assert not testbed.is_valid(leaked)
    assert testbed.known().journal.history[-1].secrets == ["clerk", "webhook"]


def test_a_leak_that_nobody_answered_for_is_not_gone_on_with(testbed: RotationTestbed) -> None:
    old, moment = testbed.deployed["clerk"], 1
    testbed.leaked = True
    while testbed.mints()["clerk"] == 0:
        came = testbed.killed_at(moment, lambda: testbed.rotate(kinds=("clerk",), overlap_hours=0))
        assert came
        moment += 1
        if testbed.mints()["clerk"] == 0 and testbed.known().journal.running is not None:
            running = testbed.known().journal.running
            assert running.emergency
            # Killed at the question. The next run, unattended, has an overlap.
            testbed.leaked = False
            assert testbed.rotate(kinds=("clerk",)).overlap_hours == 24
            assert testbed.is_valid(old)
            return
    pytest.fail("it was never killed before the mint")


def test_a_refused_confirmation_leaves_what_was_under_way(testbed: RotationTestbed) -> None:
    testbed.proves = False
    with pytest.raises(NotProved):
        testbed.rotate()
    under_way = testbed.known().journal.running
    assert under_way is not None
    testbed.confirmed = False

    with pytest.raises(ClerkstackError, match="no"):
        testbed.rotate(kinds=("clerk",), overlap_hours=0)

    there = testbed.known().journal
    assert there.running is not None
    assert (there.running.id, there.running.minted) == (under_way.id, True)
    assert there.history == []
    testbed.proves = True
    assert testbed.rotate().id == under_way.id


def test_a_leak_of_one_secret_leaves_the_other_its_overlap(testbed: RotationTestbed) -> None:
    signing = testbed.deployed["webhook"]
    testbed.killed_at(8, testbed.rotate)
    assert testbed.known().journal.running is not None
    testbed.leaked = True

    testbed.rotate(kinds=("clerk",), overlap_hours=0)

    assert signing in testbed.signing()
    assert testbed.known().journal.history[-1].secrets == ["clerk", "webhook"]


def test_old_secrets_that_are_no_longer_valid_are_forgotten(testbed: RotationTestbed) -> None:
    old = testbed.deployed["clerk"]
    testbed.rotate(kinds=("clerk",))
    assert old in testbed.known().journal.text()
    last = testbed.known().journal
    assert last.last is not None
    last.last.sides["clerk"].old_ends = 1
    enter(testbed.state, last)

    testbed.rotate(kinds=("webhook",))

    assert old not in testbed.known().journal.text()


def test_somebody_else_is_at_it(testbed: RotationTestbed) -> None:
    assert testbed.killed_at(8, testbed.rotate)
    journal = testbed.known().journal
    assert journal.running is not None
    assert journal.running.holder is not None
    journal.running.holder.pid = 999
    enter(testbed.state, journal)

    with pytest.raises(Held, match="process 999 of here"):
        testbed.rotate()
    with pytest.raises(Held):
        testbed.abort()


def test_of_two_that_claim_at_the_same_moment_one_goes_on(testbed: RotationTestbed) -> None:
    first = testbed._rotator()
    other = testbed._rotator()
    claim = first.journal_store.claim

    def both(begin: Any) -> Any:
        claimed = claim(begin)
        # The other run had read the state before.
        journal = testbed.known().journal
        assert journal.running is not None
        journal.running.id, journal.running.holder = "rot_other", other.journal_store.holder()
        enter(testbed.state, journal)
        return claimed

    first.journal_store.claim = both  # type: ignore[method-assign]
    with pytest.raises(Held, match="taken over"):
        first.rotate(RotationRequest(None, "x", 24, "Ana"))
    assert testbed.mints() == {"clerk": 0, "webhook": 0}


def test_who_ended_just_now_has_noted_it(testbed: RotationTestbed) -> None:
    assert testbed.killed_at(8, testbed.rotate)
    late, told = testbed._rotator(), len(testbed.said)

    def ended(_holder: Any) -> bool:
        # The run in progress finishes after the late one has read the state.
        if testbed.known().journal.running is not None:
            testbed.rotate()
            told_by_others.extend(testbed.said[told:])
        return False

    told_by_others: list[str] = []
    late.journal_store.held = ended

    late.rotate(RotationRequest(None, "y", 24, "Ana"))

    assert {entry.reason for entry in testbed.known().journal.history} == {"a test", "y"}
    own = [line for line in testbed.said[told:] if line not in told_by_others]
    assert not [line for line in own if "continuing" in line]


def test_only_what_is_old(testbed: RotationTestbed) -> None:
    testbed.rotate(kinds=("webhook",))
    limit = testbed.known().since["webhook"]

    assert testbed.rotate(older_than=limit).secrets == ["clerk"]
    with pytest.raises(NothingOld):
        testbed.rotate(older_than=limit)


def test_no_message_holds_a_secret(testbed: RotationTestbed) -> None:
    before = dict(testbed.deployed)
    testbed.rotate()
    said = "\n".join(testbed.said) + testbed.known().journal.history[0].model_dump_json()

    for secret in [*before.values(), *testbed.deployed.values()]:
        assert secret not in said
    assert not issubclass(Killed, Exception)
