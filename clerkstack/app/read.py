"""Reads the app that a stack's settings name, if any."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clerkstack.app.code import AppCode
    from clerkstack.settings.models import AppSettings


def read_app(
    settings: AppSettings,
    declaration: str | None,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> AppCode | None:
    """Read the app that a stack's settings name; return None if they name none.

    Args:
        settings: the group `clerkstack:app`.
        declaration: `clerkstack:appDeclaration`, a declaration without the rest of the app.
        progress: called with each step's name as it starts.

    Raises:
        InputError: a folder or file does not exist, the declaration is unresolved, or the app
            exceeds the limits of time or size.
        GitFailed: a repository cannot be fetched.
    """
    if declaration is None and settings.path is None and settings.git is None:
        return None
    from clerkstack.app.whole import read_whole

    return read_whole(settings, declaration, progress)
