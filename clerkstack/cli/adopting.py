"""Bringing what exists into a stack's state, with nothing written to any service.

Clerk's resources come by an update: a provider that finds everything as declared sends nothing,
and `CLERKSTACK_READ_ONLY` makes sure of it. `pulumi import` can't bring them: a dynamic resource
is read with its own inputs, which an import does not have. Vercel's variables are imported.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clerkstack.cli.engine import exported_stack, import_state, pulumi, resources_of
from clerkstack.cli.imported import NaturalKey, import_variables, name_of, natural_key
from clerkstack.cli.say import say
from clerkstack.clients.read_only import READ_ONLY
from clerkstack.desired.variables import VARIABLE_TYPE
from clerkstack.drift import Live, declared_variables
from clerkstack.engine_marks import shown_secret
from clerkstack.problems import ClerkstackError
from clerkstack.variables_in_state import enter_value, variables_of

if TYPE_CHECKING:
    from clerkstack.settings import Settings

# Resources that heed READ_ONLY, and the components that hold them.
OURS = ("pulumi-python:dynamic/clerkstack:", "clerkstack:components:")


def take_over(stack: str, settings: Settings, live: Live) -> list[str]:
    """Bring everything that the stack declares into its state; the names of what came.

    Raises:
        ClerkstackError: something would have to be changed for that.
    """
    before = _names(exported_stack(stack))
    if settings.components.environment:
        import_variables(stack, _ids(settings, live))
        _tell_values(stack, settings, live)
    say(f"{stack}: taking the rest into the state, reading only", err=True)
    # Clerk's first: until the keys are in the state, nobody can tell what variables would become.
    ours = [urn for urn, kind in _new(stack) if kind.startswith(OURS)]
    if ours:
        _up(stack, *(word for urn in ours for word in ("--target", urn)))
    _refuse_writes(stack)
    _up(stack)
    say(f"{stack}: looking whether anything is left to do", err=True)
    pulumi("preview", "--expect-no-changes", "--stack", stack)
    return [name for name in _names(exported_stack(stack)) if name not in before]


def _up(stack: str, *words: str) -> None:
    options = ("--yes", "--skip-preview", "--stack", stack)
    pulumi("up", *options, *words, variables={READ_ONLY: "true"})


def _steps(stack: str) -> list[dict[str, Any]]:
    shown = pulumi("preview", "--json", "--stack", stack, variables={READ_ONLY: "true"})
    steps: list[dict[str, Any]] = json.loads(shown)["steps"]
    return steps


def _new(stack: str) -> list[tuple[str, str]]:
    """URN and type of what the state does not have."""
    creates = [step for step in _steps(stack) if step["op"] == "create"]
    return [(step["urn"], step["newState"]["type"]) for step in creates]


def _names(exported: dict[str, Any]) -> list[str]:
    every = resources_of(exported)
    return [name_of(each["urn"]) for each in every if each.get("custom") and each.get("id")]


def _ids(settings: Settings, live: Live) -> dict[NaturalKey, str]:
    """The variables that may be taken: those of one target of the stack's, and of no branch."""
    return {
        (project.project_id, each.key, each.target): each.id
        for project in settings.vercel_projects
        for each in live.variables.get(project.project_id, ())
        if len(each.target) == 1
        and each.target[0] in project.targets
        and not each.git_branch
        and not each.custom_environment_ids
    }


def _tell_values(stack: str, settings: Settings, live: Live) -> None:
    """Enter the variables' values into the state: an import does not get them from Vercel, which
    gives no value of a sensitive one and, to a plugin, only encrypted ones of the others."""
    values: dict[NaturalKey, str | None] = {
        (project.project_id, each.key, (each.target,)): each.value
        for project, declared in declared_variables(settings, live)
        for each in declared
    }
    exported = exported_stack(stack, show_secrets=True)
    changed = False
    for resource in variables_of(resources_of(exported)):
        value = values.get(natural_key(resource["inputs"]))
        if value and enter_value(resource, shown_secret(json.dumps(value))):
            changed = True
    if changed:
        import_state(stack, exported)


def _refuse_writes(stack: str) -> None:
    """The plugins of others know nothing of a run that only reads: they must have nothing to do."""
    writes = [
        f"  {step['op']} {name_of(step['urn'])}"
        for step in _steps(stack)
        if step["op"] not in ("same", "read")
        and (step.get("newState") or step.get("oldState") or {}).get("type") == VARIABLE_TYPE
    ]
    if writes:
        listed = "\n".join(writes)
        raise ClerkstackError(
            f"Vercel's variables would be changed:\n{listed}\nNothing was written there. Compare "
            f"them with `clerkstack drift --stack {stack}`, and name those that the stack is to "
            "leave alone under clerkstack:environment.leaveAlone, or under that project's own."
        )
