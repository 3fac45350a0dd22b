"""What the values of fields mean to Clerk: which ones are unset, which lists are sets, which texts
are secrets.

Every comparison of what is declared with what is live asks here. Source: reads of live instances
(Platform API, PlatformGetConfig). A field without a value reads as null, "" or 0, each field in its
own way, and which way changed between instances.
"""

from __future__ import annotations

from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

SETS = frozenset(
    {
        "base_scopes",
        "domains_enrollment_modes",
        "events",
        "features",
        "permissions",
        "second_factor_strategies",
        "sign_in_strategies",
        "verification_strategies",
    }
)
"""Lists whose order carries no meaning: Clerk promises none."""
WHOLE = frozenset({"claims"})
"""Objects that are one value: declared as a whole, compared as a whole, sent as a whole."""
SECRETS = frozenset({"client_secret"})
"""Texts that read as a placeholder when they are set, and as "" when not."""
ZERO_IS_UNSET = frozenset({"annual_monthly_amount", "min_length", "max_length"})
"""Numbers that read as 0 where there is none."""
EMPTY: dict[str, Json] = {
    **dict.fromkeys(("client_id", "client_secret", "team_id", "key_id", "bundle_id"), ""),
    **dict.fromkeys(("description", "jwt_value", "avatar_url", "domains_default_role"), ""),
    "annual_monthly_amount": 0,
}
"""What clears a field that takes no null: the value that it reads as when it is unset."""


def is_unset(name: str, value: Json) -> bool:
    """Whether the field `name` has no value: null, "", 0 where that is none, or an object in which
    nothing is set."""
    if isinstance(value, dict):
        return not value or (
            name not in WHOLE and all(is_unset(key, inner) for key, inner in value.items())
        )
    if value is None or value == "":
        return True
    return name in ZERO_IS_UNSET and value == 0 and not isinstance(value, bool)


def same_value(name: str, wanted: Json, found: Json) -> bool:
    """Whether a declared and a live value of the field `name` mean the same.

    A secret cannot be compared: both are set, or both are not.
    """
    mine, theirs = is_unset(name, wanted), is_unset(name, found)
    if name in SECRETS or (mine and theirs):
        return mine == theirs
    return same_declared(name, wanted, found)


def same_declared(name: str, one: Json, other: Json) -> bool:
    """Whether two declarations of the field `name` say the same: "" says more than nothing."""
    if isinstance(one, list) and isinstance(other, list) and name in SETS:
        return sorted(map(str, one)) == sorted(map(str, other))
    if isinstance(one, dict) and isinstance(other, dict) and name not in WHOLE:
        # Reached with an empty one only: an object in which nothing is managed.
        return True
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return one == other


def sent(name: str, value: Json) -> Json:
    """What to send so that the field `name` has this value: its own form where that is none."""
    if isinstance(value, dict) or not is_unset(name, value):
        return value
    return EMPTY.get(name, value)
