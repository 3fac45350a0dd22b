"""The app's environment variables: their names, Vercel targets and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from clerkstack.settings.variable_names import PURPOSES, Purpose, names_of

if TYPE_CHECKING:
    from clerkstack.settings.projects import Project


Value = TypeVar("Value")
"""A value: a string, or the output that will have it."""


@dataclass(frozen=True)
class Keys(Generic[Value]):
    """The values that come from the services; no `signing_secret` without a webhook."""

    publishable_key: Value
    secret_key: Value
    signing_secret: Value | None


@dataclass(frozen=True)
class Variable(Generic[Value]):
    """One variable of one target. `secret`: server-only and never shown; `sensitive`: Vercel never
    returns the value."""

    target: str
    key: str
    value: Value | str
    secret: bool = False
    sensitive: bool = False

    @property
    def name(self) -> str:
        """As target/KEY."""
        return f"{self.target}/{self.key}"


def variables(project: Project, keys: Keys[Value]) -> list[Variable[Value]]:
    """Every variable of one project, target by target, except those that it leaves alone."""
    return [
        variable
        for target in project.targets
        for variable in _of_target(project, target, keys)
        if variable.name not in project.leave_alone
    ]


def takes_no_events(project: Project, projects: Sequence[Project], target: str | None) -> bool:
    """Whether one of several projects needs no signing secret for a target, because another has it:
    events go to one app. Somebody else must write any other secret that a project leaves alone."""

    def has_it(candidate: Project) -> bool:
        names = (f"{target}/{name}" for name in names_of("signing_secret", candidate.names))
        return target in candidate.targets and any(
            name not in candidate.leave_alone for name in names
        )

    return not has_it(project) and any(has_it(other) for other in projects if other != project)


def _of_target(project: Project, target: str, keys: Keys[Value]) -> list[Variable[Value]]:
    # Vercel has no sensitive variables for the development target.
    may_hide = target != "development"
    hide_all = may_hide and project.sensitive == "all"

    def plain(key: str, value: Value | str) -> Variable[Value]:
        return Variable(target, key, value, sensitive=hide_all)

    def secret(key: str, value: Value) -> Variable[Value]:
        return Variable(target, key, value, secret=True, sensitive=may_hide)

    app_url = project.development_app_url if target == "development" else project.app_url
    values: dict[Purpose, Value | str] = {
        "publishable_key": keys.publishable_key,
        "app_url": app_url,
        **project.paths,
    }
    secrets: dict[Purpose, Value] = {"secret_key": keys.secret_key}
    if keys.signing_secret is not None:
        secrets["signing_secret"] = keys.signing_secret
    return [
        secret(name, secrets[purpose]) if purpose in secrets else plain(name, values[purpose])
        for purpose in PURPOSES
        if purpose in secrets or purpose in values
        for name in names_of(purpose, project.names)
    ]
