"""The rules of the config section `billing`.

A write is atomic: it is checked as a whole, and the answer includes what Clerk adds itself (the
free plan of a payer whose billing is switched on). It is undocumented which of the billing errors
the config endpoint returns; these are all that can apply.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from local.world.clerk import errors
from local.world.clerk.fields import SLUG, Document
from local.world.clerk.schema import defaults_of
from local.world.clerk.sections import LONGEST_TRIAL_DAYS, MOST_CENTS, PLAN

DEFAULT_PLANS = {"org": "free_org", "user": "free_user"}
ENABLED = {"org": "organization_enabled", "user": "user_enabled"}
AMOUNTS = ("amount", "annual_monthly_amount")


def check_values(change: Document) -> None:
    """Refuse values with an error code of their own, before the schema is checked.

    Raises:
        ClerkError: the first of them.
    """
    for kind in ("features", "plans"):
        entries = change.get(kind)
        for slug, fields in entries.items() if isinstance(entries, dict) else ():
            path = f"billing.{kind}.{slug}"
            if not re.fullmatch(SLUG, slug):
                message = "a slug has letters, digits, - and _ only"
                raise errors.billing(400, "slug_invalid_format", message, path)
            if isinstance(fields, dict):
                _check_name(fields.get("name"), f"{path}.name")
                if kind == "plans":
                    _check_plan_values(fields, path)


def _check_name(name: Any, path: str) -> None:
    if isinstance(name, str) and ":" in name:
        raise errors.billing(400, "name_invalid_format", "a name has no colon", path)


def _check_plan_values(fields: Document, path: str) -> None:
    for name in AMOUNTS:
        cents = fields.get(name)
        if isinstance(cents, int) and cents < 0:
            raise errors.billing(
                422, "plan_amount_invalid", "an amount is not negative", f"{path}.{name}"
            )
        if isinstance(cents, int) and cents > MOST_CENTS:
            message = f"an amount is {MOST_CENTS} cents at most"
            raise errors.billing(422, "plan_amount_exceeds_upper_limit", message, f"{path}.{name}")
    days = fields.get("free_trial_days")
    if isinstance(days, int) and days < 1:
        raise errors.billing(
            400, "billing_too_few_free_trial_days", "at least 1", f"{path}.free_trial_days"
        )
    if isinstance(days, int) and days > LONGEST_TRIAL_DAYS:
        message = f"at most {LONGEST_TRIAL_DAYS}"
        raise errors.billing(
            400, "billing_too_many_free_trial_days", message, f"{path}.free_trial_days"
        )
    if fields.get("payer_type", "org") not in ("org", "user"):
        raise errors.billing(400, "payer_type_invalid", "user or org", f"{path}.payer_type")
    if fields.get("currency") not in (None, "usd", ""):
        raise errors.billing(400, "currency_invalid", "usd", f"{path}.currency")


def complete(
    before: Document,
    after: Document,
    *,
    organizations: bool,
    most: int | None,
    subscribed: Collection[str],
) -> None:
    """Add what Clerk creates itself to ``after``, and check everything against the rules.

    ``organizations`` says whether organizations are on after the write; ``most`` is how many
    plans the workspace may have besides the default ones, None if there is no limit;
    ``subscribed`` are the plans with active subscribers.

    Raises:
        ClerkError: the first broken rule.
    """
    if after["organization_enabled"] and not organizations:
        message = "organization billing needs organizations to be enabled"
        path = "billing.organization_enabled"
        raise errors.billing(400, "billing_cannot_be_enabled", message, path)
    for payer, slug in DEFAULT_PLANS.items():
        if after[ENABLED[payer]] and slug not in after["plans"]:
            if slug in before["plans"]:
                message = "the default plan stays while billing is on for its payer"
                raise errors.plan_kept(slug, message)
            after["plans"][slug] = _default_plan(payer)
    for slug in before["plans"]:
        if slug not in after["plans"] and slug in subscribed:
            message = "the plan has active subscribers"
            raise errors.plan_kept(slug, message)
    _check_removed(before, after)
    for slug, plan in after["plans"].items():
        if plan != before["plans"].get(slug):
            _check_plan(slug, plan, before["plans"].get(slug), after)
    if most is not None and _own_plans(after) > max(most, _own_plans(before)):
        raise errors.plan_limit(most)


def _own_plans(section: Document) -> int:
    return sum(slug not in DEFAULT_PLANS.values() for slug in section["plans"])


def _default_plan(payer: str) -> Document:
    return {**defaults_of(PLAN), "name": "Free", "currency": "", "payer_type": payer}


def _check_removed(before: Document, after: Document) -> None:
    removed = [slug for slug in before["features"] if slug not in after["features"]]
    for slug in removed:
        if any(slug in plan["features"] for plan in after["plans"].values()):
            message = "a plan still has the feature"
            raise errors.billing(409, "feature_in_use", message, f"billing.features.{slug}")


def _check_plan(slug: str, plan: Document, earlier: Document | None, after: Document) -> None:
    path = f"billing.plans.{slug}"
    default = slug in DEFAULT_PLANS.values()
    if earlier is not None and plan["payer_type"] != earlier["payer_type"]:
        message = "the payer of a plan stays as it is"
        raise errors.billing(400, "payer_type_invalid", message, f"{path}.payer_type")
    if not default and not after[ENABLED[plan["payer_type"]]]:
        message = "billing is not enabled for the plan's payer"
        raise errors.billing(403, "billing_not_enabled", message, path)
    if not default and not plan["currency"]:
        raise errors.billing(400, "currency_invalid", "usd", f"{path}.currency")
    if default and any(plan[name] for name in AMOUNTS):
        message = "the default plan is free"
        raise errors.billing(422, "default_plan_amount_update_forbidden", message, f"{path}.amount")
    if plan["annual_monthly_amount"] and not plan["amount"]:
        message = "a plan with an annual price has a monthly price"
        raise errors.billing(403, "billing_annual_only_plans_not_enabled", message, path)
    if plan["free_trial_enabled"] and not plan["amount"]:
        message = "a free plan has no trial"
        raise errors.billing(422, "free_trial_not_allowed_on_free_plan", message, path)
    if plan["free_trial_enabled"] and plan["free_trial_days"] is None:
        message = "at least 1"
        raise errors.billing(
            400, "billing_too_few_free_trial_days", message, f"{path}.free_trial_days"
        )
    for other, fields in after["plans"].items():
        same = fields["name"] == plan["name"] and fields["payer_type"] == plan["payer_type"]
        if other != slug and same and not {other, slug} & set(DEFAULT_PLANS.values()):
            raise errors.billing(
                409, "plan_name_already_exists", "another plan has the name", f"{path}.name"
            )
    for feature in plan["features"]:
        if feature not in after["features"]:
            message = f"there is no feature {feature}"
            raise errors.billing(404, "feature_not_found", message, f"{path}.features")
