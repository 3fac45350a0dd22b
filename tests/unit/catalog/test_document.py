"""The two readers of a catalog read the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerkstack.catalog.load import load_catalog
from clerkstack.handwritten import nodes
from clerkstack.handwritten.values import Report, Value, read_document
from clerkstack.problems import InputError
from tests.property.catalogs import Declared, as_yaml, declared

TOP = Path(__file__).resolve().parents[3]
PROJECT = (TOP / "catalog.yaml").read_text()
MANY = settings(derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def read(file: Path, *, quickly: bool) -> tuple[Value | None, list[object]]:
    """The document, and what was reported."""
    told: list[object] = []

    def report(*problem: object) -> None:
        told.append(problem)

    reporting: Report = report
    with reader(quickly=quickly):
        return read_document(file, reporting, needed="", no_file=""), told


@contextmanager
def reader(*, quickly: bool) -> Iterator[None]:
    """libyaml first, if it is installed; or ruamel.yaml alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", quickly and yaml.__with_libyaml__)
        yield


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("catalog") / "catalog.yaml"


@MANY
@given(one=declared())
def test_both_read_the_same_of_any_catalog(file: Path, one: Declared) -> None:
    file.write_text(as_yaml(one.document))

    assert read(file, quickly=True) == read(file, quickly=False)


@MANY
@given(
    at=st.integers(0, len(PROJECT)),
    cut=st.integers(0, 3),
    put=st.text(st.sampled_from(list("\n\t :-[]{}#&*!|>'\"%@`,?~.0x_aé\\=<1eoN+/")), max_size=4),
)
def test_an_edited_catalog_is_read_the_same_or_wrong_for_the_same_reason(
    file: Path, at: int, cut: int, put: str
) -> None:
    file.write_text(PROJECT[:at] + put + PROJECT[at + cut :])

    assert load(file, quickly=True) == load(file, quickly=False)


def load(file: Path, *, quickly: bool) -> object:
    """The catalog as one of the two readers reads it, or its problems."""
    with reader(quickly=quickly):
        try:
            return load_catalog(file)
        except InputError as error:
            return error.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("1_000", "1_000"),
        ("2026-11-25", "2026-11-25"),
        ("1:30", "1:30"),
        ("TRUE", True),
        ("~", None),
    ],
)
def test_plain_values_are_those_of_yaml_1_2_for_both(file: Path, text: str, value: object) -> None:
    file.write_text(f"a: {text}\n")

    for quickly in (True, False):
        found, told = read(file, quickly=quickly)
        assert found is not None
        assert (found.value["a"].value, told) == (value, [])


def test_the_quick_reader_reads_the_catalog_of_the_project() -> None:
    if not yaml.__with_libyaml__:
        pytest.skip("PyYAML came without libyaml here: there is no quick reader")

    assert nodes._composed_quickly(PROJECT) is not None


def test_without_libyaml_nothing_is_different(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = load_catalog(TOP / "catalog.yaml")
    monkeypatch.setattr(yaml, "__with_libyaml__", False)

    assert nodes._composed_quickly(PROJECT) is None
    assert load_catalog(TOP / "catalog.yaml") == quick


# More than 1,000 of "[" are left to the other reader, which takes seconds for more than 1,024.
@pytest.mark.parametrize("deep", ["- " * 100_000, "[" * 1_010, "a: {" * 100_000, "? " * 100_000])
def test_a_file_that_is_nested_without_end_is_refused(file: Path, deep: str) -> None:
    file.write_text(deep)

    assert read(file, quickly=True)[1]
