"""The world answers operations of the official descriptions only, and its page lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.world.operations import APIS, BEGIN, END, PAGE, described, page_part, shape, write_page
from tests.descriptions import FOLDER, document

pytestmark = pytest.mark.contract

DESCRIBED = [name for name, api in APIS.items() if api.file]


@pytest.mark.parametrize("name", DESCRIBED)
def test_an_operation_is_named_as_the_description_names_it(name: str) -> None:
    api = APIS[name]
    official = {
        (method, shape(api.prefix + path)): operation["operationId"]
        for method, path, operation in described(document(name))
    }

    for operation in api.operations:
        assert official[operation.method, shape(operation.path)] == operation.id


def test_the_page_of_the_emulators_is_up_to_date() -> None:
    for name in DESCRIBED:
        document(name)

    made = PAGE.read_text().split(BEGIN)[1].split(END)[0]

    assert made == f"\n{page_part(FOLDER)}\n", "Renew it: python -m local.world operations --write"


def test_renewing_the_page_touches_only_what_is_made(tmp_path: Path) -> None:
    for name in DESCRIBED:
        document(name)
    page = tmp_path / "emulators.md"
    before, rest = PAGE.read_text().split(BEGIN)
    page.write_text(f"{before}{BEGIN}old\n{END}{rest.split(END)[1]}by hand\n")

    write_page(FOLDER, page)

    assert page.read_text() == f"{PAGE.read_text()}by hand\n"
