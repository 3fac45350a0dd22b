"""The emulated Vercel answers as the clients of the real one expect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from local.world.vercel import VercelBackend, VercelService
from local.world.vercel.models import digest
from tests.world.serving import serving

TOKEN = "localVercelToken00000000001"
PROJECT = "prj_sendero"
ENV = f"/v10/projects/{PROJECT}/env"


@dataclass
class Vercel:
    """The emulator and an authorized client."""

    backend: VercelBackend
    client: httpx.Client

    def make(self, key: str = "API_URL", **changes: Any) -> httpx.Response:
        return self.client.post(ENV, json=variable(key, **changes))


def variable(key: str = "API_URL", **changes: Any) -> dict[str, Any]:
    return {"key": key, "value": "one", "type": "encrypted", "target": ["production"]} | changes


@pytest.fixture
def vercel() -> Iterator[Vercel]:
    service = VercelService()
    service.backend.add_token(TOKEN, teams=["team_a"])
    service.backend.add_team("team_a", "a-team")
    service.backend.add_team("team_b", "b-team")
    service.backend.add_project(PROJECT, "sendero")
    service.backend.add_project("prj_team", "theirs", team_id="team_a")
    with (
        serving(service) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as client,
    ):
        yield Vercel(service.backend, client)


def error(response: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = response.json()["error"]
    return body


def test_a_readable_variable_is_encrypted_in_lists_and_decrypted_on_request(vercel: Vercel) -> None:
    made = vercel.make(value="open", comment="why").json()["created"]

    listed = vercel.client.get(ENV).json()["envs"][0]
    decrypted = vercel.client.get(f"/v8/projects/{PROJECT}/env?decrypt=true").json()["envs"][0]
    single = vercel.client.get(f"{ENV}/{made['id']}").json()

    assert made["value"] != "open"
    assert listed["value"] == made["value"]
    assert (decrypted["value"], decrypted["decrypted"]) == ("open", True)
    assert (single["value"], single["comment"]) == ("open", "why")


def test_a_sensitive_value_is_nowhere_but_its_digest_in_the_state(vercel: Vercel) -> None:
    made = vercel.make(type="sensitive", value="hush-hush").json()["created"]

    answers = [
        vercel.client.get(f"{ENV}/{made['id']}").text,
        vercel.client.get(f"{ENV}?decrypt=true").text,
        vercel.client.get(f"/v10/projects/{PROJECT}").text,
        json.dumps(vercel.backend.dump()),
    ]

    assert made["value"] == ""
    assert not [answer for answer in answers if "hush-hush" in answer]
    held = vercel.backend.projects[PROJECT].variables[made["id"]]
    assert held.value_digest == digest("hush-hush")


def test_a_sensitive_variable_cannot_target_development(vercel: Vercel) -> None:
    refused = vercel.make(type="sensitive", target=["preview", "development"])

    assert refused.status_code == 400
    assert "development" in error(refused)["message"]


def test_a_taken_name_is_a_conflict_that_names_the_other_variable(vercel: Vercel) -> None:
    held = vercel.make(target=["production", "preview"]).json()["created"]

    refused = vercel.make(target=["preview", "development"])

    assert refused.status_code == 400
    assert error(refused)["code"] == "ENV_CONFLICT"
    assert error(refused)["envVarId"] == held["id"]
    assert error(refused)["envVarKey"] == "API_URL"
    assert error(refused)["target"] == ["preview"]


def test_other_targets_and_other_branches_are_no_conflict(vercel: Vercel) -> None:
    vercel.make(target=["preview"])

    answers = [
        vercel.make(target=["production"]),
        vercel.make(target=["preview"], gitBranch="feature"),
    ]

    assert [answer.status_code for answer in answers] == [201, 201]


def test_upsert_changes_the_variable_in_the_same_place_only(vercel: Vercel) -> None:
    held = vercel.make(target=["production", "preview"]).json()["created"]

    same = vercel.client.post(
        f"{ENV}?upsert=true", json=variable(value="two", target=["preview", "production"])
    )
    overlapping = vercel.client.post(f"{ENV}?upsert=true", json=variable(target=["preview"]))

    assert same.json()["created"]["id"] == held["id"]
    assert vercel.client.get(f"{ENV}/{held['id']}").json()["value"] == "two"
    assert (overlapping.status_code, error(overlapping)["code"]) == (400, "ENV_CONFLICT")


def test_a_bulk_create_makes_what_it_can_and_lists_the_rest(vercel: Vercel) -> None:
    vercel.make("TAKEN")

    answer = vercel.client.post(
        ENV, json=[variable("FREE"), variable("TAKEN"), variable("BAD-NAME")]
    )

    body = answer.json()
    assert answer.status_code == 201
    assert [made["key"] for made in body["created"]] == ["FREE"]
    codes = {one["error"]["envVarKey"]: one["error"]["code"] for one in body["failed"]}
    assert codes == {"TAKEN": "ENV_CONFLICT", "BAD-NAME": "bad_request"}


def test_a_bulk_create_of_which_nothing_was_made_is_an_error(vercel: Vercel) -> None:
    vercel.make("A")

    answer = vercel.client.post(ENV, json=[variable("A"), variable("A")])

    assert answer.status_code == 400
    assert error(answer)["code"] == "ENV_CONFLICT"
    assert len(answer.json()["failed"]) == 2


def test_a_change_touches_only_what_it_names(vercel: Vercel) -> None:
    made = vercel.make(comment="kept").json()["created"]

    changed = vercel.client.patch(
        f"{ENV}/{made['id']}", json={"value": "two", "type": "encrypted", "target": ["preview"]}
    )

    now = vercel.client.get(f"{ENV}/{made['id']}").json()
    assert changed.status_code == 200
    assert (now["value"], now["target"], now["comment"]) == ("two", ["preview"], "kept")
    assert now["updatedAt"] > made["updatedAt"]


def test_a_sensitive_variable_becomes_readable_only_with_a_new_value(vercel: Vercel) -> None:
    made = vercel.make(type="sensitive").json()["created"]

    refused = vercel.client.patch(f"{ENV}/{made['id']}", json={"type": "encrypted"})
    allowed = vercel.client.patch(f"{ENV}/{made['id']}", json={"type": "encrypted", "value": "two"})

    assert refused.status_code == 400
    assert allowed.status_code == 200


def test_a_removed_variable_is_gone(vercel: Vercel) -> None:
    made = vercel.make().json()["created"]
    path = f"/v8/projects/{PROJECT}/env/{made['id']}"

    first, second = vercel.client.delete(path), vercel.client.delete(path)

    assert (first.status_code, second.status_code) == (200, 404)
    assert error(second)["code"] == "not_found"


def test_a_list_is_read_page_by_page(vercel: Vercel) -> None:
    for number in range(5):
        vercel.make(f"KEY_{number}")

    keys: list[str] = []
    until = ""
    for _ in range(3):
        page = vercel.client.get(f"{ENV}?limit=2{until}").json()
        keys += [one["key"] for one in page["envs"]]
        until = f"&until={page['pagination']['next']}"

    assert keys == [f"KEY_{number}" for number in (4, 3, 2, 1, 0)]
    assert page["pagination"]["next"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"key": "1ST"},
        {"type": "public"},
        {"target": []},
        {"target": ["staging"]},
        {"target": ["preview", "preview"]},
        {"value": 7},
        {"gitBranch": "main"},
        {"comment": "x" * 1001},
        {"colour": "red"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_bad_variable_is_refused_and_not_kept(vercel: Vercel, change: dict[str, Any]) -> None:
    refused = vercel.client.post(ENV, json=variable() | change)

    assert refused.status_code == 400
    assert error(refused)["code"] == "bad_request"
    assert vercel.client.get(ENV).json()["envs"] == []


def test_a_missing_or_wrong_token_is_forbidden(vercel: Vercel) -> None:
    answers = [
        httpx.get(f"{vercel.client.base_url}{ENV}", headers=headers)
        for headers in ({}, {"Authorization": "Bearer nobody"})
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert error(answers[0])["missingToken"] is True
    assert error(answers[1])["invalidToken"] is True


def test_a_team_is_asked_by_id_or_slug_and_only_by_its_members(vercel: Vercel) -> None:
    get = vercel.client.get

    assert get("/v10/projects/prj_team?teamId=team_a").json()["name"] == "theirs"
    assert get("/v10/projects/theirs?slug=a-team").json()["id"] == "prj_team"
    assert get("/v10/projects/prj_team").status_code == 404
    assert error(get("/v10/projects/prj_team?teamId=team_b"))["code"] == "forbidden"
    assert get("/v2/teams/a-team").json()["id"] == "team_a"
    assert get("/v2/teams/team_b").status_code == 403
    assert [team["id"] for team in get("/v2/teams").json()["teams"]] == ["team_a"]


def test_a_team_can_force_deployed_variables_to_be_sensitive(vercel: Vercel) -> None:
    vercel.backend.teams["team_a"].sensitive_policy = "on"
    url = "/v10/projects/prj_team/env?teamId=team_a"

    answers = [
        vercel.client.post(url, json=variable(type=kind, target=[target]))
        for kind, target in (
            ("encrypted", "preview"),
            ("sensitive", "preview"),
            ("encrypted", "development"),
        )
    ]

    assert [answer.status_code for answer in answers] == [400, 201, 201]


def test_a_redeploy_makes_new_values_live(vercel: Vercel) -> None:
    vercel.make("A", value="one", type="sensitive")
    earlier = vercel.backend.add_deployment(PROJECT, "production")
    vercel.client.patch(
        f"{ENV}/{next(iter(vercel.backend.projects[PROJECT].variables))}", json={"value": "two"}
    )

    body = {"deploymentId": earlier.id, "name": "sendero", "target": "production"}
    made = vercel.client.post("/v13/deployments", json=body).json()

    assert earlier.environment == {"A": digest("one")}
    assert vercel.backend.deployments[made["id"]].environment == {"A": digest("two")}
    assert made["meta"]["environmentDigest"] != earlier.environment_digest
    assert made["meta"]["originalDeploymentId"] == earlier.id


def test_a_redeploy_takes_the_variables_of_its_own_target(vercel: Vercel) -> None:
    vercel.make("P", target=["production"])
    vercel.make("Q", target=["preview"])

    made = vercel.backend.add_deployment(PROJECT, "preview")

    assert list(made.environment) == ["Q"]
    assert made.to_json()["target"] is None


def test_a_redeploy_without_a_target_is_a_preview(vercel: Vercel) -> None:
    earlier = vercel.backend.add_deployment(PROJECT, "production")

    made = vercel.client.post(
        "/v13/deployments", json={"deploymentId": earlier.id, "name": "sendero"}
    ).json()

    assert made["target"] is None
    assert vercel.backend.deployments[made["id"]].target == "preview"


def test_a_deployment_becomes_ready_while_it_is_watched(vercel: Vercel) -> None:
    earlier = vercel.backend.add_deployment(PROJECT, "production")
    body = {"deploymentId": earlier.id, "name": "sendero"}
    made = vercel.client.post("/v13/deployments", json=body).json()

    states = [
        vercel.client.get(f"/v13/deployments/{made['id']}").json()["readyState"] for _ in range(4)
    ]

    assert made["readyState"] == "QUEUED"
    assert states == ["QUEUED", "BUILDING", "READY", "READY"]


def test_a_deployment_becomes_ready_while_lists_show_it(vercel: Vercel) -> None:
    earlier = vercel.backend.add_deployment(PROJECT, "production")
    vercel.backend.redeploy(None, earlier.id, name="sendero", target="production")
    url = f"/v6/deployments?projectId={PROJECT}&limit=1"

    states = [vercel.client.get(url).json()["deployments"][0]["state"] for _ in range(3)]

    assert states == ["QUEUED", "BUILDING", "READY"]


def test_deployments_are_listed_newest_first_and_filtered(vercel: Vercel) -> None:
    old = vercel.backend.add_deployment(PROJECT, "production")
    preview = vercel.backend.add_deployment(PROJECT, "preview")
    new = vercel.backend.add_deployment(PROJECT, "production")
    url = f"/v6/deployments?projectId={PROJECT}"

    def listed(query: str) -> list[str]:
        return [one["uid"] for one in vercel.client.get(url + query).json()["deployments"]]

    assert listed("") == [new.id, preview.id, old.id]
    assert listed("&target=production&limit=1&state=READY") == [new.id]
    assert listed("&target=preview") == [preview.id]
    assert listed("&state=ERROR") == []


def test_a_redeploy_of_an_unknown_deployment_is_not_found(vercel: Vercel) -> None:
    body = {"deploymentId": "dpl_none", "name": "sendero"}

    assert vercel.client.post("/v13/deployments", json=body).status_code == 404
    assert vercel.client.get("/v13/deployments/dpl_none").status_code == 404


def test_unknown_urls_and_methods_have_vercels_error_form(vercel: Vercel) -> None:
    unknown = vercel.client.get("/v10/nothing")
    wrong = vercel.client.put(ENV)

    for answer in (unknown, wrong):
        assert (answer.status_code, error(answer)["code"]) == (404, "not_found")


def test_the_state_survives_a_restart(vercel: Vercel) -> None:
    vercel.make("A", type="sensitive")
    vercel.make("B", gitBranch="feature", target=["preview"])
    vercel.backend.add_deployment(PROJECT, "production")
    restarted = VercelBackend()

    restarted.load(json.loads(json.dumps(vercel.backend.dump())))

    assert restarted.dump() == vercel.backend.dump()
    assert restarted.projects[PROJECT].variables == vercel.backend.projects[PROJECT].variables
    assert restarted.now() > vercel.backend.deployments.popitem()[1].created_at


def test_projects_are_listed_in_pages_by_a_token_of_their_own(vercel: Vercel) -> None:
    for number in range(3):
        vercel.backend.add_project(f"prj_{number}", f"p{number}")

    first = vercel.client.get("/v10/projects?limit=2").json()
    after = first["pagination"]["next"]
    rest = vercel.client.get(f"/v10/projects?limit=2&from={after}").json()
    theirs = vercel.client.get("/v10/projects?teamId=team_a").json()["projects"]
    older = vercel.client.get("/v9/projects?limit=2").json()["pagination"]["next"]

    assert [project["name"] for project in first["projects"]] == ["p2", "p1"]
    assert [project["name"] for project in rest["projects"]] == ["p0", "sendero"]
    assert rest["pagination"]["next"] is None
    assert isinstance(after, str)
    assert isinstance(older, int)
    assert [each["name"] for each in theirs] == ["theirs"]
    assert vercel.client.get("/v10/projects?teamId=team_b").status_code == 403


def test_an_account_may_list_values_encrypted_and_read_one_all_the_same(vercel: Vercel) -> None:
    vercel.backend.lists_decrypted = False
    made = vercel.make(value="open").json()["created"]

    (listed,) = vercel.client.get(f"{ENV}?decrypt=true").json()["envs"]

    assert (listed["value"], listed["decrypted"]) == (made["value"], False)
    assert vercel.client.get(f"{ENV}/{made['id']}").json()["value"] == "open"


def test_custom_environments_and_branches_are_built_with_what_is_theirs(vercel: Vercel) -> None:
    staging = vercel.backend.add_custom_environment(PROJECT, "staging")
    vercel.make(target=["preview"], value="all")
    vercel.make(target=[], customEnvironmentIds=[staging], value="staging")
    vercel.make(target=["preview"], gitBranch="feature/x", value="branch")
    built = {
        "staging": vercel.backend.add_deployment(PROJECT, "staging"),
        "branch": vercel.backend.add_deployment(PROJECT, "preview", branch="feature/x"),
        "all": vercel.backend.add_deployment(PROJECT, "preview"),
    }
    for value, made in built.items():
        assert made.environment == {"API_URL": digest(value)}

    found = vercel.client.get(f"/v9/projects/{PROJECT}/custom-environments").json()
    assert [(environment["id"], environment["slug"]) for environment in found["environments"]] == [
        (staging, "staging")
    ]
    ask = f"/v6/deployments?projectId={PROJECT}&state=READY"
    for more, value in (
        ("target=staging", "staging"),
        ("target=preview&branch=feature/x", "branch"),
    ):
        (one,) = vercel.client.get(f"{ask}&{more}").json()["deployments"]
        assert one["uid"] == built[value].id
        again = {"deploymentId": one["uid"], "name": "sendero"}
        if value == "staging":
            again["customEnvironmentSlugOrId"] = "staging"
        made_again = vercel.client.post("/v13/deployments", json=again).json()
        assert vercel.backend.deployments[made_again["id"]].environment == built[value].environment
    strange = {"deploymentId": built["all"].id, "name": "s", "customEnvironmentSlugOrId": "other"}
    assert vercel.client.post("/v13/deployments", json=strange).status_code == 400


def test_what_a_team_shares_is_read_one_by_one(vercel: Vercel) -> None:
    made = vercel.backend.add_shared("team_a", variable(value="open"), projects=["prj_team"])

    (listed,) = vercel.client.get("/v1/env?teamId=team_a").json()["data"]
    read = vercel.client.get(f"/v1/env/{made.variable.id}?teamId=team_a").json()

    assert (listed["id"], listed["projectId"]) == (made.variable.id, ["prj_team"])
    assert listed["value"] != "open" == read["value"]
    assert vercel.client.get("/v1/env").json()["data"] == []
    assert vercel.client.get(f"/v1/env/{made.variable.id}").status_code == 404
    again = VercelBackend()
    again.load(json.loads(json.dumps(vercel.backend.dump())))
    assert again.shared == vercel.backend.shared
