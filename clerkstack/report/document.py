"""The base of every command's --json output: models with a version and a published JSON Schema.

`python -m local.reference` writes the schemas to docs/schemas/.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from clerkstack.safe import visible


class Part(BaseModel):
    """An object in a document."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )

    @model_validator(mode="before")
    @classmethod
    def _encodable(cls, data: Any) -> Any:
        return _encodable(data)


class Document(Part):
    """The whole output of a command."""

    schema_version: Literal[1] = 1

    def data(self) -> dict[str, Any]:
        """The document as JSON values."""
        return self.model_dump(mode="json", by_alias=True)

    def text(self) -> str:
        """The document as indented JSON."""
        return json.dumps(self.data(), indent=2, ensure_ascii=False)


def _encodable(value: Any) -> Any:
    """The value with escapes for text that is not valid Unicode (a file's name, say)."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return visible(value)
    elif isinstance(value, dict):
        return {_encodable(name): _encodable(item) for name, item in value.items()}
    elif isinstance(value, list | tuple):
        return type(value)(_encodable(item) for item in value)
    elif is_dataclass(value) and not isinstance(value, type):
        held = {field.name: getattr(value, field.name) for field in fields(value)}
        changed = {name: _encodable(item) for name, item in held.items()}
        return value if changed == held else replace(value, **changed)
    return value
