"""Vercel's HTTP API in front of the backend.

All versions that clients send are accepted: the official provider lists with v8, reads, creates and
changes with v10 and removes with v8; the current documentation has v10 and v9 for the same
operations, with the same answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.world.service import refusal
from local.world.vercel import errors
from local.world.vercel.backend import Created, Page, VercelBackend
from local.world.vercel.models import TARGETS, Deployment, Project
from local.world.wire import number, parsed

VERSION = "/v{version:vercel_version}"
LARGEST_PAGE = 100

Answer = tuple[int, Any]
Operation = Callable[["Call"], Answer]


class _Version(Convertor[int]):
    """A version in a path; Starlette's own converter accepts more digits than Python can
    convert."""

    regex = "[0-9]{1,3}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("vercel_version", _Version())


class Call:
    """One request, as every operation needs it."""

    def __init__(self, backend: VercelBackend, request: Request, body: Any) -> None:
        self.backend = backend
        self.query = request.query_params
        self.parts = request.path_params
        self.body = body
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        self.token = token if scheme.lower() == "bearer" else ""
        scope = self.query.get("teamId") or self.query.get("slug")
        self.team_id = backend.authorize(self.token, scope)

    @property
    def project(self) -> Project:
        """The project named in the path."""
        return self.backend.project(self.team_id, self.parts["project"])

    def object(self) -> dict[str, Any]:
        """The body, which must be an object."""
        if not isinstance(self.body, dict):
            raise errors.bad_request("Invalid request: body should be object.")
        return self.body

    def flag(self, name: str) -> bool:
        """A query parameter that is true or absent."""
        return self.query.get(name) == "true"

    def page(self, items: Any, *, until: str = "until") -> Page:
        """Return the part of a list for limit, until and since; `until` is the name of that
        parameter."""
        limit = self._number("limit")
        if limit is not None and not 1 <= limit <= LARGEST_PAGE:
            raise errors.bad_request(f"`limit` should be from 1 to {LARGEST_PAGE}.")
        return self.backend.page(
            items, limit=limit, until=self._number(until), since=self._number("since")
        )

    def _number(self, name: str) -> int | None:
        text = self.query.get(name)
        if text is None:
            return None
        found = number(text)
        if found is None:
            raise errors.bad_request(f"Invalid request: `{name}` should be number.")
        return found


def _pagination(page: Page) -> dict[str, object]:
    return {"count": len(page.items), "next": page.next, "prev": page.previous}


def list_variables(call: Call) -> Answer:
    """filterProjectEnvs, with the filter by target that the vendor's command-line client sends."""
    branch, target = call.query.get("gitBranch"), call.query.get("target")
    chosen = [
        v
        for v in call.project.variables.values()
        if branch in (None, v.git_branch) and (target is None or v.reaches(target))
    ]
    page = call.page(chosen)
    decrypt = call.flag("decrypt") and call.backend.lists_decrypted
    shown = [variable.to_json(decrypt=decrypt) for variable in page.items]
    return 200, {"envs": shown, "pagination": _pagination(page)}


def create_variables(call: Call) -> Answer:
    """createProjectEnv: one object, or a list of which each entry succeeds or fails by itself."""
    upsert = call.flag("upsert")
    if not isinstance(call.body, list):
        variable = call.backend.create_variable(call.project, call.object(), upsert=upsert)
        return 201, {"created": variable.to_json(decrypt=False), "failed": []}
    if not call.body or not all(isinstance(entry, dict) for entry in call.body):
        raise errors.bad_request("Invalid request: body should be a list of objects.")
    created = call.backend.create_variables(call.project, call.body, upsert=upsert)
    return _bulk_answer(created)


def _bulk_answer(created: Created) -> Answer:
    failed = [{"error": error.error()} for error in created.failures]
    if not created.variables:
        first = created.failures[0]
        return first.status, {**first.body(), "failed": failed}
    made = [variable.to_json(decrypt=False) for variable in created.variables]
    return 201, {"created": made, "failed": failed}


