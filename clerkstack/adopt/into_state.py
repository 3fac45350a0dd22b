"""Adds what exists to a stack's state, without writing to any service.

An update adds Clerk's resources: a provider that finds everything as declared sends nothing, and
`CLERKSTACK_READ_ONLY` guarantees it. `pulumi import` cannot add them: a dynamic resource is read
with its own inputs, which an import does not have. Vercel's variables are imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from clerkstack.clients.read_only import READ_ONLY
from clerkstack.desired.resource_types import DYNAMIC, VARIABLE_TYPE
from clerkstack.drift.compare import declared_variables
from clerkstack.problems import ClerkstackError
from clerkstack.state.engine import export, import_state, preview_steps, pulumi
from clerkstack.state.imports import import_variables
from clerkstack.state.marks import secret
from clerkstack.state.model import State, name_of
from clerkstack.state.variables import NaturalKey, existing, natural_key, set_value

if TYPE_CHECKING:
    from clerkstack.adopt.stack import Existing
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings.models import Settings

# Resources that respect READ_ONLY, and their components.
OURS = (DYNAMIC, "clerkstack:components:")


def take_over(
    stack: str, settings: Settings, there: Existing, state: State, progress: Callable[[str], None]
) -> list[str]:
    """Add everything that the stack declares to its state; returns the names of what was added.

    Args:
        stack: the stack.
        settings: its settings.
        there: what exists.
        state: its state, as it was read before; code in it runs only if it is this project's.
        progress: called with each step as it starts.

    Raises:
        ClerkstackError: something would have to be changed at a service.
    """
    before = _names(state)
    if settings.components.environment:
        import_variables(stack, _ids(settings, there.live), state, progress)
        state = _set_values(stack, settings, there)
    progress(f"{stack}: importing the rest into the state, reading only")
    # Clerk's first: until the keys are in the state, the values of the variables are unknown.
    ours = [urn for urn, kind in _new(stack, state) if kind.startswith(OURS)]
    if ours:
        _up(stack, state, *(word for urn in ours for word in ("--target", urn)))
    _refuse_writes(stack, state)
    _up(stack, state)
    progress(f"{stack}: checking whether anything is left to do")
    pulumi("preview", "--expect-no-changes", "--stack", stack, state=state)
    return [name for name in _names(export(stack)) if name not in before]


def _up(stack: str, state: State, *words: str) -> None:
    options = ("--yes", "--skip-preview", "--stack", stack)
    pulumi("up", *options, *words, variables={READ_ONLY: "true"}, state=state)


def _steps(stack: str, state: State) -> list[dict[str, Any]]:
    return preview_steps(stack, variables={READ_ONLY: "true"}, state=state)


def _new(stack: str, state: State) -> list[tuple[str, str]]:
    """URN and type of resources that the state does not have."""
    creates = [step for step in _steps(stack, state) if step["op"] == "create"]
    return [(step["urn"], step["newState"]["type"]) for step in creates]


def _names(state: State) -> list[str]:
    return [resource.name for resource in state.resources if resource.custom and resource.id]


def _ids(settings: Settings, live: LiveInstance) -> dict[NaturalKey, str]:
    """The variables that may be taken over: those of a single target of the stack, without a
    branch."""
    return {
        (project.project_id, variable.key, variable.target): variable.id
        for project in settings.vercel_projects
        for variable in live.variables(project)
        if len(variable.target) == 1
        and variable.target[0] in project.targets
        and not variable.git_branch
        and not variable.custom_environment_ids
    }


def _set_values(stack: str, settings: Settings, there: Existing) -> State:
    """Set the variables' values in the state and return it. An import does not get them: Vercel
    returns no value for a sensitive variable and, to a plugin, only encrypted ones for others."""
    of_projects = declared_variables(settings, there.live.found(), there.signing_secret())
    values: dict[NaturalKey, str | None] = {
        (project.project_id, each.key, (each.target,)): each.value
        for project, declared in of_projects
        for each in declared
    }
    state = export(stack, show_secrets=True)
    changed = False
    for variable in existing(state):
        value = values.get(natural_key(variable.inputs))
        if value and set_value(variable, secret(value)):
            changed = True
    if changed:
        import_state(stack, state)
    return state


def _refuse_writes(stack: str, state: State) -> None:
    """Refuse to continue if others' plugins have anything to do: they don't respect READ_ONLY."""
    writes = [
        f"  {step['op']} {name_of(step['urn'])}"
        for step in _steps(stack, state)
        if step["op"] not in ("same", "read")
        and (step.get("newState") or step.get("oldState") or {}).get("type") == VARIABLE_TYPE
    ]
    if writes:
        listed = "\n".join(writes)
        raise ClerkstackError(
            f"Adopting would change these variables at Vercel:\n{listed}\nNothing was written "
            f"there. Compare them with `clerkstack drift --stack {stack}`, and list those "
            "that the stack should not manage under clerkstack:environment.leaveAlone, or "
            "under that of their project."
        )
