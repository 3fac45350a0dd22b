"""A model of an exported state: what `pulumi stack export` prints and `pulumi stack import` takes.

It is a typed view of that document, with no engine and no network behind it. Edits change the
document in place, and whatever the model does not name stays as the engine wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from clerkstack.desired.variables import VARIABLE_TYPE
from clerkstack.state.marks import shown

OWN = "/clerkstack:"
"""What stands before the name of each dynamic resource of this program in its type."""


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
        """The service's id for it, without what a provider writes before it (`team/project/id`);
        empty for one that does not exist yet, and for a component."""
        return str(self.entry.get("id") or "").rpartition("/")[2]

    @property
    def custom(self) -> bool:
        """Whether it is a provider's, not a component."""
        return bool(self.entry.get("custom"))

    @property
    def deleting(self) -> bool:
        """Whether it is the old one of a replacement and still has to be removed."""
        return bool(self.entry.get("delete"))

    @property
    def replacing(self) -> bool:
        """Whether it was removed and still has to be created again."""
        return bool(self.entry.get("pendingReplacement"))

    @property
    def inputs(self) -> dict[str, Any]:
        """What was declared; secrets as the export has them."""
        return self.entry.get("inputs") or {}

    @property
    def outputs(self) -> dict[str, Any]:
        """What the provider returned; secrets as the export has them."""
        return self.entry.get("outputs") or {}

    def output(self, name: str) -> Any:
        """One output, a shown secret opened; None where there is none."""
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
    """What an update had begun on a resource when the state was written: `creating`, `updating`,
    `deleting`, `reading` or `importing`."""

    kind: str
    resource: Resource


@dataclass(frozen=True)
class State:
    """The state of one stack. `exported` is the document."""

    exported: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: list[dict[str, Any]]) -> State:
        """A state of these entries of resources; edits change the list and its entries."""
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
        """The document, as `pulumi stack import` takes it."""
        return json.dumps(self.exported)

    @property
    def deployment(self) -> dict[str, Any]:
        """The part that describes the deployment; empty where nothing was ever deployed."""
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
        """What a running or killed update has begun and not ended."""
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
        """This program's dynamic resources of that name, without those still to be removed."""
        return (each for each in self.resources if each.is_own(kind) and not each.deleting)

    def the(self, kind: str) -> Resource | None:
        """The first of them, None if there is none."""
        return next(self.own(kind), None)

    def variables(self) -> Iterator[Resource]:
        """The Vercel variables, also those that do not exist yet or are still to be removed."""
        return (each for each in self.resources if each.is_variable)

    def put(self, entry: Mapping[str, Any]) -> None:
        """Put an entry in the place of the resource with its URN, or at the end."""
        resources = self.deployment.setdefault("resources", [])
        for index, resource in enumerate(self.resources):
            if resource.urn == entry["urn"] and not resource.deleting:
                resources[index] = dict(entry)
                return
        resources.append(dict(entry))

    def drop(self, urn: str) -> None:
        """Remove a resource, and every dependency on it."""
        self.entries[:] = [each for each in self.entries if each["urn"] != urn]
        for each in self.entries:
            if urn in (each.get("dependencies") or ()):
                each["dependencies"] = [other for other in each["dependencies"] if other != urn]
            for name, needed in (each.get("propertyDependencies") or {}).items():
                if urn in (needed or ()):
                    each["propertyDependencies"][name] = [o for o in needed if o != urn]

    def settle(self, *kinds: str) -> None:
        """Forget what an update had begun of these kinds."""
        operations = self.deployment.get("pending_operations") or []
        left = [operation for operation in operations if operation.get("type") not in kinds]
        self.deployment["pending_operations"] = left
