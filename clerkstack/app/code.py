"""The app's code as one side of the comparison: what it declares, and what it asks Clerk for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clerkstack.app.declaration import AppDeclaration
    from clerkstack.app.uses import UnresolvedCheck, Use
    from clerkstack.app.wiring import Wiring


@dataclass(frozen=True)
class AppCode:
    """What was read. `declaration` is None where the settings name none; `path` and `commit` are
    None where there is only a file with the declaration. `notes` are what could change the
    declaration without being seen; `others` are files of other languages that name Clerk;
    `in_tests` are the checks in the app's own tests, where the settings do not say that they are
    as the others; `wiring` is what it does with webhook events and variables."""

    declaration: AppDeclaration | None = None
    uses: tuple[Use, ...] = ()
    unresolved: tuple[UnresolvedCheck, ...] = ()
    unmanaged: frozenset[str] = frozenset()
    path: str | None = None
    commit: str | None = None
    notes: tuple[UnresolvedCheck, ...] = ()
    others: tuple[str, ...] = ()
    in_tests: tuple[Use, ...] = ()
    wiring: Wiring | None = None
