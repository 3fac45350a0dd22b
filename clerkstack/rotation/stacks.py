"""The stack's state, as a rotation reads and changes it: pure functions of an exported state."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from clerkstack.desired.variables import VARIABLE_TYPE, takes_no_events
from clerkstack.engine_marks import shown_secret
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import KINDS, WORDS, Journal, Kind, variables_of
from clerkstack.settings.projects import Project

if TYPE_CHECKING:
    from clerkstack.clients.vercel import EnvironmentVariable

INSTANCE, ENDPOINT, ROTATIONS, WRITTEN = (
    "Instance",
    "WebhookEndpoint",
    "Rotations",
    "WrittenVariables",
)
OUTPUTS: dict[Kind, tuple[str, str]] = {
    "clerk": (INSTANCE, "secret_key"),
    "webhook": (ENDPOINT, "signing_secret"),
}
"""The resource and its output that holds a secret."""
COMMAND = "command:local:Command"
Resources = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Known:
    """What the state knows: the journal, the secrets that are in use, what they belong to.

    `since` is when each secret was minted, or where no rotation is known, when the variable that
    holds it was written (milliseconds since 1970). `rotated` are those of which a rotation is
    known, `variables` the names of the stack's variables that hold each.
    """

    journal: Journal
    secrets: Mapping[Kind, SecretStr]
    instance_id: str
    endpoint_id: str | None
    since: Mapping[Kind, int]
    rotated: frozenset[Kind] = frozenset()
    publishable_key: str | None = None
    variables: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)

    def holders(self, kind: Kind) -> str:
        """The variables that hold a secret, in words; its own name where the stack has none."""
        return " and ".join(self.variables.get(kind, ())) or WORDS[kind]


def known_of(resources: Resources, stack: str) -> Known:
    """Read the resources of a state that was exported with its secrets shown.

    Raises:
        ClerkstackError: the stack is not deployed, or was deployed before rotations were kept.
    """
    instance, rotations = _the(resources, INSTANCE), _the(resources, ROTATIONS)
    if instance is None:
        raise ClerkstackError(f"{stack} is not deployed: pulumi up --stack {stack}")
    if rotations is None:
        raise ClerkstackError(
            f"The state of {stack} has no place for rotations yet. Run pulumi up --stack {stack} "
            "once, then this again."
        )
    endpoint = _the(resources, ENDPOINT)
    secrets: dict[Kind, SecretStr] = {}
    for kind, (name, output) in OUTPUTS.items():
        resource = _the(resources, name)
        value = None if resource is None else shown(resource["outputs"].get(output))
        if value:
            secrets[kind] = SecretStr(str(value))
    return Known(
        Journal.parse(str(shown(rotations["outputs"].get("journal")) or "")),
        secrets,
        str(instance["outputs"]["instance_id"]),
        None if endpoint is None else str(endpoint["outputs"]["endpoint_id"]),
        _since(resources, rotations),
        frozenset(_rotated(rotations)),
        shown(instance["outputs"].get("publishable_key")),
        {kind: _holding(resources, kind) for kind in KINDS},
    )


def enter(
    resources: Resources,
    journal: Journal,
    *,
    secrets: Mapping[Kind, SecretStr] | None = None,
    rotated: Mapping[Kind, int] | None = None,
) -> None:
    """Change an exported state in place: the journal, and secrets that are in use from now on."""
    rotations = _the(resources, ROTATIONS)
    assert rotations is not None
    outputs = rotations["outputs"]
    outputs["journal"] = secret(journal.text())
    if rotated:
        outputs["rotated"] = {**_rotated(rotations), **rotated}
    for kind, value in (secrets or {}).items():
        name, output = OUTPUTS[kind]
        resource = _the(resources, name)
        assert resource is not None
        resource["outputs"][output] = secret(value.get_secret_value())


def targets(resources: Resources, kinds: Sequence[Kind], deployed: Sequence[str]) -> list[str]:
    """The URNs of what a roll-out writes: the variables that hold these secrets in the targets of
    the stack, what looks that they arrived, and the redeploy; of every project."""
    names = {name for kind in kinds for name in variables_of(kind)}
    found = [
        resource["urn"]
        for resource in resources
        if resource["type"] == VARIABLE_TYPE
        and resource["inputs"].get("key") in names
        and set(resource["inputs"].get("targets") or ()) <= set(deployed)
    ]
    if not found:
        return []
    others = [resource["urn"] for resource in resources if _rolls_out(resource)]
    return found + others


def variables_missing(
    resources: Resources, kinds: Sequence[Kind], projects: Sequence[Project]
) -> Iterator[str]:
    """Variables, as target/KEY after the project's name, that would have to hold a secret and are
    not the stack's."""
    there = {
        (resource["inputs"].get("projectId"), target, resource["inputs"].get("key"))
        for resource in resources
        if resource["type"] == VARIABLE_TYPE
        for target in resource["inputs"].get("targets") or ()
    }
    for kind in kinds:
        for project in projects:
            for target in project.targets:
                if kind == "webhook" and takes_no_events(project, projects, target):
                    continue
                for name in variables_of(kind, project.names):
                    if (project.project_id, target, name) not in there:
                        yield f"{project.prefix}{target}/{name}"


