"""All policies of the pack."""

from __future__ import annotations

from policies import access, billing, completeness, keys, variables, webhook
from policies.policy import Policy

POLICIES: tuple[Policy, ...] = (
    *billing.POLICIES,
    *keys.POLICIES,
    *variables.POLICIES,
    *webhook.POLICIES,
    *access.POLICIES,
    *completeness.POLICIES,
)
BY_ID = {policy.id: policy for policy in POLICIES}
PACK = "clerkstack"
WAIVERS = "waivers"
"""The check of findings on the waivers themselves; no policy has this name."""
