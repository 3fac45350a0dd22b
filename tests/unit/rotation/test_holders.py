"""Whoever else holds a secret that is rotated: written in the same run, or named by a person."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.clients.errors import ApiError
from clerkstack.desired.resource_types import VARIABLE_TYPE
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import Holder, Journal, fingerprint, now
from clerkstack.rotation.journal_store import Held, see_to
from clerkstack.rotation.run import Unseen
from clerkstack.rotation.stacks import enter
from clerkstack.state.model import State
from clerkstack.state.neighbours import Neighbour, UnknownNeighbours
from local.world import World
from local.world import seed as seeded
from local.world.vercel.models import Variable, digest
from tests.unit.rotation.testbed import Process, RotationTestbed, resource

OWN = seeded.VERCEL_PROJECT_ID
NAME = seeded.VERCEL_PROJECT_NAME
DAY = 24 * 3_600_000


@pytest.fixture
def testbed(running: World) -> RotationTestbed:
    return fresh(running)


def fresh(running: World, **given: Any) -> RotationTestbed:
    running.reset()
    running.faults.clear()
    running.vercel.lists_decrypted = True
    return RotationTestbed(running, **given)


def add(
    testbed: RotationTestbed, key: str, value: str | None = None, *, project: str = OWN, **more: Any
) -> Variable:
    """A variable that somebody made; with the secret key if no value is given."""
    body = {"key": key, "value": value or testbed.deployed["clerk"], "type": "encrypted", **more}
    if "target" not in body and "customEnvironmentIds" not in body:
        body["target"] = ["preview"]
    vercel = testbed.world.vercel
    return vercel.create_variable(vercel.projects[project], body)


def another_project(testbed: RotationTestbed, name: str = "api", team_id: str | None = None) -> str:
    return testbed.world.vercel.add_project(f"prj_{name}", name, team_id=team_id).id


def built(
    testbed: RotationTestbed, target: str, branch: str | None = None, project: str = OWN
) -> dict[str, str]:
    """What the newest deployment was built with, by digest."""
    there = [
        deployment
        for deployment in testbed.world.vercel.deployments.values()
        if deployment.project_id == project
        and deployment.target == target
        and deployment.branch == branch
    ]
    return max(there, key=lambda each: each.created_at).environment


def holds(testbed: RotationTestbed, variable: Variable, kind: Any = "clerk") -> bool:
    """Whether a variable has the secret that the stack's app has."""
    return variable.value_digest == digest(testbed.deployed[kind])


def writes(testbed: RotationTestbed) -> list[str]:
    return [
        f"{e.method} {e.path}" for e in testbed.world.journal() if e.method not in ("GET", "HEAD")
    ]


# -- the stack's own projects ----------------------------------------------------------------------


def of_another_name(testbed: RotationTestbed) -> tuple[Variable, str]:
    return add(testbed, "CLERK_API_KEY"), f"{NAME}/preview/CLERK_API_KEY"


def of_any_name(testbed: RotationTestbed) -> tuple[Variable, str]:
    made = add(testbed, "AUTH_TOKEN", type="plain", target=["preview", "development"])
    return made, f"{NAME}/preview,development/AUTH_TOKEN"


def of_an_environment(testbed: RotationTestbed) -> tuple[Variable, str]:
    staging = testbed.world.vercel.add_custom_environment(OWN, "staging")
    made = add(testbed, "CLERK_SECRET_KEY", customEnvironmentIds=[staging])
    testbed.world.vercel.add_deployment(OWN, "staging")
    return made, f"{NAME}/staging/CLERK_SECRET_KEY"


def of_a_branch(testbed: RotationTestbed) -> tuple[Variable, str]:
    made = add(testbed, "CLERK_SECRET_KEY", gitBranch="feature/x")
    testbed.world.vercel.add_deployment(OWN, "preview", branch="feature/x")
    return made, f"{NAME}/preview:feature/x/CLERK_SECRET_KEY"


def of_the_webhook(testbed: RotationTestbed) -> tuple[Variable, str]:
    return add(testbed, "HOOK", testbed.deployed["webhook"]), f"{NAME}/preview/HOOK"


COPIES = [of_another_name, of_any_name, of_an_environment, of_a_branch, of_the_webhook]
Make = Callable[[RotationTestbed], tuple[Variable, str]]


