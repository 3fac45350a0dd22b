"""A model of an exported state, the document of `pulumi stack export` and `pulumi stack import`.

It is a typed view of the document, without engine or network. Edits change the document in place;
whatever the model does not name stays as the engine wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from clerkstack.desired.resource_types import VARIABLE_TYPE
from clerkstack.state.marks import is_marked, shown

OWN = "/clerkstack:"
"""The prefix of the types of this program's dynamic resources."""


def name_of(urn: str) -> str:
    """The name of a resource, from its URN."""
    return urn.rpartition("::")[2]


@dataclass(frozen=True)
class Resource:
    """One resource of a state. `entry` is its entry in the document."""

    entry: dict[str, Any]

    @property
    def urn(self) -> str:
        """Its URN."""
        return str(self.entry.get("urn", ""))

    @property
    def name(self) -> str:
        """Its name in the program."""
        return name_of(self.urn)

    @property
    def type(self) -> str:
        """Its type, as the engine names it."""
        return str(self.entry.get("type", ""))

    @property
    def id(self) -> str:
        """The service's id, without the prefix that a provider adds (`team/project/id`); empty if
        it does not exist yet, and for a component."""
        return str(self.entry.get("id") or "").rpartition("/")[2]

    @property
    def custom(self) -> bool:
        """Whether a provider manages it; false for a component."""
        return bool(self.entry.get("custom"))

    @property
    def deleting(self) -> bool:
        """Whether it was replaced and must still be removed."""
        return bool(self.entry.get("delete"))

    @property
    def replacing(self) -> bool:
        """Whether it was removed and must still be created again."""
        return bool(self.entry.get("pendingReplacement"))

    @property
    def inputs(self) -> dict[str, Any]:
        """The declared properties; secrets as in the export."""
        return self.entry.get("inputs") or {}

    @property
    def outputs(self) -> dict[str, Any]:
        """The properties that the provider returned; secrets as in the export."""
        return self.entry.get("outputs") or {}

    @property
    def plain_outputs(self) -> dict[str, Any]:
        """The outputs that are plain JSON: without secrets, files and references."""
        return {key: value for key, value in self.outputs.items() if not is_marked(value)}

    @property
    def created(self) -> str:
        """When it was created (ISO 8601), empty if the state does not say."""
        return str(self.entry.get("created") or "")

    def output(self, name: str) -> Any:
        """One output, with a shown secret opened; None if there is none."""
        return shown(self.outputs.get(name))

    def set_output(self, name: str, value: Any) -> None:
        """Change one output."""
        self.entry.setdefault("outputs", {})[name] = value

    def is_own(self, kind: str) -> bool:
        """Whether it is this program's dynamic resource of that name (`Billing`)."""
        return self.type.endswith(OWN + kind)

    @property
    def is_variable(self) -> bool:
        """Whether it is a Vercel variable."""
        return self.type == VARIABLE_TYPE


@dataclass(frozen=True)
class Operation:
    """An operation on a resource that was in progress when the state was written: `creating`,
    `updating`, `deleting`, `reading` or `importing`."""

    kind: str
    resource: Resource


@dataclass(frozen=True)
class State:
    """The state of one stack. `exported` is the document."""

    exported: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: list[dict[str, Any]]) -> State:
        """A state from entries of resources; edits change the list and its entries."""
        return cls({"deployment": {"resources": entries}})

    @classmethod
    def parse(cls, text: str) -> State:
        """Read a document.

        Raises:
            ValueError: it is not an object.
        """
        exported = json.loads(text)
        if not isinstance(exported, dict):
            raise ValueError("an exported state is an object")
        return cls(exported)

    def text(self) -> str:
        """The document as text, for `pulumi stack import`."""
        return json.dumps(self.exported)

    @property
    def deployment(self) -> dict[str, Any]:
        """The part that describes the deployment; empty if nothing was ever deployed."""
        return self.exported.get("deployment") or {}

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The resources' entries, in the engine's order."""
        return self.deployment.get("resources") or []

    @property
    def resources(self) -> list[Resource]:
        """The resources, in the engine's order: dependencies first."""
        return [Resource(entry) for entry in self.entries]

    @property
    def pending(self) -> list[Operation]:
        """The operations that a running or killed update has not finished."""
        operations = self.deployment.get("pending_operations") or []
        return [
            Operation(str(operation.get("type", "")), Resource(operation.get("resource") or {}))
            for operation in operations
        ]

    @property
    def encrypted_by(self) -> str:
        """The kind of the secrets provider: `passphrase`, `cloud`, `service`; `?` if unknown."""
        return str((self.deployment.get("secrets_providers") or {}).get("type", "?"))

    def own(self, kind: str) -> Iterator[Resource]:
        """This program's dynamic resources of a kind, without those that must still be removed."""
        return (
            resource
            for resource in self.resources
            if resource.is_own(kind) and not resource.deleting
        )

    def the(self, kind: str) -> Resource | None:
        """The first resource of a kind, None if there is none."""
        return next(self.own(kind), None)

    def variables(self) -> Iterator[Resource]:
        """The Vercel variables, including those that do not exist yet or must still be removed."""
        return (resource for resource in self.resources if resource.is_variable)

    def put(self, entry: Mapping[str, Any]) -> None:
        """Replace the entry with the same URN, or append it."""
        resources = self.deployment.setdefault("resources", [])
        for index, resource in enumerate(self.resources):
            if resource.urn == entry["urn"] and not resource.deleting:
                resources[index] = dict(entry)
                return
        resources.append(dict(entry))

    def drop(self, urn: str) -> None:
        """Remove a resource, and every dependency on it."""
        self.entries[:] = [entry for entry in self.entries if entry["urn"] != urn]
        for entry in self.entries:
            if urn in (entry.get("dependencies") or ()):
                entry["dependencies"] = [other for other in entry["dependencies"] if other != urn]
            for name, needed in (entry.get("propertyDependencies") or {}).items():
                if urn in (needed or ()):
                    entry["propertyDependencies"][name] = [o for o in needed if o != urn]

    def settle(self, *kinds: str) -> None:
        """Forget pending operations of these kinds."""
        operations = self.deployment.get("pending_operations") or []
        left = [operation for operation in operations if operation.get("type") not in kinds]
        self.deployment["pending_operations"] = left
