"""The steps of a smoke run: what a new customer does."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clerkstack.clients.errors import ApiError
from clerkstack.problems import ClerkstackError

if TYPE_CHECKING:
    from clerkstack.clients.app import AppClient
    from clerkstack.clients.frontend import Environment
    from clerkstack.clients.users import MintedKey, Organization, UsersClient
    from clerkstack.clients.visitor import VisitorClient
    from clerkstack.smoke.target import Target

TEST_CODE = "424242"
TEST_SUBADDRESS = "+clerk_test"
LIFETIME = 900  # seconds that the key and the sign-in token are valid, if nobody removes them
SECONDS_TO_REVOKE = 15.0
SECONDS_FOR_A_SILENT_APP = 5.0
PAUSE = 0.25
ALLOWED = range(200, 300)
REFUSED = frozenset({402, 403, 404})
"""How a gate refuses: Clerk's `auth.protect` answers 404, an app's own check usually 403."""


class StepFailed(ClerkstackError):
    """The step failed although every request was answered."""


@dataclass
class Visit:
    """What the steps share and pass on."""

    target: Target
    mark: str
    email_domain: str
    wait_seconds: float
    users: UsersClient
    app: AppClient
    closing: ExitStack
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    app_answers: bool = True
    environment: Environment | None = None
    user_id: str = ""
    session_id: str = ""
    visitor: VisitorClient | None = None
    organization: Organization | None = None
    key: MintedKey | None = None

    def new_visitor(self) -> VisitorClient:
        """A visitor with a new browser, past the bot protection if there is one."""
        from clerkstack.clients.visitor import VisitorClient

        guarded = self.environment is not None and bool(self.environment.sign_up.captcha_enabled)
        token = self.users.create_testing_token().token if guarded else None
        visitor = VisitorClient(
            publishable_key=self.target.publishable_key,
            base_url=self.target.frontend,
            testing_token=token,
        )
        return self.closing.enter_context(visitor)

    def need_organization(self) -> Organization:
        """The organization that an earlier step created."""
        assert self.organization is not None
        return self.organization

    def need_key(self) -> MintedKey:
        """The API key that an earlier step created."""
        assert self.key is not None
        return self.key


def sign_up(visit: Visit) -> str:
    """Sign up with a test address and its fixed code. If test mode is off or sign-ups are not
    public, create the user through the Backend API, which sends no email."""
    from clerkstack.clients.frontend import FrontendClient

    target = visit.target
    key = target.publishable_key
    with FrontendClient(publishable_key=key, base_url=target.frontend) as frontend:
        environment = visit.environment = frontend.environment()
    test_mode, mode = environment.auth_config.test_mode, environment.sign_up.mode or "public"
    if not test_mode or mode != "public":
        address = f"{visit.mark}@{visit.email_domain}"
        visit.user_id = visit.users.create_user(email_address=address).id
        why = f"sign-ups are {mode}" if test_mode else "test mode is off"
        return f"{visit.user_id}, created through the Backend API: {why}"
    visitor = visit.new_visitor()
    started = visitor.sign_up(_sign_up_form(visit, environment))
    visitor.send_code(started.id)
    done = visitor.verify_code(started.id, code=TEST_CODE)
    if done.status != "complete" or done.created_user_id is None:
        missing = ", ".join(done.missing_fields) or "nothing that Clerk names"
        raise StepFailed(f"the sign-up is {done.status}; missing: {missing}")
    visit.user_id = done.created_user_id
    return f"{visit.user_id}, with a code by email"


def _sign_up_form(visit: Visit, environment: Environment) -> dict[str, str]:
    """Exactly the fields that the instance requires of a new user: it refuses fields that it has
    turned off."""
    answers = {
        "password": secrets.token_urlsafe(24),
        "first_name": "Smoke",
        "last_name": "Run",
        "username": visit.mark.replace("-", "_"),
    }
    form = {"email_address": f"{visit.mark}{TEST_SUBADDRESS}@{visit.email_domain}"}
    form |= {name: text for name, text in answers.items() if name in environment.required_of_users}
    if environment.sign_up.legal_consent_enabled:
        form["legal_accepted"] = "true"
    return form


def sign_in(visit: Visit) -> str:
    """Sign in on another device, with a sign-in token."""
    token = visit.users.create_sign_in_token(user_id=visit.user_id, expires_in_seconds=LIFETIME)
    visitor = visit.new_visitor()
    signed_in = visitor.sign_in(ticket=token.token)
    if signed_in.status != "complete" or signed_in.created_session_id is None:
        raise StepFailed(f"the sign-in is {signed_in.status}")
    visit.visitor, visit.session_id = visitor, signed_in.created_session_id
    return visit.session_id


def create_organization(visit: Visit) -> str:
    """Create an organization with the user as its first member."""
    visit.organization = visit.users.create_organization(name=visit.mark, created_by=visit.user_id)
    return visit.organization.id


def webhook(visit: Visit) -> str:
    """Wait until the app's webhook has created the new organization's sandbox key; for an app that
    did not answer before, only a moment."""
    organization = visit.need_organization()
    if not visit.target.smoke.sandbox_key:
        return "skipped: smoke.sandboxKey is false"

    def minted() -> str | None:
        for key in visit.users.list_api_keys(organization.id):
            if isinstance(key.claims, dict) and key.claims.get("type") == "sandbox":
                return f"the sandbox key {key.id} exists"
        return None

    seconds = visit.wait_seconds
    if not visit.app_answers:
        seconds = min(seconds, SECONDS_FOR_A_SILENT_APP)
    seen = _until(visit, seconds, minted)
    if seen is None:
        raise StepFailed(
            f"no key with the claim type: sandbox after {seconds:.0f} seconds. The "
            "webhook did not arrive or was refused, or the app failed: the endpoint's page "
            "in Clerk's dashboard shows the attempts"
        )
    return seen


def mint_key(visit: Visit) -> str:
    """Create an API key for the organization."""
    visit.key = visit.users.create_api_key(
        name=visit.mark,
        subject=visit.need_organization().id,
        seconds_until_expiration=LIFETIME,
    )
    return visit.key.id


def verify_key(visit: Visit) -> str:
    """Have Clerk verify the key."""
    key = visit.need_key()
    verified = visit.users.verify_api_key(key.secret)
    if (verified.id, verified.subject) != (key.id, visit.need_organization().id):
        raise StepFailed(f"Clerk reports the key {verified.id} of {verified.subject}")
    return f"of {verified.subject}"


def call_mcp(visit: Visit) -> str:
    """Use the app's MCP server with the key."""
    smoke = visit.target.smoke
    session = visit.app.open_mcp(smoke.mcp_path, key=visit.need_key().secret)
    tools = session.tools()
    names = [str(item.get("name")) for item in tools]
    if not tools:
        raise StepFailed(f"the MCP server at {smoke.mcp_path} has no tools")
    if smoke.mcp_tool is not None and smoke.mcp_tool not in names:
        raise StepFailed(
            f"the MCP server has no tool {smoke.mcp_tool}. Its tools: {', '.join(names)}"
        )
    free = [
        str(item.get("name"))
        for item in tools
        if not (item.get("inputSchema") or {}).get("required")
    ]
    tool = smoke.mcp_tool or next(iter(free), None)
    if tool is None:
        return f"{len(tools)} tools; each needs arguments, so none was called"
    session.call_tool(tool)
    return f"the tool {tool} of {session.server or 'the server'} works"