@pytest.mark.parametrize("lists_decrypted", [True, False])
@pytest.mark.parametrize("make", COPIES)
def test_a_copy_in_the_stacks_own_project_is_written_in_the_same_run(
    testbed: RotationTestbed, make: Make, lists_decrypted: bool
) -> None:
    made, name = make(testbed)
    kind = "webhook" if make is of_the_webhook else "clerk"
    before, old = made.value_digest, dict(testbed.deployed)
    testbed.world.vercel.lists_decrypted = lists_decrypted

    entry = testbed.rotate()

    assert entry.result == "done"
    assert (entry.copies, entry.others) == ([name], [])
    assert made.value_digest != before
    assert holds(testbed, made, kind)
    assert any(name in line and "written" in line for line in testbed.said)
    assert testbed.known().journal.waiting == []

    # And back.
    testbed.abort()

    assert testbed.deployed == old
    assert made.value_digest == before
    assert any(f"{name} put back" in line for line in testbed.said)


def test_a_custom_environment_and_a_branch_are_built_again(testbed: RotationTestbed) -> None:
    environment, branch = of_an_environment(testbed)[0], of_a_branch(testbed)[0]
    other = testbed.world.vercel.add_custom_environment(OWN, "qa")
    testbed.world.vercel.add_deployment(OWN, "qa")
    add(testbed, "CLERK_SECRET_KEY", "sk_test_another", customEnvironmentIds=[other])
    number = len(testbed.world.vercel.deployments)

    testbed.rotate()

    key = digest(testbed.deployed["clerk"])
    assert built(testbed, "staging")["CLERK_SECRET_KEY"] == key == environment.value_digest
    assert built(testbed, "preview", "feature/x")["CLERK_SECRET_KEY"] == key == branch.value_digest
    # One deployment by the roll-out, one of each of these; none of the environment with another
    # key.
    assert len(testbed.world.vercel.deployments) == number + 3


def test_a_build_that_breaks_is_left_to_people(testbed: RotationTestbed) -> None:
    _, name = of_an_environment(testbed)
    testbed.fails["build"] = ClerkstackError("the build ended as ERROR")

    entry = testbed.rotate()

    assert entry.result == "done"
    assert [(other.name, other.finding) for other in entry.others] == [(name, "holds")]
    assert "cannot be rebuilt" in entry.others[0].why
    assert testbed.known().journal.waiting == entry.others


def test_what_has_another_value_is_left_alone(testbed: RotationTestbed) -> None:
    project = another_project(testbed)
    others = [
        add(testbed, "CLERK_SECRET_KEY", "sk_live_x", target=["production"]),
        add(testbed, "CLERK_API_KEY", "sk_test_another"),
        add(testbed, "CLERK_SECRET_KEY", "sk_test_another", project=project),
        add(testbed, "DATABASE_URL", "postgres://", project=project, type="sensitive"),
    ]
    before = [other.value_digest for other in others]

    entry = testbed.rotate()

    assert (entry.copies, entry.others) == ([], [])
    assert [other.value_digest for other in others] == before


@pytest.mark.parametrize("status", [400, 403])
def test_what_vercel_refuses_to_change_is_left_to_people(
    testbed: RotationTestbed, status: int
) -> None:
    made, name = of_another_name(testbed)
    testbed.world.fault(
        service="vercel", method="PATCH", path=f"/env/{made.id}", kind="status", status=status
    )

    entry = testbed.rotate()

    assert entry.result == "done"
    assert entry.copies == []
    assert [other.name for other in entry.others] == [name]
    assert "refuses to change it" in entry.others[0].why


def test_one_that_somebody_changed_meanwhile_is_theirs(testbed: RotationTestbed) -> None:
    made, name = of_another_name(testbed)
    testbed.rotate()
    testbed.world.vercel.update_variable(
        testbed.world.vercel.projects[OWN], made.id, {"value": "theirs"}
    )

    testbed.abort()

    assert made.value == "theirs"
    assert any(f"{name} was not changed" in line for line in testbed.said)


def test_one_that_is_gone_is_in_nobodys_way(testbed: RotationTestbed) -> None:
    made, _ = of_another_name(testbed)
    testbed.rotate()
    testbed.world.vercel.delete_variable(testbed.world.vercel.projects[OWN], made.id)

    assert testbed.abort().result == "aborted"


# -- what people must do ---------------------------------------------------------------------------


def in_another_project(testbed: RotationTestbed) -> str:
    add(testbed, "CLERK_SECRET_KEY", project=another_project(testbed), target=["production"])
    return "api/production/CLERK_SECRET_KEY"


