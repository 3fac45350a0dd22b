"""A catalog of a size that no product has: what grows with it must not grow faster."""

from __future__ import annotations

PLANS, FEATURES, ATTACHED = 500, 2000, 40


def large_catalog(plans: int = PLANS, features: int = FEATURES, attached: int = ATTACHED) -> str:
    """The file's text. Each plan has `attached` features, which others have as well."""
    lines = ["features:"]
    for number in range(features):
        lines += [
            f"  feature_{number}:",
            f"    name: Feature {number}",
            f"    description: What a plan with feature {number} can do.",
        ]
    lines.append("plans:")
    for number in range(plans):
        lines += [f"  plan_{number}:", f"    name: Plan {number}", f"    amount: {number + 1000}"]
        lines.append("    features:")
        lines += [f"      - feature_{(number * 7 + each) % features}" for each in range(attached)]
    return "\n".join(lines) + "\n"
