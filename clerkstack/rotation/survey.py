"""Searches Vercel for other holders of a secret, and writes those that it may.

Requests: for each team, one list of its projects and one of its shared variables; for each project,
one list of variables; a value that a list does not show is read separately.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from pydantic import SecretStr

from clerkstack.clients.errors import ApiError, Forbidden, NotFound, UnexpectedAnswer
from clerkstack.desired.secret_kinds import Kind
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import Copy, Journal, Other, fingerprint
from clerkstack.rotation.other_holders import (
    Looked,
    Question,
    found_in,
    is_publishable_key,
    shared_in,
    to_read,
)
from clerkstack.rotation.services import SECONDS_OF_HOUR
from clerkstack.rotation.stacks import ENDPOINT, Owned, StackSecrets, owned_by
from clerkstack.settings.models import Settings
from clerkstack.settings.targets import TARGETS
from clerkstack.state.model import State
from clerkstack.state.neighbours import UnknownNeighbours

if TYPE_CHECKING:
    from clerkstack.clients.vercel import EnvironmentVariable, VercelClient
    from clerkstack.clients.vercel import Project as Listed
    from clerkstack.live.session import Session
    from clerkstack.settings.projects import Project
    from clerkstack.state.neighbours import Neighbour

CLOCKS_DIFFER = SECONDS_OF_HOUR * 1000
"""Milliseconds by which Vercel's clock and the one that recorded a mint may differ."""


@dataclass
class Findings:
    """What was found; `notes` say what could not be checked."""

    copies: list[Copy] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Survey:
    """Finds the other holders of one stack's secrets, and writes those that it may."""

    def __init__(
        self,
        settings: Settings,
        session: Session,
        stacks: Callable[[], Sequence[Neighbour]],
    ) -> None:
        self._settings, self._session, self._stacks = settings, session, stacks

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def look(
        self, known: StackSecrets, state: State, secrets: Mapping[Kind, SecretStr]
    ) -> Findings:
        """Find who else holds these secrets.

        Raises:
            ApiError, Unreachable: the stack's own projects, or the list of projects, cannot be
                read.
        """
        findings = Findings()
        stacks = self._neighbours(findings, secrets)
        for stack in stacks:
            findings.others += _of_stack(stack, known, secrets)
        if self._settings.components.environment and self._settings.vercel_token is not None:
            question = Question(
                secrets,
                known.publishable_key,
                frozenset(TARGETS[self._settings.instance]),
                _not_before(known.journal, secrets),
            )
            # The variables in another stack's state are reported with that stack.
            mine = _all(owned_by(state), *(owned_by(other.state) for other in stacks))
            own: dict[str | None, list[Project]] = {}
            for project in self._settings.vercel_projects:
                own.setdefault(project.team_id, []).append(project)
            for team_id, projects in own.items():
                self._look_at_team(team_id, projects, question, mine, findings)
        return findings

    def write(self, copy: Copy, value: SecretStr, *, held: Iterable[str], look: bool) -> str | None:
        """Write a variable that held an old secret; returns the reason if it was left as it is.

        With `look`, it is read first, and left alone unless its value has one of the fingerprints
        `held`.

        Raises:
            ApiError, Unreachable, UnexpectedAnswer: it is unknown whether it was written.
        """
        vercel = self._session.vercel(copy.team_id)
        try:
            if look:
                live_value = vercel.get_variable(copy.project_id, copy.variable_id).readable_value
                if live_value == value:
                    return None
                if live_value is None or fingerprint(live_value) not in set(held):
                    return "its value changed meanwhile"
            vercel.write_variable(copy.project_id, copy.variable_id, value.get_secret_value())
            live_value = vercel.get_variable(copy.project_id, copy.variable_id).readable_value
        except NotFound:
            return "it is gone"
        except ApiError as refusal:
            if refusal.status in LEFT_ALONE:
                return f"{REFUSED} ({refusal.status})"
            raise
        if live_value != value:
            raise UnexpectedAnswer(
                f"Vercel accepted the new value of {copy.name} but does not show it. Run the same "
                "command again."
            )
        return None

    # -- inside -----------------------------------------------------------------------------------

    def _neighbours(
        self, findings: Findings, secrets: Mapping[Kind, SecretStr]
    ) -> Sequence[Neighbour]:
        """The other stacks of the instance. If they cannot be listed, that is reported; a stack
        that cannot be read may be one of them."""
        try:
            return self._stacks()
        except UnknownNeighbours as unknown:
            findings.notes.append(f"other stacks of this instance are unknown: {unknown}")
        except ClerkstackError as unreadable:
            kinds = list(secrets)
            findings.others.append(
                Other(kinds=kinds, name="stacks", finding="may hold", why=str(unreadable))
            )
        return []

    def _look_at_team(
        self,
        team_id: str | None,
        own: Sequence[Project],
        question: Question,
        mine: Owned,
        findings: Findings,
    ) -> None:
        vercel = self._session.vercel(team_id)
        try:
            listed = {project.id: project for project in vercel.list_projects()}
        except (Forbidden, NotFound) as refusal:
            findings.notes.append(
                f"the token cannot list the projects of {team_id or 'its owner'} "
                f"({refusal.status}): only this stack's projects were checked"
            )
            listed = {}
        seen: set[str] = set()
        for project in own:
            listed_project = _named(listed.values(), project.project_id)
            seen.add(listed_project.id if listed_project else project.project_id)
            name = listed_project.name if listed_project else project.name or project.project_id
            looked = self._looked(
                vercel,
                Looked(
                    project.project_id,
                    name,
                    team_id,
                    self._session.variables(team_id, project.project_id, decrypt=True),
                    {},
                    own=True,
                    built=frozenset({project.deployed} if project.deployed else ()),
                ),
                question,
                mine,
            )
            _sort(found_in(looked, question, mine), findings)
        for other in listed.values():
            if other.id in seen:
                continue
            try:
                variables = self._session.variables(team_id, other.id, decrypt=True)
            except (Forbidden, NotFound):
                findings.notes.append(f"the token cannot read the variables of {other.name}")
                continue
            given = Looked(other.id, other.name, team_id, variables, {})
            looked = self._looked(vercel, given, question, mine)
            _sort(found_in(looked, question, mine), findings)
        self._look_at_shared(vercel, listed, question, findings)

    def _looked(
        self, vercel: VercelClient, project: Looked, question: Question, mine: Owned
    ) -> Looked:
        """A project with its readable values, and the names of its environments if needed."""
        values = {
            environment_id.id: value
            for environment_id in project.variables
            if (value := environment_id.readable_value) is not None
        }
        read = partial(vercel.get_variable, project.id)
        for variable in project.variables:
            if not mine.has(project.id, variable) and to_read(variable, question):
                _read(values, variable, read)
        looked = replace(project, values=values)
        holders = list(found_in(looked, question, mine))
        if any(isinstance(copy, Other) and copy.finding == "may hold" for copy in holders):
            # The publishable key beside it shows whose key it is.
            for variable in project.variables:
                if is_publishable_key(variable) and variable.id not in values:
                    _read(values, variable, read)
            holders = list(found_in(looked, question, mine))
        custom = {
            environment_id
            for one in project.variables
            for environment_id in one.custom_environment_ids
        }
        if any(environment_id in one.name for one in holders for environment_id in custom):
            return replace(looked, environments=self._environments(vercel, project))
        return looked

    def _environments(self, vercel: VercelClient, project: Looked) -> dict[str, str]:
        try:
            return {
                environment.id: environment.slug
                for environment in vercel.custom_environments(project.id)
            }
        except (Forbidden, NotFound):
            return {}

    def _look_at_shared(
        self,
        vercel: VercelClient,
        listed: Mapping[str, Listed],
        question: Question,
        findings: Findings,
    ) -> None:
        try:
            shared = vercel.list_shared_variables()
        except (Forbidden, NotFound):
            findings.notes.append("the token cannot read the team's shared variables")
            return
        values: dict[str, SecretStr] = {}
        for variable in shared:
            if variable.readable_value is not None:
                values[variable.id] = variable.readable_value
            elif to_read(variable, question):
                _read(values, variable, vercel.get_shared_variable)
        names = {project.id: project.name for project in listed.values()}
        findings.others += shared_in(shared, values, question, names)


