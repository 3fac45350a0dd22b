"""The catalog: plans and features, in a file that a product manager can read and edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkstack.lazily import names_of

if TYPE_CHECKING:
    from clerkstack.catalog.fields import Payer
    from clerkstack.catalog.load import load_catalog
    from clerkstack.catalog.models import Catalog, Feature, Plan
else:
    __getattr__ = names_of(
        __name__,
        {
            "fields": ["Payer"],
            "load": ["load_catalog"],
            "models": ["Catalog", "Feature", "Plan"],
        },
    )

__all__ = ["Catalog", "Feature", "Payer", "Plan", "load_catalog"]
