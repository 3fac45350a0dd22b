"""Former names of a Vercel project's resources: a renamed project is not a new project.

A project's resources are named after the user's own name for it. If that changes, or a stack goes
from one project to several, the engine would remove every variable and create it again. So each
resource gets the names that the state has for the same project as aliases. The settings alone
can't say which of several projects was the only one before: their order means nothing, and a
killed update leaves both names behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pulumi

from clerkstack.safe import safe
from clerkstack.settings.projects import Project
from clerkstack.state.model import State

ENDS = {"VercelProject": "-project", "WrittenVariables": "-written"}
"""How the names of these resources end, after the prefix of their project."""


def former_names(state: State, projects: Iterable[Project]) -> dict[Project, tuple[str, ...]]:
    """Prefixes of each project's resource names in the state, other than the current one.

    Args:
        state: type and outputs of each resource.
        projects: those that are declared.

    Raises:
        pulumi.RunError: a name moved from one project to another.
    """
    declared = list(projects)
    begins: dict[str, set[str]] = defaultdict(set)
    for project_id, begin in _begins(state):
        begins[project_id].add(begin)
    prefixes = {
        project: tuple(sorted(begins[project.project_id] - {project.resource}))
        for project in declared
    }
    own = {project.resource: project for project in declared}
    for project, formers in prefixes.items():
        for former in formers:
            if former in own:
                why = (
                    f"clerkstack:environment.projects: {own[former].name} is the current name of "
                    f"{project.project_id} in this stack, which is to become {project.name}. "
                    f"Nothing was sent. Give {own[former].project_id} a name that the stack does "
                    "not use yet."
                )
                raise pulumi.RunError(safe(why))
    return prefixes


def _begins(state: State) -> Iterator[tuple[str, str]]:
    """Each resource's project and the prefix of its name."""
    for resource in state.resources:
        outputs = resource.outputs
        if resource.is_variable:
            targets = outputs.get("targets") or []
            end = f"-{targets[0]}-{outputs.get('key')}" if len(targets) == 1 else ""
            project_id = outputs.get("projectId")
        else:
            ends = (end for kind, end in ENDS.items() if resource.is_own(kind))
            end, project_id = next(ends, ""), outputs.get("project_id")
        if end and project_id and resource.name.endswith(end):
            yield str(project_id), resource.name.removesuffix(end)
