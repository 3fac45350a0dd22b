"""Taking over what is there: a catalog and settings that say it, so that nothing has to change.

What can't be said in them is left alone, with the reason.
"""

from __future__ import annotations

from clerkstack.adopt.billing import catalog_from, catalog_of, differing
from clerkstack.adopt.left import LeftAlone
from clerkstack.adopt.stack import Existing, foreign_keys, settled, unmanaged

__all__ = [
    "Existing",
    "LeftAlone",
    "catalog_from",
    "catalog_of",
    "differing",
    "foreign_keys",
    "settled",
    "unmanaged",
]