def in_another_project_under_any_name(testbed: RotationTestbed) -> str:
    add(testbed, "WHATEVER", project=another_project(testbed), target=["production"])
    return "api/production/WHATEVER"


def within_a_longer_value(testbed: RotationTestbed) -> str:
    add(testbed, "CONFIG", json.dumps({"clerk": testbed.deployed["clerk"]}))
    return f"{NAME}/preview/CONFIG"


def in_a_target_of_others(testbed: RotationTestbed) -> str:
    add(testbed, "CLERK_API_KEY", target=["production", "preview"])
    return f"{NAME}/production,preview/CLERK_API_KEY"


def of_an_integration(testbed: RotationTestbed) -> str:
    add(testbed, "CLERK_API_KEY").configuration_id = "icfg_1"
    return f"{NAME}/preview/CLERK_API_KEY"


def of_another_stack(testbed: RotationTestbed) -> str:
    testbed.neighbours = [neighbour("staging")]
    return "stack:staging"


def neighbour(stack: str, *more: dict[str, Any]) -> Neighbour:
    return Neighbour(stack, seeded.APPLICATION_ID, "development", (), State.of([*more]))


HOLD = [
    in_another_project,
    in_another_project_under_any_name,
    within_a_longer_value,
    in_a_target_of_others,
    of_an_integration,
    of_another_stack,
]


def unreadable_in_another_project(testbed: RotationTestbed) -> str:
    add(testbed, "CLERK_SECRET_KEY", project=another_project(testbed), type="sensitive")
    return "api/preview/CLERK_SECRET_KEY"


def unreadable_webhook_of_another_project(testbed: RotationTestbed) -> str:
    add(testbed, "CLERK_WEBHOOK_SIGNING_SECRET", project=another_project(testbed), type="sensitive")
    return "api/preview/CLERK_WEBHOOK_SIGNING_SECRET"


def unreadable_beside_our_publishable_key(testbed: RotationTestbed) -> str:
    project = another_project(testbed)
    publishable = testbed.known().publishable_key
    assert publishable is not None
    add(testbed, "VITE_CLERK_PUBLISHABLE_KEY", publishable, project=project, target=["production"])
    add(testbed, "CLERK_SECRET_KEY", project=project, type="sensitive", target=["production"])
    return "api/production/CLERK_SECRET_KEY"


def unreadable_in_an_environment(testbed: RotationTestbed) -> str:
    staging = testbed.world.vercel.add_custom_environment(OWN, "staging")
    add(testbed, "CLERK_SECRET_KEY", type="sensitive", customEnvironmentIds=[staging])
    return f"{NAME}/staging/CLERK_SECRET_KEY"


def unreadable_of_a_branch(testbed: RotationTestbed) -> str:
    add(testbed, "CLERK_SECRET_KEY", type="sensitive", gitBranch="x")
    return f"{NAME}/preview:x/CLERK_SECRET_KEY"


def unreadable_of_an_older_name(testbed: RotationTestbed) -> str:
    add(testbed, "CLERK_API_KEY", type="sensitive")
    return f"{NAME}/preview/CLERK_API_KEY"


MAY_HOLD = [
    unreadable_in_another_project,
    unreadable_webhook_of_another_project,
    unreadable_beside_our_publishable_key,
    unreadable_in_an_environment,
    unreadable_of_a_branch,
    unreadable_of_an_older_name,
]


@pytest.mark.parametrize("lists_decrypted", [True, False])
@pytest.mark.parametrize("make", [*HOLD, *MAY_HOLD])
def test_the_rest_refuse_the_rotation_until_each_is_named(
    testbed: RotationTestbed, make: Callable[[RotationTestbed], str], lists_decrypted: bool
) -> None:
    name = make(testbed)
    testbed.world.vercel.lists_decrypted = lists_decrypted
    testbed.world.clear_journal()

    with pytest.raises(Unseen) as refused:
        testbed.rotate()

    finding = "holds" if make in HOLD else "may hold"
    said = str(refused.value)
    assert f"--holder-done {name}" in said
    assert f"{finding} the" in said
    assert testbed.deployed["clerk"] not in said
    assert writes(testbed) == []
    assert testbed.known().journal == Journal()

    with pytest.raises(Unseen):
        testbed.rotate(seen_to=("stack:other",))
    entry = testbed.rotate(seen_to=(name, "gone"))

    (other,) = entry.others
    assert (other.name, other.finding) == (name, finding)
    assert other.named is not None
    assert other.done is None
    assert any("gone is not another holder" in line for line in testbed.said)
    assert testbed.known().journal.history == [entry]
    assert [each.name for each in testbed.known().journal.waiting] == [name]


