"""What a policy sees: resources with their inputs, and the stack they make up.

One form for what the engine sends to the pack, for the resources of an exported state, and for
plain dicts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from clerkstack.desired.resource_types import DYNAMIC, VARIABLE_TYPE, WRITTEN_TYPE
from clerkstack.settings.variable_names import NameSet
from clerkstack.shapes import list_of
from clerkstack.state.marks import UNKNOWNS, is_secret, shown

# The types as the engine names them; dynamic resources by `module=` and `name=`.
INSTANCE = f"{DYNAMIC}Instance"
ORGANIZATIONS = f"{DYNAMIC}OrganizationSettings"
ROLES = f"{DYNAMIC}OrganizationRoles"
SIGN_IN = f"{DYNAMIC}SignIn"
BILLING = f"{DYNAMIC}Billing"
API_KEYS = f"{DYNAMIC}ApiKeys"
WEBHOOK = f"{DYNAMIC}WebhookEndpoint"
ROTATIONS = f"{DYNAMIC}Rotations"
CLERKS = (INSTANCE, ORGANIZATIONS, ROLES, SIGN_IN, BILLING, API_KEYS, WEBHOOK, ROTATIONS)
WRITTEN = WRITTEN_TYPE
VARIABLE = VARIABLE_TYPE
VARIABLES = "vercel:index/projectEnvironmentVariables:ProjectEnvironmentVariables"
SHARED = "vercel:index/sharedEnvironmentVariable:SharedEnvironmentVariable"
PROJECT = "vercel:index/project:Project"
# The input that holds the variables, of types that hold several.
_LISTS = {VARIABLES: "variables", PROJECT: "environments"}

PRODUCTION, DEVELOPMENT = "production", "development"

# What `pulumi policy analyze --file` writes for a secret that it can't open.
_REDACTED = "[secret]"


class Unknown:
    """Stands for a value that is known only at `up`, or that the state holds encrypted."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


def plain(value: Any) -> Any:
    """A property as it is declared: secrets opened, unknown values as `UNKNOWN`."""
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWNS or value == _REDACTED else value
    if isinstance(value, Mapping):
        if is_secret(value):
            opened = shown(value)
            return UNKNOWN if opened is value else plain(opened)
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [plain(inner) for inner in value]
    return value


def unknown_in(value: Any) -> bool:
    """Whether any part of a value is unknown."""
    if isinstance(value, Mapping):
        return any(unknown_in(inner) for inner in value.values())
    if isinstance(value, list):
        return any(unknown_in(inner) for inner in value)
    return value is UNKNOWN


@dataclass(frozen=True)
class Variable:
    """One environment variable. Values are in the clear here: messages name keys only.

    `targets` is None where they are unknown.
    """

    key: str
    value: str | Unknown | None
    targets: tuple[str, ...] | None
    sensitive: bool | Unknown

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> Variable:
        """From the inputs of the Vercel provider."""
        key, targets = inputs.get("key"), inputs.get("targets")
        value = inputs.get("value") or inputs.get("valueWo")  # the second is never in a state
        return cls(
            key=key if isinstance(key, str) else "",
            value=value if isinstance(value, str | Unknown) else None,
            targets=None if unknown_in(targets) else tuple(map(str, list_of(targets))),
            sensitive=UNKNOWN
            if inputs.get("sensitive") is UNKNOWN
            else bool(inputs.get("sensitive")),
        )

    @property
    def known(self) -> str:
        """The value without white space around it, empty if unknown."""
        return self.value.strip() if isinstance(self.value, str) else ""

    @property
    def in_production(self) -> bool:
        """Whether deployments to production get it; true if unknown."""
        return self.targets is None or PRODUCTION in self.targets


@dataclass(frozen=True)
class Resource:
    """A resource as the engine is about to write it, or as the state has it.

    `inputs` is what is declared; `outputs` is what the state has, or empty.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    urn: str = ""

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Resource:
        """From plain properties, as in `pulumi stack export`: type and inputs, and if present name,
        urn, outputs and protect."""
        urn = str(properties.get("urn") or "")
        return cls(
            type=str(properties["type"]),
            name=str(properties.get("name") or urn.rsplit("::", 1)[-1]),
            inputs=plain(properties.get("inputs") or {}),
            outputs=plain(properties.get("outputs") or {}),
            protect=bool(properties.get("protect")),
            urn=urn,
        )

    def part(self, key: str) -> Mapping[str, Any]:
        """An object among the inputs, empty if missing or unknown."""
        value = self.inputs.get(key)
        return value if isinstance(value, dict) else {}

    @property
    def environment(self) -> str | None:
        """The instance it belongs to by its inputs, None if it belongs to none. Without a statement
        that it is development's, it is taken for production's."""
        if self.type in CLERKS:
            return DEVELOPMENT if self.inputs.get("environment") == DEVELOPMENT else PRODUCTION
        declared = list(self.variables())
        if not declared:
            return None
        return PRODUCTION if any(variable.in_production for variable in declared) else DEVELOPMENT

    def variables(self) -> Iterator[Variable]:
        """The Vercel variables it declares, whatever its type."""
        if self.type in (VARIABLE, SHARED):
            yield Variable.of(self.inputs)
        for variable in list_of(self.inputs.get(_LISTS.get(self.type, ""))):
            if isinstance(variable, dict):
                yield Variable.of(variable)


@dataclass(frozen=True)
class Expected:
    """What the stack's settings require of a Vercel project.

    Args:
        name: the user's own name for it, empty if the stack has only one.
        project_id: the project; empty if there is only one, whichever it is.
        targets: those that the stack writes; None: all of its instance.
        leave_alone: variables that the stack leaves alone, as target/KEY.
        names: the sets of names that its app reads; None if unknown.
    """

    name: str = ""
    project_id: str = ""
    targets: Collection[str] | None = None
    leave_alone: Collection[str] = ()
    names: Collection[NameSet] | None = None

    def concerns(self, resource: Resource) -> bool:
        """Whether a resource declares something for this project; what is shared concerns all."""
        of = resource.inputs.get("projectId")
        return not self.project_id or not isinstance(of, str) or of == self.project_id


@dataclass(frozen=True)
class Stack:
    """All resources of one stack.

    Args:
        name: the stack's name.
        resources: the resources after the update, or those of the state.
        instance: the instance that its settings name; None if unknown.
        parts: the parts of the deployment that its settings declare; None if unknown.
        projects: what the settings require of its Vercel projects.
        now: the time, for ages.
        names_app: whether its settings name the app's code; None if unknown.
    """

    name: str
    resources: Sequence[Resource]
    instance: str | None = None
    parts: Collection[str] | None = None
    projects: Sequence[Expected] = (Expected(),)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    names_app: bool | None = None

    @property
    def names(self) -> list[NameSet]:
        """The sets of names that its apps read, as far as the settings say."""
        return list(
            dict.fromkeys(name for project in self.projects for name in project.names or ())
        )

    @property
    def environment(self) -> str | None:
        """Production if any resource belongs to production; None if none belongs to an instance."""
        environments = {self.instance, *(resource.environment for resource in self.resources)} - {
            None
        }
        return PRODUCTION if PRODUCTION in environments else next(iter(environments), None)

    def of(self, *types: str) -> list[Resource]:
        """The resources of some types."""
        return [resource for resource in self.resources if resource.type in types]

    def variables(self) -> Iterator[tuple[Resource, Variable]]:
        """Every variable, with the resource that declares it."""
        for resource in self.resources:
            for variable in resource.variables():
                yield resource, variable
