"""The table of premises, its page, and its probes."""

from __future__ import annotations

import re

from clerkstack.premises.__main__ import PAGE
from clerkstack.premises.page import TITLES, page
from clerkstack.premises.table import PREMISES
from clerkstack.probe import reading, writing

PROBES = (
    *reading.OF_CLERK,
    reading.OF_SVIX,
    *reading.OF_VERCEL,
    writing.OF_CONFIG,
    writing.OF_SVIX,
    writing.OF_VERCEL,
)


def test_the_page_is_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
    for premise in PREMISES:
        assert f"`{premise.id}`" in page()


def test_each_has_an_id_of_its_own_and_of_a_service() -> None:
    assert len({premise.id for premise in PREMISES}) == len(PREMISES)
    for premise in PREMISES:
        assert premise.service in TITLES
        assert re.fullmatch(r"[a-z]+\.[a-z-]+", premise.id)


def test_each_is_probed_or_says_why_it_can_not_be() -> None:
    probed = {premise for probe in PROBES for premise in probe.premises}

    assert probed == {each.id for each in PREMISES if not each.unchecked}
