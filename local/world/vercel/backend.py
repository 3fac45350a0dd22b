"""Vercel's behaviour, without HTTP: one method for each emulated operation."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.world.text import as_plain
from local.world.vercel import errors, variables
from local.world.vercel.models import (
    STEPS,
    TARGETS,
    Deployment,
    Project,
    Shared,
    Team,
    Variable,
    digest,
    project_from_state,
    shared_from_state,
)
from local.world.vercel.variables import Draft
from local.world.vercel.vault import Vault

DEFAULT_PAGE = 100
OWNER = "user_world"


@dataclass(frozen=True)
class Created:
    """The result of a bulk create: created variables and refusals, in the order of the request."""

    variables: list[Variable]
    failures: list[errors.VercelError]


@dataclass(frozen=True)
class Page:
    """A part of a list, newest first; ``next`` is the creation time to continue from."""

    items: list[Any]
    next: int | None
    previous: int | None


class VercelBackend:
    """All of Vercel's state."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._tick = 0
        self.tokens: dict[str, list[str]] = {}
        self.teams: dict[str, Team] = {}
        self.projects: dict[str, Project] = {}
        self.deployments: dict[str, Deployment] = {}
        self.shared: dict[str, Shared] = {}
        self.vault = Vault()
        # Some accounts get encrypted values from a list even with `decrypt` (vercel/vercel issue
        # 9072). Not part of the state.
        self.lists_decrypted = True
        # For tests: new deployments end with an error. Not part of the state.
        self.builds_break = False

    # -- set-up -------------------------------------------------------------------------------

    def add_token(self, token: str, *, teams: Sequence[str] = ()) -> None:
        """Add a token, which sees its owner's own scope and the teams named by id."""
        self.tokens[token] = list(teams)

    def add_team(self, team_id: str, slug: str, *, sensitive_policy: str = "default") -> Team:
        """Add a team; the policy ``on`` forces variables to be sensitive."""
        team = Team(team_id, slug, slug, sensitive_policy)
        self.teams[team_id] = team
        return team

    def add_project(self, project_id: str, name: str, *, team_id: str | None = None) -> Project:
        """Add a project."""
        project = Project(project_id, name, team_id, self.now())
        self.projects[project_id] = project
        return project

    def add_custom_environment(self, project_id: str, slug: str) -> str:
        """Add an environment besides production, preview and development; return its id."""
        made = _identifier("env_", 24)
        self.projects[project_id].custom_environments[made] = slug
        return made

    def add_deployment(
        self, project_id: str, target: str, *, branch: str | None = None
    ) -> Deployment:
        """Add a finished deployment, built with the project's current variables.

        The target may be a custom environment's slug.
        """
        return self._deploy(self.projects[project_id], target, branch=branch, step=len(STEPS) - 1)

    def add_shared(
        self, team_id: str, body: Mapping[str, Any], *, projects: Sequence[str] = ()
    ) -> Shared:
        """Add a variable of a team, linked to projects."""
        draft = variables.read_new(body)
        variables.check(draft, self.teams[team_id])
        made = Shared(team_id, list(projects), self._made(draft))
        self.shared[made.variable.id] = made
        return made

    # -- authentication
    # -----------------------------------------------------------------------------

    def authorize(self, token: str | None, scope: str | None) -> str | None:
        """Return the id of the team a request is for, or None for the owner's own scope."""
        if not token:
            raise errors.missing_token()
        if token not in self.tokens:
            raise errors.invalid_token()
        if scope is None:
            return None
        team = next((t for t in self.teams.values() if scope in (t.id, t.slug)), None)
        if team is None or team.id not in self.tokens[token]:
            raise errors.wrong_scope(scope)
        return team.id

    def owner(self) -> dict[str, object]:
        """Return the owner of every token here, as the API shows a user with their own scope."""
        return {
            "id": OWNER,
            "email": "world@sendero.example",
            "name": "World",
            "username": "world",
            "avatar": None,
            "defaultTeamId": None,
            "limited": False,
        }

    def teams_of(self, token: str) -> list[Team]:
        """List the teams a token's owner belongs to."""
        return [self.teams[team_id] for team_id in self.tokens[token]]

    def project(self, team_id: str | None, id_or_name: str) -> Project:
        """Find a project in a scope."""
        for project in self.projects.values():
            if project.team_id == team_id and id_or_name in (project.id, project.name):
                return project
        raise errors.not_found("Project")

    # -- variables ----------------------------------------------------------------------------

    def create_variable(
        self, project: Project, body: Mapping[str, Any], *, upsert: bool = False
    ) -> Variable:
        """Create one variable, or with upsert update the one in exactly the same place."""
        draft = variables.read_new(body)
        variables.check(draft, self._team(project))
        held = variables.clash(project, draft)
        if held is None:
            return self._add(project, draft)
        if upsert and variables.same_place(held, draft):
            self._write(held, draft, self.now())
            return held
        raise errors.conflict(
            variable_id=held.id,
            key=held.key,
            target=sorted(set(held.target) & set(draft.target)) or list(held.target),
            git_branch=held.git_branch,
            project=project.id,
        )

    def create_variables(
        self, project: Project, bodies: Iterable[Mapping[str, Any]], *, upsert: bool = False
    ) -> Created:
        """Create several variables; each succeeds or fails by itself."""
        created = Created([], [])
        for body in bodies:
            try:
                created.variables.append(self.create_variable(project, body, upsert=upsert))
            except errors.VercelError as error:
                error.details.setdefault("envVarKey", body.get("key"))
                created.failures.append(error)
        return created

    def variable(self, project: Project, variable_id: str) -> Variable:
        """Find one variable."""
        if variable_id not in project.variables:
            raise errors.not_found("Environment variable")
        return project.variables[variable_id]

    def update_variable(
        self, project: Project, variable_id: str, body: Mapping[str, Any]
    ) -> Variable:
        """Change the given properties of one variable."""
        variable = self.variable(project, variable_id)
        draft = variables.read_changed(Draft.of(variable), body)
        variables.check(draft, self._team(project))
        held = variables.clash(project, draft, besides=variable.id)
        if held is not None:
            raise errors.conflict(
                variable_id=held.id,
                key=held.key,
                target=sorted(set(held.target) & set(draft.target)) or list(held.target),
                git_branch=held.git_branch,
                project=project.id,
            )
        self._write(variable, draft, self.now())
        return variable

    def delete_variable(self, project: Project, variable_id: str) -> Variable:
        """Remove one variable."""
        return project.variables.pop(self.variable(project, variable_id).id)

    # -- deployments --------------------------------------------------------------------------

    def redeploy(
        self,
        team_id: str | None,
        deployment_id: str,
        *,
        name: str,
        target: str | None,
        environment: str | None = None,
    ) -> Deployment:
        """Build an earlier deployment again, with the project's current variables.

        Without a target, Vercel builds a preview, whatever the earlier one was. A custom
        environment, by slug or id, takes precedence over the target.
        """
        earlier = self.deployment(team_id, deployment_id)
        project = self.projects[earlier.project_id]
        if environment is not None and project.environment_id(environment) is None:
            raise errors.bad_request(f"The custom environment {environment} does not exist.")
        made = self._deploy(
            project, environment or target or "preview", branch=earlier.branch, step=0
        )
        made.name = name
        made.redeploy_of = earlier.id
        return made

    def deployment(self, team_id: str | None, deployment_id: str) -> Deployment:
        """Find a deployment in a scope."""
        found = self.deployments.get(deployment_id)
        if found is None or self.projects[found.project_id].team_id != team_id:
            raise errors.not_found("Deployment")
        return found

    # -- shared variables ---------------------------------------------------------------------

    def shared_of(self, team_id: str | None) -> list[Shared]:
        """List the shared variables of a team."""
        return [each for each in self.shared.values() if each.team_id == team_id]

    def shared_variable(self, team_id: str | None, variable_id: str) -> Shared:
        """Find a team's variable."""
        found = self.shared.get(variable_id)
        if found is None or found.team_id != team_id:
            raise errors.not_found("Environment variable")
        return found

    # -- lists --------------------------------------------------------------------------------

    def page(
        self, items: Iterable[Any], *, limit: int | None, until: int | None, since: int | None
    ) -> Page:
        """Return a page of items with ``created_at``, newest first."""
        chosen = sorted(items, key=lambda item: -int(item.created_at))
        if until is not None:
            chosen = [item for item in chosen if item.created_at < until]
        if since is not None:
            chosen = [item for item in chosen if item.created_at > since]
        size = limit or DEFAULT_PAGE
        shown = chosen[:size]
        more = len(chosen) > size
        return Page(
            shown,
            next=shown[-1].created_at if more else None,
            previous=shown[0].created_at if shown and until is not None else None,
        )

    # -- state --------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return the complete state as plain data; tokens are the only secrets in it."""
        state: dict[str, Any] = as_plain(self.live())
        return state

    def live(self) -> dict[str, Any]:
        """Return the state itself, for writing at once."""
        return {
            "tick": self._tick,
            "tokens": self.tokens,
            "teams": self.teams,
            "projects": self.projects,
            "deployments": self.deployments,
            "shared": self.shared,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Replace the state by a dumped one."""
        self._tick = state["tick"]
        self.tokens = {token: list(teams) for token, teams in state["tokens"].items()}
        self.teams = {key: Team(**team) for key, team in state["teams"].items()}
        self.projects = {
            key: project_from_state(dict(project)) for key, project in state["projects"].items()
        }
        self.deployments = {key: Deployment(**one) for key, one in state["deployments"].items()}
        self.shared = {
            key: shared_from_state(dict(one)) for key, one in state.get("shared", {}).items()
        }

    def now(self) -> int:
        """Return the time in milliseconds, never the same twice, so that lists have an order."""
        self._tick = max(self._tick + 1, int(self._clock() * 1000))
        return self._tick

    def _add(self, project: Project, draft: Draft) -> Variable:
        variable = self._made(draft)
        project.variables[variable.id] = variable
        return variable

    def _made(self, draft: Draft) -> Variable:
        now = self.now()
        variable = Variable(
            id=_identifier("", 16),
            key=draft.key,
            type=draft.type,
            value=None,
            value_digest=digest(draft.value or ""),
            target=[],
            created_at=now,
            updated_at=now,
        )
        self._write(variable, draft, now)
        return variable

    def _write(self, variable: Variable, draft: Draft, now: int) -> None:
        variables.write(variable, draft, now)
        if draft.value is not None:
            self.vault.put(draft.value)

    def _deploy(
        self, project: Project, target: str, *, step: int, branch: str | None = None
    ) -> Deployment:
        custom = None if target in TARGETS else project.environment_id(target)
        branch = branch if target == "preview" else None
        made = Deployment(
            id=_identifier("dpl_", 28),
            name=project.name,
            project_id=project.id,
            target=target,
            created_at=self.now(),
            step=step,
            environment=project.build_environment(custom or target, branch),
            breaks=self.builds_break,
            branch=branch,
            custom_environment=None
            if custom is None
            else {"id": custom, "slug": project.custom_environments[custom]},
        )
        self.deployments[made.id] = made
        return made

    def _team(self, project: Project) -> Team | None:
        return self.teams.get(project.team_id) if project.team_id else None


def _identifier(prefix: str, length: int) -> str:
    letters = string.ascii_letters + string.digits
    return prefix + "".join(secrets.choice(letters) for _ in range(length))
