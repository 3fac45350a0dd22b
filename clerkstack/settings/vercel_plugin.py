"""Where Vercel's plugin goes, against where `clerkstack:urls.vercel` says that Vercel is.

No plugin has a setting for the address: what leads one elsewhere than to Vercel is the shell, by
the variable `VERCEL_API_URL`. Where the two differ, one part of a run would send the stack's token,
keys and values to one place and the other part to another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from clerkstack.settings.broken import Broken

if TYPE_CHECKING:
    from clerkstack.settings.models import Settings

ADDRESS = "VERCEL_API_URL"
VERCEL = "https://api.vercel.com"


def led_astray(settings: Settings, shell: Mapping[str, str]) -> Iterator[Broken]:
    """Why the plugin would go elsewhere than the settings say; `shell` are its variables."""
    declared, leads = settings.urls.vercel, shell.get(ADDRESS) or ""
    if not settings.components.environment or _same(declared, leads or VERCEL):
        return
    if leads:
        why = f"{ADDRESS} in this shell leads Vercel's plugin to {_shown(leads)}"
        mend = f"Unset {ADDRESS}, or use a new shell"
    else:
        why = f"without {ADDRESS} in this shell Vercel's plugin takes the token to {VERCEL}"
        mend = (
            f"Remove it; or set {ADDRESS} to the same (for the local stacks: source .local/env.sh)"
        )
    yield Broken(("urls", "vercel"), f"is {_shown(declared)}, and {why}", mend)


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _shown(url: str) -> str:
    """Without user and password."""
    return re.sub(r"(?<=//)[^/?#]*@", "", url)
