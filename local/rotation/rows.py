"""The rows of the table: successful rotations, and everything that can happen to one."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence

from local.rotation.emergency import leaked
from local.rotation.judge import Acted, Row, how_it_ended
from local.rotation.runs import (
    ALONE,
    INTERRUPT,
    TERM,
    TREE,
    Interruption,
    at_moment,
    at_request,
    at_step,
    begin,
    ended,
    run,
)
from local.rotation.testbed import RotationTestbed
from local.world.journal import Entry

STEPS = ("claim", "preflight", "mint", "store", "roll out", "prove", "record")
INTO = 0.4  # seconds into a step
INTERRUPTED = 130


def plain() -> Iterator[Row]:
    """Yield rotations without interruption."""
    yield Row("plain", "both secrets", _plain())
    yield Row("plain", "secret key", _plain("--secret", "clerk"), kinds=("clerk",))
    yield Row("plain", "signing secret", _plain("--secret", "webhook"), kinds=("webhook",))


def steps() -> Iterator[Row]:
    """Yield kills at the beginning of each step, and a little later."""
    for step in STEPS:
        for how in (TREE, ALONE):
            yield Row("step", f"{how} as `{step}` begins", _cut(at_step(step, how)))
        late = at_step(step, TREE, INTO)
        # The last step may have ended by then.
        yield Row("step", f"{TREE} {INTO} s into `{step}`", _cut(late, must=step != STEPS[-1]))


def requests(asked: Sequence[Entry]) -> Iterator[Row]:
    """Yield kills at each request of a rotation."""
    for number, entry in enumerate(asked, 1):
        for moment in ("before", "after"):
            name = f"{TREE} {moment} {number}: {entry.method} {shortened(entry.path)}"
            yield Row("request", name, _cut(at_request(number, moment, TREE)))


def moments(count: int, seed: int, seconds: float) -> Iterator[Row]:
    """Yield kills at random moments of a run of so many seconds."""
    chance = random.Random(seed)
    for number in range(1, count + 1):
        at, how = chance.uniform(0, seconds), chance.choice((TREE, ALONE))
        cut = _cut(at_moment(at, how), must=False)
        yield Row("random", f"{number}: {how} after {at:.2f} s", cut)


def signals() -> Iterator[Row]:
    """Yield signals from a terminal or a CI runner."""
    for step in ("preflight", "mint", "roll out", "prove"):
        for how in (TERM, INTERRUPT):
            yield Row("signal", f"{how} in `{step}`", _cut(at_step(step, how), says=True))


def others() -> Iterator[Row]:
    """Yield an abort, two rotations at once, and a leak."""
    yield Row(
        "abort",
        "killed before the proof, aborted, then rotated",
        _gone_back,
        results=("aborted", "done"),
        mints=2,
    )
    yield Row("two", "a second run during the first", _second)
    yield Row(
        "leak", "--overlap 0, the stack's name typed", leaked, kinds=("clerk",), locks_out=True
    )


def shortened(path: str) -> str:
    """Shorten the ids in a path."""
    parts = path.split("/")
    return "/".join("…" if len(part) > 18 and "_" in part[:4] else part for part in parts[1:])


def _plain(*words: str) -> Callable[[RotationTestbed], Acted]:
    def act(testbed: RotationTestbed) -> Acted:
        ran = run(testbed, *words)
        return Acted(how_it_ended(ran), () if ran.code == 0 else (ran.last_words,))

    return act


def _cut(
    interruption: Interruption, *, must: bool = True, says: bool = False
) -> Callable[[RotationTestbed], Acted]:
    """Interrupt a run. `must`: it must not end before. `says`: it must report the interruption."""

    def act(testbed: RotationTestbed) -> Acted:
        ran = run(testbed, interruption=interruption)
        broken = []
        if must and not ran.struck:
            broken.append("nothing interrupted it")
        if not ran.struck and ran.code:
            broken.append(ran.last_words)
        if says and ran.struck and ran.code not in (0, INTERRUPTED):
            broken.append(f"it ended with {ran.code}, not {INTERRUPTED}")
        if any("Traceback" in line for line in ran.lines):
            broken.append("it showed a traceback")
        return Acted(how_it_ended(ran), broken)

    return act


def _gone_back(testbed: RotationTestbed) -> Acted:
    before = testbed.secrets().current
    first = run(testbed, interruption=at_step("prove", TREE))
    back = run(testbed, "--abort")
    broken = [] if back.code == 0 else [f"--abort ended with {back.code}: {back.last_words}"]
    testbed.app.settle()
    if testbed.used(str(testbed.app.deployment)) != before:
        broken.append("after --abort the app does not run with the old secrets")
    return Acted(f"{how_it_ended(first)}; --abort {how_it_ended(back)}", broken)


def _second(testbed: RotationTestbed) -> Acted:
    first = begin(testbed)
    said: list[str] = []

    def seen(_: object, line: str) -> None:
        said.append(line)

    while not any("preflight" in line for line in first.lines) and first.process.poll() is None:
        time.sleep(0.01)
    second = ended(begin(testbed, at_line=seen))
    ended(first)
    broken = []
    if first.code:
        broken.append(f"the first ended with {first.code}: {first.last_words}")
    if second.code != 2 or not any(f"process {first.process.pid} of" in each for each in said):
        broken.append(f"the second did not name the first, exit {second.code}: {second.last_words}")
    return Acted(f"the first {how_it_ended(first)}, the second exit {second.code}", broken)
