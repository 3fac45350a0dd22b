"""Rotations under traffic: complete, killed and cut off; a lockout is detected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.rotation.failing import failing
from local.rotation.judge import Acted, Row, judged
from local.rotation.rows import others, plain, steps
from local.rotation.runs import own_requests
from local.rotation.testbed import RotationTestbed, deployed
from tests.forks import Forks
from tests.kms import Kms
from tests.smoke.deployment import need_app

# In one process: its base deployment is made once, and the app's traffic has a core of its own.
pytestmark = pytest.mark.engine
BEAT = 0.15  # seconds: `make rotation` sends three times as many


@pytest.fixture(scope="module")
def testbed(
    tmp_path_factory: pytest.TempPathFactory, forks: Forks, sealing: Kms
) -> Iterator[RotationTestbed]:
    need_app()
    folder: Path = tmp_path_factory.mktemp("rotation")
    with pytest.MonkeyPatch.context() as patch:
        forks.use(patch)
        sealing.use(patch)
        with deployed(folder, BEAT) as made:
            yield made


def test_rotations_refuse_nobody(testbed: RotationTestbed) -> None:
    cell = judged(testbed, next(plain()))
    assert cell.broken == ()
    # A quick machine rotates in a few seconds, and so sends fewer.
    assert cell.valid > 30
    sent = own_requests(testbed)

    killed = next(row for row in steps() if "killed alone" in row.name and "roll out" in row.name)
    cell = judged(testbed, killed)
    assert (cell.broken, cell.next_runs) == ((), 1)

    lost = (
        "POST /v1/platform/applications/{id}/instances/production/rotate_secret_keys: dropped, was"
    )
    cell = judged(testbed, next(row for row in failing(sent) if row.name.startswith(lost)))
    assert cell.broken == ()

    cell = judged(testbed, list(others())[-1])
    assert cell.broken == ()
    assert "1 request after the answer" in cell.run
    assert cell.refused


def test_a_rotation_that_locks_out_is_reported(testbed: RotationTestbed) -> None:
    def ends_too_early(testbed: RotationTestbed) -> Acted:
        acted = next(plain()).act(testbed)
        testbed.world.advance(25)
        return acted

    # The old secrets end early, before the row is judged.
    early = Row("broken", "the overlap ends at once", ends_too_early)
    cell = judged(testbed, early)
    assert [each for each in cell.broken if "ended before its time" in each]

    def nothing(_: RotationTestbed) -> Acted:
        return Acted("")

    # Nothing was sent at first, so one more run does the rotation: and twice is too often.
    twice = replace(early, act=nothing, mints=2)
    assert [each for each in judged(testbed, twice).broken if "were minted" in each]

    def locked_out(testbed: RotationTestbed) -> Acted:
        instance = testbed._instance()
        with testbed.world._turns.threads:
            testbed.world.clerk.rotate([instance], 0)
        return next(plain()).act(testbed)

    cell = judged(testbed, replace(early, act=locked_out))
    assert [each for each in cell.broken if "was not valid" in each]
    assert [
        each for each in cell.broken if each.endswith(")") or "refused, the first: API key" in each
    ]
    assert cell.refused