def pull_variables(call: Call) -> Answer:
    """envPull, as in the command-line client: names and values of a target; those of a branch take
    precedence. The value of a sensitive one is empty."""
    target, branch = call.parts["target"], call.parts.get("branch")
    reached = [v for v in call.project.variables.values() if v.reaches(target)]
    chosen = [v for v in reached if v.git_branch is None]
    chosen += [v for v in reached if branch is not None and v.git_branch == branch]
    return 200, {"env": {v.key: v.value or "" for v in chosen}, "buildEnv": {}}


def read_variable(call: Call) -> Answer:
    """getProjectEnv: readable values come decrypted."""
    variable = call.backend.variable(call.project, call.parts["variable"])
    return 200, variable.to_json(decrypt=True)


def update_variable(call: Call) -> Answer:
    """editProjectEnv."""
    variable = call.backend.update_variable(call.project, call.parts["variable"], call.object())
    return 200, variable.to_json(decrypt=False)


def delete_variable(call: Call) -> Answer:
    """removeProjectEnv."""
    variable = call.backend.delete_variable(call.project, call.parts["variable"])
    return 200, variable.to_json(decrypt=False)


def read_project(call: Call) -> Answer:
    """getProject."""
    return 200, call.project.to_json()


def list_projects(call: Call) -> Answer:
    """getProjects: those of the scope, newest first. Version 10 continues with `from` and its own
    token, earlier versions with `until` and a time (as the command-line client sends)."""
    tokens = call.parts["version"] >= 10
    search = (call.query.get("search") or "").lower()
    there = [
        project
        for project in call.backend.projects.values()
        if project.team_id == call.team_id and search in project.name.lower()
    ]
    page = call.page(there, until="from" if tokens else "until")
    pagination = _pagination(page)
    if tokens and page.next is not None:
        pagination["next"] = str(page.next)
    return 200, {"projects": [item.in_list() for item in page.items], "pagination": pagination}


def list_custom_environments(call: Call) -> Answer:
    """getV9ProjectsIdOrNameCustomEnvironments."""
    shown = [
        {"id": key, "slug": slug, "type": "preview", "createdAt": 0, "updatedAt": 0}
        for key, slug in call.project.custom_environments.items()
    ]
    return 200, {"accountLimit": {"total": 12}, "environments": shown}


def list_shared_variables(call: Call) -> Answer:
    """listSharedEnvVariable: a team's, encrypted; those of one project with `projectId`."""
    project = call.query.get("projectId")
    there = [
        each
        for each in call.backend.shared_of(call.team_id)
        if project is None or project in each.project_ids
    ]
    shown = [each.to_json(decrypt=False) for each in there]
    return 200, {"data": shown, "pagination": {"count": len(shown), "next": None, "prev": None}}


def read_shared_variable(call: Call) -> Answer:
    """getSharedEnvVar: readable values come decrypted."""
    found = call.backend.shared_variable(call.team_id, call.parts["variable"])
    return 200, found.to_json(decrypt=True)


def read_user(call: Call) -> Answer:
    """getAuthUser: the token's owner."""
    return 200, {"user": call.backend.owner()}


def list_teams(call: Call) -> Answer:
    """getTeams."""
    teams = [team.to_json() for team in call.backend.teams_of(call.token)]
    return 200, {"teams": teams, "pagination": {"count": len(teams), "next": None, "prev": None}}


def read_team(call: Call) -> Answer:
    """getTeam, by id or slug."""
    team_id = call.backend.authorize(call.token, call.parts["team"])
    if team_id is None:
        raise errors.not_found("Team")
    return 200, call.backend.teams[team_id].to_json()