def ask_gates(visit: Visit) -> str:
    """Check that each gated route answers according to the organization's plan."""
    gates = visit.target.smoke.gates
    if not gates:
        return "skipped: smoke.gates is empty"
    organization = visit.need_organization()
    assert visit.visitor is not None
    plans = visit.users.subscription(organization.id).plans
    slugs = {plan.slug for plan in plans}
    features = {feature.slug for plan in plans for feature in plan.features}
    token = visit.visitor.session_token(visit.session_id, organization_id=organization.id)
    wrong, answers = [], []
    for gate in gates:
        subject = f"feature {gate.feature}" if gate.feature else f"plan {gate.plan}"
        allowed = gate.feature in features if gate.feature else gate.plan in slugs
        status = visit.app.status(gate.path, token=token)
        answers.append(f"{gate.path} {'lets in' if allowed else 'refuses'}")
        if status not in (ALLOWED if allowed else REFUSED):
            should = "let in" if allowed else "be refused"
            wrong.append(f"{gate.path} answered {status}, and should {should} ({subject})")
    on = f"on the plan {', '.join(sorted(slugs)) or 'none'}"
    if wrong:
        raise StepFailed(f"{'; '.join(wrong)}; the organization is {on}")
    return f"{', '.join(answers)}; {on}"


def refuse_revoked(visit: Visit) -> str:
    """Revoke the key, and check that the app refuses it."""
    from clerkstack.clients.app import AppRefused

    key = visit.need_key()
    visit.users.revoke_api_key(key.id)

    def refused() -> str | None:
        try:
            visit.users.verify_api_key(key.secret)
            return None
        except ApiError as error:
            if error.status not in (400, 401, 404):
                raise
        try:
            visit.app.open_mcp(visit.target.smoke.mcp_path, key=key.secret)
        except AppRefused as error:
            if error.status in (401, 403):
                return f"Clerk and the app refuse it ({error.status})"
            raise
        return None

    seen = _until(visit, SECONDS_TO_REVOKE, refused)
    if seen is None:
        raise StepFailed(
            f"the revoked key {key.id} still opens {visit.target.smoke.mcp_path} after "
            f"{SECONDS_TO_REVOKE:.0f} seconds"
        )
    return seen


def _until(visit: Visit, seconds: float, look: Callable[[], str | None]) -> str | None:
    """Call `look` until it returns something, at least once, with growing pauses."""
    deadline = visit.now() + seconds
    pause = PAUSE
    while (seen := look()) is None and visit.now() + pause < deadline:
        visit.sleep(pause)
        pause = min(pause * 1.5, 3.0)
    return seen
