"""The app's own code: one side of the comparison of plans and features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkstack.lazily import names_of

if TYPE_CHECKING:
    from clerkstack.app.declaration import AppDeclaration, DeclaredPlan, read_declaration
else:
    # Loaded on first use: a preview compares a stored declaration and needs no TypeScript reader.
    __getattr__ = names_of(
        __name__, {"declaration": ("AppDeclaration", "DeclaredPlan", "read_declaration")}
    )

__all__ = ["AppDeclaration", "DeclaredPlan", "read_declaration"]
