"""Changes of the declaration in other files of the app than those that say it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from clerkstack.app.changes import CHANGING
from clerkstack.app.declaration import AppDeclaration, refused
from clerkstack.app.listing import UNREAD, source_files
from clerkstack.app.modules import Modules
from clerkstack.app.reading import NotRead, read
from clerkstack.app.source import Module, Unresolved

# Such files run in no deployment, and replace what they like.
_TESTS = re.compile(r"(\.|_)(test|spec)\.[cm]?[jt]sx?$|(^|/)__(tests|mocks)__/")


def refuse_changes(
    declared: AppDeclaration, root: Path, modules: Modules, folders: Sequence[str] = ()
) -> None:
    """Look through the app for code that changes what the declaration is made of.

    A function of another file that gives away a part of it is not followed.

    Raises:
        InputError: some code does; each with file, line and column.
    """
    errors = list(_changes(declared, root, modules, folders))
    if errors:
        raise refused(errors, modules)


def _changes(
    declared: AppDeclaration, root: Path, modules: Modules, folders: Sequence[str]
) -> Iterator[Unresolved]:
    sayers = {file for file, _ in declared.made_of}
    texts = dict(_texts(root, modules, folders))
    names = re.compile(
        rb"\b(" + b"|".join(sorted(_names(declared, modules, list(texts.values())))) + rb")\b"
    )
    for file, text in texts.items():
        if file.resolve() in sayers or not names.search(text) or not CHANGING.search(text):
            continue
        try:
            module = modules.read(file)
            changed = module.changes.names
        except (Unresolved, RecursionError):
            continue  # the scan tells it
        for name, node in changed.items():
            if name in module.imports and _is_said(module, name, declared, modules):
                message = f"{name} of the app's declaration is changed here"
                yield Unresolved(module, node, message)


def _texts(root: Path, modules: Modules, folders: Sequence[str]) -> Iterator[tuple[Path, bytes]]:
    for file in source_files(root, folders):
        modules.allowance.look(file)
        if file.suffix not in UNREAD and not _TESTS.search(file.relative_to(root).as_posix()):
            with contextlib.suppress(NotRead):  # the scan tells it
                yield file, read(file, root)


def _names(declared: AppDeclaration, modules: Modules, texts: Sequence[bytes]) -> set[bytes]:
    """What the constants may be called where they are imported."""
    found: set[bytes] = set()
    for file, name in declared.made_of:
        found.add(re.escape(name.encode()))
        if modules.read(file).exports.get("default") == (None, name) or name == "default":
            found.add(re.escape(file.stem.encode()))
    while True:
        renamed = re.compile(rb"\b(?:" + b"|".join(sorted(found)) + rb")\s+as\s+(\w+)")
        more = {each for text in texts for each in renamed.findall(text)} - found
        if not more:
            return found
        found |= more


def _is_said(module: Module, name: str, declared: AppDeclaration, modules: Modules) -> bool:
    source, inner = module.imports[name]
    try:
        there = modules.beside(module, module.sources[source], source)
    except Unresolved:
        return False
    if inner == "*":
        return any(file == there.file for file, _ in declared.made_of)
    origin = modules.origin(there, inner)
    return origin is not None and (origin[0].file, origin[1]) in declared.made_of
