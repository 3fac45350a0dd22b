"""The app's own code, as one side of the comparison of plans and features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkstack.lazily import names_of

if TYPE_CHECKING:
    from clerkstack.app.declaration import AppDeclaration, DeclaredPlan, read_declaration
else:
    # What compares a declaration, at each preview, has no use for the reader of TypeScript.
    __getattr__ = names_of(
        __name__, {"declaration": ("AppDeclaration", "DeclaredPlan", "read_declaration")}
    )

__all__ = ["AppDeclaration", "DeclaredPlan", "read_declaration"]
