"""What the journal of a stack's rotations tells: where one stands, and those before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clerkstack.cli.exits import DONE, FOUND
from clerkstack.cli.say import say
from clerkstack.report.table import print_table
from clerkstack.state.engine import export

if TYPE_CHECKING:
    from clerkstack.report.operations import RotationStatusDocument
    from clerkstack.rotation.journal import Entry, Journal, Kind, Other, Running
    from clerkstack.rotation.stacks import StackSecrets


def show_status(stack: str, as_json: bool) -> int:
    """Print where the rotation of a stack stands; the exit code."""
    known = _known(stack)
    journal = known.journal
    over = journal.running is None and not journal.doomed and not journal.waiting
    if as_json:
        say(_status(stack, known).text())
    else:
        for line in _lines(stack, known):
            say(line)
    return DONE if over else FOUND


def show_history(stack: str, as_json: bool) -> int:
    """Print the rotations of a stack, the newest first; the exit code."""
    history = list(reversed(_known(stack).journal.history))
    if as_json:
        from clerkstack.report.operations import RotationsDocument

        say(RotationsDocument(stack=stack, rotations=tuple(history)).text())
    elif history:
        headings = ("ended", "result", "secret", "old → new", "overlap", "who", "why")
        print_table(headings, [_rows(each) for each in history])
        for entry in history:
            for line in _elsewhere(entry):
                say(line)
    else:
        say(f"{stack}: no rotation yet.")
    return DONE


def ends_of(entry: Entry) -> str:
    """What becomes of the old secrets of a rotation that is done."""
    if not entry.overlap_hours:
        return "The old ones ended when the new ones were minted."
    return f"The old ones end at {_moment(entry.old_ends)}; until then, --abort goes back to them."


def waiting_lines(stack: str, others: Sequence[Other], ends: int | None) -> list[str]:
    """The other holders that nobody has seen to, and what to do about them."""
    if not others:
        return []
    count = f"{len(others)} other {'holder has' if len(others) == 1 else 'holders have'}"
    until = "" if ends is None else f" until {_moment(ends)}"
    done = f"bin/clerkstack rotate --stack {stack} --status --holder-done NAME"
    return [
        f"{stack}: {count} to receive the new secrets{until}. Once one has them: {done}",
        *(f"  {other.name}: {other.why}" for other in others),
    ]


def fate_of(entry: Entry) -> str:
    """What becomes of the secrets that were gone back to."""
    if "clerk" in entry.new:
        return (
            f"Clerk still ends this secret key at {_moment(entry.old_ends)}: rotate again before "
            "then."
        )
    return "It stays valid as before."


def _known(stack: str) -> StackSecrets:
    from clerkstack.rotation.stacks import known_of

    return known_of(export(stack, show_secrets=True), stack)


def _status(stack: str, known: StackSecrets) -> RotationStatusDocument:
    """As JSON: fingerprints, never secrets."""
    from clerkstack.report.operations import RotationStatusDocument, RotationUnderWay

    def shown(running: Running | None) -> RotationUnderWay | None:
        return None if running is None else RotationUnderWay.of(running, _next(running))

    journal = known.journal
    return RotationStatusDocument(
        stack=stack,
        over=journal.running is None,
        running=shown(journal.running),
        last=shown(journal.last),
        doomed=journal.doomed,
        waiting=tuple(journal.waiting),
        since=dict(known.since),
    )


def _lines(stack: str, known: StackSecrets) -> list[str]:
    from clerkstack.rotation.holder import is_at_it
    from clerkstack.rotation.journal import WORDS, now

    journal = known.journal
    running = journal.running
    lines = []
    if running is not None:
        at_it = running.holder is not None and is_at_it(running.holder)
        lines.append(
            f"{stack}: a rotation is {'under way' if at_it else 'not finished'}, started "
            f"{_moment(running.started)} by {running.who} ({running.reason}). Next: "
            f"{_next(running)}."
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
        lines.append(f"  {WORDS[kind]}: {days} {'day' if days == 1 else 'days'} old")
    return lines


def _last(journal: Journal) -> list[str]:
    from clerkstack.rotation.journal import now

    last = journal.last
    if last is None or max((side.old_ends or 0) for side in last.sides.values()) < now():
        return []
    return [f"  {line}" for line in _sides(last)]


def _sides(running: Running) -> list[str]:
    from clerkstack.rotation.journal import WORDS, fingerprint

    lines = []
    for kind, side in running.sides.items():
        new = "not minted yet" if side.new is None else fingerprint(side.new)
        ends = f"; the old one {_ends(side.old_ends)}" if side.old_ends else ""
        lines.append(f"{WORDS[kind]}: {fingerprint(side.old)} → {new}{ends}")
    return lines


def _next(running: Running) -> str:
    if running.aborting:
        return "go back to the old ones"
    return "roll out and prove" if running.minted else "mint"


def _elsewhere(entry: Entry) -> list[str]:
    """What a rotation of the history wrote besides the stack's own variables, and whom it left to
    people."""
    lines = [f"  {_moment(entry.ended)}: {name} also written" for name in entry.copies]
    for other in entry.others:
        state = "done" if other.done else "named" if other.named else "not named"
        lines.append(f"  {_moment(entry.ended)}: {other.finding}: {other.name} ({state})")
    return lines


def _rows(entry: Entry) -> list[tuple[str, ...]]:
    from clerkstack.rotation.journal import WORDS

    def row(kind: Kind, first: bool) -> tuple[str, ...]:
        once = (_moment(entry.ended), entry.result, f"{entry.overlap_hours}h", entry.who)
        ended, result, overlap, who = once if first else ("", "", "", "")
        change = f"{entry.old.get(kind, '?')} → {entry.new.get(kind, 'not minted')}"
        return ended, result, WORDS[kind], change, overlap, who, entry.reason if first else ""

    return [row(kind, at == 0) for at, kind in enumerate(entry.secrets)]


def _ends(milliseconds: int) -> str:
    from clerkstack.rotation.journal import now

    return f"{'ended' if milliseconds <= now() else 'ends'} at {_moment(milliseconds)}"


def _moment(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "an unknown time"
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"
