"""Do the app's code and the declared billing say the same slugs?

The app asks `has({ plan: 'pro' })`; a slug that differs answers false, silently. The same
function judges in the provider, before a write, and in the policy pack, at preview.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any


def disagreements(
    app: Mapping[str, Any], plans: Mapping[str, Any], features: Mapping[str, Any]
) -> list[str]:
    """Every slug that only one side has, and every attachment that differs.

    Args:
        app: {"plans": {slug: [feature slugs]}, "features": [slugs]}; empty where the stack
            names no declaration, and then nothing is compared.
        plans: the declared plans, {slug: {"features": [...]}}.
        features: the declared features, by slug.
    """
    if not app:
        return []
    app_plans: Mapping[str, Any] = app.get("plans") or {}
    app_features: Collection[str] = app.get("features") or []
    found = [
        *_only_one_side("plan", app_plans, plans),
        *_only_one_side("feature", app_features, features),
    ]
    for slug, attached in app_plans.items():
        if slug in plans:
            there = set(plans[slug].get("features") or [])
            found += _attachment(slug, set(attached), there)
    return found


def _only_one_side(kind: str, app: Collection[str], declared: Collection[str]) -> list[str]:
    missing = [
        f"the app asks for the {kind} '{slug}', which the catalog does not have"
        f"{_meant(slug, declared)}: has({{ {kind}: '{slug}' }}) would answer false for everybody"
        for slug in app
        if slug not in declared
    ]
    unasked = [
        f"the catalog has the {kind} '{slug}', which the app does not declare{_meant(slug, app)}"
        for slug in declared
        if slug not in app
    ]
    return missing + unasked


def _attachment(plan: str, app: set[str], declared: set[str]) -> list[str]:
    found = []
    if app - declared:
        names = ", ".join(sorted(app - declared))
        found.append(f"the app gives plan '{plan}' {names}, the catalog does not")
    if declared - app:
        names = ", ".join(sorted(declared - app))
        found.append(f"the catalog gives plan '{plan}' {names}, the app does not")
    return found


def _meant(slug: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(slug.lower(), [name.lower() for name in known], n=1)
    original = next((name for name in known if close and name.lower() == close[0]), None)
    return f" (did you mean '{original}'?)" if original else ""
