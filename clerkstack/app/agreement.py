"""Compares the plans and features in the app's code with the declared ones.

The app calls `has({ plan: 'pro' })`. If the slug differs, the call silently returns false. The
provider (before a write), the policy pack (at preview) and `clerkstack check` all use these
functions.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clerkstack.app.facts import AMOUNT, attached_to, differing, facts_of_config, in_words
from clerkstack.shapes import Json


@dataclass(frozen=True)
class Disagreement:
    """One difference between app and catalog. `field` is `exists`, `features` (what a plan
    includes) or a field of the plan; `app` and `catalog` are the two values."""

    kind: str
    slug: str
    field: str
    message: str
    app: Json = None
    catalog: Json = None


def disagreements(
    app: Mapping[str, Any],
    plans: Mapping[str, Any],
    features: Mapping[str, Any],
    *,
    clerks: Collection[str] = (),
) -> list[str]:
    """Return each difference as a sentence; see `disagreeing`."""
    return [
        disagreement.message for disagreement in disagreeing(app, plans, features, clerks=clerks)
    ]


def disagreeing(
    app: Mapping[str, Any],
    plans: Mapping[str, Any],
    features: Mapping[str, Any],
    *,
    clerks: Collection[str] = (),
    other: str = "the catalog",
) -> list[Disagreement]:
    """Return the slugs that only one side has, the plans whose features differ, and each price,
    trial or visibility in the app's code that differs from the catalog.

    Args:
        app: {"plans": {slug: [feature slugs]}, "features": [slugs], "details": {slug: fields}}; if
            the stack names no declaration, "plans" is missing and nothing is compared.
        plans: the declared plans by slug, with the field names of Clerk's config.
        features: the declared features, by slug.
        clerks: plans that Clerk creates itself; neither side has to list them.
        other: what the messages call the declaring side.
    """
    if "plans" not in app:
        return []
    app_plans: Mapping[str, Any] = app.get("plans") or {}
    app_features: Collection[str] = app.get("features") or []
    found = [
        *(
            disagreement
            for disagreement in _only_one_side("plan", app_plans, plans, other)
            if disagreement.slug not in clerks
        ),
        *_only_one_side("feature", app_features, features, other),
    ]
    for slug, attached in app_plans.items():
        if slug in plans:
            found += _attachment(slug, set(attached), set(attached_to(plans[slug])), other)
    for slug, details in (app.get("details") or {}).items():
        if slug in plans:
            found += _fields(slug, details, facts_of_config(plans[slug]), other)
    return found


def meant(slug: str, known: Collection[str]) -> str:
    """Return " (did you mean 'x'?)" if a known slug is similar, else an empty text. Look-alike
    letters that a slug cannot contain are listed by code point."""
    foreign = sorted({f"U+{ord(letter):04X}" for letter in slug if not " " < letter < "\x7f"})
    if foreign:
        return f" (it is written with {', '.join(foreign)}, which a slug cannot contain)"
    close = difflib.get_close_matches(slug.lower(), [name.lower() for name in known], n=1)
    original = next((name for name in known if close and name.lower() == close[0]), None)
    return f" (did you mean '{original}'?)" if original else ""


def _only_one_side(
    kind: str, app: Collection[str], declared: Collection[str], other: str
) -> Iterator[Disagreement]:
    for slug in app:
        if slug not in declared:
            message = (
                f"the app asks for the {kind} '{slug}', which {other} does not have"
                f"{meant(slug, declared)}: has({{ {kind}: '{slug}' }}) would answer false for "
                "everybody"
            )
            yield Disagreement(kind, slug, "exists", message, app=True, catalog=False)
    for slug in declared:
        if slug not in app:
            message = (
                f"{other} has the {kind} '{slug}', which the app does not declare{meant(slug, app)}"
            )
            yield Disagreement(kind, slug, "exists", message, app=False, catalog=True)


def _attachment(plan: str, app: set[str], declared: set[str], other: str) -> Iterator[Disagreement]:
    more, less = sorted(app - declared), sorted(declared - app)
    for message in (
        f"the app gives plan '{plan}' {', '.join(more)}, but {other} does not" if more else "",
        f"{other} gives plan '{plan}' {', '.join(less)}, but the app does not" if less else "",
    ):
        if message:
            yield Disagreement(
                "plan", plan, "features", message, [*sorted(app)], [*sorted(declared)]
            )


def _fields(
    plan: str, app: Mapping[str, Json], declared: Mapping[str, Json], other: str
) -> Iterator[Disagreement]:
    for name in differing(app, declared):
        mine, theirs = app[name], declared[name]
        here, there = in_words(name, mine), in_words(name, theirs)
        message = f"the app has plan '{plan}' {here}, {other} {there}"
        if name.endswith(AMOUNT) and _hundredfold(mine, theirs):
            message += " (are these cents and dollars?)"
        yield Disagreement("plan", plan, name, message, mine, theirs)


def _hundredfold(one: Json, other: Json) -> bool:
    if not isinstance(one, int) or not isinstance(other, int) or not one or not other:
        return False
    return one in (other * 100, other / 100)
