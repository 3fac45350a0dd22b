"""The result of reading an app's code: its declaration, its checks and its wiring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clerkstack.app.declaration import AppDeclaration
    from clerkstack.app.uses import UnresolvedCheck, Use
    from clerkstack.app.wiring import Wiring


@dataclass(frozen=True)
class AppCode:
    """The result of reading an app. `declaration` is None if the settings name none; `path` and
    `commit` are None if the settings name only a declaration file. `notes` are places that could
    change the declaration unnoticed; `others` are files in other languages that name Clerk;
    `in_tests` are the checks in the app's own tests, unless the settings include tests; `wiring` is
    how the app uses webhook events and variables."""

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
