"""What the app's code does with webhook events and variables, for the points of the checklist."""

from __future__ import annotations

from collections.abc import Iterator

from clerkstack.checks.finding import Finding
from clerkstack.comparison.compare import kind_of
from clerkstack.comparison.wired import LiveWiring, wired
from clerkstack.cutover.model import fact
from clerkstack.cutover.read import Readings


def code_facts(readings: Readings, kind: str) -> Iterator[Finding]:
    """What is not as the app's code needs it, as `clerkstack check` finds it.

    Args:
        readings: what was read; endpoint and variables are read where the app's code is.
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
