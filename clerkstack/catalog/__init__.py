"""The catalog: plans and features, in one file that a product person can read and edit."""

from __future__ import annotations

from clerkstack.catalog.load import load_catalog
from clerkstack.catalog.models import Catalog, Feature, Payer, Plan

__all__ = ["Catalog", "Feature", "Payer", "Plan", "load_catalog"]
