"""The agreed deployment, written down independently of catalog and settings."""

from __future__ import annotations

from typing import Any

FEATURES = (
    "additional_workspaces",
    "production_api_keys",
    "nanopayment_discount",
    "booking_take_rate_discount",
    "channel_whatsapp",
    "channel_slack",
    "mcp_server_public",
    "custom_webhooks",
    "audit_log_export",
    "priority_support",
    "sso_saml",
    "white_label",
    "custom_sla",
)

# slug: (cents a month, cents a month billed annually, trial days, public, number of features)
PLANS = {
    "free": (0, None, None, True, 0),
    "basic": (1900, 1500, None, True, 6),
    "pro": (6000, 5000, 14, True, 10),
    "enterprise": (150000, 125000, None, False, 13),
}

# Those that Svix offers for Clerk; apiKey.created is declared too, and left out if not offered.
EVENTS = {
    "organization.created",
    "organization.updated",
    "organization.deleted",
    "organizationMembership.created",
    "organizationMembership.deleted",
    "user.created",
}

PATHS = {
    "NEXT_PUBLIC_CLERK_SIGN_IN_URL": "/sign-in",
    "NEXT_PUBLIC_CLERK_SIGN_UP_URL": "/sign-up",
    "NEXT_PUBLIC_CLERK_AFTER_SIGN_IN_URL": "/dashboard",
    "NEXT_PUBLIC_CLERK_AFTER_SIGN_UP_URL": "/onboarding",
}
SECRETS = {"CLERK_SECRET_KEY", "CLERK_WEBHOOK_SECRET"}
VARIABLES = {*PATHS, *SECRETS, "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", "NEXT_PUBLIC_APP_URL"}


def features_of(plan: str) -> set[str]:
    """Return the features of a plan: each plan has a prefix of the list."""
    return set(FEATURES[: PLANS[plan][4]])


def assert_billing(billing: dict[str, Any]) -> None:
    """Check every value of the deployment in the section of an instance's config."""
    assert billing["organization_enabled"] is True
    assert billing["user_enabled"] is False
    assert billing["free_trial_requires_payment_method"] is False
    assert set(FEATURES) == set(billing["features"])
    for slug, (cents, annual, trial, public, _) in PLANS.items():
        plan = billing["plans"][slug]
        assert plan["amount"] == cents
        assert (plan.get("annual_monthly_amount") or None) == annual
        assert set(plan["features"]) == features_of(slug)
        assert plan["publicly_visible"] is public
        assert plan["payer_type"] == "org"
        assert plan["free_trial_enabled"] is (trial is not None)
        assert (plan.get("free_trial_days") if trial else None) == trial


# The app's own file, with other code around the plans as in a real one.
APP_DECLARATION = """\
import type { PlanConfig } from './types'
import { type PlanTier } from './types'
import { z } from 'zod'

export const BILLING_FEATURES = {
  ADDITIONAL_WORKSPACES: 'additional_workspaces',
  PRODUCTION_API_KEYS: 'production_api_keys',
  NANOPAYMENT_DISCOUNT: 'nanopayment_discount',
  BOOKING_TAKE_RATE_DISCOUNT: 'booking_take_rate_discount',
  CHANNEL_WHATSAPP: 'channel_whatsapp',
  CHANNEL_SLACK: 'channel_slack',
  MCP_SERVER_PUBLIC: 'mcp_server_public',
  CUSTOM_WEBHOOKS: 'custom_webhooks',
  AUDIT_LOG_EXPORT: 'audit_log_export',
  PRIORITY_SUPPORT: 'priority_support',
  SSO_SAML: 'sso_saml',
  WHITE_LABEL: 'white_label',
  CUSTOM_SLA: 'custom_sla',
} as const

export type BillingFeature = (typeof BILLING_FEATURES)[keyof typeof BILLING_FEATURES]

const BASIC = [
  BILLING_FEATURES.ADDITIONAL_WORKSPACES,
  BILLING_FEATURES.PRODUCTION_API_KEYS,
  BILLING_FEATURES['NANOPAYMENT_DISCOUNT'], // by name
  BILLING_FEATURES.BOOKING_TAKE_RATE_DISCOUNT,
  BILLING_FEATURES.CHANNEL_WHATSAPP,
  BILLING_FEATURES.CHANNEL_SLACK,
] as const

const PRO_FEATURES: readonly BillingFeature[] = [
  ...BASIC,
  BILLING_FEATURES.MCP_SERVER_PUBLIC,
  BILLING_FEATURES.CUSTOM_WEBHOOKS,
  BILLING_FEATURES.AUDIT_LOG_EXPORT,
  BILLING_FEATURES.PRIORITY_SUPPORT,
]

export const PLANS: Record<PlanTier, PlanConfig> = {
  free: { slug: 'free', monthlyUsd: 0, annualMonthlyUsd: null, features: [], publiclyListed: true },
  basic: {
    slug: `basic`, monthlyUsd: 19, annualMonthlyUsd: 15.0, features: BASIC, publiclyListed: true,
    priceId: process.env.BASIC_PRICE_ID!, // never asked for
  },
  pro: {
    slug: 'pro', monthlyUsd: 60, annualMonthlyUsd: 50, features: PRO_FEATURES,
    publiclyListed: true, trialDays: 14,
    label() { return 'Pro' },
  },
  enterprise: {
    slug: 'enterprise', monthlyUsd: 1_500, annualMonthlyUsd: 1_250,
    features: [
      ...PRO_FEATURES,
      BILLING_FEATURES.SSO_SAML, BILLING_FEATURES.WHITE_LABEL, BILLING_FEATURES.CUSTOM_SLA,
    ],
    publiclyListed: false,
  },
} as const satisfies Record<PlanTier, PlanConfig>

// What stands beside the plans in a real file, and is no declaration.
export const FEATURE_LABELS: Record<BillingFeature, string> = { sso_saml: 'Single sign-on' }
export const PLAN_ORDER = Object.keys(PLANS) as PlanTier[]
export const PAID_PLANS = Object.values(PLANS).filter((plan) => plan.monthlyUsd > 0)
export const getPlans = (tier: PlanTier) => PLANS[tier]
export function planOf(tier: PlanTier): PlanConfig { return PLANS[tier] }
export const fetchPlans = async () => (await fetch('/plans')).json()
export type { PlanConfig, AllPlans } from './types'
export { type MorePlans } from './types'
export default PLANS
"""
