"""Any config that is sent is accepted or refused in Clerk's form; what is stored fits."""

from __future__ import annotations

from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from local.world.clerk.errors import ClerkError
from local.world.clerk.schema import SECTIONS
from tests.world.clerk_accounts import Account, with_billing, without_unset

SLUGS = st.sampled_from(["pro", "team", "free_org", "audit", "a b", "pro\n", "é"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**9),
    st.floats(allow_nan=False),
    st.text(max_size=9),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def fields_of(described: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return changes with mostly right names and often wrong values."""
    names = list(described.get("properties", {}))
    entry = described.get("additionalProperties")
    if isinstance(entry, dict):
        return st.dictionaries(SLUGS, st.one_of(fields_of(entry), VALUES), max_size=2)
    if not names:
        return VALUES
    return st.dictionaries(st.sampled_from(names), VALUES, max_size=4).flatmap(
        lambda chosen: st.fixed_dictionaries(
            {name: fields_or_value(described["properties"][name], chosen[name]) for name in chosen}
        )
    )


def fields_or_value(described: dict[str, Any], value: Any) -> st.SearchStrategy[Any]:
    default = described.get("default")
    return st.one_of(st.just(value), st.just(default), fields_of(described))


CHANGES = st.sampled_from(sorted(SECTIONS)).flatmap(
    lambda name: st.fixed_dictionaries({name: st.one_of(fields_of(SECTIONS[name]), VALUES)})
)


@settings(max_examples=300, deadline=None)
@given(change=CHANGES, destructive=st.booleans())
def test_any_change_is_taken_whole_or_refused_whole(
    change: dict[str, Any], destructive: bool
) -> None:
    account: Account = with_billing()
    before = account.clerk.dump()

    try:
        account.write(change, destructive=destructive)
    except ClerkError:
        assert account.clerk.dump() == before
        return

    config = account.clerk.read_config(account.instance, ())
    jsonschema.Draft202012Validator(account.clerk.config_schema(())).validate(without_unset(config))
    assert account.clerk.read_config(account.instance, ()) == config
