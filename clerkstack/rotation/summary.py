"""Describes a stack's rotations: progress, history, and what is left to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from clerkstack.desired.secret_kinds import WORDS, Kind
from clerkstack.rotation.holder import is_at_it
from clerkstack.rotation.journal import Entry, Journal, Other, Running, fingerprint, now
from clerkstack.rotation.stacks import StackSecrets
from clerkstack.texts import counted


def ends_of(entry: Entry) -> str:
    """Return when the old secrets of a finished rotation end."""
    if not entry.overlap_hours:
        return "The old ones ended when the new ones were minted."
    return f"The old ones end at {_moment(entry.old_ends)}; until then, --abort goes back to them."


def waiting_lines(stack: str, others: Sequence[Other], ends: int | None) -> list[str]:
    """Return lines on the other holders without the new secrets, and what to do about them."""
    if not others:
        return []
    count = counted(len(others), "other holder")
    end = "" if ends is None else f" by {_moment(ends)}"
    done = f"bin/clerkstack rotate --stack {stack} --status --holder-done NAME"
    return [
        f"{stack}: {count} must receive the new secrets{end}. Once one has them: {done}",
        *(f"  {other.name}: {other.why}" for other in others),
    ]


def fate_of(entry: Entry) -> str:
    """Return what happens to the secrets after an abort."""
    if "clerk" in entry.new:
        return (
            f"Clerk still ends this secret key at {_moment(entry.old_ends)}: rotate again before "
            "then."
        )
    return "It stays valid as before."


def status_lines(stack: str, known: StackSecrets) -> list[str]:
    """Return lines on the progress of a stack's rotation."""
    journal = known.journal
    running = journal.running
    lines = []
    if running is not None:
        at_it = running.holder is not None and is_at_it(running.holder)
        lines.append(
            f"{stack}: a rotation is {'under way' if at_it else 'not finished'}, started "
            f"{_moment(running.started)} by {running.who} ({running.reason}). Next: "
            f"{next_step(running)}."
        )
        lines += [f"  {line}" for line in _sides(running)]
        lines.append(
            f"  {running.holder} is running it."
            if at_it
            else f"  To continue: bin/clerkstack rotate --stack {stack}. To go back: add --abort."
        )
    for kind, ends in journal.doomed.items():
        over = ends <= now()
        lines.append(
            f"{stack}: the {WORDS[kind]} in use {_ends(ends)}: a rotation went back to it. "
            f"{'The app is locked out: rotate now' if over else 'Rotate before then'}: "
            f"bin/clerkstack rotate --stack {stack}"
        )
    lines += waiting_lines(stack, journal.waiting, journal.waiting_until)
    if not lines:
        lines.append(f"{stack}: no rotation is under way.")
        lines += _last(journal)
    for kind, since in known.since.items():
        days = (now() - since) // (24 * 3600 * 1000)
        lines.append(f"  {WORDS[kind]}: {counted(days, 'day')} old")
    return lines


def _last(journal: Journal) -> list[str]:
    last = journal.last
    if last is None or max((side.old_ends or 0) for side in last.sides.values()) < now():
        return []
    return [f"  {line}" for line in _sides(last)]


def _sides(running: Running) -> list[str]:
    lines = []
    for kind, side in running.sides.items():
        new = "not minted yet" if side.new is None else fingerprint(side.new)
        ends = f"; the old one {_ends(side.old_ends)}" if side.old_ends else ""
        lines.append(f"{WORDS[kind]}: {fingerprint(side.old)} → {new}{ends}")
    return lines


def next_step(running: Running) -> str:
    """Return the next step of a rotation."""
    if running.aborting:
        return "go back to the old ones"
    return "roll out and prove" if running.minted else "mint"


def elsewhere_lines(entry: Entry) -> list[str]:
    """Return lines on what a finished rotation wrote besides the stack's own variables, and on the
    holders that people had to update."""
    lines = [f"  {_moment(entry.ended)}: {name} also written" for name in entry.copies]
    for other in entry.others:
        state = "done" if other.done else "named" if other.named else "not named"
        lines.append(f"  {_moment(entry.ended)}: {other.finding}: {other.name} ({state})")
    return lines


def history_rows(entry: Entry) -> list[tuple[str, ...]]:
    """Return the rows of a finished rotation, one for each of its secrets."""

    def row(kind: Kind, first: bool) -> tuple[str, ...]:
        once = (_moment(entry.ended), entry.result, f"{entry.overlap_hours}h", entry.who)
        ended, result, overlap, who = once if first else ("", "", "", "")
        change = f"{entry.old.get(kind, '?')} → {entry.new.get(kind, 'not minted')}"
        return ended, result, WORDS[kind], change, overlap, who, entry.reason if first else ""

    return [row(kind, at == 0) for at, kind in enumerate(entry.secrets)]


def _ends(milliseconds: int) -> str:
    return f"{'ended' if milliseconds <= now() else 'ends'} at {_moment(milliseconds)}"


def _moment(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "an unknown time"
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"
