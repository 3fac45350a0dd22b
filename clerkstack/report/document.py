"""What a command prints with --json: a model with a version, whose JSON Schema is published.

docs/schemas/ has the schema of each command, made of these models by `python -m local.reference`.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """An object in a document."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Document(Part):
    """The whole output of a command."""

    schema_version: Literal[1] = 1

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        return self.model_dump(mode="json", by_alias=True)

    def text(self) -> str:
        """As JSON, for people too."""
        return json.dumps(self.data(), indent=2, ensure_ascii=False)
