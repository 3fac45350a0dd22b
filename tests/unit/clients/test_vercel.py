"""Vercel's client: pages, teams, redeploys."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.errors import Forbidden, NotFound
from clerkstack.clients.vercel import Deployment, VercelClient

DEPLOYMENT = {"uid": "dpl_1", "name": "sendero", "state": "READY", "target": "production"}


def app(request: httpx.Request) -> httpx.Response:
    match request.method, request.url.path:
        case "GET", "/v10/projects/prj_1/env":
            until = request.url.params.get("until")
            variable = {"id": f"env_{until}", "key": "A", "type": "sensitive", "updatedAt": 5}
            targets: list[object] = [["production", "preview"], "development"]
            following = {None: 17, "17": 0, "0": None}[until]
            body = {
                "envs": [{**variable, "target": targets[0 if until is None else 1]}],
                "pagination": {"count": 1, "next": following, "prev": None},
            }
            return httpx.Response(200, json=body)
        case "DELETE", "/v9/projects/prj_1/env/env_1":
            return httpx.Response(200, json={"id": "env_1"})
        case "GET", "/v6/deployments":
            empty = request.url.params["target"] == "preview"
            return httpx.Response(200, json={"deployments": [] if empty else [DEPLOYMENT]})
        case "POST", "/v13/deployments":
            made = {"id": "dpl_2", "name": "sendero", "readyState": "QUEUED"}
            return httpx.Response(200, json=made)
        case "GET", "/v13/deployments/dpl_2":
            body = {"id": "dpl_2", "name": "sendero", "readyState": "READY", "state": "OLD"}
            return httpx.Response(200, json=body)
    error = {"code": "not_found", "message": "Nothing here."}
    return httpx.Response(404, json={"error": error})


def client(
    team_id: str | None = None, answer: Callable[[httpx.Request], httpx.Response] = app
) -> tuple[VercelClient, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(request)

    made = VercelClient(
        token=SecretStr("token123"),
        base_url="https://api.vercel.test",
        team_id=team_id,
        transport=httpx.MockTransport(keep),
    )
    return made, seen


def test_all_pages_of_variables_are_read() -> None:
    vercel, seen = client()

    found = vercel.list_variables("prj_1")

    assert [variable.id for variable in found] == ["env_None", "env_17", "env_0"]
    assert [request.url.params.get("until") for request in seen] == [None, "17", "0"]
    assert found[0].target == ("production", "preview")
    assert found[1].target == ("development",)
    assert found[0].updated_at == 5


def test_a_service_that_gives_the_same_page_for_ever_is_left() -> None:
    variable = {"id": "env_1", "key": "A", "type": "sensitive"}
    body = {"envs": [variable], "pagination": {"next": 17}}
    vercel, seen = client(answer=lambda _: httpx.Response(200, json=body))

    assert [each.id for each in vercel.list_variables("prj_1")] == ["env_1"]
    assert len(seen) == 2


def test_a_variable_is_narrowed_with_its_value_as_it_is() -> None:
    vercel, seen = client("team_1", answer=lambda _: httpx.Response(200, json={}))

    vercel.narrow_variable("prj_1", "env_1", targets=[], custom_environments=["env_x"])

    [request] = seen
    assert json.loads(request.content) == {"target": [], "customEnvironmentIds": ["env_x"]}
    assert request.url.params["teamId"] == "team_1"


@pytest.mark.parametrize("team", [None, "team_1"])
def test_every_request_names_the_team(team: str | None) -> None:
    vercel, seen = client(team)

    vercel.list_variables("prj_1")
    found = vercel.latest_deployment("prj_1", "production")
    assert found is not None
    vercel.redeploy(found, "production")
    vercel.deployment("dpl_2")
    vercel.delete_variable("prj_1", "env_1")

    assert {request.url.params.get("teamId") for request in seen} == {team}
    assert {request.headers["authorization"] for request in seen} == {"Bearer token123"}


def test_the_newest_ready_deployment_of_a_target() -> None:
    vercel, seen = client()

    found = vercel.latest_deployment("prj_1", "production")
    none = vercel.latest_deployment("prj_1", "preview")

    assert found == Deployment(id="dpl_1", name="sendero", readyState="READY", target="production")
    assert none is None
    assert dict(seen[0].url.params) == {
        "projectId": "prj_1",
        "target": "production",
        "state": "READY",
        "limit": "1",
    }


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("production", {"deploymentId": "dpl_1", "name": "sendero", "target": "production"}),
        ("preview", {"deploymentId": "dpl_1", "name": "sendero"}),
    ],
)
def test_a_deployment_is_built_again(target: str, body: dict[str, str]) -> None:
    vercel, seen = client()

    made = vercel.redeploy(Deployment.model_validate(DEPLOYMENT), target)
    state = vercel.deployment(made.id).state

    assert json.loads(seen[0].content) == body
    assert seen[0].url.params["forceNew"] == "1"
    assert (made.state, state) == ("QUEUED", "READY")


def test_a_redeploy_is_not_repeated_by_itself() -> None:
    vercel, seen = client(answer=lambda request: httpx.Response(500, json={}))

    with pytest.raises(Exception, match="redeploy"):
        vercel.redeploy(Deployment.model_validate(DEPLOYMENT), "production")

    assert len(seen) == 1


def test_what_is_not_there_is_reported() -> None:
    vercel, _ = client()

    with pytest.raises(NotFound, match=r"Nothing here\. Check clerkstack:environment\.projectId"):
        vercel.delete_variable("prj_1", "env_9")


def test_a_wrong_token_says_where_to_make_one() -> None:
    error = {"error": {"code": "forbidden", "message": "Not authorized", "invalidToken": True}}
    vercel, _ = client(answer=lambda request: httpx.Response(403, json=error))

    with pytest.raises(Forbidden, match=r"vercel\.com/account/tokens"):
        vercel.list_variables("prj_1")
