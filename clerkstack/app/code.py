"""The app's code as one side of the comparison: what it declares, and what it asks Clerk for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clerkstack.problems import InputError

if TYPE_CHECKING:
    from clerkstack.app.checkout import Checkout
    from clerkstack.app.declaration import AppDeclaration
    from clerkstack.app.uses import UnresolvedCheck, Use
    from clerkstack.app.wiring import Wiring
    from clerkstack.settings import AppSettings


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


def read_app(
    settings: AppSettings,
    declaration: str | None,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> AppCode | None:
    """The app that a stack's settings name, None where they name none.

    Args:
        settings: the group `clerkstack:app`.
        declaration: `clerkstack:appDeclaration`, a declaration without the rest of the app.
        progress: called with each step's name as it starts.

    Raises:
        InputError: what is named is not there, the declaration is unresolved, or the app takes
            more time or memory than it may.
        GitFailed: a repository cannot be fetched.
    """
    if declaration is None and settings.path is None and settings.git is None:
        return None
    # Here, because most stacks name no app, and what reads its code is much.
    from clerkstack.app.reading import TooMuch

    try:
        return _read(settings, declaration, progress)
    except TooMuch as error:
        from clerkstack.problems import Problem

        remedy = (
            "List the folders that call Clerk in clerkstack:app.scan, and add generated code to "
            ".gitignore"
        )
        raise InputError([Problem("clerkstack:app", None, "", str(error), remedy)]) from None


def _read(
    settings: AppSettings, declaration: str | None, progress: Callable[[str], None]
) -> AppCode:
    from clerkstack.app.declaration import read_declaration

    if declaration is not None:
        return AppCode(read_declaration(Path(declaration)))
    from clerkstack.app.foreign_changes import refuse_changes
    from clerkstack.app.kept import FOLDER
    from clerkstack.app.modules import Modules
    from clerkstack.app.own_tests import is_test
    from clerkstack.app.scan import scan
    from clerkstack.app.wiring import wiring

    checkout = _checkout(settings, progress)
    modules = Modules(checkout.folder)
    declared, notes = None, []
    if settings.declaration is not None:
        declared = read_declaration(
            checkout.folder / settings.declaration,
            plans_name=settings.plans_name,
            features_name=settings.features_name,
            modules=modules,
        )
        notes = refuse_changes(declared, checkout.folder, modules, settings.scan, FOLDER)
    found = scan(
        checkout.folder,
        settings.scan,
        modules=modules,
        unread=settings.unread,
        kept=FOLDER,
        progress=progress,
    )
    apart = frozenset[str]()
    if not settings.tests:
        files = {use.file for use in found.uses} | {each.file for each in found.unresolved}
        apart = frozenset(file for file in files if is_test(file, checkout.folder))
    return AppCode(
        declared,
        tuple(use for use in found.uses if use.file not in apart),
        tuple(each for each in found.unresolved if each.file not in apart),
        frozenset(settings.unmanaged),
        checkout.path,
        checkout.commit,
        tuple(notes),
        found.others,
        tuple(use for use in found.uses if use.file in apart),
        wiring(checkout.folder.resolve(), found.names, found.says, modules),
    )


def _checkout(settings: AppSettings, progress: Callable[[str], None]) -> Checkout:
    from clerkstack.app.checkout import at_path, fetched

    if settings.git is not None and settings.path is None:
        found = fetched(settings.git, settings.ref, progress=progress)
    else:
        found = at_path(str(settings.path))
    missing = [each for each in settings.scan if not (found.folder / each).exists()]
    if missing:
        from clerkstack.problems import Problem

        raise InputError(
            Problem(
                "clerkstack:app", None, "scan", f"names {each}, which does not exist", "Name it"
            )
            for each in missing
        )
    return found
