"""What an app asks Clerk for: plans, features, roles and permissions, as a check names them."""

from __future__ import annotations

from typing import Literal

Kind = Literal["plan", "feature", "role", "permission"]
SOLD: tuple[Kind, ...] = ("plan", "feature")
ACCESS: tuple[Kind, ...] = ("role", "permission")
KINDS: tuple[Kind, ...] = (*SOLD, *ACCESS)
# As Clerk's own SDK splits them (@clerk/shared, authorization).
SCOPES = {"o": "org", "org": "org", "organization": "org", "u": "user", "user": "user"}


def named(kind: Kind, written: str) -> tuple[str, str | None]:
    """The slug that is asked for, and the payer where the check names one.

    Roles and permissions get the `org:` that Clerk's SDK adds where it is left out.
    """
    if kind in ("role", "permission"):
        while written.startswith("org:"):
            written = written.removeprefix("org:")
        return f"org:{written}", None
    scope, colon, rest = written.partition(":")
    payer = SCOPES.get(scope) if colon else None
    return (rest.partition(":")[0], payer) if payer and rest else (written, None)