def theirs_by_publishable_key(testbed: RotationTestbed) -> None:
    project = another_project(testbed)
    for target in ("production", "preview"):
        add(testbed, "CLERK_PUBLISHABLE_KEY", f"pk_{target}", project=project, target=[target])
    both = ["production", "preview"]
    add(testbed, "CLERK_SECRET_KEY", project=project, type="sensitive", target=both)


def of_the_other_instance(testbed: RotationTestbed) -> None:
    add(testbed, "CLERK_SECRET_KEY", type="sensitive", target=["production"])
    add(testbed, "CLERK_WEBHOOK_SECRET", type="sensitive", target=["production"])


def of_an_environment_with_other_keys(testbed: RotationTestbed) -> None:
    staging = testbed.world.vercel.add_custom_environment(OWN, "staging")
    there = {"customEnvironmentIds": [staging]}
    add(testbed, "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", "pk_test_other", **there)
    add(testbed, "CLERK_SECRET_KEY", type="sensitive", **there)


def a_webhook_of_another_stack(testbed: RotationTestbed) -> None:
    endpoint = resource("pulumi-python:dynamic/clerkstack:WebhookEndpoint", endpoint_id="ep_other")
    made = add(
        testbed,
        "CLERK_WEBHOOK_SECRET",
        "whsec_x",
        project=another_project(testbed),
        type="sensitive",
    )
    variable = {
        "type": VARIABLE_TYPE,
        "inputs": {"projectId": "prj_api", "key": made.key, "targets": ["preview"]},
        "outputs": {"id": made.id},
    }
    testbed.neighbours = [neighbour("api", endpoint, variable)]


@pytest.mark.parametrize("lists_decrypted", [True, False])
@pytest.mark.parametrize(
    "make", [theirs_by_publishable_key, of_the_other_instance, of_an_environment_with_other_keys]
)
def test_what_is_of_another_instance_is_in_nobodys_way(
    testbed: RotationTestbed, make: Callable[[RotationTestbed], None], lists_decrypted: bool
) -> None:
    make(testbed)
    testbed.world.vercel.lists_decrypted = lists_decrypted

    assert testbed.rotate().others == []


def test_a_branch_with_other_keys_is_known_by_its_own_publishable_key(
    testbed: RotationTestbed,
) -> None:
    ours = testbed.known().publishable_key
    add(testbed, "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", ours, type="plain")
    for branch, publishable in (("theirs", "pk_test_other"), ("ours", ours)):
        add(testbed, "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", publishable, gitBranch=branch)
        add(testbed, "CLERK_SECRET_KEY", type="sensitive", gitBranch=branch)

    with pytest.raises(Unseen) as refused:
        testbed.rotate()

    assert "preview:ours/" in str(refused.value)
    assert "preview:theirs/" not in str(refused.value)


def test_another_stack_is_one_holder_with_all_that_its_state_has(testbed: RotationTestbed) -> None:
    a_webhook_of_another_stack(testbed)
    made = add(testbed, "CLERK_SECRET_KEY", project="prj_api", type="sensitive")
    (other,) = testbed.neighbours
    key = {
        "type": VARIABLE_TYPE,
        "inputs": {"projectId": "prj_api", "key": made.key, "targets": ["preview"]},
        "outputs": {"id": made.id},
    }
    testbed.neighbours = [neighbour("api", *other.state.entries, key)]

    with pytest.raises(Unseen) as refused:
        testbed.rotate()

    assert "pulumi up --refresh --stack api" in str(refused.value)
    assert "CLERK_SECRET_KEY" not in str(refused.value)
    # Its endpoint has a signing secret of its own.
    assert testbed.rotate(kinds=("webhook",)).others == []


def test_another_stack_with_the_same_endpoint_has_the_signing_secret(
    testbed: RotationTestbed,
) -> None:
    endpoint = resource(
        "pulumi-python:dynamic/clerkstack:WebhookEndpoint", endpoint_id=testbed.known().endpoint_id
    )
    testbed.neighbours = [neighbour("api", endpoint)]

    with pytest.raises(Unseen, match="holds the signing secret: stack:api"):
        testbed.rotate(kinds=("webhook",))


