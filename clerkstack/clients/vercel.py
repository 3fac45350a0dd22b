"""Vercel REST API: reading variables, building a deployment again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr

from clerkstack.clients.http import TIMEOUT, BearerKey, Client, Http

MENDS = {
    401: "The Vercel token is wrong: make one at https://vercel.com/account/tokens and set it "
    "with pulumi config set --secret vercel:apiToken",
    403: "The Vercel token is wrong or may not see this project: make one at "
    "https://vercel.com/account/tokens for the team that owns the project, and set it with "
    "pulumi config set --secret vercel:apiToken",
    404: "Check clerkstack:environment.projectId and teamId",
}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class EnvironmentVariable(_Model):
    """A variable of a project. A sensitive one never has a value."""

    id: str
    key: str
    type: str
    target: tuple[str, ...] = ()
    comment: str | None = None
    updated_at: int | None = Field(None, alias="updatedAt")


class Deployment(_Model):
    """A deployment of a project."""

    id: str = Field(validation_alias=AliasChoices("id", "uid"))
    name: str
    target: str | None = None
    state: str = Field(validation_alias=AliasChoices("readyState", "state"))
    url: str | None = None


class _Pagination(_Model):
    next: int | None = None


class _Variables(_Model):
    envs: tuple[EnvironmentVariable, ...]
    pagination: _Pagination = _Pagination()


class _Deployments(_Model):
    deployments: tuple[Deployment, ...]


class VercelClient(Client):
    """Client of the Vercel REST API, for one team where `team_id` is given."""

    def __init__(
        self,
        *,
        token: SecretStr,
        base_url: str,
        team_id: str | None = None,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._team = {"teamId": team_id} if team_id else {}
        self._http = Http(
            vendor="Vercel",
            base_url=base_url,
            auth=BearerKey(token),
            read_error=_read_error,
            mends=MENDS,
            transport=transport,
            timeout=timeout,
            sleep=sleep,
        )

    def list_variables(self, project: str) -> list[EnvironmentVariable]:
        """All variables of a project (GET /v10/projects/{id}/env)."""
        found: list[EnvironmentVariable] = []
        until: int | None = None
        while True:
            params: dict[str, Any] = dict(self._team)
            if until is not None:
                params["until"] = until
            page = self._http.request(
                _Variables,
                "list variables",
                "GET",
                f"/v10/projects/{project}/env",
                params=params or None,
            )
            found += page.envs
            until = page.pagination.next
            if until is None:
                return found

    def latest_deployment(self, project: str, target: str) -> Deployment | None:
        """The newest ready deployment of a target, or None (GET /v6/deployments)."""
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
                **self._team,
            },
        )
        return page.deployments[0] if page.deployments else None

    def redeploy(self, deployment: Deployment, target: str) -> Deployment:
        """Build a deployment again with today's variables (POST /v13/deployments)."""
        body = {"deploymentId": deployment.id, "name": deployment.name}
        if target == "production":
            # Preview is what Vercel builds where no target is named.
            body["target"] = target
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
            f"/v13/deployments/{deployment_id}",
            params=self._team or None,
        )


def _read_error(body: Any) -> dict[str, Any]:
    error = body["error"]
    return {"code": error.get("code") or "", "message": error.get("message") or ""}
