"""What a command prints with --json: a model with a version, whose JSON Schema is published.

docs/schemas/ has the schema of each command, made of these models by `python -m local.reference`.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from clerkstack.safe import visible


class Part(BaseModel):
    """An object in a document."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _encodable(cls, data: Any) -> Any:
        return _encodable(data)


class Document(Part):
    """The whole output of a command."""

    schema_version: Literal[1] = 1

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        return self.model_dump(mode="json", by_alias=True)

    def text(self) -> str:
        """As JSON, for people too."""
        return json.dumps(self.data(), indent=2, ensure_ascii=False)


def _encodable(value: Any) -> Any:
    """The same, with text that is not Unicode (the name of a file, say) written out."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return visible(value)
    elif isinstance(value, dict):
        return {_encodable(name): _encodable(each) for name, each in value.items()}
    elif isinstance(value, list | tuple):
        return type(value)(_encodable(each) for each in value)
    elif is_dataclass(value) and not isinstance(value, type):
        held = {field.name: getattr(value, field.name) for field in fields(value)}
        changed = {name: _encodable(each) for name, each in held.items()}
        return value if changed == held else replace(value, **changed)
    return value
