"""What a stack's settings say of its deployment: which instance, which parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from clerkstack.settings import PREFIX, config_value
from clerkstack.settings.models import Components


@dataclass(frozen=True)
class Declared:
    """Taken from the stack's config as the engine gives it; what is missing there is None.

    The program refuses a config without `clerkstack:instance`, so that nobody gets past the
    judgement of what is missing by leaving it out.
    """

    stack: str
    instance: str | None = None
    parts: frozenset[str] | None = None
    leave_alone: frozenset[str] = frozenset()

    @classmethod
    def of(cls, stack: str, config: Mapping[str, str]) -> Declared:
        """From the stack's config."""
        instance = config.get(f"{PREFIX}instance")
        if not instance:
            return cls(stack)
        try:
            components = Components.model_validate(_group(config, "components"))
        except ValidationError:
            components = Components()  # the program says what is wrong
        parts = frozenset(name for name, on in components.model_dump().items() if on)
        left = _group(config, "environment").get("leaveAlone")
        alone = frozenset(map(str, left)) if isinstance(left, list) else frozenset()
        return cls(stack, instance, parts, alone)


def _group(config: Mapping[str, str], name: str) -> dict[str, Any]:
    found = config_value(config.get(PREFIX + name, "{}"))
    return found if isinstance(found, dict) else {}
