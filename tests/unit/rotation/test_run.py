"""The sequence, killed and refused anywhere: nobody is locked out, nothing is minted twice."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from clerkstack.clients.errors import ApiError
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import fingerprint
from clerkstack.rotation.keeping import Held
from clerkstack.rotation.proof import NotProved
from clerkstack.rotation.stacks import enter, targets
from clerkstack.rotation.wishes import NothingOld, Wish
from local.world import World
from tests.unit.rotation.bed import Bed, Killed

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def bed(running: World) -> Bed:
    running.reset()
    running.faults.clear()
    return Bed(running)


def test_both_are_rotated_with_one_roll_out(bed: Bed) -> None:
    before = dict(bed.deployed)

    entry = bed.rotate(reason="offboarding", who="Ben")

    known = bed.known()
    assert entry.result == "done"
    assert (entry.who, entry.reason, entry.overlap_hours) == ("Ben", "offboarding", 24)
    assert (entry.secrets, entry.deployment) == (["clerk", "webhook"], "dpl_1")
    for kind, secret in known.secrets.items():
        assert entry.old[kind] != entry.new[kind] == fingerprint(secret)
        assert bed.deployed[kind] == secret.get_secret_value() != before[kind]
    assert bed.counts(before["clerk"])
    assert bed.signing() == [bed.deployed["webhook"], before["webhook"]]
    assert bed.mints() == {"clerk": 1, "webhook": 1}
    assert entry.old_ends - entry.minted == pytest.approx(24 * 3_600_000, abs=10_000)
    assert known.journal.running is None
    assert known.since == {
        "clerk": pytest.approx(entry.minted, abs=9000),
        "webhook": pytest.approx(entry.minted, abs=9000),
    }


def test_the_requests_are_the_fewest(bed: Bed) -> None:
    bed.rotate()

    sent = [
        f"{each.service} {each.method} {each.path.rsplit('/', 1)[-1]}"
        for each in bed.world.journal()
    ]
    # The bed looks after each step whether the app's key counts: one of ours, after the mint.
    sent = [each for each in sent if not each.endswith("GET instance")]
    there = [each for each in bed.world.vercel.projects.values() if each.team_id is None]
    assert sent == [
        # Who else holds them: the projects there are, and the variables of each.
        "vercel GET projects",
        *(["vercel GET env"] * len(there)),
        "clerk POST rotate_secret_keys",
        "clerk POST svix_url",
        "svix POST one-time-token",
        "svix POST rotate",
        "svix GET secret",
    ]


@pytest.mark.parametrize("kind", ["clerk", "webhook"])
def test_one_of_them(bed: Bed, kind: Any) -> None:
    before = dict(bed.deployed)

    entry = bed.rotate(kinds=(kind,))

    assert entry.secrets == [kind]
    changed = {each for each in before if bed.deployed[each] != before[each]}
    assert changed == {kind}
    assert set(bed.known().journal.history[0].new) == {kind}


def moments_of_a_run(running: World) -> int:
    running.reset()
    bed = Bed(running)
    bed.rotate()
    return bed.moments


def test_killed_at_any_moment_the_next_run_completes(running: World) -> None:
    count = moments_of_a_run(running)
    assert count > 20
    for moment in range(1, count + 1):
        running.reset()
        bed = Bed(running)
        before = dict(bed.deployed)

        assert bed.killed_at(moment, bed.rotate), moment
        bed.assert_nobody_is_locked_out()
        entry = bed.rotate()

        assert entry.result == "done", moment
        assert bed.mints() == {"clerk": 1, "webhook": 1} or moment >= count - 1, moment
        assert {**bed.deployed} != before
        known = bed.known()
        assert {k: s.get_secret_value() for k, s in known.secrets.items()} == bed.deployed
        assert known.journal.running is None
        assert bed.counts(before["clerk"])
        bed.assert_nobody_is_locked_out()


def test_killed_again_and_again_it_still_gets_there(bed: Bed) -> None:
    moment = 4
    while bed.killed_at(moment, bed.rotate):
        bed.assert_nobody_is_locked_out()
        moment += 2

    assert bed.mints() == {"clerk": 1, "webhook": 1}
    assert len(bed.known().journal.history) == 1


def test_an_abort_killed_at_any_moment_is_completed_by_the_next_run(running: World) -> None:
    moment, came = 1, True
    while came:
        running.reset()
        bed = Bed(running)
        before = dict(bed.deployed)
        bed.rotate()
        came = bed.killed_at(moment, bed.abort)
        bed.assert_nobody_is_locked_out()
        if came:
            # Killed after its last word: there is nothing to do any more.
            with contextlib.suppress(ClerkstackError):
                bed.abort() if moment % 2 else bed.rotate()
        bed.assert_nobody_is_locked_out()
        assert bed.known().journal.running is None, moment
        if bed.known().journal.history[-1].result == "aborted":
            assert bed.deployed == before
            assert bed.signing()[0] == before["webhook"]
        moment += 1
    assert moment > 12


@pytest.mark.parametrize("kind", ["clerk", "webhook"])
@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
def test_a_mint_without_an_answer_is_not_made_twice(bed: Bed, kind: Any, fault: Any) -> None:
    path = {"clerk": "rotate_secret_keys$", "webhook": "secret/rotate$"}[kind]
    bed.world.fault(
        service="clerk" if kind == "clerk" else "svix", method="POST", path=path, kind=fault
    )

    assert bed.rotate().result == "done"

    assert bed.mints()[kind] == (1 if fault == "drop_after" else 2)
    app = next(iter(bed.world.svix.apps().values()))
    (endpoint,) = app.endpoints.values()
    assert len(endpoint.retired) == 1
    assert len(bed.world.clerk.instances()[0].secrets) == 2


@pytest.mark.parametrize("times", [1, None])
def test_a_key_that_clerk_did_not_keep_is_none(bed: Bed, times: int | None) -> None:
    before = bed.deployed["clerk"]
    bed.world.fault(
        kind="not_persisted",
        service="clerk",
        path="/rotate_secret_keys$",
        method="POST",
        times=times,
    )
    if times is None:
        with pytest.raises(ClerkstackError, match="does not take the new secret key"):
            bed.rotate()
        bed.world.clear_faults()
        assert bed.known().journal.running is None

    entry = bed.rotate()

    assert entry.result == "done"
    assert bed.deployed["clerk"] != before
    assert bed.counts(bed.deployed["clerk"])


def test_a_refused_mint_leaves_nothing_behind(bed: Bed) -> None:
    before = dict(bed.deployed)
    bed.world.fault(
        service="clerk", method="POST", path="rotate_secret_keys$", kind="status", status=403
    )

    with pytest.raises(ApiError):
        bed.rotate()

    journal = bed.known().journal
    assert (journal.running, journal.history) == (None, [])
    assert bed.deployed == before


def test_where_the_second_mint_is_refused_the_first_is_not_lost(bed: Bed) -> None:
    bed.world.fault(service="svix", method="POST", path="secret/rotate$", kind="status", status=403)
    with pytest.raises(ApiError):
        bed.rotate()
    bed.assert_nobody_is_locked_out()
    running = bed.known().journal.running
    assert running is not None
    assert running.holder is None
    assert running.sides["clerk"].new is not None

    assert bed.rotate().result == "done"

    assert bed.mints() == {"clerk": 1, "webhook": 2}


def test_what_is_not_proved_is_not_done(bed: Bed) -> None:
    bed.proves = False
    with pytest.raises(NotProved):
        bed.rotate()
    assert bed.known().journal.history == []
    bed.assert_nobody_is_locked_out()

    bed.proves = True
    assert bed.rotate().result == "done"
    assert bed.mints() == {"clerk": 1, "webhook": 1}


def test_nothing_is_minted_where_it_could_not_be_rolled_out(bed: Bed) -> None:
    for name in ("preview", "look"):
        bed.fails = {name: ClerkstackError("can't")}
        with pytest.raises(ClerkstackError, match="can't"):
            bed.rotate()
        assert bed.known().journal.running is None
    assert bed.mints() == {"clerk": 0, "webhook": 0}


def test_a_variable_that_the_stack_does_not_declare_would_be_locked_out(bed: Bed) -> None:
    bed.resources = [each for each in bed.resources if "development-CLERK_SEC" not in each["urn"]]

    with pytest.raises(ClerkstackError, match="development/CLERK_SECRET_KEY"):
        bed.rotate()

    assert bed.rotate(kinds=("webhook",)).result == "done"


def test_every_name_of_a_secret_is_rolled_out(running: World) -> None:
    """An app may read one secret under two names."""
    running.reset()
    bed = Bed(running, names=("guide", "nextjs"))
    held = [each for each in bed.resources if "WEBHOOK" in each["urn"]]
    assert len(held) == 4, "two names in two targets"

    rolled = targets(bed.state, ["webhook"], ["preview", "development"])

    assert {each["urn"] for each in held} < set(rolled)
    assert bed.rotate().result == "done"
    gone = "preview-CLERK_WEBHOOK_SIGNING"
    bed.resources = [each for each in bed.resources if gone not in each["urn"]]
    with pytest.raises(ClerkstackError, match="declare preview/CLERK_WEBHOOK_SIGNING_SECRET"):
        bed.rotate()


def test_a_key_that_a_person_copied_is_not_rotated(bed: Bed) -> None:
    bed.configured = {"secretKey": bed.deployed["clerk"]}

    with pytest.raises(ClerkstackError, match="config rm clerkstack:secretKey"):
        bed.rotate()
    assert bed.known().journal.running is None


def test_back_to_the_old_ones_and_what_that_means(bed: Bed) -> None:
    before = dict(bed.deployed)
    since = bed.known().since
    done = bed.rotate()

    entry = bed.abort()

    assert (entry.result, entry.id) == ("aborted", done.id)
    assert bed.deployed == before
    known = bed.known()
    assert known.journal.doomed == {"clerk": pytest.approx(entry.old_ends, abs=9000)}
    assert known.since["clerk"] == since["clerk"]
    assert bed.signing()[0] == before["webhook"]
    with pytest.raises(ClerkstackError, match="no rotation to go back from"):
        bed.abort()
    # The next one makes it good.
    bed.rotate()
    assert bed.known().journal.doomed == {}


def test_a_mint_that_nobody_knows_of_is_gone_back_from_as_well(bed: Bed) -> None:
    before = dict(bed.deployed)
    moment = 1
    while bed.mints()["clerk"] == 0:
        bed.killed_at(moment, bed.rotate)
        moment += 1
    assert bed.known().journal.running.sides["clerk"].new is None  # type: ignore[union-attr]

    entry = bed.abort()

    assert set(entry.new) == {"clerk"}
    assert bed.known().journal.doomed
    assert bed.deployed == before


def test_there_is_no_way_back_to_a_dead_key(bed: Bed) -> None:
    bed.proves = False
    with pytest.raises(NotProved):
        bed.rotate()
    bed.world.clerk.instances()[0].secrets[0].expires_at = 1

    with pytest.raises(ClerkstackError, match="no way back"):
        bed.abort()

    bed.proves = True
    assert bed.rotate().result == "done"


def test_a_leaked_key_is_dead_with_the_first_request(bed: Bed) -> None:
    leaked, bed.leaked = bed.deployed["clerk"], True

    entry = bed.rotate(kinds=("clerk",), overlap_hours=0)

    first = next(each for each in bed.world.journal() if each.method == "POST")
    assert first.path.endswith("/rotate_secret_keys")
    assert entry.result == "done"
    assert not bed.counts(leaked)
    bed.assert_nobody_is_locked_out()
    assert "preflight" not in " ".join(bed.said)


def test_a_signing_secret_that_was_gone_back_to_is_told_to_live_on(bed: Bed) -> None:
    leaked, bed.leaked = bed.deployed["webhook"], True
    bed.rotate(kinds=("webhook",), overlap_hours=0)
    assert not any("still" in line for line in bed.said)
    assert leaked not in bed.signing()

    leaked = bed.deployed["webhook"]
    bed.rotate(kinds=("webhook",))
    bed.abort()
    bed.rotate(kinds=("webhook",), overlap_hours=0)

    assert leaked in bed.signing()
    assert any("Svix takes the old signing secret until" in line for line in bed.said)


def test_without_the_confirmation_nothing_is_sent(bed: Bed) -> None:
    bed.confirmed = False

    with pytest.raises(ClerkstackError, match="no"):
        bed.rotate(overlap_hours=0)

    assert bed.mints() == {"clerk": 0, "webhook": 0}
    assert bed.known().journal.running is None


def test_a_leak_does_not_wait_for_a_rotation_under_way(bed: Bed) -> None:
    leaked = bed.deployed["clerk"]
    bed.proves = False
    with pytest.raises(NotProved):
        bed.rotate()
    bed.proves = bed.leaked = True

    bed.rotate(kinds=("clerk",), overlap_hours=0)

    assert [each.result for each in bed.known().journal.history] == ["replaced", "done"]
    assert not bed.counts(leaked)
    assert bed.known().journal.history[-1].secrets == ["clerk", "webhook"]


def test_a_leak_that_nobody_answered_for_is_not_gone_on_with(bed: Bed) -> None:
    old, moment = bed.deployed["clerk"], 1
    bed.leaked = True
    while bed.mints()["clerk"] == 0:
        came = bed.killed_at(moment, lambda: bed.rotate(kinds=("clerk",), overlap_hours=0))
        assert came
        moment += 1
        if bed.mints()["clerk"] == 0 and bed.known().journal.running is not None:
            running = bed.known().journal.running
            assert running.emergency
            # Killed at the question. The next, unattended run has an overlap.
            bed.leaked = False
            assert bed.rotate(kinds=("clerk",)).overlap_hours == 24
            assert bed.counts(old)
            return
    pytest.fail("it was never killed before the mint")


def test_a_refused_confirmation_leaves_what_was_under_way(bed: Bed) -> None:
    bed.proves = False
    with pytest.raises(NotProved):
        bed.rotate()
    under_way = bed.known().journal.running
    assert under_way is not None
    bed.confirmed = False

    with pytest.raises(ClerkstackError, match="no"):
        bed.rotate(kinds=("clerk",), overlap_hours=0)

    there = bed.known().journal
    assert there.running is not None
    assert (there.running.id, there.running.minted) == (under_way.id, True)
    assert there.history == []
    bed.proves = True
    assert bed.rotate().id == under_way.id


def test_a_leak_of_one_secret_leaves_the_other_its_overlap(bed: Bed) -> None:
    signing = bed.deployed["webhook"]
    bed.killed_at(8, bed.rotate)
    assert bed.known().journal.running is not None
    bed.leaked = True

    bed.rotate(kinds=("clerk",), overlap_hours=0)

    assert signing in bed.signing()
    assert bed.known().journal.history[-1].secrets == ["clerk", "webhook"]


def test_old_secrets_that_count_no_more_are_forgotten(bed: Bed) -> None:
    old = bed.deployed["clerk"]
    bed.rotate(kinds=("clerk",))
    assert old in bed.known().journal.text()
    last = bed.known().journal
    assert last.last is not None
    last.last.sides["clerk"].old_ends = 1
    enter(bed.state, last)

    bed.rotate(kinds=("webhook",))

    assert old not in bed.known().journal.text()


def test_somebody_else_is_at_it(bed: Bed) -> None:
    assert bed.killed_at(8, bed.rotate)
    journal = bed.known().journal
    assert journal.running is not None
    assert journal.running.holder is not None
    journal.running.holder.pid = 999
    enter(bed.state, journal)

    with pytest.raises(Held, match="process 999 of here"):
        bed.rotate()
    with pytest.raises(Held):
        bed.abort()


def test_of_two_that_claim_at_the_same_moment_one_goes_on(bed: Bed) -> None:
    first = bed._rotator()
    other = bed._rotator()
    claim = first.keeper.claim

    def both(begin: Any) -> Any:
        claimed = claim(begin)
        # The other one had read the state before.
        journal = bed.known().journal
        assert journal.running is not None
        journal.running.id, journal.running.holder = "rot_other", other.keeper.holder()
        enter(bed.state, journal)
        return claimed

    first.keeper.claim = both  # type: ignore[method-assign]
    with pytest.raises(Held, match="taken over"):
        first.rotate(Wish(None, "x", 24, "Ana"))
    assert bed.mints() == {"clerk": 0, "webhook": 0}


def test_who_ended_just_now_has_noted_it(bed: Bed) -> None:
    assert bed.killed_at(8, bed.rotate)
    late, told = bed._rotator(), len(bed.said)

    def ended(_holder: Any) -> bool:
        # The one that was at it brings it to its end after the late one has read the state.
        if bed.known().journal.running is not None:
            bed.rotate()
            told_by_others.extend(bed.said[told:])
        return False

    told_by_others: list[str] = []
    late.keeper.held = ended

    late.rotate(Wish(None, "y", 24, "Ana"))

    assert {each.reason for each in bed.known().journal.history} == {"a test", "y"}
    own = [line for line in bed.said[told:] if line not in told_by_others]
    assert not [line for line in own if "going on" in line]


def test_only_what_is_old(bed: Bed) -> None:
    bed.rotate(kinds=("webhook",))
    limit = bed.known().since["webhook"]

    assert bed.rotate(older_than=limit).secrets == ["clerk"]
    with pytest.raises(NothingOld):
        bed.rotate(older_than=limit)


def test_no_message_holds_a_secret(bed: Bed) -> None:
    before = dict(bed.deployed)
    bed.rotate()
    said = "\n".join(bed.said) + bed.known().journal.history[0].model_dump_json()

    for secret in [*before.values(), *bed.deployed.values()]:
        assert secret not in said
    assert not issubclass(Killed, Exception)
