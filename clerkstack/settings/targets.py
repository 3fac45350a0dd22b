"""Vercel's targets, by the Clerk instance whose keys they get."""

from __future__ import annotations

from typing import Literal

Target = Literal["production", "preview", "development"]
DeployedTarget = Literal["production", "preview"]

TARGETS: dict[str, tuple[Target, ...]] = {
    "development": ("preview", "development"),
    "production": ("production",),
}

# Only `vercel dev` on people's machines uses the development target; nothing is deployed there.
DEPLOYED: dict[str, DeployedTarget] = {
    "development": "preview",
    "production": "production",
}
"""The target that is deployed, by the Clerk instance whose keys it gets."""
