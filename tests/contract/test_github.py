"""GitHub's client and its emulator fit GitHub's own description.

`make node` fetches it (local/machine/github_description.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import httpx
import jsonschema
import pytest
from pydantic import SecretStr

from clerkstack.clients.errors import ApiError
from clerkstack.clients.github import GithubClient
from local.github import Github
from local.github.github import READ_TOKEN, TOKEN
from local.github.state import Environment, Holder
from local.machine.github_description import FILE
from local.parts import GITHUB
from tests.absent import absent
from tests.descriptions import plain

pytestmark = pytest.mark.contract

COMMENTS = "/repos/{owner}/{repo}/issues"
TOP = "/repos/{owner}/{repo}"
ARTIFACT = f"{TOP}/actions/artifacts/{{artifact_id}}/{{archive_format}}"
PATHS = (
    f"{COMMENTS}/{{issue_number}}/comments",
    f"{COMMENTS}/comments/{{comment_id}}",
    "/user",
    f"{TOP}/actions/runs/{{run_id}}/artifacts",
    ARTIFACT,
    f"{TOP}/branches",
    f"{TOP}/environments",
    f"{TOP}/environments/{{environment_name}}/deployment-branch-policies",
)
PERSON = "ghp_apersonstoken00000"


@cache
def description() -> dict[str, Any]:
    if not FILE.exists():
        absent(GITHUB)
    read = json.loads(FILE.read_text())
    paths = {path: read["paths"][path] for path in PATHS}
    return {"paths": plain(paths), "components": plain(read["components"])}


@pytest.fixture
def github() -> Iterator[Github]:
    with Github() as running:
        running.repository.holders[PERSON] = Holder("ada", installation=False)
        for index in range(101):
            running.repository.add(7, "somebody", f"comment {index}")
        running.leave("{}")
        running.repository.leave(98, "review", b"", expired=True)
        running.repository.environments = [
            Environment("production", ("ada",), ("main",)),
            Environment("development", (), "protected"),
            Environment("open"),
        ]
        yield running


class Watched(httpx.BaseTransport):
    """Passes every request on and records it."""

    def __init__(self) -> None:
        self.seen: list[tuple[httpx.Request, httpx.Response]] = []
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        answer.read()
        self.seen.append((request, answer))
        return answer

    def close(self) -> None:
        self._inner.close()


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = description()
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def operation(request: httpx.Request) -> dict[str, Any]:
    for path, methods in description()["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", path)
        if re.fullmatch(pattern, request.url.path) and request.method.lower() in methods:
            found: dict[str, Any] = methods[request.method.lower()]
            return found
    raise AssertionError(f"{request.method} {request.url.path} is not described")


def valid(value: Any, schema: dict[str, Any]) -> None:
    whole = {**schema, "components": description()["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)


CALLS: list[tuple[str, str, Callable[[GithubClient], object], int]] = [
    ("users/get-authenticated", PERSON, lambda each: each.authenticated_user(), 200),
    ("users/get-authenticated", TOKEN, lambda each: each.authenticated_user(), 403),
    ("users/get-authenticated", "ghp_wrong00000", lambda each: each.authenticated_user(), 401),
    ("issues/list-comments", TOKEN, lambda each: each.list_comments(7), 200),
    ("issues/list-comments", TOKEN, lambda each: each.list_comments(8), 404),
    ("issues/create-comment", TOKEN, lambda each: each.create_comment(7, "text"), 201),
    ("issues/create-comment", READ_TOKEN, lambda each: each.create_comment(7, "text"), 403),
    ("issues/create-comment", TOKEN, lambda each: each.create_comment(8, "text"), 404),
    ("issues/create-comment", TOKEN, lambda each: each.create_comment(7, "x" * 65_537), 422),
    ("issues/update-comment", TOKEN, lambda each: each.update_comment(1001, "text"), 200),
    ("issues/update-comment", TOKEN, lambda each: each.update_comment(1001, ""), 422),
    ("issues/delete-comment", TOKEN, lambda each: each.delete_comment(1001), 204),
    ("actions/list-workflow-run-artifacts", TOKEN, lambda each: each.artifacts(99, "review"), 200),
    ("actions/download-artifact", TOKEN, lambda each: each.artifact(1102, 1000), 302),
    ("actions/download-artifact", TOKEN, lambda each: each.artifact(1103, 1000), 410),
    ("repos/list-branches", TOKEN, lambda each: each.has_protected_branch(), 200),
    ("repos/get-all-environments", TOKEN, lambda each: each.environments(), 200),
    (
        "repos/list-deployment-branch-policies",
        TOKEN,
        lambda each: each.branch_patterns("production"),
        200,
    ),
]


@pytest.mark.parametrize(
    ("name", "token", "call", "status"), CALLS, ids=[f"{each[0]}-{each[3]}" for each in CALLS]
)
def test_requests_and_answers_are_as_described(
    github: Github, name: str, token: str, call: Callable[[GithubClient], object], status: int
) -> None:
    description()
    watched = Watched()
    with (
        GithubClient(
            token=SecretStr(token),
            base_url=github.url,
            repository=github.repository.name,
            transport=watched,
        ) as ours,
        suppress(ApiError),
    ):
        call(ours)

    for request, answer in watched.seen:
        if request.url.path.startswith("/files/"):
            assert "authorization" not in request.headers
            assert (request.url.port, answer.status_code) != (httpx.URL(github.url).port, 404)
            continue
        described = operation(request)
        assert described["operationId"] == name
        assert answer.status_code == status
        named = {resolved(each)["name"] for each in described.get("parameters", [])}
        assert set(request.url.params) <= named
        if request.content:
            sent = described["requestBody"]["content"]["application/json"]["schema"]
            valid(json.loads(request.content), sent)
        told = resolved(described["responses"][str(status)])
        for kind in told.get("content", {}):
            assert answer.headers["content-type"].startswith(kind)
            valid(answer.json(), told["content"][kind]["schema"])
        if status == 204:
            assert answer.content == b""
    assert watched.seen


def test_every_method_is_called() -> None:
    methods = {
        name
        for name, each in vars(GithubClient).items()
        if callable(each) and not name.startswith("_")
    }

    assert {call.__code__.co_names[0] for _, _, call, _ in CALLS} == methods
