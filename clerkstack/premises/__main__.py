"""`python -m clerkstack.premises`: write docs/premises.md."""

from __future__ import annotations

from pathlib import Path

from clerkstack.premises.page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "premises.md"

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
