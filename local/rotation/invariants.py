"""The invariants of a rotation, whatever happens to it. Each function yields violations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.rotation.testbed import Secrets
from local.rotation.traffic import Answered, Traffic

FIRST = 3  # wrong answers that are shown


def every_valid_request_answered(traffic: Traffic) -> Iterator[str]:
    """No valid request was refused, and there was traffic at all."""
    for kind in traffic.kinds:
        if not traffic.sent[kind.name]:
            yield f"no {kind.name} was sent"
    yield from _listed("refused", traffic.mistaken(valid=True))


def every_other_request_refused(traffic: Traffic) -> Iterator[str]:
    """No invalid request was accepted."""
    yield from _listed("not refused", traffic.mistaken(valid=False))


def nobody_locked_out(locked_out: Sequence[tuple[float, str]], looks: int) -> Iterator[str]:
    """Each secret of the answering deployment was valid at every moment."""
    if not looks:
        yield "the app's secrets were never checked"
    if locked_out:
        at, kind = locked_out[0]
        yield (
            f"the {kind} secret of the app was not valid, first after {at:.1f} s "
            f"({len(locked_out)} looks)"
        )


def minted(before: Secrets, after: Secrets, expected: Mapping[str, int]) -> Iterator[str]:
    """Exactly the expected number of secrets of each kind was minted."""
    for kind, count in expected.items():
        new = after.known[kind] - before.known[kind]
        if len(new) != count:
            yield f"{len(new)} {kind} secrets were minted, not {count}"


def app_uses(used: Mapping[str, str], current: Mapping[str, str]) -> Iterator[str]:
    """The answering deployment runs with the secrets that stay valid."""
    for kind, secret in current.items():
        if used[kind] != secret:
            yield f"the app runs with a {kind} secret other than the valid one"


def in_history(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    expected: Sequence[str],
    kinds: Sequence[str],
) -> Iterator[str]:
    """The rotations are in the history, each once, with their result and their secrets."""
    known = {each["id"] for each in before}
    new = [each for each in after if each["id"] not in known]
    results = [each["result"] for each in new]
    if results != list(expected):
        yield f"the history has the new entries {results or 'none'}, not {list(expected)}"
    if any(sorted(each["secrets"]) != sorted(kinds) for each in new):
        yield "the history names other secrets than were rotated"


def _listed(what: str, wrong: Sequence[Answered]) -> Iterator[str]:
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
