"""Pages of lists, as svix-server 1.100 cuts them (its source: `v1/utils`).

An iterator is the id of the last thing of a page; `prevIterator`, the first one's after a minus,
leads the other way and is given on first pages too. Nothing needs to have its id any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

DAYS = 24 * 3600
SECONDS_SHOWN = 90 * DAYS
"""How far a list goes from the time it is asked for."""
SECONDS_AHEAD = 3600
"""How far in the future something may have been made."""
Kept = TypeVar("Kept")
Beside = dict[str, object]


def in_order(
    things: Iterable[Kept],
    id_of: Callable[[Kept], str],
    *,
    limit: int,
    iterator: str | None,
    descending: bool,
) -> tuple[Sequence[Kept], Beside]:
    """Cut a page out of things that are listed by id; give what goes beside its data too."""
    mark, back = _read(iterator)
    downwards = descending != back
    rest = (
        kept
        for kept in things
        if mark is None or (id_of(kept) < mark if downwards else id_of(kept) > mark)
    )
    return _cut(sorted(rest, key=id_of, reverse=downwards), id_of, limit, back)


def by_time(
    things: Iterable[Kept],
    id_of: Callable[[Kept], str],
    made: Callable[[Kept], float],
    *,
    now: float,
    limit: int,
    iterator: str | None,
    before: float | None,
    after: float | None,
) -> tuple[Sequence[Kept], Beside]:
    """Cut a page out of messages or attempts, newest first.

    With ``after`` alone the page is of the oldest, and nothing comes after it. Times are in seconds
    since the epoch.
    """
    mark, back = _read(iterator)
    first, last = float("-inf"), now + SECONDS_AHEAD
    if before is not None:
        first, last = before - SECONDS_SHOWN, min(last, before)
    if after is not None:
        last = min(last, after + SECONDS_SHOWN) if before is None else last
        first = max(first, after)
    if mark is None and before is None and after is None:
        first = now - SECONDS_SHOWN
    upwards = back or (mark is None and before is None and after is not None)
    rest = (
        kept
        for kept in things
        if first <= made(kept) < last
        and (mark is None or (id_of(kept) > mark if back else id_of(kept) < mark))
    )
    return _cut(sorted(rest, key=id_of, reverse=not upwards), id_of, limit, upwards)


def _read(iterator: str | None) -> tuple[str | None, bool]:
    if iterator is None:
        return None, False
    return iterator.removeprefix("-"), iterator.startswith("-")


def _cut(
    ordered: Sequence[Kept], id_of: Callable[[Kept], str], limit: int, turned: bool
) -> tuple[Sequence[Kept], Beside]:
    shown = ordered[:limit][:: -1 if turned else 1]
    beside: dict[str, Any] = {"iterator": id_of(shown[-1]) if shown else None}
    if shown:
        beside["prevIterator"] = f"-{id_of(shown[0])}"
    return shown, {**beside, "done": len(ordered) <= limit}
