"""Compares the app's use of webhook events and variables, for the points of the checklist."""

from __future__ import annotations

from collections.abc import Iterator

from clerkstack.checks.finding import Finding
from clerkstack.comparison.compare import kind_of
from clerkstack.comparison.wired import LiveWiring, wired
from clerkstack.cutover.model import fact
from clerkstack.cutover.read import Readings


def code_facts(readings: Readings, kind: str) -> Iterator[Finding]:
    """Yield what differs from the needs of the app's code, like `clerkstack check`.

    Args:
        readings: the readings; endpoint and variables are read if the app's code is known.
        kind: `event` or `variable`.
    """
    if readings.app is None or readings.app.wiring is None:
        return
    endpoint = readings.endpoint() if kind == "event" else None
    projects = readings.projects if kind == "variable" else ()
    variables = {project.project_id: readings.live.variables(project) for project in projects}
    live = LiveWiring.of(endpoint, variables)
    found = wired(readings.settings, readings.app.wiring, live)
    for finding in found.findings:
        if kind_of(finding) == kind:
            what = f"{finding.subject} in the app's code"
            yield fact(
                what, "as the app has it", f"{finding.message} ({finding.remedy})", right=False
            )
