"""`python -m local.reference`: renew the tables of the reference."""

from __future__ import annotations

from local.reference.pages import DOCS, REFERENCE, sections

if __name__ == "__main__":
    for name, made in sections().items():
        page = DOCS / name
        page.write_text(REFERENCE.written(page.read_text(), made))
