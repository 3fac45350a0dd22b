"""Vercel REST API: variables and their targets, rebuilding a deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, TypeVar, Unpack

from pydantic import AliasChoices, Field, SecretStr, field_validator

from clerkstack.clients.answers import Answer
from clerkstack.clients.errors import Refusal
from clerkstack.clients.http import Client, Http, Options, Service, joined

PAGE = 100
"""The largest page of projects."""


class EnvironmentVariable(Answer):
    """A variable of a project. `value` may be encrypted: see `readable_value`."""

    id: str
    key: str
    type: str
    target: tuple[str, ...] = ()
    git_branch: str | None = Field(None, alias="gitBranch")
    custom_environment_ids: tuple[str, ...] = Field((), alias="customEnvironmentIds")
    configuration_id: str | None = Field(None, alias="configurationId")
    """The integration that the variable belongs to."""
    comment: str | None = None
    value: SecretStr | None = None
    decrypted: bool = False
    updated_at: int | None = Field(None, alias="updatedAt")  # milliseconds since 1970

    @property
    def readable_value(self) -> SecretStr | None:
        """The variable's value; None if it is sensitive or still encrypted."""
        return self.value if self.decrypted or self.type == "plain" else None

    @field_validator("target", mode="before")
    @classmethod
    def _one_target(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value or ()

    @field_validator("custom_environment_ids", mode="before")
    @classmethod
    def _no_environments(cls, value: object) -> object:
        return value or ()


class SharedVariable(EnvironmentVariable):
    """A variable of a team, for the projects that are linked to it."""

    project_ids: tuple[str, ...] = Field((), alias="projectId")


class CustomEnvironment(Answer):
    """An environment of a project other than production, preview and development."""

    id: str
    slug: str


class Deployment(Answer):
    """A deployment of a project."""

    id: str = Field(validation_alias=AliasChoices("id", "uid"))
    name: str
    target: str | None = None
    state: str = Field(validation_alias=AliasChoices("readyState", "state"))
    url: str | None = None
    # Milliseconds since 1970: `created` in lists, `createdAt` in a single answer.
    created_at: int | None = Field(None, validation_alias=AliasChoices("createdAt", "created"))


class Project(Answer):
    """A project."""

    id: str
    name: str


class _Pagination(Answer):
    next: int | str | None = None


Listed = TypeVar("Listed", bound=EnvironmentVariable | Project)


class _Page(Answer, Generic[Listed]):
    """A page of a list; each list has another name for its `items`."""

    items: tuple[Listed, ...]
    pagination: _Pagination = _Pagination()


class _Variables(_Page[EnvironmentVariable]):
    items: tuple[EnvironmentVariable, ...] = Field(alias="envs")


class _Projects(_Page[Project]):
    items: tuple[Project, ...] = Field(alias="projects")


class _SharedVariables(_Page[SharedVariable]):
    items: tuple[SharedVariable, ...] = Field(alias="data")


class _CustomEnvironments(Answer):
    environments: tuple[CustomEnvironment, ...]


class _Created(Answer):
    created: EnvironmentVariable


class _Deployments(Answer):
    deployments: tuple[Deployment, ...]


class VercelClient(Client):
    """Client of the Vercel REST API, for one team if `team_id` is given."""

    def __init__(
        self,
        *,
        token: SecretStr,
        base_url: str,
        team_id: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._team = {"teamId": team_id} if team_id else {}
        self._http = Http(SERVICE, base_url=base_url, key=token, **options)

    def get_project(self, project: str) -> Project:
        """A project by its id or name (GET /v9/projects/{idOrName}).

        Raises:
            NotFound: there is none, or the token's owner may not see it.
        """
        return self._http.request(
            Project,
            "get project",
            "GET",
            joined("v9", "projects", project),
            params=self._team or None,
        )

    def list_projects(self) -> list[Project]:
        """All projects that the token's owner sees in the team, or without one in their own scope
        (GET /v10/projects).

        `from` takes the `pagination.next` of the previous page, a number or a token.
        """
        return self._all(
            _Projects, "list projects", "/v10/projects", {"limit": PAGE}, cursor="from"
        )

    def custom_environments(self, project: str) -> list[CustomEnvironment]:
        """A project's environments in addition to the three standard ones
        (GET /v9/projects/{id}/custom-environments)."""
        page = self._http.request(
            _CustomEnvironments,
            "list custom environments",
            "GET",
            joined("v9", "projects", project, "custom-environments"),
            params=self._team or None,
        )
        return list(page.environments)

    def get_variable(self, project: str, variable_id: str) -> EnvironmentVariable:
        """A variable with its value, unless it is sensitive (GET /v10/projects/{id}/env/{id}).

        Raises:
            NotFound: there is none with that id.
        """
        return self._http.request(
            EnvironmentVariable,
            "get variable",
            "GET",
            joined("v10", "projects", project, "env", variable_id),
            params=self._team or None,
        )

    def list_shared_variables(self) -> list[SharedVariable]:
        """The variables of the team that projects share (GET /v1/env); none without a team.

        The description has `pagination` in the answer, but no parameter for it: see
        `list_variables`.
        """
        if not self._team:
            return []
        return self._all(_SharedVariables, "list shared variables", "/v1/env")

    def get_shared_variable(self, variable_id: str) -> SharedVariable:
        """A shared variable with its value, unless it is sensitive (GET /v1/env/{id}).

        Raises:
            NotFound: there is none with that id.
        """
        return self._http.request(
            SharedVariable,
            "get shared variable",
            "GET",
            joined("v1", "env", variable_id),
            params=self._team or None,
        )

    def list_variables(self, project: str, *, decrypt: bool = False) -> list[EnvironmentVariable]:
        """All variables of a project (GET /v10/projects/{id}/env).

        Values are readable only with `decrypt`, and never those of sensitive variables. Some
        accounts get encrypted values all the same (vercel/vercel issue 9072): `get_variable` then
        reads a single one. The description has `pagination` in the answer but no parameter for it:
        `until` is that of other lists, and a service that ignored it would return the same page
        forever.
        """
        path = joined("v10", "projects", project, "env")
        return self._all(_Variables, "list variables", path, {"decrypt": "true"} if decrypt else {})

    def create_variable(
        self,
        project: str,
        key: str,
        value: str,
        *,
        targets: Sequence[str],
        comment: str,
        custom_environments: Sequence[str] = (),
        kind: str = "sensitive",
    ) -> EnvironmentVariable:
        """Create a variable (POST /v10/projects/{id}/env). Not repeated automatically.

        `kind` is plain, encrypted or sensitive; the development target accepts no sensitive ones.

        Raises:
            ApiError: ENV_CONFLICT, another variable has the key for one of the targets.
        """
        body: dict[str, Any] = {
            "key": key,
            "value": value,
            "type": kind,
            "target": list(targets),
            "comment": comment,
        }
        if custom_environments:
            body["customEnvironmentIds"] = list(custom_environments)
        return self._http.request(
            _Created,
            "create variable",
            "POST",
            joined("v10", "projects", project, "env"),
            json=body,
            params=self._team or None,
        ).created

    def write_variable(self, project: str, variable_id: str, value: str) -> None:
        """Set a variable's value; the rest of it stays (PATCH /v9/projects/{id}/env/{id})."""
        self._http.send(
            "write variable",
            "PATCH",
            joined("v9", "projects", project, "env", variable_id),
            json={"value": value},
            params=self._team or None,
            # Writing the same value twice changes nothing.
            repeatable=True,
        )

    def narrow_variable(
        self,
        project: str,
        variable_id: str,
        *,
        targets: Sequence[str],
        custom_environments: Sequence[str],
    ) -> None:
        """Set a variable's targets and custom environments; value and id stay
        (PATCH /v9/projects/{id}/env/{id})."""
        self._http.send(
            "narrow variable",
            "PATCH",
            joined("v9", "projects", project, "env", variable_id),
            json={"target": list(targets), "customEnvironmentIds": list(custom_environments)},
            params=self._team or None,
            repeatable=True,
        )

    def delete_variable(self, project: str, variable_id: str) -> None:
        """Remove a variable (DELETE /v9/projects/{id}/env/{id}).

        Raises:
            NotFound: there is none with that id.
        """
        self._http.send(
            "delete variable",
            "DELETE",
            joined("v9", "projects", project, "env", variable_id),
            params=self._team or None,
        )

    def latest_deployment(
        self, project: str, target: str, *, branch: str | None = None
    ) -> Deployment | None:
        """The newest ready deployment of a target, or None (GET /v6/deployments).

        The target may be the slug of a custom environment; with `branch`, only deployments of that
        branch are considered.
        """
        page = self._http.request(
            _Deployments,
            "list deployments",
            "GET",
            "/v6/deployments",
            params={
                "projectId": project,
                "target": target,
                "state": "READY",
                "limit": 1,
                **({"branch": branch} if branch else {}),
                **self._team,
            },
        )
        return page.deployments[0] if page.deployments else None

    def redeploy(self, deployment: Deployment, target: str) -> Deployment:
        """Rebuild a deployment with the current variables (POST /v13/deployments).

        A target other than Vercel's own is the slug of a custom environment.
        """
        body = {"deploymentId": deployment.id, "name": deployment.name}
        if target == "production":
            # Without a target, Vercel builds a preview.
            body["target"] = target
        elif target != "preview":
            body["customEnvironmentSlugOrId"] = target
        return self._http.request(
            Deployment,
            "redeploy",
            "POST",
            "/v13/deployments",
            params={"forceNew": "1", **self._team},
            json=body,
        )

    def deployment(self, deployment_id: str) -> Deployment:
        """A deployment with its state (GET /v13/deployments/{id})."""
        return self._http.request(
            Deployment,
            "get deployment",
            "GET",
            joined("v13", "deployments", deployment_id),
            params=self._team or None,
        )

    def _all(
        self,
        page_of: type[_Page[Listed]],
        operation: str,
        path: str,
        params: Mapping[str, str | int] = MappingProxyType({}),
        *,
        cursor: str = "until",
    ) -> list[Listed]:
        """The items of all pages of a list. `cursor` is the parameter for the `pagination.next` of
        the previous page; a service that ignores it returns the same page again, which ends the
        list."""
        items: dict[str, Listed] = {}
        after: int | str | None = None
        while True:
            query = {**self._team, **params, **({} if after is None else {cursor: after})}
            page = self._http.request(page_of, operation, "GET", path, params=query or None)
            fresh = {item.id: item for item in page.items if item.id not in items}
            items |= fresh
            after = page.pagination.next
            if after is None or not fresh:
                return list(items.values())


def _read_error(body: Any) -> Refusal:
    error = body["error"]
    return Refusal.of(code=error.get("code"), message=error.get("message"))


SERVICE = Service(
    name="Vercel",
    setting="clerkstack:urls.vercel",
    read_error=_read_error,
    remedies={
        401: "The Vercel token is wrong: make one at https://vercel.com/account/tokens and set "
        "it with pulumi config set --secret vercel:apiToken",
        403: "The Vercel token is wrong or has no access to this project: make one at "
        "https://vercel.com/account/tokens for the team that owns the project, and set it with "
        "pulumi config set --secret vercel:apiToken",
        404: "Check clerkstack:environment.projectId and teamId",
    },
)
