"""What a policy sees: resources with their inputs, and the stack they make up.

One form for what the engine sends to the pack, for the resources of an exported state, and for
plain dicts.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from clerkstack.desired.variables import VARIABLE_TYPE
from clerkstack.settings.variable_names import NameSet
from clerkstack.state.marks import UNKNOWNS, is_secret

# The types as the engine names them; dynamic resources by `module=` and `name=`.
DYNAMIC = "pulumi-python:dynamic/clerkstack:"
INSTANCE = f"{DYNAMIC}Instance"
ORGANIZATIONS = f"{DYNAMIC}OrganizationSettings"
ROLES = f"{DYNAMIC}OrganizationRoles"
SIGN_IN = f"{DYNAMIC}SignIn"
BILLING = f"{DYNAMIC}Billing"
API_KEYS = f"{DYNAMIC}ApiKeys"
WEBHOOK = f"{DYNAMIC}WebhookEndpoint"
ROTATIONS = f"{DYNAMIC}Rotations"
CLERKS = (INSTANCE, ORGANIZATIONS, ROLES, SIGN_IN, BILLING, API_KEYS, WEBHOOK, ROTATIONS)
WRITTEN = f"{DYNAMIC}WrittenVariables"
VARIABLE = VARIABLE_TYPE
VARIABLES = "vercel:index/projectEnvironmentVariables:ProjectEnvironmentVariables"
SHARED = "vercel:index/sharedEnvironmentVariable:SharedEnvironmentVariable"
PROJECT = "vercel:index/project:Project"
# Where those that hold several variables have them.
_LISTS = {VARIABLES: "variables", PROJECT: "environments"}

PRODUCTION, DEVELOPMENT = "production", "development"

# What `pulumi policy analyze --file` has in place of a secret that it can't open.
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
            return _opened(value)
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [plain(inner) for inner in value]
    return value


def _opened(secret: Mapping[str, Any]) -> Any:
    """What a secret holds: `value` over the wire, `plaintext` (JSON) in an exported state."""
    if "value" in secret:
        return plain(secret["value"])
    text = secret.get("plaintext")
    return plain(json.loads(text)) if isinstance(text, str) else UNKNOWN


def listed(value: Any) -> list[Any]:
    """A list, empty where it is none."""
    return value if isinstance(value, list) else []


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
        value = inputs.get("value") or inputs.get("valueWo")  # the second is kept in no state
        return cls(
            key=key if isinstance(key, str) else "",
            value=value if isinstance(value, str | Unknown) else None,
            targets=None if unknown_in(targets) else tuple(map(str, listed(targets))),
            sensitive=UNKNOWN
            if inputs.get("sensitive") is UNKNOWN
            else bool(inputs.get("sensitive")),
        )

    @property
    def known(self) -> str:
        """The value without white space around it, empty where it is not known."""
        return self.value.strip() if isinstance(self.value, str) else ""

    @property
    def in_production(self) -> bool:
        """Whether deployments to production get it; yes where that is not known."""
        return self.targets is None or PRODUCTION in self.targets


@dataclass(frozen=True)
class Resource:
    """A resource as the engine is about to write it, or as the state has it.

    `inputs` is what is declared; `outputs` what the state knows, empty where nothing does.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    urn: str = ""

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Resource:
        """From plain properties: type, inputs, and where they are there name, urn, outputs and
        protect. The resources of `pulumi stack export` are such."""
        urn = str(found.get("urn") or "")
        return cls(
            type=str(found["type"]),
            name=str(found.get("name") or urn.rsplit("::", 1)[-1]),
            inputs=plain(found.get("inputs") or {}),
            outputs=plain(found.get("outputs") or {}),
            protect=bool(found.get("protect")),
            urn=urn,
        )

    def part(self, key: str) -> Mapping[str, Any]:
        """An object among the inputs, empty where there is none or it is unknown."""
        found = self.inputs.get(key)
        return found if isinstance(found, dict) else {}

    @property
    def environment(self) -> str | None:
        """The instance it belongs to, by its inputs; None where it belongs to none. What does not
        say that it is development's counts as production's."""
        if self.type in CLERKS:
            return DEVELOPMENT if self.inputs.get("environment") == DEVELOPMENT else PRODUCTION
        declared = list(self.variables())
        if not declared:
            return None
        return PRODUCTION if any(variable.in_production for variable in declared) else DEVELOPMENT

    def variables(self) -> Iterator[Variable]:
        """The Vercel variables it declares, whichever resource declares them."""
        if self.type in (VARIABLE, SHARED):
            yield Variable.of(self.inputs)
        for each in listed(self.inputs.get(_LISTS.get(self.type, ""))):
            if isinstance(each, dict):
                yield Variable.of(each)


@dataclass(frozen=True)
class Expected:
    """What a Vercel project has to have by the stack's settings.

    Args:
        name: the user's own for it, empty where the stack has one.
        project_id: the project; empty where there is only one, whichever it is.
        targets: those that the stack writes; None: all that are its instance's.
        leave_alone: variables that it leaves to others, as target/KEY.
        names: the sets of names that its app reads; None where nothing says so.
    """

    name: str = ""
    project_id: str = ""
    targets: Collection[str] | None = None
    leave_alone: Collection[str] = ()
    names: Collection[NameSet] | None = None

    def concerns(self, resource: Resource) -> bool:
        """Whether what a resource declares is this project's; what is shared is each one's."""
        of = resource.inputs.get("projectId")
        return not self.project_id or not isinstance(of, str) or of == self.project_id


@dataclass(frozen=True)
class Stack:
    """All resources of one stack.

    Args:
        name: the stack's name.
        resources: what will be there after the update, or is there.
        instance: which instance its settings name; None where nothing says so.
        parts: which parts of the deployment its settings declare; None where nothing says so.
        projects: what its Vercel projects have to have.
        now: for how old something is.
        names_app: whether its settings name the app's code; None where nothing says so.
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
        """The sets of names that any of its apps reads, as far as the settings say so."""
        return list(
            dict.fromkeys(name for project in self.projects for name in project.names or ())
        )

    @property
    def environment(self) -> str | None:
        """Production where anything of it is; None where it has nothing of an instance."""
        found = {self.instance, *(resource.environment for resource in self.resources)} - {None}
        return PRODUCTION if PRODUCTION in found else next(iter(found), None)

    def of(self, *types: str) -> list[Resource]:
        """The resources of some types."""
        return [resource for resource in self.resources if resource.type in types]

    def variables(self) -> Iterator[tuple[Resource, Variable]]:
        """Every variable, with the resource that declares it."""
        for resource in self.resources:
            for variable in resource.variables():
                yield resource, variable
