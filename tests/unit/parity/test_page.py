"""The page about parity names every kind of difference and everything that can be left out."""

from __future__ import annotations

import re
from pathlib import Path

from clerkstack.parity.compare import KINDS

PAGE = Path(__file__).parents[3] / "docs" / "parity.md"


def test_every_kind_is_described_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(), re.MULTILINE)

    assert sorted(rows) == sorted(KINDS)
