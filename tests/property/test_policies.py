"""The policies answer any declared program: they never fail, and never show a value."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policies import view
from policies.judge import judge, text_of
from policies.view import Expected
from tests.unit.policies.deployments import PARTS, deployment

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from([UNKNOWN, "sk_live_zzzz", "production", "org:x", "https://[", "pk_live_zzzz"]),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def _paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return every place in a document, down to three levels."""
    found = [at] if at else []
    if isinstance(value, dict) and len(at) < 3:
        for key, inner in value.items():
            found += _paths(inner, (*at, key))
    return found


PLACES = [(name, path) for name, each in deployment().items() for path in _paths(each["inputs"])]


@given(places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=4), data=st.data())
def test_any_value_anywhere_is_judged(
    places: list[tuple[str, tuple[Any, ...]]], data: st.DataObject
) -> None:
    found = deployment()
    for name, (*outer, last) in places:
        at: Any = found[name]["inputs"]
        for step in outer:
            at = at.get(step) if isinstance(at, dict) else None
        if isinstance(at, dict):
            at[last] = data.draw(ANYTHING)
    resources = [{**each, "name": name} for name, each in found.items()]

    verdicts = judge(resources, stack="prod", parts=PARTS, projects=[Expected(names=["guide"])])

    # Slugs and file names are the subject of billing-slugs.
    assert not [v for v in verdicts if "_zzzz" in text_of(v) and v.check != "billing-slugs"]


@given(
    st.sampled_from([value for value in vars(view).values() if isinstance(value, str)]), ANYTHING
)
def test_any_resource_is_judged(kind: str, inputs: Any) -> None:
    given = inputs if isinstance(inputs, dict) else {"environment": "production", "targets": inputs}

    judge([{"type": kind, "name": "any", "inputs": given}], stack="prod", parts=PARTS)
