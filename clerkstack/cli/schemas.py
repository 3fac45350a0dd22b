"""The JSON Schema of each command's output, published in docs/schemas/."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from clerkstack.report import documents, operations
from clerkstack.report.document import Document
from clerkstack.review.document import ReviewDocument

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DOCUMENTS: dict[str, tuple[type[Document], ...]] = {
    "check": (documents.CheckDocument,),
    "drift": (documents.DriftDocument,),
    "doctor": (documents.DoctorDocument,),
    "dry-run": (operations.DryRunDocument,),
    "adopt": (operations.AdoptDocument,),
    "parity": (documents.ParityDocument,),
    "probe": (operations.ProbeDocument,),
    "move": (operations.MoveDocument,),
    "review": (ReviewDocument,),
    "rotate": (
        operations.RotationDocument,
        operations.RotationStatusDocument,
        operations.RotationsDocument,
    ),
    "smoke": (operations.SmokeDocument, operations.CleanUpDocument),
    "cutover": (documents.CutoverDocument,),
}
"""The document types of each command; if there are several, an option decides which."""


def schema(command: str) -> dict[str, Any]:
    """Return the schema of a command's JSON output."""
    models = DOCUMENTS[command]
    kind: Any = models[0]
    for model in models[1:]:
        kind |= model
    made = TypeAdapter(kind).json_schema(mode="serialization")
    return {"$schema": DIALECT, "title": f"clerkstack {command} --json", **made}
