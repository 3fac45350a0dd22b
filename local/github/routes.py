"""The operations on comments of a pull request, artifacts and environments, and GET /user."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.github.answers import (
    account_body,
    artifact_body,
    branch_body,
    comment_body,
    environment_body,
    invalid_body,
    pattern_body,
    refusal_body,
)
from local.github.state import Comment, Holder, Repository

LONGEST = 65_536  # characters of a comment
DEFAULT_PAGE, LARGEST_PAGE = 30, 100


def application(repository: Repository, files: str) -> Starlette:
    """Return the API of a repository. `files` is the address of the host of artifacts."""
    operations = _Operations(repository, files)
    top = "/repos/{owner}/{name}"
    at = f"{top}/issues"
    routes = [
        Route("/user", operations.user),
        Route(f"{at}/comments/{{id:int}}", operations.update, methods=["PATCH"]),
        Route(f"{at}/comments/{{id:int}}", operations.delete, methods=["DELETE"]),
        Route(f"{at}/{{number:int}}/comments", operations.list),
        Route(f"{at}/{{number:int}}/comments", operations.create, methods=["POST"]),
        Route(f"{top}/actions/runs/{{run:int}}/artifacts", operations.artifacts),
        Route(f"{top}/actions/artifacts/{{id:int}}/zip", operations.artifact),
        Route(f"{top}/branches", operations.branches),
        Route(f"{top}/environments", operations.environments),
        Route(
            f"{top}/environments/{{environment}}/deployment-branch-policies", operations.patterns
        ),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refused})


def files_of(repository: Repository, seen: list[Mapping[str, str]]) -> Starlette:
    """Return the other host, which serves an artifact to anybody with its URL. `seen` gets the
    headers of each request."""

    async def file(request: Request) -> Response:
        seen.append(dict(request.headers))
        found = [each for each in repository.artifacts if each.id == request.path_params["id"]]
        if not found:
            return Response("<Error/>", 404, media_type="application/xml")
        return Response(found[0].archive, media_type="application/zip")

    return Starlette(routes=[Route("/files/{id:int}", file)])


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal in GitHub's form."""
    return JSONResponse(refusal_body(status, message), status, headers=dict(headers or {}))


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 422:
        return JSONResponse(invalid_body(error.detail), 422)
    return refusal(error.status_code, error.detail)


