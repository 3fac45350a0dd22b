"""An unrealistically large catalog, to show that costs grow linearly with its size."""

from __future__ import annotations

PLANS, FEATURES, ATTACHED = 500, 2000, 40


def large_catalog(plans: int = PLANS, features: int = FEATURES, attached: int = ATTACHED) -> str:
    """Return the file's text. Each plan has `attached` features, which other plans share."""
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