def test_stacks_that_are_not_known_are_reported(
    testbed: RotationTestbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: Any) -> Any:
        raise UnknownNeighbours("no stack can be listed")

    monkeypatch.setattr(RotationTestbed, "neighbours", property(unknown), raising=False)

    assert testbed.rotate().result == "done"
    assert any("no stack can be listed" in line for line in testbed.said)


def test_the_command_that_goes_on_is_the_one_that_was_refused(testbed: RotationTestbed) -> None:
    name = in_another_project(testbed)

    with pytest.raises(Unseen) as refused:
        testbed.rotate(kinds=("clerk",), reason="Ben's laptop", overlap_hours=48)

    words = shlex.split(str(refused.value).split("name them: ")[1].splitlines()[0])
    assert words[4:] == [
        *("--secret", "clerk", "--reason", "Ben's laptop", "--overlap", "48h"),
        *("--holder-done", name),
    ]


def test_every_project_of_the_stack_is_its_own(running: World) -> None:
    running.reset()
    urls = {name: f"https://{name}.sendero.example" for name in ("web", "api")}
    projects = {name: {"projectId": f"prj_{name}", "appUrl": url} for name, url in urls.items()}
    testbed = RotationTestbed(running, projects=projects)
    copies = [add(testbed, "CLERK_API_KEY", project=f"prj_{name}") for name in projects]
    theirs = add(testbed, "CLERK_SECRET_KEY")

    entry = testbed.rotate(seen_to=(f"{NAME}/preview/CLERK_SECRET_KEY",))

    assert sorted(entry.copies) == [f"{name}/preview/CLERK_API_KEY" for name in sorted(projects)]
    assert all(holds(testbed, copy_) for copy_ in copies)
    assert not holds(testbed, theirs)
    assert [other.name for other in entry.others] == [f"{NAME}/preview/CLERK_SECRET_KEY"]


def test_a_stack_that_can_not_be_read_may_hold_them(
    testbed: RotationTestbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: Any) -> Any:
        raise ClerkstackError("The state of the stack staging cannot be read.")

    monkeypatch.setattr(RotationTestbed, "neighbours", property(unreadable), raising=False)

    with pytest.raises(Unseen, match="staging cannot be read"):
        testbed.rotate()
    assert testbed.rotate(seen_to=("stacks",)).result == "done"


# -- a team ----------------------------------------------------------------------------------------


@pytest.fixture
def team(running: World) -> RotationTestbed:
    running.reset()
    running.faults.clear()
    vercel = running.vercel
    vercel.add_team("team_a", "a-team")
    vercel.add_token(seeded.VERCEL_TOKEN, teams=["team_a"])
    vercel.add_project("prj_web", "web", team_id="team_a")
    settings = json.dumps({"projectId": "prj_web", "teamId": "team_a"})
    return RotationTestbed(running, configured={"environment": settings}, project_id="prj_web")


def test_a_teams_projects_and_shared_variables_are_looked_at_and_nobody_elses(
    team: RotationTestbed,
) -> None:
    add(team, "CLERK_SECRET_KEY")  # in the token owner's own scope
    another_project(team, "api", "team_a")
    add(team, "CLERK_SECRET_KEY", project="prj_api")
    copy = add(team, "CLERK_API_KEY", project="prj_web")
    body = {"key": "CLERK_SECRET_KEY", "type": "encrypted", "target": ["production"]}
    vercel, key = team.world.vercel, team.deployed["clerk"]
    vercel.add_shared("team_a", {**body, "value": key}, projects=["prj_web", "prj_api"])
    vercel.add_shared("team_a", {**body, "value": "sk_live_x", "key": "OTHER"})
    hidden = {**body, "value": "?", "type": "sensitive", "target": ["preview"]}
    vercel.add_shared("team_a", hidden)

    with pytest.raises(Unseen) as refused:
        team.rotate()

    names = {
        "api/preview/CLERK_SECRET_KEY",
        "shared:production/CLERK_SECRET_KEY",
        "shared:preview/CLERK_SECRET_KEY",
    }
    said = str(refused.value)
    assert {each.split()[0] for each in said.split("--holder-done ")[1:-1]} == names
    assert "shared by web, api" in said
    entry = team.rotate(seen_to=tuple(names))
    assert {other.name for other in entry.others} == names
    assert holds(team, copy)


def test_what_the_token_may_not_read_is_reported_and_not_in_the_way(team: RotationTestbed) -> None:
    another_project(team, "api", "team_a")
    for path in ("/projects/prj_api/env$", "/v1/env$"):
        team.world.fault(
            service="vercel", method="GET", path=path, kind="status", status=403, times=9
        )

    assert team.rotate().result == "done"

    said = "\n".join(team.said)
    assert "cannot read the variables of api" in said
    assert "cannot read the team's shared variables" in said