class _Operations:
    def __init__(self, repository: Repository, files: str) -> None:
        self._repository = repository
        self._files = files

    async def user(self, request: Request) -> Response:
        holder = self._holder(request)
        if holder.installation:
            raise HTTPException(403, "Resource not accessible by integration")
        return JSONResponse(account_body(_api(request), holder.login))

    async def list(self, request: Request) -> Response:
        self._holder(request)
        comments = self._repository.of(self._number(request))
        size = min(_whole(request, "per_page", DEFAULT_PAGE), LARGEST_PAGE)
        page = _whole(request, "page", 1)
        last = max(1, -(-len(comments) // size))
        shown = comments[(page - 1) * size : page * size]
        links = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        if page <= 1:
            del links["prev"], links["first"]
        if page >= last:
            del links["next"], links["last"]
        urls = {
            name: request.url.include_query_params(per_page=size, page=number)
            for name, number in links.items()
        }
        link = ", ".join(f'<{url}>; rel="{name}"' for name, url in urls.items())
        headers = {"Link": link} if link else {}
        return JSONResponse([self._shown(request, each) for each in shown], headers=headers)

    async def create(self, request: Request) -> Response:
        holder = self._writer(request)
        number = self._number(request)
        comment = self._repository.add(number, holder.login, await _body(request))
        return JSONResponse(self._shown(request, comment), 201)

    async def update(self, request: Request) -> Response:
        # A token that may write may also change comments of others.
        self._writer(request)
        comment = self._comment(request)
        comment.body = await _body(request)
        comment.edits += 1
        return JSONResponse(self._shown(request, comment))

    async def delete(self, request: Request) -> Response:
        self._writer(request)
        del self._repository.comments[self._comment(request).id]
        return Response(status_code=204)

    async def artifacts(self, request: Request) -> Response:
        self._reader(request)
        name, run = request.query_params.get("name"), request.path_params["run"]
        found = [
            artifact_body(_api(request), self._repository.name, each)
            for each in self._repository.artifacts
            if each.run == run and name in (None, each.name)
        ]
        shown = found[: min(_whole(request, "per_page", DEFAULT_PAGE), LARGEST_PAGE)]
        return JSONResponse({"total_count": len(found), "artifacts": shown})

    async def artifact(self, request: Request) -> Response:
        self._reader(request)
        number = request.path_params["id"]
        found = [each for each in self._repository.artifacts if each.id == number]
        if not found:
            raise HTTPException(404, "Not Found")
        if found[0].expired:
            raise HTTPException(410, "Artifact has expired")
        return Response(status_code=302, headers={"Location": f"{self._files}/files/{number}"})

    async def environments(self, request: Request) -> Response:
        self._reader(request)
        name = self._repository.name
        found = [environment_body(_api(request), name, e) for e in self._repository.environments]
        return JSONResponse({"total_count": len(found), "environments": found})

    async def branches(self, request: Request) -> Response:
        self._holder(request)
        name, wanted = self._repository.name, request.query_params.get("protected")
        found = [
            branch_body(_api(request), name, branch, protected=branch in self._repository.protected)
            for branch in self._repository.branches
            if wanted in (None, str(branch in self._repository.protected).lower())
        ]
        return JSONResponse(found[: _whole(request, "per_page", DEFAULT_PAGE)])

    async def patterns(self, request: Request) -> Response:
        self._reader(request)
        named = request.path_params["environment"]
        for environment in self._repository.environments:
            if environment.name == named and isinstance(environment.branches, tuple):
                found = [
                    pattern_body(index, name) for index, name in enumerate(environment.branches)
                ]
                return JSONResponse({"total_count": len(found), "branch_policies": found})
        raise HTTPException(404, "Not Found")

    def _reader(self, request: Request) -> Holder:
        holder = self._holder(request)
        if not holder.reads_actions:
            raise HTTPException(403, "Resource not accessible by integration")
        return holder

    def _holder(self, request: Request) -> Holder:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        holder = self._repository.holders.get(token)
        if scheme.lower() not in ("bearer", "token") or holder is None:
            raise HTTPException(401, "Bad credentials")
        place = request.path_params
        if place and f"{place['owner']}/{place['name']}" != self._repository.name:
            raise HTTPException(404, "Not Found")
        return holder

    def _writer(self, request: Request) -> Holder:
        holder = self._holder(request)
        if not holder.writes:
            raise HTTPException(403, "Resource not accessible by integration")
        return holder

    def _number(self, request: Request) -> int:
        number: int = request.path_params["number"]
        if number not in self._repository.pull_requests:
            raise HTTPException(404, "Not Found")
        return number

    def _comment(self, request: Request) -> Comment:
        comment = self._repository.comments.get(request.path_params["id"])
        if comment is None:
            raise HTTPException(404, "Not Found")
        return comment

    def _shown(self, request: Request, comment: Comment) -> dict[str, Any]:
        return comment_body(_api(request), self._repository.name, comment)


def _api(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def _body(request: Request) -> str:
    try:
        sent = json.loads(await request.body())
    except ValueError:
        raise HTTPException(400, "Problems parsing JSON") from None
    text = sent.get("body") if isinstance(sent, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise HTTPException(422, "body is missing")
    if len(text) > LONGEST:
        raise HTTPException(
            422, "Validation Failed: body is too long (maximum is 65536 characters)"
        )
    return text


def _whole(request: Request, name: str, default: int) -> int:
    value = request.query_params.get(name, "")
    return max(1, int(value)) if value.isascii() and value.isdecimal() else default
