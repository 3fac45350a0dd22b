"""Taking over what is there: a catalog and settings that say it, so that nothing has to change.

What cannot be said in them is left alone, with the reason.
"""

from __future__ import annotations

from clerkstack.adopt.billing import catalog_from, catalog_of, differing
from clerkstack.adopt.stack import Existing, foreign_keys, settled, unmanaged
from clerkstack.adopt.unmanaged_items import Unmanaged

__all__ = [
    "Existing",
    "Unmanaged",
    "catalog_from",
    "catalog_of",
    "differing",
    "foreign_keys",
    "settled",
    "unmanaged",
]
