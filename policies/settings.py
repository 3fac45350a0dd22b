"""What a stack's settings say of its deployment: which instance, which parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clerkstack.settings.names import PARTS, PREFIX, config_value
from clerkstack.settings.variable_names import SETS
from policies.view import Expected


@dataclass(frozen=True)
class Declared:
    """Taken from the stack's config as the engine gives it; what is missing there is None.

    The program refuses a config without `clerkstack:instance`, so that nobody gets past the
    judgement of what is missing by leaving it out.
    """

    stack: str
    instance: str | None = None
    parts: frozenset[str] | None = None
    projects: tuple[Expected, ...] = (Expected(),)
    names_app: bool | None = None

    @classmethod
    def of(cls, stack: str, config: Mapping[str, str]) -> Declared:
        """From the stack's config."""
        instance = config.get(f"{PREFIX}instance")
        if not instance:
            return cls(stack)
        given = _group(config, "components")
        parts = _chosen(given) if given else frozenset(PARTS)
        code = _group(config, "app")
        named = bool(code.get("path") or code.get("git") or config.get(f"{PREFIX}appDeclaration"))
        environment = _group(config, "environment")
        projects = environment.get("projects")
        if not isinstance(projects, dict) or not projects:
            return cls(stack, instance, parts, (_expected("", environment),), named)
        # What a project does not say is as the environment has it.
        expected = (
            _expected(name, {**environment, **said}, str(said.get("projectId") or ""))
            for name, said in sorted(projects.items())
            if isinstance(said, dict)
        )
        return cls(stack, instance, parts, tuple(expected), named)


def _expected(name: str, said: Mapping[str, Any], project_id: str = "") -> Expected:
    """What is said of one project; what is no list is the program's to refuse, as are names of no
    set."""
    left, named, targets = (said.get(each) for each in ("leaveAlone", "names", "targets"))
    return Expected(
        name,
        project_id,
        frozenset(map(str, targets)) if isinstance(targets, list) else None,
        frozenset(map(str, left)) if isinstance(left, list) else frozenset(),
        tuple(each for each in SETS if each in named) if isinstance(named, list) else None,
    )


def _chosen(given: Mapping[str, Any]) -> frozenset[str]:
    # Here, because most stacks leave nothing out, and models take a while to import.
    from pydantic import ValidationError

    from clerkstack.settings.models import Components

    try:
        components = Components.model_validate(given)
    except ValidationError:
        components = Components()  # the program says what is wrong
    return frozenset(name for name, on in components.model_dump().items() if on)


def _group(config: Mapping[str, str], name: str) -> dict[str, Any]:
    found = config_value(config.get(PREFIX + name, "{}"))
    return found if isinstance(found, dict) else {}
