"""One smoke run: the steps in order, what each needs, and the clean-up, which always runs."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clerkstack.clients.errors import Unreachable
from clerkstack.problems import ClerkstackError
from clerkstack.smoke import steps
from clerkstack.smoke.cleanup import MARK, LeftBehind, clean_up, failed_service
from clerkstack.smoke.report import SmokeReport, SmokeStep
from clerkstack.smoke.steps import Visit
from clerkstack.smoke.target import Target

if TYPE_CHECKING:
    from clerkstack.clients.users import UsersClient

WAIT_SECONDS = 60.0
CLEAN_UP = "clean-up"
HOW_TO_REMOVE = "To remove it, run the same command with --clean-up."
Progress = Callable[[str], None]
Done = Callable[[SmokeStep], None]


@dataclass(frozen=True)
class _Step:
    name: str
    act: Callable[[Visit], str]
    needs: tuple[str, ...] = ()


STEPS = (
    _Step("sign-up", steps.sign_up),
    _Step("sign-in", steps.sign_in, ("sign-up",)),
    _Step("create organization", steps.create_organization, ("sign-up",)),
    _Step("mint API key", steps.mint_key, ("create organization",)),
    _Step("verify API key", steps.verify_key, ("mint API key",)),
    _Step("MCP call", steps.call_mcp, ("mint API key",)),
    # The message is on its way since the organization exists: the steps before take that time.
    _Step("webhook", steps.webhook, ("create organization",)),
    _Step("gated routes", steps.ask_gates, ("sign-in", "create organization")),
    _Step("revoked key refused", steps.refuse_revoked, ("mint API key", "MCP call")),
)


def run_on(
    target: Target,
    *,
    email_domain: str | None = None,
    wait_seconds: float = WAIT_SECONDS,
    progress: Progress = lambda _: None,
    done: Done = lambda _: None,
) -> SmokeReport:
    """Do what a new customer does, and remove everything again, whatever happens.

    `progress` is called with what starts, `done` with each finished step. A failed step skips only
    the steps that need it. An interrupt (KeyboardInterrupt) ends the steps; the clean-up still
    runs, and the report says so.

    Raises:
        KeyboardInterrupt: the clean-up was interrupted too.
    """
    from clerkstack.clients.app import AppClient
    from clerkstack.clients.users import UsersClient

    mark = f"{MARK}{int(time.time()):x}{secrets.token_hex(3)}"
    ran: list[SmokeStep] = []
    interrupted = False

    def over(step: SmokeStep) -> None:
        ran.append(step)
        done(step)

    with ExitStack() as closing:
        users = closing.enter_context(UsersClient(key=target.secret_key, base_url=target.backend))
        app = AppClient(base_url=target.url)
        closing.callback(app.close)
        domain = email_domain or target.smoke.email_domain
        visit = Visit(target, mark, domain, wait_seconds, users, app, closing)
        try:
            for step in STEPS:
                over(_result(step, visit, ran, progress))
        except KeyboardInterrupt:
            interrupted = True
            progress("interrupted: removing what was created")
        try:
            over(_cleaned(users, mark, progress))
        except KeyboardInterrupt:
            progress(
                f"clean-up interrupted: objects whose name begins with {mark} may be left. "
                f"{HOW_TO_REMOVE}"
            )
            raise
    return SmokeReport(target.url, tuple(ran), interrupted)


def _result(step: _Step, visit: Visit, ran: list[SmokeStep], progress: Progress) -> SmokeStep:
    missing = [earlier.name for earlier in ran if earlier.name in step.needs and not earlier.ok]
    if missing:
        return SmokeStep(step.name, False, f"not run: needs {', '.join(missing)}", 0.0, ran=False)
    progress(step.name)
    started = time.monotonic()
    try:
        detail, ok, service = step.act(visit), True, None
    except ClerkstackError as error:
        app_failed = isinstance(error, Unreachable) and visit.target.url in str(error)
        detail, ok = str(error), False
        visit.app_answers = visit.app_answers and not app_failed
        service = None if app_failed else failed_service(error)
    return SmokeStep(step.name, ok, detail, time.monotonic() - started, service=service)


def _cleaned(users: UsersClient, mark: str, progress: Progress) -> SmokeStep:
    started = time.monotonic()
    try:
        removed = clean_up(users, mark, progress=progress)
        detail, ok, service = ", ".join(removed) or "nothing was created", True, None
    except LeftBehind as error:
        detail = f"{error} {HOW_TO_REMOVE}"
        ok, service = False, error.service
    return SmokeStep(CLEAN_UP, ok, detail, time.monotonic() - started, service=service)
