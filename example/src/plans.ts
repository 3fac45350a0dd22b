// Sendero's plans and features, by Clerk's slugs, which `has({ plan: 'pro' })` checks.
// `clerkstack check --app example/src/plans.ts` compares them with catalog.yaml.

export const BILLING_FEATURES = {
  ADDITIONAL_WORKSPACES: "additional_workspaces",
  PRODUCTION_API_KEYS: "production_api_keys",
  NANOPAYMENT_DISCOUNT: "nanopayment_discount",
  BOOKING_TAKE_RATE_DISCOUNT: "booking_take_rate_discount",
  CHANNEL_WHATSAPP: "channel_whatsapp",
  CHANNEL_SLACK: "channel_slack",
  MCP_SERVER_PUBLIC: "mcp_server_public",
  CUSTOM_WEBHOOKS: "custom_webhooks",
  AUDIT_LOG_EXPORT: "audit_log_export",
  PRIORITY_SUPPORT: "priority_support",
  SSO_SAML: "sso_saml",
  WHITE_LABEL: "white_label",
  CUSTOM_SLA: "custom_sla",
} as const;

export type BillingFeature = (typeof BILLING_FEATURES)[keyof typeof BILLING_FEATURES];
export type PlanTier = "free" | "basic" | "pro" | "enterprise";

export interface PlanConfig {
  slug: string;
  monthlyUsd: number;
  annualMonthlyUsd: number | null;
  trialDays?: number;
  features: readonly BillingFeature[];
  publiclyListed: boolean;
}

const BASIC: readonly BillingFeature[] = [
  BILLING_FEATURES.ADDITIONAL_WORKSPACES,
  BILLING_FEATURES.PRODUCTION_API_KEYS,
  BILLING_FEATURES.NANOPAYMENT_DISCOUNT,
  BILLING_FEATURES.BOOKING_TAKE_RATE_DISCOUNT,
  BILLING_FEATURES.CHANNEL_WHATSAPP,
  BILLING_FEATURES.CHANNEL_SLACK,
];

const PRO: readonly BillingFeature[] = [
  ...BASIC,
  BILLING_FEATURES.MCP_SERVER_PUBLIC,
  BILLING_FEATURES.CUSTOM_WEBHOOKS,
  BILLING_FEATURES.AUDIT_LOG_EXPORT,
  BILLING_FEATURES.PRIORITY_SUPPORT,
];

export const PLANS: Record<PlanTier, PlanConfig> = {
  free: {
    slug: "free",
    monthlyUsd: 0,
    annualMonthlyUsd: null,
    features: [],
    publiclyListed: true,
  },
  basic: {
    slug: "basic",
    monthlyUsd: 19,
    annualMonthlyUsd: 15,
    features: BASIC,
    publiclyListed: true,
  },
  pro: {
    slug: "pro",
    monthlyUsd: 60,
    annualMonthlyUsd: 50,
    trialDays: 14,
    features: PRO,
    publiclyListed: true,
  },
  enterprise: {
    slug: "enterprise",
    monthlyUsd: 1_500,
    annualMonthlyUsd: 1_250,
    features: [
      ...PRO,
      BILLING_FEATURES.SSO_SAML,
      BILLING_FEATURES.WHITE_LABEL,
      BILLING_FEATURES.CUSTOM_SLA,
    ],
    publiclyListed: false,
  },
};
