"""The worst orders of test_histories.py, each by itself: nobody has a secret that ended."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import KINDS, fingerprint, now
from clerkstack.rotation.keeping import Held
from clerkstack.rotation.proof import NotProved
from clerkstack.rotation.run import Refused
from clerkstack.rotation.stacks import enter, variables_gone
from local.world import World
from tests.unit.rotation.bed import Bed

pytestmark = pytest.mark.timeout(120)
WEEK = 200  # hours: longer than any overlap
REFUSED = ClerkstackError("the update failed")


@pytest.fixture
def bed(running: World) -> Bed:
    return fresh(running)


def fresh(running: World) -> Bed:
    running.reset()
    running.faults.clear()
    return Bed(running)


def fails_to_abort(bed: Bed, name: str = "up") -> None:
    bed.fails = {name: REFUSED}
    with pytest.raises(ClerkstackError, match="failed"):
        bed.abort()
    bed.fails = {}


def assert_all_lasts(bed: Bed) -> None:
    """State, variables and app have the same secrets, and those do not end."""
    bed.world.advance(WEEK)
    state = {kind: secret.get_secret_value() for kind, secret in bed.known().secrets.items()}
    assert state == bed.live == bed.deployed
    bed.assert_nobody_is_locked_out()
    assert bed.known().journal.running is None


@pytest.mark.parametrize("name", ["up", "variable", "app", "prove", "updated"])
def test_after_a_failed_abort_the_dead_key_is_not_rolled_out(bed: Bed, name: str) -> None:
    bed.rotate()
    fails_to_abort(bed, name)
    # Whoever deploys meanwhile deploys the key that lasts.
    assert bed.counts(bed.known().secrets["clerk"].get_secret_value())
    bed.leaked = True
    bed.world.advance(25)
    assert bed.counts(bed.known().secrets["clerk"].get_secret_value())

    entry = bed.rotate()

    assert entry.result == "done"
    assert bed.mints()["clerk"] == 1
    assert_all_lasts(bed)


def test_an_abort_says_that_there_is_no_way_back_and_the_next_run_goes_on(bed: Bed) -> None:
    bed.rotate()
    fails_to_abort(bed)
    bed.leaked = True
    bed.world.advance(25)

    with pytest.raises(ClerkstackError, match="no way back"):
        bed.abort()

    assert bed.counts(bed.known().secrets["clerk"].get_secret_value())
    assert bed.rotate().result == "done"
    assert_all_lasts(bed)


@pytest.mark.parametrize("again", ["rotate", "abort"])
def test_an_abort_killed_at_any_moment_is_survived_when_the_old_key_has_ended(
    running: World, again: str
) -> None:
    moment, came = 1, True
    while came:
        bed = fresh(running)
        bed.rotate()
        came = bed.killed_at(moment, bed.abort)
        bed.leaked = True
        bed.world.advance(25)
        if again == "abort":
            with pytest.raises(ClerkstackError):
                bed.abort()
        bed.rotate()
        if bed.known().journal.history[-1].result == "aborted":
            bed.rotate()
        bed.leaked = False
        assert_all_lasts(bed)
        moment += 1
    assert moment > 15


def test_a_rotation_killed_at_any_moment_is_survived_when_the_old_key_has_ended(
    running: World,
) -> None:
    moment, came = 1, True
    while came:
        bed = fresh(running)
        came = bed.killed_at(moment, bed.rotate)
        over = 1 if bed.known().journal.history else 0
        bed.leaked = True
        bed.world.advance(25)
        entry = bed.rotate()
        assert entry.result == "done"
        assert bed.mints() == {"clerk": 1 + over, "webhook": 1 + over}, moment
        bed.leaked = False
        assert_all_lasts(bed)
        moment += 1
    assert moment > 20


def test_a_signing_secret_that_was_gone_back_to_is_replaced_again(bed: Bed) -> None:
    entry = bed.rotate()
    old = bed.signing()[1]
    fails_to_abort(bed)
    assert bed.signing()[0] == old
    bed.leaked = True
    bed.world.advance(25)

    bed.rotate()

    assert fingerprint(bed.known().secrets["webhook"]) == entry.new["webhook"]
    assert bed.signing()[0] == bed.deployed["webhook"]
    assert_all_lasts(bed)


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_of_an_aborted_rotation_is_not_taken_for_the_new_one(bed: Bed, kind: Any) -> None:
    """Whoever knew it knows it still, and a rotation is to end that."""
    bed.rotate()
    bed.abort()
    path = {"clerk": "rotate_secret_keys$", "webhook": "secret/rotate$"}[kind]
    service = {"clerk": "clerk", "webhook": "svix"}[kind]
    bed.world.fault(service=service, method="POST", path=path, kind="drop_before")
    before = {f for e in bed.known().journal.history for f in (e.old[kind], e.new[kind])}

    bed.rotate()

    assert fingerprint(bed.known().secrets[kind]) not in before
    assert_all_lasts(bed)


def test_a_rotation_after_an_abort_that_was_killed_before_its_mint_is_begun_anew(bed: Bed) -> None:
    bed.rotate()
    bed.abort()
    known = {f for e in bed.known().journal.history for f in e.new.values()}
    # The third moment: the claim is noted, and nothing else.
    assert bed.killed_at(4, bed.rotate)

    bed.rotate()

    assert not known & {fingerprint(secret) for secret in bed.known().secrets.values()}
    assert_all_lasts(bed)


def test_a_key_that_ends_by_itself_is_as_good_as_old(bed: Bed) -> None:
    bed.rotate()
    bed.abort()
    assert "clerk" in bed.known().journal.doomed

    # Scheduled, of what is older than eighty days: nothing is.
    entry = bed.rotate(older_than=now() - 80 * 24 * 3_600_000)

    assert entry.secrets == ["clerk"]
    assert bed.known().journal.doomed == {}
    assert_all_lasts(bed)


def test_the_end_of_a_key_that_was_gone_back_to_is_the_one_that_it_had(bed: Bed) -> None:
    ends = bed.rotate(kinds=("clerk",), overlap_hours=24).old_ends
    bed.abort()

    entry = bed.rotate(kinds=("clerk",), overlap_hours=48)

    assert entry.old_ends == ends


@pytest.mark.parametrize("overlap", [24, 0])
def test_where_one_secret_is_refused_the_other_reaches_the_app(bed: Bed, overlap: int) -> None:
    """Its old one ends by itself, however long the other is refused."""
    before = dict(bed.deployed)
    bed.leaked = not overlap
    bed.world.fault(service="svix", method="POST", path="secret/rotate$", kind="status", status=403)

    with pytest.raises(ClerkstackError, match="403"):
        bed.rotate(overlap_hours=overlap)

    assert bed.deployed["clerk"] != before["clerk"]
    assert bed.deployed["webhook"] == before["webhook"]
    bed.world.advance(WEEK)
    bed.assert_nobody_is_locked_out()
    bed.world.clear_faults()
    assert bed.rotate().result == "done"
    assert_all_lasts(bed)


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_rotates_elsewhere_before_a_rotation_is_over(bed: Bed, kind: Any) -> None:
    bed.proves = False
    with pytest.raises(NotProved):
        bed.rotate()
    if kind == "clerk":
        bed.world.clerk.rotate(bed.world.clerk.instances()[:1], 24)
    else:
        from local.world.svix.inputs import SecretRotation

        (app,) = bed.world.svix.apps().values()
        body = SecretRotation.model_validate({})
        bed.world.svix.rotate_secret(app, next(iter(app.endpoints)), body)
    bed.proves = True

    assert bed.rotate().result == "done"

    assert any("elsewhere" in line for line in bed.said)
    assert_all_lasts(bed)


def test_of_a_leak_that_replaced_a_lost_mint_the_old_secrets_end(bed: Bed) -> None:
    """The mint that nobody knows of is not taken for that of the leak."""
    old, moment = dict(bed.deployed), 1
    while bed.mints()["webhook"] == 0:
        bed.killed_at(moment, bed.rotate)
        moment += 1
    bed.leaked = True
    # Killed right before the leaked ones are ended.
    assert bed.killed_at(8, lambda: bed.rotate(overlap_hours=0))

    bed.rotate(overlap_hours=0)

    assert not bed.counts(old["clerk"])
    # Svix keeps the end that the lost mint gave the old one, so that is said.
    assert old["webhook"] in bed.signing()
    assert any("Svix takes the old signing secret until" in line for line in bed.said)
    assert_all_lasts(bed)


# -- refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [24, 0])
def test_nothing_is_minted_where_the_roll_out_would_be_refused(bed: Bed, overlap: int) -> None:
    bed.refuses, before = True, dict(bed.deployed)

    with pytest.raises(Refused, match=r"no\nNothing was sent"):
        bed.rotate(overlap_hours=overlap)

    assert bed.mints() == {"clerk": 0, "webhook": 0}
    assert bed.known().journal.running is None
    assert bed.deployed == before
    bed.refuses, bed.leaked = False, True
    assert bed.rotate(overlap_hours=overlap).result == "done"


def test_a_run_that_goes_on_looks_again_before_it_mints(bed: Bed) -> None:
    # Killed before the mint, after it had looked who else holds the secrets.
    moment = 1
    while not (there := bed.known().journal.running) or not there.looked:
        assert bed.killed_at(moment, bed.rotate)
        running = bed.known().journal
        if running.running is not None and moment > 6:
            running.running.looked = True
            enter(bed.state, running)
        moment += 1
    bed.refuses = True

    with pytest.raises(Refused):
        bed.rotate()

    assert bed.mints() == {"clerk": 0, "webhook": 0}
    assert bed.known().journal.running is None


@pytest.mark.parametrize("proved", [True, False])
def test_a_refused_abort_changes_nothing(bed: Bed, proved: bool) -> None:
    bed.proves = proved
    if proved:
        bed.rotate()
    else:
        with pytest.raises(NotProved):
            bed.rotate()
    before, signing = dict(bed.deployed), bed.signing()
    journal = bed.known().journal
    bed.refuses, bed.proves = True, True

    with pytest.raises(Refused, match="Nothing was sent"):
        bed.abort()

    assert (bed.deployed, bed.signing()) == (before, signing)
    there = bed.known().journal
    assert (there.last is None) == (journal.last is None)
    assert there.running is None or not there.running.aborting
    assert {k: s.get_secret_value() for k, s in bed.known().secrets.items()} == before
    # Forward it goes all the same, and back once nobody refuses.
    bed.refuses = False
    assert (bed.abort() if proved else bed.rotate()).result == ("aborted" if proved else "done")


def test_an_abort_that_had_begun_is_gone_on_with_after_a_refusal(bed: Bed) -> None:
    bed.rotate()
    fails_to_abort(bed, "app")
    bed.refuses = True
    with pytest.raises(Refused):
        bed.abort()
    bed.refuses = False
    journal = bed.known().journal
    assert journal.running is not None
    assert journal.running.aborting

    assert bed.rotate().result == "aborted"
    bed.rotate()
    assert_all_lasts(bed)


def test_an_abort_of_a_leak_that_minted_nothing_goes_back_from_what_it_replaced(bed: Bed) -> None:
    before = dict(bed.deployed)
    bed.proves = False
    with pytest.raises(NotProved):
        bed.rotate()
    bed.proves, bed.leaked = True, True
    assert bed.killed_at(4, lambda: bed.rotate(overlap_hours=0))
    journal = bed.known().journal
    assert journal.running is not None
    assert journal.running.emergency

    assert bed.abort().result == "aborted"

    assert bed.deployed == before


def test_an_update_that_was_not_finished_is_finished_first(bed: Bed) -> None:
    written = next(each for each in bed.resources if each["type"].endswith("WrittenVariables"))
    project = bed.settings.vercel_projects[0]
    written["inputs"]["project_id"] = project.project_id
    written["outputs"]["values"] = {"preview/CLERK_SECRET_KEY": "1", "preview/URL": "2"}
    assert list(variables_gone(bed.state)) == ["preview/URL"]

    with pytest.raises(Refused, match=r"without preview/URL\. Finish it first: pulumi up"):
        bed.rotate()

    assert bed.mints() == {"clerk": 0, "webhook": 0}


def test_who_is_taken_over_while_it_mints_says_so(bed: Bed) -> None:
    """Two are at it: what one minted is known to nobody."""
    count = bed.moments
    for moment in range(count + 1, 60):
        bed = fresh(bed.world)
        bed.meanwhile, said = (moment, bed.rotate), ""
        try:
            bed.rotate()
        except Held as held:
            said = str(held)
        if "minted" in said:
            break
    assert "rotate again: bin/clerkstack rotate --stack dev" in said
    bed.rotate()
    assert_all_lasts(bed)
