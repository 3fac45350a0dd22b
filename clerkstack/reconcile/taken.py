"""Variables that a Vercel project already has: who owns them, and whom a write would harm.

A variable can be for several targets and custom environments at once; a stack's is for only one
target. A branch's variable coexists with that of its target and conflicts with nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clerkstack.settings.names import PREFIX, VARIABLE_COMMENT

if TYPE_CHECKING:
    from clerkstack.clients.vercel import EnvironmentVariable

OVERWRITE = f"{PREFIX}environment.overwrite"
LEAVE_ALONE = f"{PREFIX}environment.leaveAlone"


@dataclass(frozen=True)
class Found:
    """An existing variable that conflicts with a declared one, `name` as target/KEY."""

    name: str
    variable: EnvironmentVariable

    def __str__(self) -> str:
        return f"{self.name}: {described(self.variable, self.name)}"


@dataclass(frozen=True)
class Obstacles:
    """Why variables cannot be written. `taken` belong to others, `lost` come from an earlier run
    and are not in the state, `shared` are the stack's but others use them too; `gone` are names of
    the state's variables that the project no longer has."""

    taken: Sequence[Found] = ()
    lost: Sequence[Found] = ()
    shared: Sequence[Found] = ()
    gone: Sequence[str] = ()


def split_name(name: str) -> tuple[str, str]:
    """The target and the key of target/KEY."""
    target, _, key = name.partition("/")
    return target, key


def is_alone(variable: EnvironmentVariable, target: str) -> bool:
    """Whether a variable is only for that target, on every branch."""
    whole = not variable.custom_environment_ids and not variable.git_branch
    return variable.target == (target,) and whole


def holder(live: Iterable[EnvironmentVariable], name: str) -> EnvironmentVariable | None:
    """The variable with a declared one's key and target, on every branch."""
    target, key = split_name(name)
    return next((v for v in live if v.key == key and target in v.target and not v.git_branch), None)


def described(variable: EnvironmentVariable, name: str) -> str:
    """How a variable differs from the declared one of that name, without its value."""
    target, _ = split_name(name)
    words = [variable.type]
    others = [place for place in variable.target if place != target]
    if others:
        words.append(f"also for {' and '.join(others)}")
    if variable.custom_environment_ids:
        words.append(f"also for the environment {' and '.join(variable.custom_environment_ids)}")
    if variable.git_branch:
        words.append(f"only for the branch {variable.git_branch}")
    if target not in variable.target:
        words.append(f"not for {target}")
    if variable.configuration_id:
        words.append(f"of the integration {variable.configuration_id}")
    return ", ".join(words)


def obstacles(
    asked: Mapping[str, str], live: Sequence[EnvironmentVariable], *, moved: bool = False
) -> Obstacles:
    """The conflicts of a run with existing variables.

    Args:
        asked: the variables that the run creates (without an id), or replaces or removes (with
            the id in the state), by target/KEY.
        live: all variables of the project.
        moved: whether the project was in another team when the state was written.
    """
    by_id = {variable.id: variable for variable in live}
    taken: list[Found] = []
    lost: list[Found] = []
    shared: list[Found] = []
    gone: list[str] = []
    for name, known in asked.items():
        target, _ = split_name(name)
        if known and known in by_id:
            if not is_alone(by_id[known], target):
                shared.append(Found(name, by_id[known]))
            continue
        existing = holder(live, name)
        if known and moved:
            gone.append(name)
        elif existing is not None and (not known or existing.id != known):
            ours = existing.comment == VARIABLE_COMMENT and is_alone(existing, target)
            (lost if ours else taken).append(Found(name, existing))
    return Obstacles(taken, lost, shared, gone)


def refusals(
    conflicts: Obstacles,
    project: str,
    stack: str,
    overwrite: Sequence[str],
    setting: str = OVERWRITE,
) -> list[str]:
    """Why an update is refused, each with its fix. `overwrite` are the names that the settings
    already allow, under `setting`."""
    take_over = f"bin/clerkstack take-over --stack {stack}"
    reasons = []
    if conflicts.shared:
        reasons.append(
            "others also use these variables, and a write would remove them there. They were "
            f"not written.\n{_listed(conflicts.shared)}\nSplit them first; each keeps its value: "
            f"{take_over}"
        )
    if conflicts.taken:
        new = [variable.name for variable in conflicts.taken if variable.name not in overwrite]
        at = len(overwrite)
        allow = "\n".join(
            f"  pulumi config set --stack {stack} --path '{setting}[{at + number}]' {name}"
            for number, name in enumerate(new)
        )
        how = (
            f"To write the stack's values there, allow it and take them over:\n{allow}\n  "
            if new
            else f"{setting} allows replacing them. Take them over: "
        )
        reasons.append(
            f"{project} already has variables that this stack would create, and somebody else "
            "created them. Nothing was "
            f"written.\n{_listed(conflicts.taken)}\n{how}{take_over}\nTo keep one, add it to "
            f"{LEAVE_ALONE}."
        )
    if conflicts.lost:
        reasons.append(
            f"{project} already has variables that clerkstack created, but this stack's "
            f"state does not have them. Nothing was written.\n{_listed(conflicts.lost)}\nIf an "
            "earlier run of this stack created them, add them to the state: bin/clerkstack "
            f"recover --stack {stack}\nIf another stack created them, add them to "
            f"{LEAVE_ALONE}."
        )
    if conflicts.gone:
        listed = "\n".join(f"  {name}" for name in conflicts.gone)
        reasons.append(
            f"the variables in the state are not those of {project} in its current team. Nothing "
            f"was written.\n{listed}\nAdd the existing ones to the state: {take_over}"
        )
    return reasons


def _listed(conflicts: Sequence[Found]) -> str:
    return "\n".join(f"  {variable}" for variable in conflicts)
