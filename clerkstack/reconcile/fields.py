"""What the values of fields mean to Clerk: which are unset, which lists are sets, which texts are
secrets.

Every comparison of declared and live values uses this module. Source: reads of live instances
(Platform API, PlatformGetConfig). A field without a value reads as null, "" or 0, depending on the
field and on the instance.
"""

from __future__ import annotations

from clerkstack.shapes import Json

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
"""Lists whose order means nothing: Clerk promises none."""
WHOLE = frozenset({"claims"})
"""Objects that count as one value: declared, compared and sent as a whole."""
SECRETS = frozenset({"client_secret"})
"""Texts that read as a placeholder if they are set, else as ""."""
ZERO_IS_UNSET = frozenset({"annual_monthly_amount", "min_length", "max_length"})
"""Numbers that read as 0 if there is none."""
EMPTY: dict[str, Json] = {
    **dict.fromkeys(("client_id", "client_secret", "team_id", "key_id", "bundle_id"), ""),
    **dict.fromkeys(("description", "jwt_value", "avatar_url", "domains_default_role"), ""),
    "annual_monthly_amount": 0,
}
"""The value that clears a field that does not accept null: what it reads as if it is unset."""


def is_unset(name: str, value: Json) -> bool:
    """Whether the field `name` has no value: null, "", 0 for some fields, or an object in which
    nothing is set."""
    if isinstance(value, dict):
        return not value or (
            name not in WHOLE and all(is_unset(key, inner) for key, inner in value.items())
        )
    if value is None or value == "":
        return True
    return name in ZERO_IS_UNSET and value == 0 and not isinstance(value, bool)


def same_value(name: str, declared: Json, live: Json) -> bool:
    """Whether a declared and a live value of the field `name` mean the same.

    A secret cannot be compared: both are set, or both are not.
    """
    mine, theirs = is_unset(name, declared), is_unset(name, live)
    if name in SECRETS or (mine and theirs):
        return mine == theirs
    return same_declared(name, declared, live)


def same_declared(name: str, one: Json, other: Json) -> bool:
    """Whether two declarations of the field `name` are equal; "" does not equal null."""
    if isinstance(one, list) and isinstance(other, list) and name in SETS:
        return sorted(map(str, one)) == sorted(map(str, other))
    if isinstance(one, dict) and isinstance(other, dict) and name not in WHOLE:
        # Reached only if one is empty: an object in which nothing is managed.
        return True
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return one == other


def sent(name: str, value: Json) -> Json:
    """What to send so that the field `name` has this value: its own empty form for no value."""
    if isinstance(value, dict) or not is_unset(name, value):
        return value
    return EMPTY.get(name, value)
