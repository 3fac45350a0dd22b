"""A leaked key: measures the time until it is dead, from the command and from the typed answer."""

from __future__ import annotations

import os
import pty
import time

from local.rotation.judge import Acted, how_it_ended
from local.rotation.runs import begin, ended, own_requests
from local.rotation.testbed import STACK, RotationTestbed

ASKED = "end NOW"
MINT = "/rotate_secret_keys"
SECONDS_TO_ASK = 60


def leaked(testbed: RotationTestbed) -> Acted:
    """Rotate the secret key without overlap, and type the stack's name as a person would."""
    old = testbed.secrets().current["clerk"]
    ours, its = pty.openpty()
    began = time.time()
    try:
        running = begin(testbed, "--overlap", "0", "--secret", "clerk", stdin=its)
        deadline = began + SECONDS_TO_ASK
        while not any(ASKED in line for line in running.lines):
            if time.time() > deadline or running.process.poll() is not None:
                break
            time.sleep(0.01)
        typed = time.time()
        os.write(ours, f"{STACK}\n".encode())
        ended(running)
    finally:
        os.close(ours)
        os.close(its)
    mints = [request for request in own_requests(testbed) if request.path.endswith(MINT)]
    broken = [] if running.code == 0 else [f"exit {running.code}: {running.last_words}"]
    if len(mints) != 1 or mints[0].at < typed:
        return Acted(how_it_ended(running), [*broken, "the key was not minted after the answer"])
    if testbed.accepts("clerk", old):
        broken.append("the old key counts still")
    sent = [request for request in own_requests(testbed) if typed <= request.at <= mints[0].at]
    return Acted(
        f"dead {mints[0].at - typed:.2f} s and {len(sent)} request after the answer, "
        f"{mints[0].at - began:.1f} s after the command; {how_it_ended(running)}",
        broken,
    )
