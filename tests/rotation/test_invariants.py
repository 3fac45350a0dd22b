"""Each invariant fires when what it names is broken, and only then."""

from __future__ import annotations

from typing import Any, cast

import pytest

from local.faults.bad_days import BAD_DAYS
from local.rotation.failing import OF_THE_APP, failing, kinds
from local.rotation.invariants import app_uses, in_history, minted, nobody_locked_out
from local.rotation.rows import STEPS, moments, others, plain, requests, signals, steps
from local.rotation.testbed import RotationTestbed, Secrets
from local.rotation.watch import Watch
from local.world.journal import Entry

BEFORE = Secrets(
    {"clerk": "sk_1", "webhook": "whsec_1"},
    {"clerk": frozenset(["sk_1"]), "webhook": frozenset(["whsec_0", "whsec_1"])},
)
AFTER = Secrets(
    {"clerk": "sk_2", "webhook": "whsec_2"},
    # An older one may have been dropped meanwhile.
    {"clerk": frozenset(["sk_1", "sk_2"]), "webhook": frozenset(["whsec_1", "whsec_2"])},
)


def test_mints_are_counted_by_the_secrets_that_came_to_be() -> None:
    assert not list(minted(BEFORE, AFTER, {"clerk": 1, "webhook": 1}))
    assert len(list(minted(BEFORE, AFTER, {"clerk": 2, "webhook": 0}))) == 2
    assert list(minted(BEFORE, BEFORE, {"clerk": 1})) == ["0 clerk secrets were minted, not 1"]


def test_the_app_must_use_what_is_valid() -> None:
    assert not list(app_uses(AFTER.current, AFTER.current))
    (problem,) = app_uses({**AFTER.current, "clerk": "sk_1"}, AFTER.current)
    assert "clerk" in problem
    assert "sk_" not in problem


@pytest.mark.parametrize(
    ("after", "problems"),
    [
        ([("a", "done"), ("b", "done")], 0),
        ([("a", "done")], 1),
        ([("a", "done"), ("b", "aborted")], 1),
        ([("a", "done"), ("b", "done"), ("c", "done")], 1),
    ],
)
def test_the_history_has_each_rotation_once(after: list[tuple[str, str]], problems: int) -> None:
    entries = [{"id": id_, "result": result, "secrets": ["clerk"]} for id_, result in after]
    broken = in_history(entries[:1], entries, ["done"], ["clerk"])
    assert len(list(broken)) == problems
    assert list(in_history([], entries[:1], ["done"], ["webhook"]))


def test_a_moment_without_a_valid_secret_is_seen() -> None:
    class Running:
        """A deployment whose webhook secret ends at the second look."""

        deployment = "dpl_1"

    class Fake:
        app = Running()
        looks = 0

        def used(self, _: str) -> dict[str, str]:
            return BEFORE.current

        def accepts(self, kind: str, _: str) -> bool:
            self.looks += kind == "clerk"
            return not (kind == "webhook" and self.looks == 2)

    watch = Watch(cast(RotationTestbed, Fake()))
    for _ in range(3):
        watch.look()

    assert [kind for _, kind in watch.locked_out] == ["webhook"]
    (problem,) = nobody_locked_out(watch.locked_out, watch.looks)
    assert "the webhook secret" in problem
    assert list(nobody_locked_out([], 0))


def entry(service: str, method: str, path: str) -> Entry:
    return Entry(1, service, method, path, "", 200, 0.0, "")


SENT = [
    entry(
        "clerk", "POST", "/v1/platform/applications/app_a1/instances/production/rotate_secret_keys"
    ),
    entry("svix", "GET", "/api/v1/app/app_2b/endpoint/ep_3c/secret"),
    entry("vercel", "PATCH", "/v10/projects/prj_4/env/hkaP3fYVR7Hmnu4b"),
    entry("vercel", "PATCH", "/v10/projects/prj_4/env/96a9wCKiq8zWFDvF"),
    entry("vercel", "GET", "/v13/deployments/dpl_5"),
]


def test_a_kind_of_request_is_met_whatever_its_ids_and_no_other() -> None:
    found = kinds(SENT)

    assert len(found) == 4
    from local.world.faults import Fault

    for kind in found:
        fault = Fault.model_validate(
            {
                "kind": "drop_before",
                "service": kind.service,
                "method": kind.method,
                "path": kind.expression,
            }
        )
        met = [each for each in SENT if fault.meets(each.service, each.method, each.path)]
        assert len(met) == (2 if "/env/" in kind.path else 1), kind
        assert not fault.meets(kind.service, kind.method, kind.path + "/more")


def test_every_request_has_every_bad_day() -> None:
    rows = list(failing(SENT))
    days = [day for day in BAD_DAYS if not day.config_only]
    reads = [day for day in days if day.fault["kind"] != "not_persisted"]

    assert len(rows) == 2 * len(days) + 2 * len(reads) + 2 * len(OF_THE_APP) * len(reads)
    assert len({row.name for row in rows}) == len(rows)


def test_every_step_and_request_and_moment_is_a_row() -> None:
    assert len(list(steps())) == 3 * len(STEPS)
    assert len(list(requests(SENT))) == 2 * len(SENT)
    first, again = ([row.name for row in moments(100, seed, 10.0)] for seed in (7, 7))
    assert (len(first), first) == (100, again)
    assert first != [row.name for row in moments(100, 8, 10.0)]
    names: list[Any] = [row.name for row in (*plain(), *others(), *signals(), *steps())]
    assert len(set(names)) == len(names)


def test_the_steps_are_those_of_a_rotation() -> None:
    from clerkstack.rotation.run import STEPS as OF_A_ROTATION

    assert STEPS == OF_A_ROTATION
