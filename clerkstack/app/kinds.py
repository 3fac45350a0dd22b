"""The kinds of slugs that an app checks: plans, features, roles and permissions."""

from __future__ import annotations

from typing import Literal

Kind = Literal["plan", "feature", "role", "permission"]
SOLD: tuple[Kind, ...] = ("plan", "feature")
ACCESS: tuple[Kind, ...] = ("role", "permission")
KINDS: tuple[Kind, ...] = (*SOLD, *ACCESS)
# As in Clerk's SDK (@clerk/shared, authorization).
SCOPES = {"o": "org", "org": "org", "organization": "org", "u": "user", "user": "user"}


def named(kind: Kind, written: str) -> tuple[str, str | None]:
    """Return the slug and, if the check names one, the payer.

    Roles and permissions get the prefix `org:` if it is missing, as in Clerk's SDK.
    """
    if kind in ("role", "permission"):
        while written.startswith("org:"):
            written = written.removeprefix("org:")
        return f"org:{written}", None
    scope, colon, rest = written.partition(":")
    payer = SCOPES.get(scope) if colon else None
    return (rest.partition(":")[0], payer) if payer and rest else (written, None)
