"""The app's own code as a witness of plans and features."""

from __future__ import annotations

from clerkstack.app.declaration import AppDeclaration, DeclaredPlan, read_declaration

__all__ = ["AppDeclaration", "DeclaredPlan", "read_declaration"]
