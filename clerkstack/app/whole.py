"""Reads all of an app's code: its declaration, checks, webhook events and variables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from clerkstack.app.checkout import Checkout, at_path, fetched
from clerkstack.app.code import AppCode
from clerkstack.app.declaration import read_declaration
from clerkstack.app.foreign_changes import refuse_changes
from clerkstack.app.kept import FOLDER
from clerkstack.app.modules import Modules
from clerkstack.app.own_tests import is_test
from clerkstack.app.reading import TooMuch
from clerkstack.app.scan import scan
from clerkstack.app.wiring import wiring
from clerkstack.problems import InputError, Problem

if TYPE_CHECKING:
    from clerkstack.settings.models import AppSettings


def read_whole(
    settings: AppSettings, declaration: str | None, progress: Callable[[str], None]
) -> AppCode:
    """Read the app of a stack that names one: see `read.read_app`."""
    try:
        return _read(settings, declaration, progress)
    except TooMuch as error:
        remedy = (
            "List the folders that call Clerk in clerkstack:app.scan, and add generated code to "
            ".gitignore"
        )
        raise InputError([Problem("clerkstack:app", None, "", str(error), remedy)]) from None


def _read(
    settings: AppSettings, declaration: str | None, progress: Callable[[str], None]
) -> AppCode:
    if declaration is not None:
        return AppCode(read_declaration(Path(declaration)))
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
    if settings.git is not None and settings.path is None:
        found = fetched(settings.git, settings.ref, progress=progress)
    else:
        found = at_path(str(settings.path))
    missing = [each for each in settings.scan if not (found.folder / each).exists()]
    if missing:
        raise InputError(
            Problem(
                "clerkstack:app", None, "scan", f"names {each}, which does not exist", "Name it"
            )
            for each in missing
        )
    return found
