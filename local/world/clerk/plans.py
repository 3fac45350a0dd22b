"""The config's billing section in the form of the Backend API."""

from __future__ import annotations

from local.world.clerk.billing import DEFAULT_PLANS
from local.world.clerk.models import Instance
from local.world.clerk.schema import Document

PRODUCT = "commerce_product_of_the_instance"
MONTHS = 12
CURRENCY = "usd"
"""The currency of default plans, which the config shows without one."""


def plans_json(instance: Instance, payer: str | None) -> list[Document]:
    """List the plans as CommercePlan, the newest first."""
    plans = instance.config["billing"]["plans"]
    return [
        _plan(instance, slug, plan)
        for slug, plan in reversed(plans.items())
        if payer in (None, plan["payer_type"])
    ]


def _plan(instance: Instance, slug: str, plan: Document) -> Document:
    annual = plan["annual_monthly_amount"]
    currency = plan["currency"] or CURRENCY
    return {
        "object": "commerce_plan",
        "id": instance.id_of("plan", slug),
        "name": plan["name"],
        "slug": slug,
        "description": plan["description"],
        "product_id": PRODUCT,
        "fee": _money(plan["amount"], currency),
        "annual_monthly_fee": _money(annual, currency) if annual else None,
        "annual_fee": _money(annual * MONTHS, currency) if annual else None,
        "is_default": slug in DEFAULT_PLANS.values(),
        "is_recurring": plan["is_recurring"],
        "publicly_visible": plan["publicly_visible"],
        "has_base_fee": plan["amount"] > 0,
        "for_payer_type": plan["payer_type"],
        "avatar_url": None,
        "features": [_feature(instance, feature) for feature in plan["features"]],
        "free_trial_enabled": plan["free_trial_enabled"],
        "free_trial_days": plan["free_trial_days"],
    }


def _feature(instance: Instance, slug: str) -> Document:
    feature = instance.config["billing"]["features"][slug]
    return {
        "object": "feature",
        "id": instance.id_of("feature", slug),
        "name": feature["name"],
        "description": feature["description"],
        "slug": slug,
        "avatar_url": feature["avatar_url"],
    }


def _money(cents: int, currency: str) -> Document:
    return {
        "amount": cents,
        "amount_formatted": f"{cents / 100:.2f}",
        "currency": currency.upper(),
        "currency_symbol": "$",
    }
