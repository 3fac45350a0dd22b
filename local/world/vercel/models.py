"""Vercel's data: teams, tokens, projects, variables, deployments.

Sensitive values are stored only as digests, so that no answer, state file or test can show one.
Deployments get the values from the vault (`vault.py`).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

TARGETS = ("production", "preview", "development")
STEPS = ("QUEUED", "BUILDING", "READY")


def digest(value: str) -> str:
    """Return the digest by which a value is stored and compared."""
    return hashlib.sha256(value.encode()).hexdigest()


@dataclass
class Team:
    """A team; its policy may require sensitive variables."""

    id: str
    slug: str
    name: str
    sensitive_policy: str = "default"

    def to_json(self) -> dict[str, object]:
        """Return the team as the API shows it."""
        return {
            "id": self.id,
            "slug": self.slug,
            "name": self.name,
            "sensitiveEnvironmentVariablePolicy": self.sensitive_policy,
        }


@dataclass
class Variable:
    """An environment variable; ``value`` is None if it is sensitive."""

    id: str
    key: str
    type: str
    value: str | None
    value_digest: str
    target: list[str]
    created_at: int
    updated_at: int
    custom_environment_ids: list[str] = field(default_factory=list)
    git_branch: str | None = None
    comment: str = ""
    visibility: str | None = None
    configuration_id: str | None = None
    """The integration that created it; requests cannot create such a variable."""

    def reaches(self, target: str) -> bool:
        """Return whether a build for the target, or for the custom environment of that id, sees
        this variable."""
        return target in self.target or target in self.custom_environment_ids

    def to_json(self, *, decrypt: bool) -> dict[str, object]:
        """Return the variable as the API shows it."""
        body: dict[str, object] = {
            "id": self.id,
            "key": self.key,
            "type": self.type,
            "value": self._shown(decrypt),
            "target": list(self.target),
            "customEnvironmentIds": list(self.custom_environment_ids),
            "configurationId": self.configuration_id,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "createdBy": None,
            "updatedBy": None,
            "decrypted": decrypt and self.type != "sensitive",
            "comment": self.comment,
        }
        if self.git_branch is not None:
            body["gitBranch"] = self.git_branch
        if self.visibility is not None:
            body["visibility"] = self.visibility
        return body

    def _shown(self, decrypt: bool) -> str:
        if self.value is None:
            return ""
        if decrypt or self.type == "plain":
            return self.value
        return base64.b64encode(f"encrypted:{self.value_digest}".encode()).decode()


@dataclass
class Project:
    """A project in a team, or in the token owner's own scope where ``team_id`` is None."""

    id: str
    name: str
    team_id: str | None
    created_at: int
    variables: dict[str, Variable] = field(default_factory=dict)
    custom_environments: dict[str, str] = field(default_factory=dict)
    """The slugs of the environments besides Vercel's own three, by id."""

    def environment_id(self, slug_or_id: str) -> str | None:
        """Return the id of a custom environment."""
        found = self.custom_environments.items()
        return next((key for key, slug in found if slug_or_id in (key, slug)), None)

    def to_json(self) -> dict[str, object]:
        """Return the project as the API shows it."""
        return {
            **self.in_list(),
            "env": [v.to_json(decrypt=False) for v in self.variables.values()],
        }

    def in_list(self) -> dict[str, object]:
        """Return the project as the list shows it; in the strict reading, without its variables."""
        return {
            "id": self.id,
            "name": self.name,
            "accountId": self.team_id or "user_world",
            "createdAt": self.created_at,
            "updatedAt": self.created_at,
            "framework": None,
            "buildCommand": None,
            "devCommand": None,
            "installCommand": None,
            "outputDirectory": None,
            "rootDirectory": None,
            "directoryListing": False,
            "nodeVersion": "22.x",
            "targets": {},
            "latestDeployments": [],
        }

    def build_environment(self, target: str, branch: str | None = None) -> dict[str, str]:
        """Return the digest of each variable's value in a build for the target.

        The target may be the id of a custom environment. A branch's own variables take precedence.
        """
        reached = [each for each in self.variables.values() if each.reaches(target)]
        chosen = [each for each in reached if each.git_branch is None]
        chosen += [each for each in reached if branch is not None and each.git_branch == branch]
        return {variable.key: variable.value_digest for variable in chosen}


@dataclass
class Shared:
    """A shared variable of a team, for its linked projects."""

    team_id: str
    project_ids: list[str]
    variable: Variable

    def to_json(self, *, decrypt: bool) -> dict[str, object]:
        """Return the variable as the API shows it."""
        shown = self.variable.to_json(decrypt=decrypt)
        for name in ("customEnvironmentIds", "configurationId"):
            del shown[name]
        return {**shown, "ownerId": self.team_id, "projectId": list(self.project_ids)}


@dataclass
class Deployment:
    """A deployment and its variables; it becomes ready as it is read."""

    id: str
    name: str
    project_id: str
    target: str
    created_at: int
    step: int
    environment: dict[str, str] = field(default_factory=dict)
    redeploy_of: str | None = None
    breaks: bool = False
    branch: str | None = None
    custom_environment: dict[str, str] | None = None
    """The id and slug of a custom environment; None for Vercel's own."""

    @property
    def state(self) -> str:
        """Return the state of the deployment."""
        done = self.step == len(STEPS) - 1
        return "ERROR" if self.breaks and done else STEPS[self.step]

    @property
    def environment_digest(self) -> str:
        """Return one digest of all its variables."""
        lines = (f"{key}={value}" for key, value in sorted(self.environment.items()))
        return digest("\n".join(lines))

    def watch(self) -> None:
        """Advance one step, because somebody read it."""
        self.step = min(self.step + 1, len(STEPS) - 1)

    def to_json(self) -> dict[str, object]:
        """Return the deployment as GET /v13/deployments shows it."""
        return {
            "id": self.id,
            "uid": self.id,
            "name": self.name,
            "projectId": self.project_id,
            "url": f"{self.name}-{self.id.removeprefix('dpl_')[:9].lower()}.vercel.app",
            "inspectorUrl": f"https://vercel.com/world/{self.name}/{self.id.removeprefix('dpl_')}",
            "created": self.created_at,
            "createdAt": self.created_at,
            "state": self.state,
            "status": self.state,
            "readyState": self.state,
            "aliasAssigned": self.state == "READY",
            "alias": [],
            # The API names only "production" and "staging"; a preview deployment has null.
            "target": self.target if self.target == "production" else None,
            **({"customEnvironment": self.custom_environment} if self.custom_environment else {}),
            "source": "redeploy" if self.redeploy_of else "git",
            "creator": {"uid": "user_world", "username": "world"},
            "meta": {
                "environmentDigest": self.environment_digest,
                **({"githubCommitRef": self.branch} if self.branch else {}),
                **({"originalDeploymentId": self.redeploy_of} if self.redeploy_of else {}),
            },
        }


def shared_from_state(state: dict[str, Any]) -> Shared:
    """Read a team's variable back from plain data."""
    return Shared(**{**state, "variable": Variable(**state["variable"])})


def project_from_state(state: dict[str, Any]) -> Project:
    """Read a project back from plain data."""
    variables = {key: Variable(**value) for key, value in state.pop("variables").items()}
    return Project(**state, variables=variables)
