"""What has to hold of a rotation, whatever happened to it: each gives what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.rotation.testbed import Secrets
from local.rotation.traffic import Answered, Traffic

FIRST = 3  # wrong answers that are told


def every_valid_request_answered(traffic: Traffic) -> Iterator[str]:
    """No valid request was refused, and there was traffic at all."""
    for kind in traffic.kinds:
        if not traffic.sent[kind.name]:
            yield f"no {kind.name} was sent"
    yield from _told("refused", traffic.mistaken(valid=True))


def every_other_request_refused(traffic: Traffic) -> Iterator[str]:
    """Nothing that is not valid was taken."""
    yield from _told("not refused", traffic.mistaken(valid=False))


def nobody_locked_out(locked_out: Sequence[tuple[float, str]], looks: int) -> Iterator[str]:
    """At every moment each secret of the deployment that answered counted."""
    if not looks:
        yield "nobody looked whether the app's secrets count"
    if locked_out:
        at, kind = locked_out[0]
        yield (
            f"the {kind} secret that the app ran with did not count, first after {at:.1f} s "
            f"({len(locked_out)} looks)"
        )


def minted(before: Secrets, after: Secrets, expected: Mapping[str, int]) -> Iterator[str]:
    """So many new secrets came to be, of each kind, and no more."""
    for kind, count in expected.items():
        new = after.known[kind] - before.known[kind]
        if len(new) != count:
            yield f"{len(new)} {kind} secrets were minted, not {count}"


def app_uses(used: Mapping[str, str], current: Mapping[str, str]) -> Iterator[str]:
    """The deployment that answers runs with the secrets that count for good."""
    for kind, secret in current.items():
        if used[kind] != secret:
            yield f"the app runs with another {kind} secret than the one that counts"


def told_in_history(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    expected: Sequence[str],
    kinds: Sequence[str],
) -> Iterator[str]:
    """The rotations are in the history, each once, with how they ended and what they were of."""
    known = {each["id"] for each in before}
    new = [each for each in after if each["id"] not in known]
    results = [each["result"] for each in new]
    if results != list(expected):
        yield f"the history has {results or 'nothing'} more, not {list(expected)}"
    if any(sorted(each["secrets"]) != sorted(kinds) for each in new):
        yield "the history names other secrets than were rotated"


def _told(what: str, wrong: Sequence[Answered]) -> Iterator[str]:
    if not wrong:
        return
    first = "; ".join(
        (
            f"{answered.kind} after {answered.at:.2f} s: {answered.status or 'no answer'} "
            f"{answered.said}"
        ).strip()
        for answered in wrong[:FIRST]
    )
    yield f"{len(wrong)} {what}, the first: {first}"
