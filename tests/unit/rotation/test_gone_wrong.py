"""The worst orders of test_histories.py, each by itself: nobody has a secret that ended."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.desired.secret_kinds import KINDS
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import fingerprint, now
from clerkstack.rotation.journal_store import Held
from clerkstack.rotation.proof import NotProved
from clerkstack.rotation.run import Refused
from clerkstack.rotation.stacks import enter, variables_gone
from local.world import World
from tests.unit.rotation.testbed import RotationTestbed

WEEK = 200  # hours: longer than any overlap
REFUSED = ClerkstackError("the update failed")


@pytest.fixture
def testbed(running: World) -> RotationTestbed:
    return fresh(running)


def fresh(running: World) -> RotationTestbed:
    running.reset()
    running.faults.clear()
    return RotationTestbed(running)


def fails_to_abort(testbed: RotationTestbed, name: str = "up") -> None:
    testbed.fails = {name: REFUSED}
    with pytest.raises(ClerkstackError, match="failed"):
        testbed.abort()
    testbed.fails = {}


def assert_all_lasts(testbed: RotationTestbed) -> None:
    """State, variables and app have the same secrets, which do not end."""
    testbed.world.advance(WEEK)
    state = {kind: secret.get_secret_value() for kind, secret in testbed.known().secrets.items()}
    assert state == testbed.live == testbed.deployed
    testbed.assert_nobody_is_locked_out()
    assert testbed.known().journal.running is None


@pytest.mark.parametrize("name", ["up", "variable", "app", "prove", "updated"])
def test_after_a_failed_abort_the_dead_key_is_not_rolled_out(
    testbed: RotationTestbed, name: str
) -> None:
    testbed.rotate()
    fails_to_abort(testbed, name)
    # Whoever deploys meanwhile deploys the key that lasts.
    assert testbed.is_valid(testbed.known().secrets["clerk"].get_secret_value())
    testbed.leaked = True
    testbed.world.advance(25)
    assert testbed.is_valid(testbed.known().secrets["clerk"].get_secret_value())

    entry = testbed.rotate()

    assert entry.result == "done"
    assert testbed.mints()["clerk"] == 1
    assert_all_lasts(testbed)


def test_an_abort_says_that_there_is_no_way_back_and_the_next_run_goes_on(
    testbed: RotationTestbed,
) -> None:
    testbed.rotate()
    fails_to_abort(testbed)
    testbed.leaked = True
    testbed.world.advance(25)

    with pytest.raises(ClerkstackError, match="no way back"):
        testbed.abort()

    assert testbed.is_valid(testbed.known().secrets["clerk"].get_secret_value())
    assert testbed.rotate().result == "done"
    assert_all_lasts(testbed)


@pytest.mark.parametrize("again", ["rotate", "abort"])
def test_an_abort_killed_at_any_moment_is_survived_when_the_old_key_has_ended(
    running: World, again: str
) -> None:
    moment, came = 1, True
    while came:
        testbed = fresh(running)
        testbed.rotate()
        came = testbed.killed_at(moment, testbed.abort)
        testbed.leaked = True
        testbed.world.advance(25)
        if again == "abort":
            with pytest.raises(ClerkstackError):
                testbed.abort()
        testbed.rotate()
        if testbed.known().journal.history[-1].result == "aborted":
            testbed.rotate()
        testbed.leaked = False
        assert_all_lasts(testbed)
        moment += 1
    assert moment > 15


def test_a_rotation_killed_at_any_moment_is_survived_when_the_old_key_has_ended(
    running: World,
) -> None:
    moment, came = 1, True
    while came:
        testbed = fresh(running)
        came = testbed.killed_at(moment, testbed.rotate)
        over = 1 if testbed.known().journal.history else 0
        testbed.leaked = True
        testbed.world.advance(25)
        entry = testbed.rotate()
        assert entry.result == "done"
        assert testbed.mints() == {"clerk": 1 + over, "webhook": 1 + over}, moment
        testbed.leaked = False
        assert_all_lasts(testbed)
        moment += 1
    assert moment > 20


def test_a_signing_secret_that_was_gone_back_to_is_replaced_again(testbed: RotationTestbed) -> None:
    entry = testbed.rotate()
    old = testbed.signing()[1]
    fails_to_abort(testbed)
    assert testbed.signing()[0] == old
    testbed.leaked = True
    testbed.world.advance(25)

    testbed.rotate()

    assert fingerprint(testbed.known().secrets["webhook"]) == entry.new["webhook"]
    assert testbed.signing()[0] == testbed.deployed["webhook"]
    assert_all_lasts(testbed)


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_of_an_aborted_rotation_is_not_taken_for_the_new_one(
    testbed: RotationTestbed, kind: Any
) -> None:
    """Whoever knew it still knows it, and a rotation must end that."""
    testbed.rotate()
    testbed.abort()
    path = {"clerk": "rotate_secret_keys$", "webhook": "secret/rotate$"}[kind]
    service = {"clerk": "clerk", "webhook": "svix"}[kind]
    testbed.world.fault(service=service, method="POST", path=path, kind="drop_before")
    before = {f for e in testbed.known().journal.history for f in (e.old[kind], e.new[kind])}

    testbed.rotate()

    assert fingerprint(testbed.known().secrets[kind]) not in before
    assert_all_lasts(testbed)


def test_a_rotation_after_an_abort_that_was_killed_before_its_mint_is_begun_anew(
    testbed: RotationTestbed,
) -> None:
    testbed.rotate()
    testbed.abort()
    known = {f for e in testbed.known().journal.history for f in e.new.values()}
    # The third moment: the claim is noted, and nothing else.
    assert testbed.killed_at(4, testbed.rotate)

    testbed.rotate()

    assert not known & {fingerprint(secret) for secret in testbed.known().secrets.values()}
    assert_all_lasts(testbed)


def test_a_key_that_ends_by_itself_is_as_good_as_old(testbed: RotationTestbed) -> None:
    testbed.rotate()
    testbed.abort()
    assert "clerk" in testbed.known().journal.doomed

    # A schedule for what is older than eighty days: nothing is.
    entry = testbed.rotate(older_than=now() - 80 * 24 * 3_600_000)

    assert entry.secrets == ["clerk"]
    assert testbed.known().journal.doomed == {}
    assert_all_lasts(testbed)


def test_the_end_of_a_key_that_was_gone_back_to_is_the_one_that_it_had(
    testbed: RotationTestbed,
) -> None:
    ends = testbed.rotate(kinds=("clerk",), overlap_hours=24).old_ends
    testbed.abort()

    entry = testbed.rotate(kinds=("clerk",), overlap_hours=48)

    assert entry.old_ends == ends


@pytest.mark.parametrize("overlap", [24, 0])
def test_where_one_secret_is_refused_the_other_reaches_the_app(
    testbed: RotationTestbed, overlap: int
) -> None:
    """Its old one ends by itself, however long the other is refused."""
    before = dict(testbed.deployed)
    testbed.leaked = not overlap
    testbed.world.fault(
        service="svix", method="POST", path="secret/rotate$", kind="status", status=403
    )

    with pytest.raises(ClerkstackError, match="403"):
        testbed.rotate(overlap_hours=overlap)

    assert testbed.deployed["clerk"] != before["clerk"]
    assert testbed.deployed["webhook"] == before["webhook"]
    testbed.world.advance(WEEK)
    testbed.assert_nobody_is_locked_out()
    testbed.world.clear_faults()
    assert testbed.rotate().result == "done"
    assert_all_lasts(testbed)


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_rotates_elsewhere_before_a_rotation_is_over(
    testbed: RotationTestbed, kind: Any
) -> None:
    testbed.proves = False
    with pytest.raises(NotProved):
        testbed.rotate()
    if kind == "clerk":
        testbed.world.clerk.rotate(testbed.world.clerk.instances()[:1], 24)
    else:
        from local.world.svix.inputs import SecretRotation

        (app,) = testbed.world.svix.apps().values()
        body = SecretRotation.model_validate({})
        testbed.world.svix.rotate_secret(app, next(iter(app.endpoints)), body)
    testbed.proves = True

    assert testbed.rotate().result == "done"

    assert any("elsewhere" in line for line in testbed.said)
    assert_all_lasts(testbed)


def test_of_a_leak_that_replaced_a_lost_mint_the_old_secrets_end(testbed: RotationTestbed) -> None:
    """The mint that nobody knows of is not mistaken for that of the leak."""
    old, moment = dict(testbed.deployed), 1
    while testbed.mints()["webhook"] == 0:
        testbed.killed_at(moment, testbed.rotate)
        moment += 1
    testbed.leaked = True
    # Killed right before the leaked ones are ended.
    assert testbed.killed_at(8, lambda: testbed.rotate(overlap_hours=0))

    testbed.rotate(overlap_hours=0)

    assert not testbed.is_valid(old["clerk"])
    # Svix keeps the end that the lost mint gave the old one, so that is reported.
    assert old["webhook"] in testbed.signing()
    assert any("Svix accepts the old signing secret until" in line for line in testbed.said)
    assert_all_lasts(testbed)


# -- refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [24, 0])
def test_nothing_is_minted_where_the_roll_out_would_be_refused(
    testbed: RotationTestbed, overlap: int
) -> None:
    testbed.refuses, before = True, dict(testbed.deployed)

    with pytest.raises(Refused, match=r"no\nNothing was sent"):
        testbed.rotate(overlap_hours=overlap)

    assert testbed.mints() == {"clerk": 0, "webhook": 0}
    assert testbed.known().journal.running is None
    assert testbed.deployed == before
    testbed.refuses, testbed.leaked = False, True
    assert testbed.rotate(overlap_hours=overlap).result == "done"


def test_a_run_that_goes_on_looks_again_before_it_mints(testbed: RotationTestbed) -> None:
    # Killed before the mint, after it had checked who else holds the secrets.
    moment = 1
    while not (there := testbed.known().journal.running) or not there.looked:
        assert testbed.killed_at(moment, testbed.rotate)
        running = testbed.known().journal
        if running.running is not None and moment > 6:
            running.running.looked = True
            enter(testbed.state, running)
        moment += 1
    testbed.refuses = True

    with pytest.raises(Refused):
        testbed.rotate()

    assert testbed.mints() == {"clerk": 0, "webhook": 0}
    assert testbed.known().journal.running is None


@pytest.mark.parametrize("proved", [True, False])
def test_a_refused_abort_changes_nothing(testbed: RotationTestbed, proved: bool) -> None:
    testbed.proves = proved
    if proved:
        testbed.rotate()
    else:
        with pytest.raises(NotProved):
            testbed.rotate()
    before, signing = dict(testbed.deployed), testbed.signing()
    journal = testbed.known().journal
    testbed.refuses, testbed.proves = True, True

    with pytest.raises(Refused, match="Nothing was sent"):
        testbed.abort()

    assert (testbed.deployed, testbed.signing()) == (before, signing)
    there = testbed.known().journal
    assert (there.last is None) == (journal.last is None)
    assert there.running is None or not there.running.aborting
    assert {k: s.get_secret_value() for k, s in testbed.known().secrets.items()} == before
    # It goes forward all the same, and back once nobody refuses.
    testbed.refuses = False
    assert (testbed.abort() if proved else testbed.rotate()).result == (
        "aborted" if proved else "done"
    )


def test_an_abort_that_had_begun_is_gone_on_with_after_a_refusal(testbed: RotationTestbed) -> None:
    testbed.rotate()
    fails_to_abort(testbed, "app")
    testbed.refuses = True
    with pytest.raises(Refused):
        testbed.abort()
    testbed.refuses = False
    journal = testbed.known().journal
    assert journal.running is not None
    assert journal.running.aborting

    assert testbed.rotate().result == "aborted"
    testbed.rotate()
    assert_all_lasts(testbed)


def test_an_abort_of_a_leak_that_minted_nothing_goes_back_from_what_it_replaced(
    testbed: RotationTestbed,
) -> None:
    before = dict(testbed.deployed)
    testbed.proves = False
    with pytest.raises(NotProved):
        testbed.rotate()
    testbed.proves, testbed.leaked = True, True
    assert testbed.killed_at(4, lambda: testbed.rotate(overlap_hours=0))
    journal = testbed.known().journal
    assert journal.running is not None
    assert journal.running.emergency

    assert testbed.abort().result == "aborted"

    assert testbed.deployed == before


def test_an_update_that_was_not_finished_is_finished_first(testbed: RotationTestbed) -> None:
    written = next(
        resource for resource in testbed.resources if resource["type"].endswith("WrittenVariables")
    )
    project = testbed.settings.vercel_projects[0]
    written["inputs"]["project_id"] = project.project_id
    written["outputs"]["values"] = {"preview/CLERK_SECRET_KEY": "1", "preview/URL": "2"}
    assert list(variables_gone(testbed.state)) == ["preview/URL"]

    with pytest.raises(Refused, match=r"without preview/URL\. Finish it first: pulumi up"):
        testbed.rotate()

    assert testbed.mints() == {"clerk": 0, "webhook": 0}


def test_who_is_taken_over_while_it_mints_says_so(testbed: RotationTestbed) -> None:
    """Two runs at once: nobody knows what one of them minted."""
    count = testbed.moments
    for moment in range(count + 1, 60):
        testbed = fresh(testbed.world)
        testbed.meanwhile, said = (moment, testbed.rotate), ""
        try:
            testbed.rotate()
        except Held as held:
            said = str(held)
        if "minted" in said:
            break
    assert "rotate again: bin/clerkstack rotate --stack dev" in said
    testbed.rotate()
    assert_all_lasts(testbed)
