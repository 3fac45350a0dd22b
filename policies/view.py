"""What a rule sees of a resource: its type, its name and the inputs that are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_policy import ResourceValidationArgs

# The types as the engine names them; dynamic resources by `module=` and `name=`.
INSTANCE = "pulumi-python:dynamic/clerkstack:Instance"
BILLING = "pulumi-python:dynamic/clerkstack:Billing"
WEBHOOK = "pulumi-python:dynamic/clerkstack:WebhookEndpoint"
VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
VARIABLES = "vercel:index/projectEnvironmentVariables:ProjectEnvironmentVariables"


@dataclass(frozen=True)
class Resource:
    """A resource as the engine is about to write it.

    Reading a property that is unknown at preview would turn a mandatory policy into a note,
    so unknown properties are taken out first, each by itself.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]

    @classmethod
    def of(cls, args: ResourceValidationArgs) -> Resource:
        """The engine's arguments, without what is not known yet."""
        return cls(args.resource_type, args.name, _known_object(args.props))

    @property
    def in_production(self) -> bool:
        """Whether the resource belongs to the production instance or its deployments."""
        if self.inputs.get("environment") == "production":
            return True
        return any("production" in variable.targets for variable in self.variables())

    def variables(self) -> Iterator[Variable]:
        """The Vercel variables the resource declares, of the single and the plural resource."""
        if self.type == VARIABLE:
            yield Variable.of(self.inputs)
        if self.type == VARIABLES:
            for each in self.inputs.get("variables") or []:
                yield Variable.of(each)


@dataclass(frozen=True)
class Variable:
    """One environment variable. Values are in the clear here: messages name keys only."""

    key: str
    value: str | None
    targets: tuple[str, ...]
    sensitive: bool

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> Variable:
        """From the inputs of the Vercel provider; a value that is unknown is None."""
        value = inputs.get("value")
        return cls(
            key=str(inputs.get("key") or ""),
            value=value if isinstance(value, str) else None,
            targets=tuple(inputs.get("targets") or ()),
            sensitive=bool(inputs.get("sensitive")),
        )


def _known_object(props: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for key in props:
        try:
            known[key] = _known(props[key])
        except Exception as error:
            if type(error).__name__ != "UnknownValueError":
                raise
    return known


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _known_object(value)
    if isinstance(value, list):
        return [_known(item) for item in value]
    return value
