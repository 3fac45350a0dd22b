"""An operation that only the vendor has gets a 404 in the vendor's own form."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import jsonschema
import pytest

from local.world import World, seed
from local.world.operations import APIS, described, shape
from tests.descriptions import document, plain

pytestmark = pytest.mark.contract

VERCEL = (
    ("POST", "/v11/projects"),
    ("POST", "/v1/env"),
    ("POST", "/v9/projects/prj_any/custom-environments"),
    ("DELETE", "/v9/projects/prj_any"),
    ("GET", "/v5/domains"),
    ("GET", "/v9/projects/prj_any/domains"),
    ("GET", "/v1/edge-config"),
    ("DELETE", "/v13/deployments/dpl_any"),
    ("PATCH", "/v12/deployments/dpl_any/cancel"),
)
"""Some of its operations: its description is not among ours."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World(proxy=False) as started:
        yield started


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def unanswered(name: str) -> Iterator[tuple[str, str, bool]]:
    """Return each described operation without an answer.

    Each has its method, a path, and whether the path is answered with another method.
    """
    answered = {(operation.method, shape(operation.path)) for operation in APIS[name].operations}
    patterns = [re.compile(path.replace("{}", "[^/]+")) for _, path in answered]
    for method, path, _ in described(document(name)):
        whole = shape(APIS[name].prefix + path)
        if (method, whole) not in answered:
            asked = whole.replace("{}", "any")
            yield method, asked, any(pattern.fullmatch(asked) for pattern in patterns)


def key_of(world: World, name: str) -> str:
    if name == "platform":
        return seed.PLATFORM_KEY
    if name == "svix":
        return str(world.svix.organization_token())
    secret: str = world.clerk.instance(seed.APPLICATION_ID, "development").secret
    return secret


@pytest.mark.parametrize("name", ["platform", "backend", "frontend"])
def test_clerk_says_that_nothing_is_found(world: World, http: httpx.Client, name: str) -> None:
    host = world.clerk.instance(seed.APPLICATION_ID, "development").host
    headers = {"Authorization": f"Bearer {key_of(world, name)}"}
    headers |= {"Host": host} if name == "frontend" else {}
    base = getattr(world.urls, APIS[name].service)
    form = {"$ref": "#/components/schemas/ClerkErrors"}
    components = plain(document(name)["components"])
    errors = jsonschema.Draft202012Validator({**form, "components": components})
    asked = list(unanswered(name))

    for method, path, _ in asked:
        answer = http.request(method, base + path, headers=headers)
        assert answer.status_code == 404, (method, path, answer.text)
        errors.validate(answer.json())
        assert answer.json()["errors"][0]["code"] == "resource_not_found"
    assert len(asked) > 10


def test_svix_says_nothing(world: World, http: httpx.Client) -> None:
    """As svix-server does: another method of an existing path is a 405."""
    headers = {"Authorization": f"Bearer {key_of(world, 'svix')}"}
    asked = list(unanswered("svix"))

    for method, path, there in asked:
        answer = http.request(method, world.urls.svix + path, headers=headers)
        assert answer.status_code == (405 if there else 404), (method, path, answer.text)
        assert answer.content == b""
    assert len(asked) > 100


@pytest.mark.parametrize(("method", "path"), VERCEL)
def test_vercel_says_that_nothing_is_found(
    world: World, http: httpx.Client, method: str, path: str
) -> None:
    headers = {"Authorization": f"Bearer {seed.VERCEL_TOKEN}"}

    answer = http.request(method, world.urls.vercel + path, headers=headers)

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert answer.json()["error"]["message"]
