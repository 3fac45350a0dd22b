"""Decides which rotation a run works on: the one under way, a new one, or one to abort."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Iterator
from dataclasses import dataclass

from clerkstack.desired.secret_kinds import WORDS, Kind
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import Copy, Running, Side, fingerprint, now
from clerkstack.rotation.stacks import StackSecrets
from clerkstack.settings.models import Settings

SCHEDULED, HOURS = "scheduled rotation", 24
"""Default reason, and default hours for which the old secrets stay valid."""


@dataclass(frozen=True)
class RotationRequest:
    """What a run should rotate. `kinds` of None means all secrets of the stack. With `older_than`
    (milliseconds since 1970), only those minted before. `seen_to` names the other holders that a
    person takes care of."""

    kinds: tuple[Kind, ...] | None
    reason: str
    overlap_hours: int
    who: str
    older_than: int | None = None
    seen_to: tuple[str, ...] = ()


class NothingOld(ClerkstackError):
    """No secret is as old as requested."""


def start_or_resume(
    request: RotationRequest, known: StackSecrets, settings: Settings, stack: str
) -> Running:
    """The rotation under way, or a new one. A leak replaces the one under way.

    Raises:
        NothingOld: there is nothing to do.
        ClerkstackError: the stack has no such secret, or must not rotate it.
    """
    under_way = known.journal.running
    if under_way is not None and (request.overlap_hours or under_way.emergency):
        return under_way
    overlaps = dict.fromkeys(_kinds(request, known, settings, stack), request.overlap_hours)
    if under_way is not None:
        known.journal.conclude("replaced")
        overlaps = {**dict.fromkeys(under_way.sides, under_way.overlap_hours), **overlaps}
    return Running(
        id=f"rot_{randomness.token_hex(8)}",
        who=request.who,
        reason=request.reason,
        overlap_hours=request.overlap_hours,
        started=now(),
        replaces=under_way,
        copies=[] if under_way is None else list(_carried(under_way)),
        sides={
            kind: Side(old=known.secrets[kind], overlap_hours=hours, since=known.since.get(kind))
            for kind, hours in overlaps.items()
        },
    )


def _carried(under_way: Running) -> Iterator[Copy]:
    """The other variables that the replaced rotation may have written."""
    for copy in under_way.copies:
        new = under_way.sides[copy.kind].new
        if copy.left is None:
            held = [*copy.held, *([fingerprint(new)] if new is not None else [])]
            yield copy.model_copy(update={"held": held})


def _kinds(
    request: RotationRequest, known: StackSecrets, settings: Settings, stack: str
) -> tuple[Kind, ...]:
    kinds = request.kinds or tuple(known.secrets)
    for kind in kinds:
        if kind not in known.secrets:
            raise ClerkstackError(
                f"{stack} has no {WORDS[kind]}: it declares no webhook. Use --secret clerk."
            )
    if request.older_than is not None:
        limit, doomed = request.older_than, known.journal.doomed
        # A secret that an abort went back to expires soon, however new it is.
        kinds = tuple(k for k in kinds if k in doomed or known.since.get(k, 0) < limit)
        if not kinds:
            raise NothingOld(f"{stack}: no secret is that old.")
    if "clerk" in kinds and settings.secret_key is not None:
        raise ClerkstackError(
            "clerkstack:secretKey, a key copied by a person, is set for this stack. Let the "
            "stack read the key from the Platform API, then rotate: pulumi config rm "
            f"clerkstack:secretKey --stack {stack}, and pulumi up."
        )
    return kinds


def aborting(known: StackSecrets) -> Running:
    """The rotation to abort: under way, or proved while the old secrets are still valid.

    Raises:
        ClerkstackError: there is none.
    """
    journal = known.journal
    running = journal.running
    if running is None:
        last, journal.last = journal.last, None
        ends = [side.old_ends or 0 for side in last.sides.values()] if last else []
        if last is None or min(ends) <= now():
            raise ClerkstackError(
                "There is no rotation to go back from: none is under way, and the old "
                "secrets of the last one are no longer valid."
            )
        running = last
    running.aborting = True
    return running