def variables_gone(resources: Resources) -> Iterator[str]:
    """Variables, as target/KEY, that an update removed and did not make again: it was killed, or
    refused in the middle. A build would be without them."""
    there = {
        (resource["inputs"].get("projectId"), f"{target}/{resource['inputs'].get('key')}")
        for resource in resources
        if resource["type"] == VARIABLE_TYPE and not resource.get("delete")
        for target in resource["inputs"].get("targets") or ()
    }
    for written in _all(resources, WRITTEN):
        values = shown((written.get("outputs") or {}).get("values")) or {}
        project = written["inputs"].get("project_id")
        yield from (name for name in values if (project, name) not in there)


def held_by(project: Project, projects: Sequence[Project], kinds: Iterable[Kind]) -> list[Kind]:
    """Which of these secrets the deployments of a project have to have."""
    no_events = takes_no_events(project, projects, project.deployed)
    return [kind for kind in kinds if kind != "webhook" or not no_events]


@dataclass(frozen=True)
class Owned:
    """The stack's own variables, by Vercel's id and by where they are: project, key, target."""

    ids: frozenset[str]
    places: frozenset[tuple[str, str, str]]

    def has(self, project_id: str, variable: EnvironmentVariable) -> bool:
        """Whether a variable is one of them; one of a branch or a custom environment is so only by
        its id."""
        if variable.id in self.ids:
            return True
        if variable.git_branch or variable.custom_environment_ids or not variable.target:
            return False
        return all((project_id, variable.key, each) in self.places for each in variable.target)


def owned_by(resources: Sequence[Mapping[str, Any]]) -> Owned:
    """The variables that a stack's state has."""
    ids, places = set(), set()
    for resource in resources:
        if resource["type"] != VARIABLE_TYPE or resource.get("delete"):
            continue
        inputs, outputs = resource["inputs"], resource.get("outputs") or {}
        own = outputs.get("id") or str(resource.get("id") or "").rpartition("/")[2]
        if own:
            ids.add(str(own))
        for target in inputs.get("targets") or ():
            places.add((str(inputs.get("projectId")), str(inputs.get("key")), str(target)))
    return Owned(frozenset(ids), frozenset(places))


def secret(value: str) -> dict[str, str]:
    """A secret text, in the form that an import encrypts."""
    return shown_secret(json.dumps(value))


def shown(value: Any) -> Any:
    """A value of a state that was exported with its secrets shown."""
    if isinstance(value, Mapping) and "plaintext" in value:
        return json.loads(value["plaintext"])
    return value


def _since(resources: Resources, rotations: Mapping[str, Any]) -> dict[Kind, int]:
    times = [
        (key.split("/")[-1], int(at))
        for resource in _all(resources, WRITTEN)
        for key, at in (resource["outputs"].get("written") or {}).items()
        if at
    ]
    since: dict[Kind, int] = {}
    for kind in KINDS:
        names = variables_of(kind)
        of_variable = [at for key, at in times if key in names]
        if of_variable:
            since[kind] = min(of_variable)
    return {**since, **{kind: int(at) for kind, at in _rotated(rotations).items()}}


def _holding(resources: Resources, kind: Kind) -> tuple[str, ...]:
    there = {each["inputs"].get("key") for each in resources if each["type"] == VARIABLE_TYPE}
    return tuple(name for name in variables_of(kind) if name in there)


def _rotated(rotations: Mapping[str, Any]) -> dict[Kind, int]:
    return rotations["outputs"].get("rotated") or {}


def _the(resources: Resources, name: str) -> dict[str, Any] | None:
    return next(_all(resources, name), None)


def _all(resources: Resources, name: str) -> Iterator[dict[str, Any]]:
    ours = (each for each in resources if each["type"].endswith(f"/clerkstack:{name}"))
    return (each for each in ours if each.get("custom") and not each.get("delete"))


def _rolls_out(resource: Mapping[str, Any]) -> bool:
    kind = resource["type"]
    if kind.endswith(f"/clerkstack:{WRITTEN}"):
        return True
    # The program's commands that build the apps again.
    return bool(kind == COMMAND and "clerkstack:components:Environment$" in resource["urn"])
