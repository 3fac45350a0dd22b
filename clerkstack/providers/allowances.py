"""Dangerous changes: refused unless the stack's config allows that particular change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clerkstack.clients.errors import ApiError
from clerkstack.failures import ResourceFailed
from clerkstack.live.subscriptions import subscribers_by_payer, subscribers_by_plan
from clerkstack.notices import notice
from clerkstack.reconcile.names import BILLING_KINDS
from clerkstack.settings.names import PREFIX
from clerkstack.settings.source_map import spelled

if TYPE_CHECKING:
    from clerkstack.live.session import Session
    from clerkstack.reconcile.danger import Danger
    from clerkstack.settings.models import Allowed

KINDS = {**BILLING_KINDS, "toggles": "toggle"}


class Subscribers:
    """Counts subscribers; asks Clerk only if a change concerns them."""

    def __init__(self, session: Session, application_id: str, environment: str) -> None:
        self._session = session
        self._place = (application_id, environment)

    def of(self, dangers: Sequence[Danger]) -> list[int | None]:
        """The number of subscribers that each danger concerns; None if it concerns none, or if
        Clerk does not say."""
        if not any(danger.counted for danger in dangers):
            return [None] * len(dangers)
        slugs = list(dict.fromkeys(slug for danger in dangers for slug in danger.plans))
        try:
            with self._session.backend(*self._place) as backend:
                by_plan = subscribers_by_plan(backend, slugs) if slugs else {}
                payers = {danger.payer for danger in dangers if danger.payer}
                by_payer = {payer: subscribers_by_payer(backend, payer) for payer in payers}
        except (ApiError, ResourceFailed):
            return [None] * len(dangers)
        return [_concerned(danger, by_plan, by_payer) for danger in dangers]


def _concerned(
    danger: Danger, by_plan: Mapping[str, int | None], by_payer: Mapping[str, int]
) -> int | None:
    if danger.payer is not None:
        return by_payer[danger.payer]
    counts = [by_plan[slug] for slug in danger.plans]
    known = [count for count in counts if count is not None]
    return sum(known) if danger.counted and len(known) == len(counts) else None


def refused(
    dangers: Sequence[Danger],
    allowed: Allowed,
    subscribers: Subscribers,
    place: str,
    asking: Asking,
    *,
    sandbox: bool = False,
) -> list[str]:
    """Why dangerous changes are refused, in one text with one command that allows them; accepted
    changes are shown in a notice.

    Args:
        dangers: what would change.
        allowed: what the stack's config allows.
        subscribers: counts those whom it concerns.
        place: the instance, in words.
        asking: what this run refused for other resources: the command allows that too.
        sandbox: whether plans and features may change while nobody subscribes to them.
    """
    reasons, gentle, done = [], [], []
    for danger, count in zip(dangers, subscribers.of(dangers), strict=True):
        if count == 0 and danger.harmless_without:
            continue
        thing = f"{KINDS[danger.group]} '{danger.name}' on {place}: {danger.what}"
        if danger.counted:
            thing += f". {_counted(count)}"
        if _is_allowed(danger, allowed):
            notice(f"DANGER, allowed by clerkstack:allow: {thing}")
        elif sandbox and danger.group != "toggles" and (count == 0 or not danger.counted):
            done.append(f"{KINDS[danger.group]} {danger.name} ({danger.kind})")
        else:
            reasons.append(thing)
            asking.refused.append(danger)
            gentle += [danger.gently] if danger.gently and count != 0 else []
    if done and not reasons:
        asking.notice_once(
            f"Nobody subscribes to what changes on {place}, so it changes without approval: "
            f"{', '.join(done)}. In production, or with subscribers, each change is refused "
            "unless clerkstack:allow lists it."
        )
    if not reasons:
        return []
    shown = "\n".join(f"DANGER: {reason}." for reason in reasons)
    ways = "".join(f"Gently: {way}.\n" for way in dict.fromkeys(gentle))
    return [
        f"{shown}\nNothing was done: this must be allowed first.\n{ways}"
        f"To allow {'it' if len(asking.refused) == 1 else 'all of it'}, run: "
        f"{how_to_allow(asking.refused, allowed, asking.stack)}"
    ]


class Asking:
    """What a run has refused, accepted and shown so far, over all its resources."""

    def __init__(self, stack: str | None = None) -> None:
        self.stack = stack
        self.refused: list[Danger] = []
        self.accepted: set[Danger] = set()
        """Changes that this run accepted: the write does not judge them again."""
        self._shown: set[str] = set()

    def notice_once(self, text: str) -> None:
        """Show a notice, unless this run has already shown it."""
        if text not in self._shown:
            self._shown.add(text)
            notice(text)


def how_to_allow(dangers: Sequence[Danger], allowed: Allowed, stack: str | None) -> str:
    """One command that allows all of them, in addition to what is already allowed."""
    counts: Counter[tuple[str, ...]] = Counter()
    settings = []
    for danger in dict.fromkeys(dangers):
        at: tuple[str, ...] = ("toggles",)
        value, next_index = danger.name, len(allowed.toggles)
        if danger.group != "toggles":
            at, value = (danger.group, danger.name), danger.kind
            next_index = len(_kinds(danger, allowed))
        path = spelled(("allow", *at, next_index + counts[at]))
        counts[at] += 1
        settings.append((f"'{PREFIX}{path}", value))
    of_stack = f" --stack {stack}" if stack else ""
    if len(settings) == 1:
        [(key, value)] = settings
        return f"pulumi config set{of_stack} --path {key}' {value}"
    words = " ".join(f"--plaintext {key}={value}'" for key, value in settings)
    return f"pulumi config set-all{of_stack} --path {words}"


def _is_allowed(danger: Danger, allowed: Allowed) -> bool:
    if danger.group == "toggles":
        return danger.name in allowed.toggles
    return danger.kind in _kinds(danger, allowed)


def _kinds(danger: Danger, allowed: Allowed) -> Sequence[str]:
    """What is allowed of the plan or feature."""
    by_slug: Mapping[str, Sequence[str]] = (
        allowed.plans if danger.group == "plans" else allowed.features
    )
    return by_slug.get(danger.name, ())


def _counted(count: int | None) -> str:
    if count is None:
        return "Clerk does not say how many subscribe to it"
    return f"{count or 'No'} {'subscriber' if count == 1 else 'subscribers'}"
