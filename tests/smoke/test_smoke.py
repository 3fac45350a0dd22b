"""The smoke run against the example app: all well, each step broken in turn, nothing left."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.clients.users import UsersClient
from clerkstack.settings.models import SmokeGate, SmokeSettings
from clerkstack.smoke.cleanup import MARK, clean_up
from clerkstack.smoke.report import SmokeReport, SmokeStep
from local.world.clerk.subscriptions import subscribe_payer
from tests.smoke.deployment import Deployment, deployment
from tests.smoke.in_front import in_front

STEPS = [
    "sign-up",
    "sign-in",
    "create organization",
    "mint API key",
    "verify API key",
    "MCP call",
    "webhook",
    "gated routes",
    "revoked key refused",
    "clean-up",
]
Break = Callable[[Deployment], Any]


@pytest.fixture(scope="module")
def whole() -> Iterator[Deployment]:
    with deployment() as made:
        yield made


@pytest.fixture
def there(whole: Deployment) -> Iterator[Deployment]:
    """The deployment as it was at the beginning, whatever a test before did to it."""
    clerk, svix = copy.deepcopy((whole.world.clerk.dump(), whole.world.svix.dump()))
    yield whole
    whole.world.clear_faults()
    whole.world.svix.deliveries.settle()
    whole.world.clerk.load(clerk)
    whole.world.svix.load(svix)
    object.__setattr__(whole, "instance", whole.world.clerk.instances()[0])
    whole.world.route("preview.sendero.example", whole.app.address)


def names(steps: tuple[SmokeStep, ...]) -> list[str]:
    return [step.name for step in steps]


def secrets_of(there: Deployment, report: SmokeReport) -> list[str]:
    """What must not be in a report: keys, tokens, passwords by their form."""
    text = repr(report)
    forms = (r"sk_(test|live)_\w+", r"eyJ[\w-]+\.", r"whsec_", r"ak_[A-Za-z0-9]{43}")
    return [form for form in forms if re.search(form, text)]


def test_all_goes_well_and_nothing_is_left(there: Deployment) -> None:
    told: list[str] = []
    done: list[SmokeStep] = []

    report = there.smoke(progress=told.append, done=done.append)

    assert report.ok, report
    assert names(report.steps) == STEPS
    assert tuple(done) == report.steps
    assert [each for each in told if each in STEPS] == STEPS[:-1]
    assert there.left() == []
    assert secrets_of(there, report) == []


def test_a_new_user_says_what_the_instance_wants_and_no_more(there: Deployment) -> None:
    users: list[dict[str, Any]] = []

    def look(step: SmokeStep) -> None:
        if step.name == "sign-up":
            users.extend(there.instance.people.users.values())

    plain = there.smoke(done=look)
    there.world.clerk.write_config(
        there.instance,
        {
            "user_model": {"first_name": {"enabled": True, "required": True}},
            "auth_username": {"used_for_sign_up": True, "required_for_sign_up": True},
            "auth_password": {"required": False},
        },
    )
    whole = there.smoke(done=look)

    assert plain.ok, plain
    assert whole.ok, whole
    first, second = users
    assert (first["first_name"], first["username"], first["password_enabled"]) == (None, None, True)
    assert second["first_name"] == "Smoke"
    assert second["username"].startswith("clerkstack_smoke_")
    assert second["password_enabled"] is False


def test_the_gates_follow_the_plan(there: Deployment) -> None:
    def pay(step: SmokeStep) -> None:
        if step.name == "create organization":
            subscribe_payer(there.instance, "pro", step.detail, 0)

    report = there.smoke(done=pay)

    gates = next(each for each in report.steps if each.name == "gated routes")
    assert gates.ok, gates
    assert "/api/priority-support lets in" in gates.detail
    assert "on the plan pro" in gates.detail


# -- each step broken in turn ---------------------------------------------------------------------


def fault(path: str, method: str = "POST", service: str = "clerk", **more: Any) -> Break:
    how: dict[str, Any] = {"kind": "status", "status": 422, "times": 99, **more}
    return lambda there: there.world.fault(service=service, method=method, path=path, **how)


def phone_needed(there: Deployment) -> None:
    change = {"auth_phone": {"used_for_sign_up": True, "required_for_sign_up": True}}
    there.world.clerk.write_config(there.instance, change)


def wrong_webhook_secret(there: Deployment) -> None:
    app = next(iter(there.world.svix.apps().values()))
    for endpoint in app.endpoints.values():
        endpoint.secret = "whsec_" + "A" * 32


def keys_off(there: Deployment) -> None:
    there.world.dashboard(
        "set_api_keys", environment="development", organizations=False, users=False
    )


BROKEN: list[tuple[str, Break, list[str], str]] = [
    ("a field nobody fills", phone_needed, ["sign-up"], "missing: phone_number"),
    ("sign-up refused", fault("/v1/client/sign_ups", service="frontend"), ["sign-up"], "422"),
    ("no sign-in token", fault("/v1/sign_in_tokens"), ["sign-in"], "422"),
    ("ticket refused", fault("/v1/client/sign_ins", service="frontend"), ["sign-in"], "422"),
    ("no organization", fault("/v1/organizations"), ["create organization"], "422"),
    ("webhook secret wrong", wrong_webhook_secret, ["webhook"], "no key with the claim"),
    (
        "webhook lost",
        lambda there: there.world.route("preview.sendero.example", None),
        ["webhook"],
        "no key with the claim",
    ),
    ("keys are off", keys_off, ["mint API key", "webhook"], "not enabled for organizations"),
    (
        "verification refused",
        fault("/v1/api_keys/verify"),
        ["verify API key", "revoked key refused"],
        "422",
    ),
    ("deletion refused", fault("/v1/users/.*", "DELETE"), ["clean-up"], "left behind: user user_"),
]


@pytest.mark.parametrize(
    ("broken", "steps", "said"), [pytest.param(*each[1:], id=each[0]) for each in BROKEN]
)
def test_a_step_that_is_broken_is_the_one_that_fails(
    there: Deployment, broken: Break, steps: list[str], said: str
) -> None:
    broken(there)

    report = there.smoke(wait_seconds=1)

    assert names(report.failed) == steps, report
    assert any(said in each.detail for each in report.failed), report.failed
    assert not report.ok
    assert secrets_of(there, report) == []
    if "clean-up" not in steps:
        assert there.left() == []


APP: list[tuple[str, dict[str, tuple[int, str]], list[str], str]] = [
    (
        "the app answers 500",
        {"/api/": (500, "{}")},
        ["MCP call", "gated routes"],
        "POST /api/mcp answered 500",
    ),
    ("no MCP server", {"/api/mcp": (404, "{}")}, ["MCP call"], "answered 404"),
    (
        "a web page at the MCP path",
        {"/api/mcp": (200, "<html>")},
        ["MCP call"],
        "no valid MCP answer",
    ),
    (
        "has() is false for everybody",
        {"/api/audit": (403, "{}")},
        ["gated routes"],
        "let in",
    ),
    ("has() lets everybody in", {"/api/prio": (200, "{}")}, ["gated routes"], "be refused"),
    ("nobody is signed in", {"/api/audit": (401, "{}")}, ["gated routes"], "answered 401"),
]


@pytest.mark.parametrize(
    ("answers", "steps", "said"), [pytest.param(*each[1:], id=each[0]) for each in APP]
)
def test_an_app_that_is_broken_fails_where_it_is(
    there: Deployment, answers: dict[str, tuple[int, str]], steps: list[str], said: str
) -> None:
    with in_front(there.app.address, answers) as url:
        report = there.going_to(url).smoke()

    assert names(report.failed) == steps, report
    assert any(said in each.detail for each in report.failed), report.failed
    assert there.left() == []


def test_a_key_that_opens_after_its_revocation_is_reported(
    there: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clerkstack.smoke.steps.SECONDS_TO_REVOKE", 1.0)
    hello = '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"t"}]}}'
    with in_front(there.app.address, {"/api/mcp": (200, hello)}, echo_id=True) as url:
        report = there.going_to(url).smoke()

    assert names(report.failed) == ["revoked key refused"], report
    assert "still opens /api/mcp" in report.failed[0].detail
    assert there.left() == []


def test_an_app_that_is_not_there_is_no_failed_service(there: Deployment) -> None:
    report = there.going_to("http://127.0.0.1:9").smoke()

    assert names(report.failed) == ["MCP call", "gated routes"]
    assert "does not answer" in report.failed[0].detail
    assert not report.service_failed
    assert there.left() == []


def test_the_webhook_of_an_app_that_does_not_answer_is_not_waited_for(
    there: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clerkstack.smoke.steps.SECONDS_FOR_A_SILENT_APP", 1.0)
    there.world.route("preview.sendero.example", None)

    report = there.going_to("http://127.0.0.1:9").smoke(wait_seconds=600)

    assert names(report.failed) == ["MCP call", "webhook", "gated routes"]
    assert "after 1 seconds" in report.failed[1].detail


def test_a_step_that_needs_a_failed_one_is_not_run(there: Deployment) -> None:
    fault("/v1/organizations")(there)

    report = there.smoke()

    waiting = [step for step in report.steps if not step.ran]
    assert names(tuple(waiting)) == [
        "mint API key",
        "verify API key",
        "MCP call",
        "webhook",
        "gated routes",
        "revoked key refused",
    ]
    assert waiting[0].detail == "not run: needs create organization"


# -- whatever happens, nothing is left ------------------------------------------------------------

WRITES = {
    "createSignUps": ("frontend", "/v1/client/sign_ups"),
    "attemptSignUpsVerification": ("frontend", ".*/attempt_verification"),
    "CreateSignInToken": ("clerk", "/v1/sign_in_tokens"),
    "createSignIn": ("frontend", "/v1/client/sign_ins"),
    "CreateOrganization": ("clerk", "/v1/organizations"),
    "createApiKey": ("clerk", "/v1/api_keys"),
    "revokeApiKey": ("clerk", "/v1/api_keys/.*/revoke"),
}


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "status"])
@pytest.mark.parametrize("write", sorted(WRITES))
def test_a_write_whose_answer_is_lost_leaves_nothing(
    there: Deployment, write: str, kind: str
) -> None:
    service, path = WRITES[write]
    more = {"status": 503} if kind == "status" else {}
    there.world.fault(service=service, method="POST", path=path, kind=kind, **more)

    report = there.smoke(wait_seconds=1)

    assert there.left() == [], report
    if report.failed:
        assert report.service_failed, report
    else:
        assert write == "revokeApiKey", "a write that may not be sent twice was"


@pytest.mark.parametrize("step", STEPS[:-1])
def test_an_interrupt_removes_what_was_made(there: Deployment, step: str) -> None:
    def interrupt(what: str) -> None:
        if what == step:
            raise KeyboardInterrupt

    report = there.smoke(progress=interrupt)

    assert report.interrupted
    assert not report.ok
    assert names(report.steps)[-1] == "clean-up"
    assert there.left() == []


def test_who_interrupts_the_clean_up_is_told_what_is_left(there: Deployment) -> None:
    told: list[str] = []

    def interrupt(what: str) -> None:
        told.append(what)
        if what == "webhook" or what.startswith("removing user"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        there.smoke(progress=interrupt)

    assert told[-1].startswith(f"clean-up interrupted: objects whose name begins with {MARK}")
    assert told[-1].endswith("run the same command with --clean-up.")


def test_what_a_killed_run_left_is_found_and_nothing_else(there: Deployment) -> None:
    class Killed(BaseException):
        pass

    def kill(what: str) -> None:
        if what == "gated routes":
            raise Killed

    key = SecretStr(there.instance.secret)
    with UsersClient(key=key, base_url=there.world.urls.clerk) as people:
        ours = people.create_user(email_address="jo@sendero.example").id
        acme = people.create_organization(name=f"Not {MARK}", created_by=ours).id
        with pytest.raises(Killed):
            there.smoke(progress=kill)
        killed = there.left()

        removed = clean_up(people, MARK, progress=lambda _: None)
        again = clean_up(people, MARK, progress=lambda _: None)

    assert len(killed) > len(there.left())
    left = there.left()
    assert {ours, acme} <= set(left)
    assert [each for each in left if each.startswith(("user_", "org_"))] == [ours, acme]
    assert any(each.startswith("user user_") for each in removed)
    assert again == []


def test_a_mark_of_anything_else_is_refused() -> None:
    with pytest.raises(ValueError, match="not the mark of a smoke run"):
        clean_up(None, "jo", progress=lambda _: None)  # type: ignore[arg-type]


# -- production, and apps that are otherwise ------------------------------------------------------


def test_without_test_mode_the_user_is_made_through_the_backend_api(there: Deployment) -> None:
    access = {"auth_access_control": {"sign_up_mode": "restricted"}}
    there.world.clerk.write_config(there.instance, access)

    report = there.smoke(email_domain="sendero.example")

    assert report.ok, report
    assert "created through the Backend API: sign-ups are restricted" in report.steps[0].detail
    assert there.left() == []


def test_production_has_no_test_mode_and_no_test_address() -> None:
    seen: list[str] = []

    with deployment(production=True) as there:

        def look(step: SmokeStep) -> None:
            for user in there.instance.people.users.values():
                seen.append(user["email_addresses"][0]["email_address"])

        report = there.smoke(done=look)
        left = there.left()

    assert report.ok, report
    assert "created through the Backend API: test mode is off" in report.steps[0].detail
    assert all(each.startswith(MARK) and "+" not in each for each in seen)
    assert left == []


def test_what_an_app_does_not_have_is_not_asked_for(there: Deployment) -> None:
    smoke = SmokeSettings(gates=[], sandbox_key=False, mcp_tool="workspace")
    other = replace(there, target=replace(there.target, smoke=smoke))

    report = other.smoke()

    assert report.ok, report
    told = {step.name: step.detail for step in report.steps}
    assert told["webhook"] == "skipped: smoke.sandboxKey is false"
    assert told["gated routes"] == "skipped: smoke.gates is empty"


def test_a_tool_that_is_not_there_is_reported(there: Deployment) -> None:
    gates = [SmokeGate(path="/api/audit-log", feature="audit_log_export")]
    smoke = SmokeSettings(gates=gates, mcp_tool="quote")
    other = replace(there, target=replace(there.target, smoke=smoke))

    report = other.smoke()

    assert names(report.failed) == ["MCP call"]
    assert report.failed[0].detail == "the MCP server has no tool quote. Its tools: workspace"