def test_a_token_of_one_project_looks_at_that_one(team: RotationTestbed) -> None:
    copy = add(team, "CLERK_API_KEY", project="prj_web")
    team.world.fault(
        service="vercel", method="GET", path="/v10/projects$", kind="status", status=403, times=9
    )

    assert team.rotate().copies == ["prj_web/preview/CLERK_API_KEY"]

    assert holds(team, copy)
    assert any("only this stack's projects were checked" in line for line in team.said)


def test_what_can_not_be_looked_at_now_stops_it_before_anything_is_sent(
    team: RotationTestbed,
) -> None:
    team.world.fault(
        service="vercel", method="GET", path="/v10/projects$", kind="status", status=400, times=9
    )
    with pytest.raises(ApiError):
        team.rotate()

    assert writes(team) == []
    assert team.known().journal == Journal()


# -- requests --------------------------------------------------------------------------------------


def reads(testbed: RotationTestbed) -> list[str]:
    return [
        entry.path.removeprefix("/v10/projects")
        for entry in testbed.world.journal()
        if entry.service == "vercel" and entry.method == "GET"
    ]


def test_a_rotation_without_others_asks_for_the_lists_alone(testbed: RotationTestbed) -> None:
    another_project(testbed)
    add(testbed, "DATABASE_URL", "postgres://", project="prj_api")
    testbed.world.clear_journal()

    testbed.rotate()

    there = testbed.world.vercel.projects.values()
    others = sorted(
        f"/{result.id}/env" for result in there if not result.team_id and result.id != OWN
    )
    listed, own, *rest = reads(testbed)
    assert (listed, own, sorted(rest)) == ("", f"/{OWN}/env", others)


def test_only_what_was_written_since_the_mint_is_read_by_itself(testbed: RotationTestbed) -> None:
    before = add(testbed, "DATABASE_URL", "postgres://")
    testbed.rotate()
    before.updated_at -= DAY
    after = add(testbed, "QUEUE_URL", "amqp://")
    testbed.world.vercel.lists_decrypted = False
    testbed.world.clear_journal()

    testbed.rotate()

    single = [path for path in reads(testbed) if "/env/" in path]
    assert f"/{OWN}/env/{after.id}" in single
    assert f"/{OWN}/env/{before.id}" not in single


def test_what_was_written_before_the_mint_does_not_hold_what_was_minted(
    testbed: RotationTestbed,
) -> None:
    name = unreadable_in_another_project(testbed)
    (made,) = testbed.world.vercel.projects["prj_api"].variables.values()
    testbed.rotate(seen_to=(name,))

    # After an abort: what is in use is older than that mint; how old is unknown.
    testbed.abort()
    made.updated_at = 5
    with pytest.raises(Unseen):
        testbed.rotate()
    testbed.rotate(seen_to=(name,))

    # Whoever has not written it since has an older one, which ends by itself.
    assert testbed.rotate().others == []
    assert [other.name for other in testbed.known().journal.waiting] == [name]


# -- kills -----------------------------------------------------------------------------------------


def scene(running: World) -> tuple[RotationTestbed, list[Variable]]:
    testbed = fresh(running)
    made = [of_another_name(testbed)[0], of_an_environment(testbed)[0], of_a_branch(testbed)[0]]
    in_another_project(testbed)
    return testbed, made


NAMED: dict[str, Any] = {"seen_to": ("api/production/CLERK_SECRET_KEY",)}


def test_killed_at_any_moment_the_next_run_writes_every_copy(running: World) -> None:
    moment, came = 1, True
    while came:
        testbed, made = scene(running)
        came = testbed.killed_at(moment, lambda testbed=testbed: testbed.rotate(**NAMED))
        testbed.assert_nobody_is_locked_out()

        if came:
            # Whoever was named once is known: a scheduled run continues with it.
            try:
                testbed.rotate()
            except Unseen:
                testbed.rotate(**NAMED)

        entry = testbed.known().journal.history[-1]
        assert entry.result == "done", moment
        assert all(other.named for other in entry.others), moment
        assert testbed.mints()["clerk"] <= 2, moment
        assert all(holds(testbed, each) for each in made), moment
        assert [other.name for other in testbed.known().journal.waiting] == list(NAMED["seen_to"])
        key = digest(testbed.deployed["clerk"])
        assert built(testbed, "staging")["CLERK_SECRET_KEY"] == key, moment
        assert built(testbed, "preview", "feature/x")["CLERK_SECRET_KEY"] == key, moment
        moment += 1
    assert moment > 30


