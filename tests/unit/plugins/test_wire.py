"""Values pass between engine and plugin unchanged, and secrets stay marked."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.machine.plugins.wire import (
    SIGNATURE,
    UNKNOWN,
    Secret,
    decode,
    encode,
    holds_secret,
    is_unknown,
    protect,
    reveal,
    without_unknown_secrets,
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


def test_outputs_are_secret_if_named_or_if_inputs_were() -> None:
    outputs = {"value": "one", "name": "two", "open": "three", "none": None}

    protected = protect(outputs, {"name": [Secret("x")]}, always=("value", "none"))

    assert protected == {
        "value": Secret("one"),
        "name": Secret("two"),
        "open": "three",
        "none": None,
    }


def test_a_secret_is_found_however_deep() -> None:
    assert holds_secret({"a": [{"b": Secret("one")}], "c": "open"})
    assert not holds_secret({"a": [{"b": "one"}]})


def test_an_unknown_secret_in_a_list_loses_its_value_and_nothing_else_does() -> None:
    marked = {
        "list": [Secret(UNKNOWN), Secret("known"), UNKNOWN, [Secret(UNKNOWN)]],
        "whole": Secret([UNKNOWN]),
        "map": {"a": Secret(UNKNOWN)},
    }

    kept = without_unknown_secrets(encode(marked))

    first, *others = kept.fields["list"].list_value.values
    assert list(first.struct_value.fields) == [SIGNATURE]
    assert list(others[-1].list_value.values[0].struct_value.fields) == [SIGNATURE]
    assert others[:2] == list(encode(marked).fields["list"].list_value.values)[1:3]
    assert {name: decode(kept)[name] for name in ("whole", "map")} == {
        "whole": marked["whole"],
        "map": marked["map"],
    }
