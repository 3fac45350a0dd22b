"""Finds writes that a preview did not show.

A preview compares what is declared with the state. If somebody changed the instance since the last
refresh, an update would undo that change although no preview showed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clerkstack.reconcile.changes import Change, Path
from clerkstack.reconcile.fields import same_value
from clerkstack.shapes import Json


def unpreviewed(changes: Iterable[Change], *documents: Mapping[str, Json]) -> list[Change]:
    """The changes that a preview could not show.

    Args:
        changes: what a write would change of the live document.
        documents: the document in the state; then the one that an interrupted run intended to
            write, and may have written. An empty document is unknown.

    Returns:
        The changes of fields that the state has with another value than is live. A field that the
        state does not have is declared for the first time: the preview showed it as added.
    """
    state, *others = documents
    result = []
    for change in changes:
        was = _at(state, change.path)
        if not was:
            continue
        for other in filter(None, others):
            was += _at(other, change.path) or [None]
        if not any(same_value(change.path[-1], value, change.before) for value in was):
            result.append(change)
    return result


def _at(document: Mapping[str, Json], path: Path) -> list[Json]:
    """The value at a path; none if the document does not have the field."""
    at: Json = dict(document)
    for step in path:
        if not isinstance(at, dict) or step not in at:
            return []
        at = at[step]
    return [at]
