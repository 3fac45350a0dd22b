"""Completeness: everything declared exists, production is protected, no secret is too old."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from clerkstack.checks.finding import Finding
from clerkstack.desired.secret_kinds import KINDS, variables_of
from clerkstack.settings.variable_names import (
    DEFAULT,
    PUBLIC_PREFIXES,
    Purpose,
    names_of,
    unread_in,
)
from policies.policy import Option, Policy, Values, note, violation
from policies.view import (
    API_KEYS,
    BILLING,
    INSTANCE,
    ORGANIZATIONS,
    PRODUCTION,
    ROLES,
    ROTATIONS,
    SHARED,
    SIGN_IN,
    VARIABLE,
    VARIABLES,
    WEBHOOK,
    WRITTEN,
    Expected,
    Resource,
    Stack,
)

# The resources that components/base.py protects (`protected_options`), and the rotation journal.
PROTECTED = (
    INSTANCE,
    ORGANIZATIONS,
    ROLES,
    SIGN_IN,
    BILLING,
    API_KEYS,
    WEBHOOK,
    VARIABLE,
    VARIABLES,
    SHARED,
    ROTATIONS,
)
# By the setting's name in clerkstack:components.
OF_PART = {
    "organizations": (ORGANIZATIONS, "the organization settings"),
    "billing": (BILLING, "billing, with every plan and feature"),
    "api_keys": (API_KEYS, "the switches of API keys"),
    "webhook": (WEBHOOK, "the webhook endpoint"),
}
NEEDED: tuple[Purpose, ...] = ("publishable_key", "secret_key", "app_url")


def _complete(stack: Stack, _values: Values) -> Iterator[Finding]:
    if stack.parts is None:
        return
    if not stack.of(INSTANCE):
        yield violation("the instance is not declared")
    for part, (kind, what) in OF_PART.items():
        if part in stack.parts and not stack.of(kind):
            yield violation(f"{what} would be missing")
    if "environment" in stack.parts:
        for project in stack.projects:
            yield from _variables_there(stack, project)


def _billing_managed(stack: Stack, _values: Values) -> Iterator[Finding]:
    if stack.parts is not None and "billing" not in stack.parts:
        yield violation(
            "billing is switched off (clerkstack:components.billing), so this stack does not "
            "manage plans, features or trials without a card"
        )


def _variables_there(stack: Stack, project: Expected) -> Iterator[Finding]:
    purposes = [*NEEDED]
    if "webhook" in (stack.parts or ()):
        purposes.append("signing_secret")
    needed = [name for purpose in purposes for name in names_of(purpose, project.names or DEFAULT)]
    targets = ("production",) if stack.environment == PRODUCTION else ("preview", "development")
    written = {
        f"{target}/{variable.key}"
        for resource, variable in stack.variables()
        if project.concerns(resource)
        for target in (targets if variable.targets is None else variable.targets)
    }
    of = f" of {project.name}" if project.name else ""
    for target in targets if project.targets is None else project.targets:
        for name in (f"{target}/{key}" for key in needed):
            if name not in written and name not in project.leave_alone:
                yield violation(f"the variable {name}{of} would be missing")


def _protected(resource: Resource, _values: Values) -> Iterator[Finding]:
    if resource.type in PROTECTED and not resource.protect:
        yield violation("it is not protected: one change of the program would remove it")


def _age(stack: Stack, values: Values) -> Iterator[Finding]:
    oldest = stack.now - timedelta(days=int(values["max_days"]))
    rotated = set()
    for resource in stack.of(ROTATIONS):
        known = resource.outputs.get("rotated")
        for kind in KINDS:
            minted = _time(known.get(kind)) if isinstance(known, Mapping) else None
            if minted is None:
                continue
            # Writing a variable again does not make the secret in it newer.
            rotated |= {*variables_of(kind)}
            if minted < oldest:
                days = (stack.now - minted).days
                names = " and ".join(variables_of(kind, stack.names or DEFAULT))
                yield violation(f"{names} was last rotated {days} days ago", resource)
    yield from _by_writing(stack, oldest, rotated)


def _by_writing(stack: Stack, oldest: datetime, rotated: Collection[str]) -> Iterator[Finding]:
    """Judge secrets that were never rotated by when their variable was written."""
    for resource in stack.of(WRITTEN):
        known = resource.outputs.get("written")
        if not isinstance(known, Mapping):
            continue  # this update writes them again, and checks all of them at its end
        for name in _names(resource, known):
            if name.rpartition("/")[2] in rotated:
                continue
            written = _time(known.get(name))
            if written is None:
                yield note(f"the age of {name} is unknown", resource)
            elif written < oldest:
                days = (stack.now - written).days
                yield violation(f"{name} was last written {days} days ago", resource)


def _names(resource: Resource, known: Mapping[str, Any]) -> list[str]:
    """The variables that hold a secret, as target/KEY: not every sensitive variable does."""
    names = {**known, **resource.part("state")}
    return sorted(name for name in names if not name.split("/", 1)[-1].startswith(PUBLIC_PREFIXES))


def _read(stack: Stack, _values: Values) -> Iterator[Finding]:
    for project in stack.projects:
        if project.names and "guide" in project.names:
            continue  # the settings leave these to the app
        own = (v.key for resource, v in stack.variables() if project.concerns(resource))
        unread = unread_in(own)
        if unread:
            yield violation(f"{project.name}: {unread}" if project.name else unread)


def _time(written: Any) -> datetime | None:
    """From milliseconds since 1970 (Vercel's `updatedAt`)."""
    if not isinstance(written, int | float) or isinstance(written, bool):
        return None
    return datetime.fromtimestamp(written / 1000, UTC)


POLICIES = (
    Policy(
        "complete",
        "Everything that the stack's settings declare exists.",
        "A missing resource causes no error: there is no plan to buy, no event, no key.",
        "Declare it again, or switch the part off in clerkstack:components.",
        check_stack=_complete,
    ),
    Policy(
        "billing-managed",
        "Production's plans and features are declared.",
        "What no stack declares is changed in the dashboard, where no policy sees it: a check of "
        "a slug that differs returns false, a trial asks for a card.",
        "Leave clerkstack:components.billing on. If another stack manages them, write a waiver.",
        check_stack=_billing_managed,
        production_only=True,
    ),
    Policy(
        "read-names",
        "Every variable has a name that something reads.",
        "A variable that nothing reads has no effect: people land on the wrong page after signing "
        "in, and webhooks are refused.",
        "Set clerkstack:environment.names to what the app reads: [nextjs], [guide], or both.",
        check_stack=_read,
        advisory=True,
    ),
    Policy(
        "protected",
        "The resources that production depends on are protected.",
        "The engine refuses to delete what is protected: a plan with subscribers, the endpoint, "
        "the keys of the running app. Unprotected, one change of the program takes it away.",
        "Remove clerkstack:protect from production's settings, or set it to true.",
        check_resource=_protected,
        production_only=True,
    ),
    Policy(
        "secret-age",
        "No secret is older than the limit.",
        "Somebody who left with a copy of a secret can use it until it is rotated.",
        "Run bin/clerkstack rotate: it locks nobody out.",
        check_stack=_age,
        options={"max_days": Option(90, "days after which a secret must be written again")},
    ),
)
