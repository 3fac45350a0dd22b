"""Dangerous changes: refused unless the stack's config allows that very one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clerkstack.clients.errors import ApiError
from clerkstack.providers.errors import ResourceFailed
from clerkstack.providers.made import tell
from clerkstack.reconcile.danger import Danger
from clerkstack.settings import Allowed
from clerkstack.settings.forms import how_to_set

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient
    from clerkstack.providers.session import Session

KINDS = {"plans": "plan", "features": "feature", "toggles": "toggle"}


class Subscribers:
    """How many subscribe to what, asked of Clerk only where a change makes it matter."""

    def __init__(self, session: Session, application_id: str, environment: str) -> None:
        self._session = session
        self._place = (application_id, environment)

    def of(self, danger: Danger) -> int | None:
        """Subscribers that a danger concerns; None where Clerk does not tell.

        Ended subscriptions are not counted, every other is: also one on trial, past due, or
        cancelled and paid until the end of its period.
        """
        try:
            with self._session.backend(*self._place) as backend:
                if danger.payer is not None:
                    return _not_ended(backend, payer_type=danger.payer)
                ids = {plan.slug: plan.id for plan in backend.list_plans()}
                known = [ids[slug] for slug in danger.plans if slug in ids]
                if len(known) < len(danger.plans):
                    return None
                return sum(_not_ended(backend, plan_id=each) for each in known)
        except (ApiError, ResourceFailed):
            return None


def _not_ended(backend: BackendClient, **which: str) -> int:
    every = backend.count_subscription_items(**which)
    return every - backend.count_subscription_items(**which, status="ended") if every else 0


def refused(
    dangers: Iterable[Danger], allowed: Allowed, subscribers: Subscribers, place: str
) -> list[str]:
    """Why dangerous changes are not made, each with its mend; allowed ones are told.

    Args:
        dangers: what would change.
        allowed: what the stack's config allows.
        subscribers: who it concerns.
        place: the instance, in words.
    """
    reasons = []
    for danger in dangers:
        count = subscribers.of(danger) if danger.counted else None
        if count == 0 and danger.harmless_without:
            continue
        thing = f"{KINDS[danger.group]} '{danger.name}' on {place}: {danger.what}"
        if danger.counted:
            thing += f". {_counted(count)}"
        if _is_allowed(danger, allowed):
            tell(f"DANGER, allowed by clerkstack:allow: {thing}")
        else:
            reasons.append(
                f"DANGER: {thing}. Nothing is done unless this is allowed. {_ask(danger, allowed)}"
            )
    return reasons


def _is_allowed(danger: Danger, allowed: Allowed) -> bool:
    if danger.group == "toggles":
        return danger.name in allowed.toggles
    kinds = allowed.plans if danger.group == "plans" else allowed.features
    return danger.kind in kinds.get(danger.name, ())


def _ask(danger: Danger, allowed: Allowed) -> str:
    """The command that allows it, beside what is allowed already."""
    if danger.group == "toggles":
        return how_to_set(("allow", "toggles", len(allowed.toggles)), danger.name)
    kinds = allowed.plans if danger.group == "plans" else allowed.features
    count = len(kinds.get(danger.name, ()))
    return how_to_set(("allow", danger.group, danger.name, count), danger.kind)


def _counted(count: int | None) -> str:
    if count is None:
        return "Clerk does not tell how many subscribe to it"
    return f"{count or 'No'} {'subscriber' if count == 1 else 'subscribers'}"
