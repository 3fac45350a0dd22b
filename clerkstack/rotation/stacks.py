"""What a rotation reads from a stack's state and writes into it. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

from clerkstack.desired.resource_types import COMMAND_TYPE
from clerkstack.desired.secret_kinds import KINDS, WORDS, Kind, variables_of
from clerkstack.desired.variables import takes_no_events
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import Journal
from clerkstack.settings.projects import Project
from clerkstack.state.marks import secret
from clerkstack.state.model import Resource, State

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
"""The resource and the output that hold a secret."""


@dataclass(frozen=True)
class StackSecrets:
    """The secrets in a stack's state: those in use, their instance, and the journal.

    `since` is when each secret was minted, or without a known rotation, when its variable was
    written (milliseconds since 1970). `rotated` are the secrets with a known rotation, `variables`
    the names of the stack's variables that hold each secret.
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
        """The variables that hold a secret, in words; the secret's own name if there are none."""
        return " and ".join(self.variables.get(kind, ())) or WORDS[kind]


def known_of(state: State, stack: str) -> StackSecrets:
    """Read a state that was exported with its secrets shown.

    Raises:
        ClerkstackError: the stack is not deployed, or was deployed before there was a journal.
    """
    instance, rotations = state.the(INSTANCE), state.the(ROTATIONS)
    if instance is None:
        raise ClerkstackError(f"{stack} is not deployed: pulumi up --stack {stack}")
    if rotations is None:
        raise ClerkstackError(
            f"The state of {stack} has no journal of rotations yet. Run pulumi up --stack "
            f"{stack} once, then this command again."
        )
    endpoint = state.the(ENDPOINT)
    secrets: dict[Kind, SecretStr] = {}
    for kind, (name, output) in OUTPUTS.items():
        resource = state.the(name)
        if resource is not None and (value := resource.output(output)):
            secrets[kind] = SecretStr(str(value))
    return StackSecrets(
        Journal.parse(str(rotations.output("journal") or "")),
        secrets,
        str(instance.outputs["instance_id"]),
        None if endpoint is None else str(endpoint.outputs["endpoint_id"]),
        _since(state, rotations),
        frozenset(_rotated(rotations)),
        instance.output("publishable_key"),
        {kind: _holding(state, kind) for kind in KINDS},
    )


def is_rotating(state: State, stack: str) -> bool:
    """Whether a state, exported with its secrets shown, has an unfinished rotation."""
    # Without it, nothing was ever rotated.
    deployed = any(resource.is_own(ROTATIONS) for resource in state.resources)
    return deployed and known_of(state, stack).journal.running is not None


def enter(
    state: State,
    journal: Journal,
    *,
    secrets: Mapping[Kind, SecretStr] | None = None,
    rotated: Mapping[Kind, int] | None = None,
) -> None:
    """Write the journal, and the secrets in use from now on, into a state, in place."""
    rotations = state.the(ROTATIONS)
    assert rotations is not None
    rotations.set_output("journal", secret(journal.text()))
    if rotated:
        rotations.set_output("rotated", {**_rotated(rotations), **rotated})
    for kind, value in (secrets or {}).items():
        name, output = OUTPUTS[kind]
        resource = state.the(name)
        assert resource is not None
        resource.set_output(output, secret(value.get_secret_value()))


def targets(state: State, kinds: Sequence[Kind], deployed: Sequence[str]) -> list[str]:
    """The URNs that a roll-out writes: for every project, the variables that hold these secrets in
    the stack's targets, the check that they arrived, and the redeploy."""
    names = {name for kind in kinds for name in variables_of(kind)}
    urns = [
        variable.urn
        for variable in state.variables()
        if variable.inputs.get("key") in names
        and set(variable.inputs.get("targets") or ()) <= set(deployed)
    ]
    if not urns:
        return []
    return urns + [resource.urn for resource in state.resources if _rolls_out(resource)]


def variables_missing(
    state: State, kinds: Sequence[Kind], projects: Sequence[Project]
) -> Iterator[str]:
    """Variables, as target/KEY after the project's name, that must hold a secret but are not the
    stack's."""
    written = {
        (variable.inputs.get("projectId"), target, variable.inputs.get("key"))
        for variable in state.variables()
        for target in variable.inputs.get("targets") or ()
    }
    for kind in kinds:
        for project in projects:
            for target in project.targets:
                if kind == "webhook" and takes_no_events(project, projects, target):
                    continue
                for name in variables_of(kind, project.names):
                    if (project.project_id, target, name) not in written:
                        yield f"{project.prefix}{target}/{name}"


def variables_gone(state: State) -> Iterator[str]:
    """Variables, as target/KEY, that an update removed and did not create again, because it was
    killed or refused. A build would lack them."""
    existing = {
        (variable.inputs.get("projectId"), f"{target}/{variable.inputs.get('key')}")
        for variable in state.variables()
        if not variable.deleting
        for target in variable.inputs.get("targets") or ()
    }
    for written in state.own(WRITTEN):
        project = written.inputs.get("project_id")
        values = written.output("values") or {}
        yield from (name for name in values if (project, name) not in existing)


def held_by(project: Project, projects: Sequence[Project], kinds: Iterable[Kind]) -> list[Kind]:
    """The secrets among these that the deployments of a project must have."""
    no_events = takes_no_events(project, projects, project.deployed)
    return [kind for kind in kinds if kind != "webhook" or not no_events]


@dataclass(frozen=True)
class Owned:
    """The stack's own variables, by Vercel's id and by project, key and target."""

    ids: frozenset[str]
    places: frozenset[tuple[str, str, str]]

    def has(self, project_id: str, variable: EnvironmentVariable) -> bool:
        """Whether a variable is one of them; for a branch or a custom environment, only its id
        decides."""
        if variable.id in self.ids:
            return True
        if variable.git_branch or variable.custom_environment_ids or not variable.target:
            return False
        return all((project_id, variable.key, target) in self.places for target in variable.target)


def owned_by(state: State) -> Owned:
    """The variables in a stack's state."""
    ids, places = set(), set()
    for variable in state.variables():
        if variable.deleting:
            continue
        inputs = variable.inputs
        own = variable.outputs.get("id") or variable.id
        if own:
            ids.add(str(own))
        for target in inputs.get("targets") or ():
            places.add((str(inputs.get("projectId")), str(inputs.get("key")), str(target)))
    return Owned(frozenset(ids), frozenset(places))


def _since(state: State, rotations: Resource) -> dict[Kind, int]:
    times = [
        (key.split("/")[-1], int(at))
        for written in state.own(WRITTEN)
        for key, at in (written.outputs.get("written") or {}).items()
        if at
    ]
    since: dict[Kind, int] = {}
    for kind in KINDS:
        names = variables_of(kind)
        of_variable = [at for key, at in times if key in names]
        if of_variable:
            since[kind] = min(of_variable)
    return {**since, **{kind: int(at) for kind, at in _rotated(rotations).items()}}


def _holding(state: State, kind: Kind) -> tuple[str, ...]:
    keys = {variable.inputs.get("key") for variable in state.variables()}
    return tuple(name for name in variables_of(kind) if name in keys)


def _rotated(rotations: Resource) -> dict[Kind, int]:
    return rotations.outputs.get("rotated") or {}


def _rolls_out(resource: Resource) -> bool:
    # The second: the program's commands that rebuild the apps.
    return resource.is_own(WRITTEN) or (
        resource.type == COMMAND_TYPE and "clerkstack:components:Environment$" in resource.urn
    )
