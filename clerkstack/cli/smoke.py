"""`clerkstack smoke`: acts like a new customer of a deployment and removes everything it
created."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from pydantic import SecretStr

from clerkstack.cli.exits import FOUND, REMOTE_FAILURE
from clerkstack.cli.interrupts import ended_like_interrupt
from clerkstack.cli.remote import live_of, reading
from clerkstack.cli.say import say, say_marked
from clerkstack.cli.settings import stack_settings
from clerkstack.problems import ClerkstackError
from clerkstack.settings.models import SmokeSettings
from clerkstack.settings.variable_names import SETS
from clerkstack.smoke.cleanup import MARK, LeftBehind, clean_up
from clerkstack.smoke.report import SmokeReport, SmokeStep
from clerkstack.smoke.run import WAIT_SECONDS, run_on
from clerkstack.smoke.target import Target, target_of

INTERRUPTED = 130
SECRET_KEY, PUBLISHABLE_KEY = SETS["nextjs"].secret_key, SETS["nextjs"].publishable_key
API_URL = "CLERK_API_URL"  # the name that Clerk's SDKs use


def smoke(
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", help="The stack whose deployment to test.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            help=(
                f"The deployment's URL; without --stack, {SECRET_KEY} and {PUBLISHABLE_KEY} in "
                "the shell are its instance's keys."
            )
        ),
    ] = None,
    email_domain: Annotated[
        str | None,
        typer.Option(help="Domain of the address that signs up.", show_default="example.com"),
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for the webhook.")
    ] = WAIT_SECONDS,
    only_clean_up: Annotated[
        bool,
        typer.Option("--clean-up", help="Only remove what killed runs left behind."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Sign up, create an organization, mint an API key, use the app with it, and remove it all.

    The steps: sign-up, sign-in, organization, API key, its verification, an MCP call, the webhook,
    the gated routes, the revoked key. The run always removes what it created, even after a failure
    or Ctrl-C, and reports what it cannot remove. See docs/smoke.md.

    Exit codes: 0 all steps passed, 1 a step failed, 2 bad input, 3 a service failed, 130
    interrupted.
    """
    with ended_like_interrupt():
        target = _target(stack, url)
        if only_clean_up:
            _clean_up(target, as_json)
            return
        try:
            report = run_on(
                target,
                email_domain=email_domain,
                wait_seconds=wait,
                progress=lambda what: say(f"{what} …", err=True),
                done=lambda step: None if as_json else _show(step),
            )
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
    _conclude(report, as_json)


def _target(stack: str | None, url: str | None) -> Target:
    if stack is not None:
        settings = stack_settings(stack)
        with reading(), live_of(settings) as live:
            return target_of(settings, live, url=url)
    if url is None:
        raise ClerkstackError("Name the deployment: --stack NAME, or --url URL.")
    if not url.startswith(("https://", "http://")):
        raise ClerkstackError("--url must be a URL, such as https://app.example.com.")
    missing = [name for name in (SECRET_KEY, PUBLISHABLE_KEY) if not os.environ.get(name)]
    if missing:
        raise ClerkstackError(
            f"{' and '.join(missing)} must be set: with --url alone, the keys of the deployment's "
            "instance are read from the shell. Or name the stack: --stack NAME."
        )
    api = os.environ.get(API_URL)
    return Target(
        url=url,
        publishable_key=os.environ[PUBLISHABLE_KEY],
        secret_key=SecretStr(os.environ[SECRET_KEY]),
        smoke=SmokeSettings(),
        **({"backend": api} if api else {}),
    )


def _clean_up(target: Target, as_json: bool) -> None:
    from clerkstack.clients.users import UsersClient

    with UsersClient(key=target.secret_key, base_url=target.backend) as users:
        try:
            removed = clean_up(users, MARK, progress=lambda what: say(f"{what} …", err=True))
        except LeftBehind as error:
            say(f"error: {error}", err=True)
            raise typer.Exit(REMOTE_FAILURE if error.service else FOUND) from None
    if as_json:
        from clerkstack.report.operations import CleanUpDocument

        say(CleanUpDocument(removed=tuple(removed)).text())
    else:
        say("\n".join(removed) or "There is nothing from a smoke run.")


def _show(step: SmokeStep) -> None:
    mark = "ok" if step.ok else "FAILED" if step.ran else "–"
    colour = typer.colors.GREEN if step.ok else typer.colors.RED if step.ran else None
    text = f"{step.name:<20} {step.seconds:5.1f} s  {step.detail}"
    say_marked(mark, text, colour=colour, width=7)


def _conclude(report: SmokeReport, as_json: bool) -> None:
    failed = report.failed
    if as_json:
        from clerkstack.report.operations import SmokeDocument

        document = SmokeDocument(
            url=report.url, ok=report.ok, interrupted=report.interrupted, steps=report.steps
        )
        say(document.text())
    elif report.ok:
        seconds = sum(step.seconds for step in report.steps)
        say(f"{report.url}: all {len(report.steps)} steps passed, in {seconds:.1f} s.")
    else:
        names = ", ".join(each.name for each in failed) or "none"
        ended = "; interrupted" if report.interrupted else ""
        say(f"{report.url}: failed: {names}{ended}.")
    if report.interrupted:
        raise typer.Exit(INTERRUPTED)
    if failed:
        raise typer.Exit(REMOTE_FAILURE if report.service_failed else FOUND)
