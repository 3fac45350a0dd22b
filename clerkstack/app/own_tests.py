"""Recognizes the files of an app that run in no deployment: tests, which check invented slugs, and
scripts.

A folder's name is decisive only where a route or part of the app is unlikely: at the top of a
package, or in its `src`. An app may sell tests, stories and fixtures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_NAMES = re.compile(
    r"\.(test|tests|spec|specs|e2e|e2e-spec|cy|stories|story|mock|mocks|fixture|fixtures)\.\w+$"
    r"|(?<!ab)_(test|spec)\.\w+$"
    r"|^(jest|vitest|playwright|cypress|karma|wdio)[.-][\w.-]*\w+$"
    r"|^setup-?tests?\.\w+$",
    re.IGNORECASE,
)
_ALWAYS = re.compile(
    r"__(tests?|mocks?|fixtures?|stories|e2e|specs?|snapshots)__|\.(storybook|ladle)"
)
_AT_THE_TOP = re.compile(
    r"tests?|specs?|e2e([-_]tests?)?|cypress|playwright|stories|(test-?)?(mocks?|fixtures?)"
    r"|test-?utils?|testing"
)
# A separate package in a monorepo, such as `apps/web-e2e`.
_PACKAGES = re.compile(r"(.+-)?(e2e|cypress|playwright)([-_]tests?)?|tests")
_SCRIPTS = re.compile(
    r"scripts?|bin|tools?|tooling|prisma|drizzle|supabase|migrations?|seeds?|examples?|docs"
    r"|\.github|\.husky",
    re.IGNORECASE,
)


def is_test(file: str, root: Path) -> bool:
    """Return whether a file belongs to the app's own tests, stories, mocks or fixtures.

    Args:
        file: its path within the app's checkout, with `/`.
        root: the checkout.
    """
    *folders, name = file.split("/")
    if _NAMES.search(name) or any(_ALWAYS.fullmatch(each) for each in folders):
        return True
    for folder, top, packed in _steps(folders, root):
        if top and _AT_THE_TOP.fullmatch(folder):
            return True
        if packed and _PACKAGES.fullmatch(folder):
            return True
    return False


def is_script(file: str, root: Path) -> bool:
    """Return whether a file is not deployed: scripts, seeds and examples.

    Args:
        file: its path within the app's checkout, with `/`.
        root: the checkout.
    """
    before = ""
    for folder, top, packed in _steps(file.split("/")[:-1], root):
        if top and before != "src" and not packed and _SCRIPTS.fullmatch(folder):
            return True
        before = folder
    return False


def _steps(folders: Iterable[str], root: Path) -> Iterator[tuple[str, bool, bool]]:
    """Yield each folder of a path, whether it is at the top of a package or in its `src`, and
    whether it is a package."""
    at, top = root, True
    for folder in folders:
        at = at / folder
        packed = (at / "package.json").is_file()
        yield folder, top, packed
        top = packed or (top and folder == "src")
