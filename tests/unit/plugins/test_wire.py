"""Values pass between engine and plugin unchanged, and secrets stay marked."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.plugins.wire import (
    SIGNATURE,
    UNKNOWN,
    Secret,
    decode,
    encode,
    holds_secret,
    is_unknown,
    protect,
    reveal,
    secret_texts,
)


def _is_set(value: Any) -> bool:
    return value is not None


names = st.text(min_size=1).filter(lambda name: name != SIGNATURE)
leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner) | st.dictionaries(names, inner.filter(_is_set)) | st.builds(Secret, inner)
    ),
    max_leaves=20,
)


@given(st.dictionaries(names, values.filter(_is_set)))
def test_properties_come_back_as_they_were(properties: dict[str, Any]) -> None:
    assert decode(encode(properties)) == properties


def test_a_property_that_is_not_set_is_left_out() -> None:
    assert decode(encode({"set": "", "not": None})) == {"set": ""}


def test_a_secret_never_shows_in_its_repr() -> None:
    assert "hush" not in repr([Secret("hush")])


def test_unknown_is_found_inside() -> None:
    assert is_unknown({"a": [Secret(UNKNOWN)]})
    assert not is_unknown({"a": ["known"]})


def test_reveal_takes_every_wrapper_off() -> None:
    assert reveal({"a": [Secret({"b": Secret("c")})]}) == {"a": [{"b": "c"}]}


def test_outputs_are_secret_where_told_or_where_inputs_were() -> None:
    outputs = {"value": "one", "name": "two", "open": "three", "none": None}

    protected = protect(outputs, {"name": [Secret("x")]}, always=("value", "none"))

    assert protected == {
        "value": Secret("one"),
        "name": Secret("two"),
        "open": "three",
        "none": None,
    }


def test_texts_under_a_secret_marker_are_found() -> None:
    marked = {"a": Secret({"b": ["one", 2, ""]}), "c": "open"}

    assert list(secret_texts(marked)) == ["one"]
    assert holds_secret(marked)
