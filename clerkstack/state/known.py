"""What only a stack's state knows: ids, and what the stack created."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clerkstack.state.model import State


@dataclass(frozen=True)
class Known:
    """What only the stack's state knows: ids, and what the stack created.

    `variables` are ids by (project id, key, target). `written` has, for each project's sensitive
    variables by target/KEY, when Vercel updated them for the stack's last write (milliseconds since
    1970). `roles_made` are the keys of created roles and permissions.
    """

    endpoint_id: str | None = None
    variables: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    billing: Mapping[str, Any] = field(default_factory=dict)
    roles_made: tuple[str, ...] = ()
    written: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, state: State) -> Known:
        """From a state, whose secrets may be encrypted."""
        endpoint = None
        billing: Mapping[str, Any] = {}
        roles: tuple[str, ...] = ()
        written: dict[str, Mapping[str, Any]] = {}
        variables: dict[tuple[str, str, str], str] = {}
        for resource in state.resources:
            kind, outputs = resource.type.rpartition(":")[2], resource.outputs
            if resource.is_variable:
                inputs = resource.inputs
                for target in inputs.get("targets") or ():
                    natural = (str(inputs.get("projectId")), inputs["key"], target)
                    variables[natural] = resource.id
            elif kind == "WebhookEndpoint":
                endpoint = outputs.get("endpoint_id")
            elif kind == "Billing":
                billing = outputs
            elif kind == "OrganizationRoles":
                roles = tuple(outputs.get("made") or ())
            elif kind == "WrittenVariables":
                written[str(outputs.get("project_id"))] = outputs.get("written") or {}
        return cls(endpoint, variables, billing, roles, written)
