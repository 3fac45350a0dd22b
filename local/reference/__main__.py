"""`python -m local.reference`: renew the tables of the reference, and the schemas."""

from __future__ import annotations

from local.reference.pages import DOCS, REFERENCE, SCHEMAS, sections
from local.reference.schemas import files

if __name__ == "__main__":
    for name, made in sections().items():
        page = DOCS / name
        page.write_text(REFERENCE.written(page.read_text(), made))
    SCHEMAS.mkdir(exist_ok=True)
    for name, text in files().items():
        (SCHEMAS / name).write_text(text)