LEFT_ALONE = frozenset({400, 403, 409, 422})
"""Vercel's answers if it never accepts a value: retrying is pointless."""
REFUSED = "Vercel refuses to change it"


def _of_stack(
    other: Neighbour, known: StackSecrets, secrets: Mapping[Kind, SecretStr]
) -> Iterator[Other]:
    """Another stack as a holder: its state has the instance's secret key; the signing secret only
    if both share an endpoint."""
    kinds: list[Kind] = ["clerk"] if "clerk" in secrets else []
    endpoint = other.resource(ENDPOINT)
    theirs = None if endpoint is None else endpoint.outputs.get("endpoint_id")
    if "webhook" in secrets and theirs is not None and theirs == known.endpoint_id:
        kinds.append("webhook")
    if kinds:
        why = (
            "another stack of the same instance: once the rotation is done, `pulumi up --refresh "
            f"--stack {other.stack}` writes the new one to its state and its variables"
        )
        yield Other(kinds=kinds, name=f"stack:{other.stack}", finding="holds", why=why)


def _not_before(journal: Journal, secrets: Mapping[Kind, SecretStr]) -> int | None:
    """A time (milliseconds since 1970) before which none of the secrets was minted: the start of
    their rotation. None if a secret has no known rotation."""
    began = []
    for kind, secret in secrets.items():
        made = [e.started for e in journal.history if e.new.get(kind) == fingerprint(secret)]
        if not made:
            return None
        began.append(min(made))
    return min(began) - CLOCKS_DIFFER


def _read(
    values: dict[str, SecretStr],
    variable: EnvironmentVariable,
    read: Callable[[str], EnvironmentVariable],
) -> None:
    """Add the value of a variable, if it can be read by its id."""
    try:
        value = read(variable.id).readable_value
    except (Forbidden, NotFound):
        return
    if value is not None:
        values[variable.id] = value


def _named(listed: Iterable[Listed], id_or_name: str) -> Listed | None:
    return next((project for project in listed if id_or_name in (project.id, project.name)), None)


def _sort(holders: Iterable[Copy | Other], findings: Findings) -> None:
    for copy in holders:
        if isinstance(copy, Copy):
            findings.copies.append(copy)
        else:
            findings.others.append(copy)


def _all(*owned: Owned) -> Owned:
    return Owned(
        frozenset().union(*(stack.ids for stack in owned)),
        frozenset().union(*(stack.places for stack in owned)),
    )
