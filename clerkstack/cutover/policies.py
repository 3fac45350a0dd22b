"""Judges the resources in a state with the policy pack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clerkstack.checks.finding import Finding
from policies.judge import is_violation, judge
from policies.registry import POLICIES
from policies.view import Expected

if TYPE_CHECKING:
    from clerkstack.settings.models import Settings

Policies = Callable[[Sequence[Mapping[str, Any]]], Sequence[Finding]]
"""Judges the resources of an exported state, as the policy pack would."""


def judged_policies(
    stack: str, settings: Settings, resources: Sequence[Mapping[str, Any]]
) -> list[Finding]:
    """Return each violation without a waiver, among the resources of an exported state.

    Raises:
        InputError: the pack's configuration or its waivers are wrong.
    """
    # Imported here: they load the engine's library.

    told_only = {policy.id for policy in POLICIES if policy.advisory}
    parts = [name for name, on in settings.components.model_dump().items() if on]
    found = judge(
        resources,
        stack=stack,
        instance=settings.instance,
        parts=parts,
        projects=[
            Expected(
                project.name,
                project.project_id,
                project.targets,
                project.leave_alone,
                project.said_names,
            )
            for project in settings.vercel_projects
        ],
        names_app=settings.app.named or settings.app_declaration is not None,
    )
    return [
        each
        for each in found
        if is_violation(each) and each.waiver is None and each.check not in told_only
    ]
