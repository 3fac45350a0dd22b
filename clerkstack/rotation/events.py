"""Reads the engine's events of a preview or an update (`--json`), one per line: written variables,
the progress of builds, and the reasons of a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from clerkstack.desired.resource_types import VARIABLE_TYPE
from clerkstack.state.cleaning import Cleaning
from clerkstack.state.preview import Preview, event_of, read_preview

DEPLOYMENT = re.compile(r"dpl_\w+: [A-Z]+")
WRITES = {"update": "updated", "create": "created"}
LAST_LINES = 15
_EXCEPTION = re.compile(r"^(?:Preview failed: )?(?:[\w.]+\.[A-Z]\w+: )?")


def news(line: str) -> str:
    """Return the news in a line: a written variable, or the progress of a build."""
    event = event_of(line)
    if event is None:
        found = DEPLOYMENT.search(line)
        return found[0] if found else ""
    if diagnostic := event.get("diagnosticEvent"):
        found = DEPLOYMENT.search(str(diagnostic.get("message")))
        return found[0] if found and diagnostic.get("severity") != "debug" else ""
    step = (event.get("resOutputsEvent") or {}).get("metadata") or {}
    wrote = WRITES.get(str(step.get("op")))
    if step.get("type") != VARIABLE_TYPE or wrote is None:
        return ""
    return f"{str(step.get('urn')).rpartition('::')[2]} {wrote}"


def seen(lines: Iterable[str]) -> Preview:
    """Return the changes and problems in the events."""
    return read_preview(lines, Cleaning())


def more_than_values(found: Preview) -> Iterator[str]:
    """Yield changes of variables other than new values. The read-back and the build follow from
    those anyway."""
    for change in found.changes:
        paths = [property_.path for property_ in change.properties if property_.path != "value"]
        if change.type == VARIABLE_TYPE.rpartition(":")[2] and (
            change.operation != "update" or paths
        ):
            what = ", ".join(paths) or change.operation
            yield f"{change.resource} ({what})"


def reasons(lines: Sequence[str]) -> str:
    """Return why it was refused or failed: the messages of policies, providers and the program;
    without those, the end of the other output."""
    found = seen(lines)
    said = [f"policy {each.check}{_of(each.subject)}: {each.message}" for each in found.refused]
    said += [f"{_EXCEPTION.sub('', error.message)}{_at(error.subject)}" for error in found.errors]
    rest = [line for line in lines if event_of(line) is None and line.strip()]
    return "\n".join(dict.fromkeys(said)) or "\n".join(rest[-LAST_LINES:])


def _of(resource: str) -> str:
    return f" ({resource})" if resource else ""


def _at(resource: str) -> str:
    return f" [{resource}]" if resource else ""