def list_deployments(call: Call) -> Answer:
    """getDeployments, filtered by project, target (or a custom environment's slug), state and
    branch."""
    project = call.query.get("projectId") or call.query.get("app")
    wanted = call.backend.project(call.team_id, project).id if project else None
    target = call.query.get("target")
    states = (call.query.get("state") or "").split(",")
    branch = call.query.get("branch")

    def fits(made: Deployment) -> bool:
        return (
            call.backend.projects[made.project_id].team_id == call.team_id
            and wanted in (None, made.project_id)
            and target in (None, made.target)
            and branch in (None, made.branch)
            and (states == [""] or made.state in states)
        )

    page = call.page([made for made in call.backend.deployments.values() if fits(made)])
    shown = [made.to_json() for made in page.items]
    for made in page.items:
        made.watch()
    return 200, {"deployments": shown, "pagination": _pagination(page)}


def create_deployment(call: Call) -> Answer:
    """createDeployment; only building an earlier deployment again is emulated."""
    body = call.object()
    name, earlier, target = body.get("name"), body.get("deploymentId"), body.get("target")
    if not isinstance(name, str) or not name:
        raise errors.bad_request("Invalid request: missing required property `name`.")
    if not isinstance(earlier, str):
        raise errors.bad_request("Only `deploymentId` is supported as a source here.")
    environment = body.get("customEnvironmentSlugOrId")
    if environment is not None and not isinstance(environment, str):
        raise errors.bad_request("`customEnvironmentSlugOrId` should be string.")
    if target is not None and target not in TARGETS[:2]:
        raise errors.bad_request(f"`target` should be one of {', '.join(TARGETS[:2])}.")
    made = call.backend.redeploy(
        call.team_id, earlier, name=name, target=target, environment=environment
    )
    return 200, made.to_json()


def read_deployment(call: Call) -> Answer:
    """getDeployment; reading a deployment advances it."""
    made = call.backend.deployment(call.team_id, call.parts["deployment"])
    shown = made.to_json()
    made.watch()
    return 200, shown


PROJECT = f"{VERSION}/projects/{{project}}"
VARIABLE = f"{PROJECT}/env/{{variable}}"
OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("GET", f"{PROJECT}/env", list_variables),
    ("POST", f"{PROJECT}/env", create_variables),
    ("GET", VARIABLE, read_variable),
    ("PATCH", VARIABLE, update_variable),
    ("DELETE", VARIABLE, delete_variable),
    ("GET", f"{VERSION}/env/pull/{{project}}/{{target}}", pull_variables),
    ("GET", f"{VERSION}/env/pull/{{project}}/{{target}}/{{branch:path}}", pull_variables),
    ("GET", f"{VERSION}/projects", list_projects),
    ("GET", PROJECT, read_project),
    ("GET", f"{PROJECT}/custom-environments", list_custom_environments),
    # The command-line client sends no version.
    ("GET", "/projects/{project}/custom-environments", list_custom_environments),
    ("GET", f"{VERSION}/env", list_shared_variables),
    ("GET", f"{VERSION}/env/{{variable}}", read_shared_variable),
    ("GET", f"{VERSION}/user", read_user),
    ("GET", f"{VERSION}/teams", list_teams),
    ("GET", f"{VERSION}/teams/{{team}}", read_team),
    ("GET", f"{VERSION}/deployments", list_deployments),
    ("POST", f"{VERSION}/deployments", create_deployment),
    ("GET", f"{VERSION}/deployments/{{deployment}}", read_deployment),
)


def make_routes(backend: VercelBackend) -> list[Route]:
    """Bind the operations to their paths."""
    return [
        Route(path, _endpoint(backend, operation), methods=[method])
        for method, path, operation in OPERATIONS
    ]


def _endpoint(backend: VercelBackend, operation: Operation) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            body = parsed(raw) if raw else None
        except ValueError:
            return refusal(errors.bad_request("Invalid JSON."))
        try:
            status, answer = operation(Call(backend, request, body))
        except errors.VercelError as error:
            return refusal(error)
        return JSONResponse(answer, status_code=status)

    return endpoint
