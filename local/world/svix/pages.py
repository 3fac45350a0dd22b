"""Pages of lists, as svix-server 1.100 cuts them (its source: `v1/utils`).

An iterator is the id of the last item of a page; `prevIterator`, the first item's id after a minus,
goes back and is on first pages too. The item need not exist any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

DAYS = 24 * 3600
SECONDS_SHOWN = 90 * DAYS
"""The longest period of a list."""
SECONDS_AHEAD = 3600
"""How far in the future an item may have been created."""
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
    """Return a page of items that are listed by id, and the fields besides its data."""
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
    """Return a page of messages or attempts, newest first.

    With only ``after``, the page has the oldest, and nothing follows it. Times are in seconds since
    the epoch.
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