def test_killed_at_any_moment_a_holder_that_nobody_named_still_refuses(running: World) -> None:
    moment, came = 1, True
    while came:
        testbed, _ = scene(running)

        def refused(testbed: RotationTestbed = testbed) -> None:
            with pytest.raises(Unseen):
                testbed.rotate()

        came = testbed.killed_at(moment, refused)
        refused()

        assert testbed.mints() == {"clerk": 0, "webhook": 0}, moment
        assert testbed.known().journal == Journal(), moment
        moment += 1
    assert moment > 8


def test_a_holder_that_comes_while_a_rotation_stands_still_is_not_forgotten(
    running: World,
) -> None:
    moment, came = 1, True
    refusals = 0
    while came:
        testbed = fresh(running)
        came = testbed.killed_at(moment, testbed.rotate)
        old = testbed.known().secrets["clerk"].get_secret_value()
        if came and testbed.mints()["clerk"] == 0:
            testbed.deployed["clerk"] = old
            name = in_another_project(testbed)
            with pytest.raises(Unseen):
                testbed.rotate()
            refusals += 1
            assert testbed.mints() == {"clerk": 0, "webhook": 0}, moment
            testbed.rotate(seen_to=(name,))
            assert [other.name for other in testbed.known().journal.waiting] == [name], moment
        moment += 1
    assert refusals > 4


def test_a_copy_that_somebody_changed_while_a_rotation_stood_still_is_theirs(
    testbed: RotationTestbed,
) -> None:
    made, name = of_another_name(testbed)
    testbed.fails["up"] = ClerkstackError("the engine failed")
    with pytest.raises(ClerkstackError):
        testbed.rotate()
    testbed.world.vercel.update_variable(
        testbed.world.vercel.projects[OWN], made.id, {"value": "theirs"}
    )
    testbed.fails.clear()

    entry = testbed.rotate()

    assert (entry.result, entry.copies, entry.others) == ("done", [], [])
    assert made.value == "theirs"
    assert any(f"{name} was not changed" in line for line in testbed.said)


def test_an_abort_killed_at_any_moment_puts_every_copy_back(running: World) -> None:
    moment, came = 1, True
    while came:
        testbed, made = scene(running)
        before, old = [each.value_digest for each in made], dict(testbed.deployed)
        testbed.rotate(**NAMED)
        came = testbed.killed_at(moment, testbed.abort)
        if came and testbed.known().journal.history[-1].result != "aborted":
            testbed.abort() if moment % 2 else testbed.rotate() if running_of(
                testbed
            ) else testbed.abort()

        assert testbed.deployed == old, moment
        assert [each.value_digest for each in made] == before, moment
        assert built(testbed, "staging")["CLERK_SECRET_KEY"] == before[1], moment
        moment += 2
    assert moment > 20


def running_of(testbed: RotationTestbed) -> bool:
    return testbed.known().journal.running is not None


# -- a leaked key ----------------------------------------------------------------------------------


def test_a_leak_waits_for_nobody_and_lists_them(testbed: RotationTestbed) -> None:
    copy, _ = of_another_name(testbed)
    name = in_another_project(testbed)
    testbed.leaked = True
    testbed.world.clear_journal()

    entry = testbed.rotate(kinds=("clerk",), overlap_hours=0)

    first = next(each for each in testbed.world.journal())
    assert first.path.endswith("/rotate_secret_keys")
    assert entry.result == "done"
    assert holds(testbed, copy)
    assert [(other.name, other.named) for other in entry.others] == [(name, None)]
    assert any(name in line for line in testbed.said)
    # What they have is dead already: there is nothing to count down to.
    assert testbed.known().journal.waiting == []


def test_a_leak_is_rolled_out_though_vercel_can_not_be_asked(testbed: RotationTestbed) -> None:
    testbed.leaked = True
    copy, _ = of_another_name(testbed)
    testbed.world.fault(
        service="vercel", method="GET", path="/projects$", kind="status", status=400, times=9
    )

    entry = testbed.rotate(kinds=("clerk",), overlap_hours=0)

    assert entry.result == "done"
    assert any("who else holds the old secrets is unknown" in line for line in testbed.said)
    assert not holds(testbed, copy)


