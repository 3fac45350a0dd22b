"""The world around the vendors: state, journal, faults, control API."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.world import World, seed
from local.world.app import ServiceApp, Turns
from local.world.control import control_app
from local.world.faults import Fault, Faults
from local.world.journal import Journal
from local.world.listeners import Listeners, listen
from local.world.state import State
from local.world.store import PortTaken, WorldError

VALUE = "a-value-nobody-may-see"
# The limit is for an answer; a connection may take longer.
IMPATIENT = httpx.Timeout(180, read=0.1)


@pytest.fixture
def world() -> Iterator[World]:
    with World() as started:
        yield started


@pytest.fixture
def vercel(world: World) -> Iterator[httpx.Client]:
    with vercel_of(world) as client:
        yield client


def vercel_of(world: World) -> httpx.Client:
    return httpx.Client(
        base_url=f"{world.urls.vercel}/v10/projects/{seed.VERCEL_PROJECT_ID}/",
        headers={"Authorization": f"Bearer {seed.VERCEL_TOKEN}"},
    )


def write(client: httpx.Client, key: str = "KEY", **more: Any) -> httpx.Response:
    body = {"key": key, "value": VALUE, "type": "plain", "target": ["production"], **more}
    return client.post("env", json=body)


def keys(client: httpx.Client) -> list[str]:
    return sorted(
        variable["key"] for variable in client.get("env").raise_for_status().json()["envs"]
    )


def test_a_fresh_world_has_the_seeded_project_and_deployments(world: World) -> None:
    answer = httpx.get(
        f"{world.urls.vercel}/v6/deployments",
        params={"projectId": seed.VERCEL_PROJECT_ID},
        headers={"Authorization": f"Bearer {seed.VERCEL_TOKEN}"},
    )

    found = {
        (deployment["target"], deployment["readyState"])
        for deployment in answer.json()["deployments"]
    }
    assert found == {("production", "READY"), (None, "READY")}


def test_without_a_seed_nothing_is_there() -> None:
    with World(seed=False) as world, vercel_of(world) as client:
        assert client.get("env").status_code == 403


def test_all_listeners_are_on_loopback(world: World) -> None:
    urls = {name: url for name, url in world.urls.to_json().items() if name != "ca_file"}

    assert sorted(urls) == ["clerk", "control", "frontend", "proxy", "svix", "vercel"]
    assert all(url is not None and url.startswith("http://127.0.0.1:") for url in urls.values())


def test_the_proxy_leads_the_vendors_own_host_here(world: World) -> None:
    trusted = ssl.create_default_context(cafile=world.urls.ca_file)

    with httpx.Client(proxy=world.urls.proxy, verify=trusted, trust_env=False) as client:
        answer = client.get(
            f"https://api.vercel.com/v9/projects/{seed.VERCEL_PROJECT_ID}",
            headers={"Authorization": f"Bearer {seed.VERCEL_TOKEN}"},
        )

    assert answer.json()["name"] == seed.VERCEL_PROJECT_NAME
    assert [(entry.service, entry.host) for entry in world.journal()] == [
        ("vercel", "api.vercel.com")
    ]


def test_requests_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    names = [f"KEY_{number:02}" for number in range(40)]
    with World(tmp_path) as world, vercel_of(world) as client:
        with ThreadPoolExecutor(8) as pool:
            codes = {answer.status_code for answer in pool.map(partial(write, client), names)}

        assert codes == {201}
        assert keys(client) == names
        state = json.loads((tmp_path / "world.json").read_text())
        kept = state["vercel"]["projects"][seed.VERCEL_PROJECT_ID]["variables"].values()
        assert sorted(result["key"] for result in kept) == names


# -- state ----------------------------------------------------------------------------------------


def test_state_is_taken_up_again_and_not_seeded_twice(tmp_path: Path) -> None:
    with World(tmp_path) as world, vercel_of(world) as client:
        write(client, "KEPT")
        deployments = set(world.vercel.deployments)

    with World(tmp_path) as world, vercel_of(world) as client:
        assert keys(client) == ["KEPT"]
        assert set(world.vercel.deployments) == deployments


def test_two_worlds_do_not_share_a_folder(tmp_path: Path) -> None:
    with World(tmp_path), pytest.raises(WorldError, match="another process serves"):
        World(tmp_path).start()


def test_a_state_file_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text("{")

    with pytest.raises(WorldError, match="move it away"):
        World(tmp_path).start()

    assert (tmp_path / "world.json").read_text() == "{"
    (tmp_path / "world.json").unlink()
    with World(tmp_path):
        pass  # the failed start released the folder


def test_a_taken_port_is_named_with_a_way_out(world: World) -> None:
    taken = int(world.urls.control.rsplit(":", 1)[1])

    with pytest.raises(PortTaken, match=f"Port {taken} .* --port 0"):
        World(port=taken).start()


def test_reset_goes_back_to_the_seed(world: World, vercel: httpx.Client) -> None:
    before = len(world.vercel.deployments)
    world.vercel.add_deployment(seed.VERCEL_PROJECT_ID, "production")
    write(vercel)
    world.fault(kind="status", service="vercel")

    httpx.post(f"{world.urls.control}/reset").raise_for_status()

    assert world.journal() == []
    assert keys(vercel) == []
    assert len(world.vercel.deployments) == before


# -- journal --------------------------------------------------------------------------------------


def test_the_journal_has_names_and_never_values(world: World, vercel: httpx.Client) -> None:
    write(vercel)
    vercel.get("env", params={"limit": "3"})

    shown = httpx.get(f"{world.urls.control}/journal")

    first, second = world.journal()
    assert (first.method, first.path) == (
        "POST",
        f"/v10/projects/{seed.VERCEL_PROJECT_ID}/env",
    )
    assert (first.service, first.status, second.query) == ("vercel", 201, "limit=3")
    assert first.body_keys == ("key", "value", "type", "target")
    assert [entry["seq"] for entry in shown.json()] == [1, 2]
    assert VALUE not in shown.text
    assert seed.VERCEL_TOKEN not in shown.text


def test_a_cleared_journal_counts_on(world: World, vercel: httpx.Client) -> None:
    keys(vercel)

    httpx.delete(f"{world.urls.control}/journal").raise_for_status()
    keys(vercel)

    assert [entry.seq for entry in world.journal()] == [2]


# -- faults ---------------------------------------------------------------------------------------


def test_a_status_fault_answers_in_the_vendors_form_and_does_not_act(
    world: World, vercel: httpx.Client
) -> None:
    world.fault(kind="status", service="vercel", method="POST", status=429, retry_after=7)

    refused = write(vercel)

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "7"
    assert refused.json()["error"]["code"] == "rate_limited"
    assert keys(vercel) == []
    assert write(vercel).status_code == 201


@pytest.mark.parametrize(("kind", "kept"), [("drop_before", []), ("drop_after", ["KEY"])])
def test_a_dropped_connection_ends_without_an_answer(
    world: World, vercel: httpx.Client, kind: str, kept: list[str]
) -> None:
    world.fault(kind=kind, service="vercel")

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        write(vercel)

    assert keys(vercel) == kept
    assert (world.journal()[0].status, world.journal()[0].fault) == (None, kind)


def test_a_delayed_answer_outlasts_patience(world: World, vercel: httpx.Client) -> None:
    world.fault(kind="delay", service="vercel", seconds=60)

    with pytest.raises(httpx.ReadTimeout):
        vercel.get("env", timeout=IMPATIENT)


@pytest.mark.parametrize(("kind", "kept"), [("late_answer", ["KEY"]), ("no_answer", [])])
def test_a_time_out_says_nothing_of_what_was_done(
    world: World, vercel: httpx.Client, kind: str, kept: list[str]
) -> None:
    world.fault(kind=kind, service="vercel", method="POST", seconds=60)

    with pytest.raises(httpx.ReadTimeout):
        vercel.post(
            "env",
            json={"key": "KEY", "value": VALUE, "type": "plain", "target": ["preview"]},
            timeout=IMPATIENT,
        )

    assert keys(vercel) == kept


def test_a_delayed_request_acts_all_the_same(world: World, vercel: httpx.Client) -> None:
    world.fault(kind="delay", service="vercel", seconds=0.05)

    assert write(vercel).status_code == 201
    assert keys(vercel) == ["KEY"]
    assert world.journal()[0].fault == "delay"


def test_somebody_else_writes_just_before_a_conflict() -> None:
    counter = Counter()
    faults, journal = Faults(), Journal()
    faults.add(Fault(kind="conflict", service="clerk", method="PATCH"))
    state = State([counter], None)
    app = ServiceApp(counter, journal=journal, faults=faults, turns=Turns(), state=state)
    listener = listen(0)
    listeners = Listeners({listener: app})
    listeners.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/counter"
        first = httpx.patch(url, headers={"If-Match": "0"})
        again = httpx.patch(url, headers={"If-Match": "1"})
    finally:
        listeners.stop()

    assert (first.status_code, again.status_code) == (409, 200)
    assert [entry.fault for entry in journal.entries()] == ["conflict", None]


class Counter:
    """A service whose only state is its version."""

    name = "clerk"

    def __init__(self) -> None:
        self.version = 0

    def routes(self) -> list[Route]:
        return [Route("/counter", self.write, methods=["PATCH"])]

    async def write(self, request: Request) -> Response:
        if request.headers["if-match"] != str(self.version):
            return Response(status_code=409)
        self.version += 1
        return Response(str(self.version))

    def bump(self, request: Request) -> None:
        self.version += 1

    def dump(self) -> int:
        return self.version

    def load(self, state: int) -> None:
        self.version = state

    def not_found(self, request: Request) -> Response:
        return Response(status_code=404)

    def method_not_allowed(self, request: Request) -> Response:
        return Response(status_code=405)


def test_an_answer_may_promise_what_is_not_kept(world: World, vercel: httpx.Client) -> None:
    world.fault(kind="not_persisted", service="vercel", method="POST")

    promised = write(vercel)

    assert promised.json()["created"]["key"] == "KEY"
    assert keys(vercel) == []


def test_a_single_field_may_be_lost(world: World, vercel: httpx.Client) -> None:
    made = write(vercel, comment="before").json()["created"]
    world.fault(kind="not_persisted", service="vercel", method="PATCH", field="comment")

    vercel.patch(f"env/{made['id']}", json={"comment": "after", "key": "RENAMED"})

    after = vercel.get(f"env/{made['id']}").json()
    assert (after["comment"], after["key"]) == ("before", "RENAMED")


def test_a_lost_field_the_state_cannot_do_without_loses_the_write(
    world: World, vercel: httpx.Client
) -> None:
    world.fault(kind="not_persisted", service="vercel", method="POST", field="variables")

    write(vercel)

    assert keys(vercel) == []


def test_a_fault_meets_the_requests_it_names(world: World, vercel: httpx.Client) -> None:
    world.fault(kind="status", service="svix")
    world.fault(kind="status", service="vercel", method="GET", path="/env$", after=1, times=2)

    codes = [vercel.get("env").status_code for _ in range(4)]

    assert codes == [200, 500, 500, 200]
    assert [fault.service for fault in world.faults.waiting()] == ["svix"]


def test_faults_are_armed_and_disarmed_over_http(world: World, vercel: httpx.Client) -> None:
    url = f"{world.urls.control}/faults"

    armed = httpx.post(url, json={"kind": "status", "service": "vercel", "times": None})
    assert armed.status_code == 201
    assert vercel.get("env").status_code == 500
    assert httpx.get(url).json() == [armed.json()]

    httpx.delete(url).raise_for_status()
    assert vercel.get("env").status_code == 200


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"Host": "rebound.example"}, "Host"),
        ({"Host": "rebound.example:80"}, "Host"),
        ({"Origin": "https://page.example"}, "browser"),
        ({"Origin": "null"}, "browser"),
        ({"Sec-Fetch-Site": "cross-site"}, "browser"),
        ({"Content-Type": "text/plain"}, "application/json"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "application/json"),
    ],
)
def test_a_page_in_a_browser_drives_nothing(
    world: World, headers: dict[str, str], named: str
) -> None:
    url = f"{world.urls.control}/faults"
    fault = '{"kind": "status", "service": "vercel"}'

    sent = {"Content-Type": "application/json", **headers}
    answer = httpx.post(url, content=fault, headers=sent)

    assert (answer.status_code, named in answer.json()["error"]) == (403, True)
    assert httpx.get(url).json() == []
    if "Content-Type" not in headers:
        assert httpx.get(f"{world.urls.control}/journal", headers=headers).status_code == 403


STRANGE = [
    {"Host": "rebound.example"},
    {"Host": "localhost.rebound.example"},
    {"Host": "127.0.0.1.rebound.example:4870"},
    {"Host": "127.0.0.1@rebound.example"},
    {"Host": ""},
    {"Origin": "https://page.example"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "multipart/form-data; boundary=x"},
]


@pytest.mark.parametrize("headers", STRANGE, ids=str)
def test_no_route_of_the_control_api_takes_anything_from_a_page(
    world: World, headers: dict[str, str]
) -> None:
    """Each route, in each method, and unrouted paths; new routes are included automatically."""
    before = len(world.journal())
    world.fault(kind="status", service="vercel", times=None)
    asked = [
        (method, route.path.replace("{action}", "set_dns"))
        for route in control_app(world).routes
        if isinstance(route, Route)
        for method in (*(route.methods or ()), "OPTIONS", "PUT")
    ]
    assert {path for _, path in asked} >= {"/reset", "/advance", "/app", "/dashboard/set_dns"}

    for method, path in [*asked, ("POST", "/nothing")]:
        sent = {"Content-Type": "application/json", **headers}
        answer = httpx.request(
            method, f"{world.urls.control}{path}", content="{}", headers=sent, timeout=180
        )
        assert answer.status_code in (400, 403), f"{method} {path}"
        assert "access-control-allow-origin" not in answer.headers
    assert [each.service for each in world.faults.waiting()] == ["vercel"]
    assert len(world.journal()) == before


def test_no_server_of_the_world_lets_a_page_read_what_only_a_key_opens(world: World) -> None:
    """A web page may send requests; without CORS it reads no answer and sends no key."""
    urls = world.urls
    for url in (urls.clerk, urls.svix, urls.vercel):
        asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "PATCH"}
        preflight = httpx.options(f"{url}/v1/x", headers=asked)
        read = httpx.get(f"{url}/v1/x", headers={"Origin": "https://page.example"})

        for answer in (preflight, read):
            assert "access-control-allow-origin" not in answer.headers, url
        assert read.status_code in (401, 403, 404), url


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:4870"])
def test_this_machine_by_each_of_its_names(world: World, host: str) -> None:
    answer = httpx.get(f"{world.urls.control}/health", headers={"Host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("mistake", "named"),
    [({"kind": "crash"}, "kind"), ({"path": "("}, "path"), ({"often": 3}, "often")],
)
def test_a_mistaken_fault_is_refused(world: World, mistake: dict[str, Any], named: str) -> None:
    fields = {"kind": "status", "service": "vercel", **mistake}

    with pytest.raises(ValidationError, match=named):
        world.fault(**fields)
    answer = httpx.post(f"{world.urls.control}/faults", json=fields)

    assert answer.status_code == 400
    assert named in answer.json()["error"]
