"""Checks a command's JSON output against docs/schemas/."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from local.reference.pages import SCHEMAS


def assert_as_published(command: str, printed: str) -> dict[str, Any]:
    """Check a command's output against the published schema; return the document."""
    schema = json.loads((SCHEMAS / f"{command}.json").read_text())
    Draft202012Validator.check_schema(schema)
    document: dict[str, Any] = json.loads(printed)
    wrong = [
        f"{error.json_path}: {error.message}"
        for error in Draft202012Validator(schema).iter_errors(document)
    ]
    assert wrong == []
    assert document["schema_version"] == 1
    return document