def test_a_leak_is_rolled_out_though_a_copy_can_not_be_written_now(
    testbed: RotationTestbed,
) -> None:
    testbed.leaked = True
    copy, _ = of_another_name(testbed)
    testbed.world.fault(
        service="vercel", method="PATCH", path=f"/env/{copy.id}", kind="status", status=418
    )

    with pytest.raises(ApiError):
        testbed.rotate(kinds=("clerk",), overlap_hours=0)

    assert testbed.is_valid(testbed.deployed["clerk"])  # the app is built all the same
    assert testbed.rotate(kinds=("clerk",), overlap_hours=0).result == "done"
    assert holds(testbed, copy)
    assert built(testbed, "preview")["CLERK_API_KEY"] == copy.value_digest
    assert testbed.mints()["clerk"] == 1


def test_a_leak_in_the_middle_of_a_rotation_reaches_what_that_one_had_not(running: World) -> None:
    moment, came = 1, True
    while came:
        testbed = fresh(running)
        copy, _ = of_another_name(testbed)
        came = testbed.killed_at(moment, testbed.rotate)
        testbed.leaked = True

        testbed.rotate(kinds=("clerk",), overlap_hours=0, reason="leaked")

        assert testbed.is_valid(testbed.deployed["clerk"]), moment
        assert holds(testbed, copy), moment
        moment += 2
    assert moment > 25


# -- until the overlap ends ------------------------------------------------------------------------


def done(testbed: RotationTestbed, *names: str) -> None:
    process = Process(testbed, 0)
    see_to(process, "dev", names, held=process.is_held)


def test_each_is_counted_until_it_is_seen_to(testbed: RotationTestbed) -> None:
    names = (in_another_project(testbed), "stack:staging")
    testbed.neighbours = [neighbour("staging")]
    testbed.rotate(seen_to=names)

    assert [each.name for each in testbed.known().journal.waiting] == ["stack:staging", names[0]]
    done(testbed, names[0])
    assert [each.name for each in testbed.known().journal.waiting] == ["stack:staging"]
    with pytest.raises(ClerkstackError, match="Not yet reported as done: stack:staging"):
        done(testbed, "stack:staging", "api/production/OTHER")
    assert [each.name for each in testbed.known().journal.waiting] == ["stack:staging"]
    done(testbed, "stack:staging")
    assert testbed.known().journal.waiting == []
    others = testbed.known().journal.history[-1].others
    assert all(other.named and other.done for other in others)


def test_nothing_is_noted_beside_a_run_that_is_at_it(testbed: RotationTestbed) -> None:
    name = in_another_project(testbed)
    assert testbed.killed_at(15, lambda: testbed.rotate(seen_to=(name,)))
    journal = testbed.known().journal
    assert journal.running is not None
    journal.running.holder = Holder(who="Ben", host="here", pid=999, until=now() + DAY)
    enter(testbed.state, journal)

    with pytest.raises(Held, match="Ben"):
        done(testbed, name)


def test_those_of_the_rotation_before_are_counted_while_their_overlap_lasts(
    testbed: RotationTestbed,
) -> None:
    name = in_another_project(testbed)
    testbed.rotate(seen_to=(name,))
    testbed.rotate()  # the other one has the key before, which stays valid

    assert [other.name for other in testbed.known().journal.waiting] == [name]

    journal = testbed.known().journal
    for entry in journal.history:
        entry.old_ends = 1
    enter(testbed.state, journal)
    assert testbed.known().journal.waiting == []


def test_an_abort_ends_the_count(testbed: RotationTestbed) -> None:
    testbed.rotate(seen_to=(in_another_project(testbed),))
    testbed.abort()

    journal = testbed.known().journal
    assert [entry.result for entry in journal.history] == ["done", "aborted"]
    assert journal.doomed.keys() == {"clerk"}


def test_nothing_that_is_kept_or_said_has_a_secret_in_it(testbed: RotationTestbed) -> None:
    within_a_longer_value(testbed)
    of_another_name(testbed)
    old = dict(testbed.deployed)
    with pytest.raises(Unseen) as refused:
        testbed.rotate()
    entry = testbed.rotate(seen_to=(f"{NAME}/preview/CONFIG",))

    told = entry.model_dump_json() + "\n".join(testbed.said) + str(refused.value)
    for secret in (*old.values(), *testbed.deployed.values()):
        assert secret not in told
    assert fingerprint(SecretStr(old["clerk"])) in told
