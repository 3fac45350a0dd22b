"""Whether a write would do what the preview showed.

A preview compares what is declared with the state. Where somebody changed the instance since the
state was brought up to date, an update would undo that change although no preview said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from clerkstack.reconcile.changes import Change, Json, Path
from clerkstack.reconcile.fields import same_value

_ABSENT = object()


def unpreviewed(changes: Iterable[Change], *documents: Mapping[str, Json]) -> list[Change]:
    """Those of the changes that a preview could not show.

    Args:
        changes: what a write would change of the live document.
        documents: the document as the state has it; then as an interrupted run meant it to be,
            which may or may not have come to its write. An empty one is not known.

    Returns:
        The changes of fields that the state has with another value than is live. A field that the
        state does not have is declared for the first time: the preview showed it as added.
    """
    state, *others = documents
    found = []
    for change in changes:
        was = _at(state, change.path)
        if was is _ABSENT:
            continue
        known = [was, *(_at(other, change.path) for other in others if other)]
        values = [None if value is _ABSENT else cast(Json, value) for value in known]
        if not any(same_value(change.path[-1], value, change.before) for value in values):
            found.append(change)
    return found


def _at(document: Mapping[str, Json], path: Path) -> object:
    at: Json = dict(document)
    for step in path:
        if not isinstance(at, dict) or step not in at:
            return _ABSENT
        at = at[step]
    return at
