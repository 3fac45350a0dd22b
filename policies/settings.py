"""What a stack's settings say about its deployment: which instance, which parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clerkstack.settings.names import PARTS, PREFIX, config_value
from clerkstack.settings.variable_names import SETS
from policies.view import Expected


@dataclass(frozen=True)
class Declared:
    """The stack's config as the engine passes it; None for what is missing there.

    The program refuses a config without `clerkstack:instance`, so leaving it out does not avoid
    the checks for missing parts.
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
        components = _group(config, "components")
        parts = _chosen(components) if components else frozenset(PARTS)
        code = _group(config, "app")
        named = bool(code.get("path") or code.get("git") or config.get(f"{PREFIX}appDeclaration"))
        environment = _group(config, "environment")
        projects = environment.get("projects")
        if not isinstance(projects, dict) or not projects:
            return cls(stack, instance, parts, (_expected("", environment),), named)
        # A project's settings default to the environment's.
        expected = (
            _expected(name, {**environment, **settings}, str(settings.get("projectId") or ""))
            for name, settings in sorted(projects.items())
            if isinstance(settings, dict)
        )
        return cls(stack, instance, parts, tuple(expected), named)


def _expected(name: str, settings: Mapping[str, Any], project_id: str = "") -> Expected:
    """What the settings say about one project. The program refuses what is not a list, and unknown
    sets of names."""
    left, named, targets = (
        settings.get(name_set) for name_set in ("leaveAlone", "names", "targets")
    )
    return Expected(
        name,
        project_id,
        frozenset(map(str, targets)) if isinstance(targets, list) else None,
        frozenset(map(str, left)) if isinstance(left, list) else frozenset(),
        tuple(name_set for name_set in SETS if name_set in named)
        if isinstance(named, list)
        else None,
    )


def _chosen(settings: Mapping[str, Any]) -> frozenset[str]:
    # Imported here, because most stacks switch nothing off, and the models are slow to import.
    from pydantic import ValidationError

    from clerkstack.settings.models import Components

    try:
        components = Components.model_validate(settings)
    except ValidationError:
        components = Components()  # the program reports what is wrong
    return frozenset(name for name, on in components.model_dump().items() if on)


def _group(config: Mapping[str, str], name: str) -> dict[str, Any]:
    group = config_value(config.get(PREFIX + name, "{}"))
    return group if isinstance(group, dict) else {}
