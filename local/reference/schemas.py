"""The JSON Schema of each command's output: docs/schemas/."""

from __future__ import annotations

import json

from clerkstack.cli.schemas import DOCUMENTS, schema


def files() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {
        f"{command}.json": json.dumps(schema(command), indent=2, ensure_ascii=False) + "\n"
        for command in DOCUMENTS
    }
