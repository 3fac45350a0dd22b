"""Which files of an app are its tests: they run in no deployment, and ask for what they make up.

A folder counts by its name only where no route or part of the app is likely to be: at the top of a
package, or in its `src`. An app may sell tests, stories and fixtures.
"""

from __future__ import annotations

import re
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
# A package of its own in a monorepo, as `apps/web-e2e`.
_PACKAGES = re.compile(r"(.+-)?(e2e|cypress|playwright)([-_]tests?)?|tests")


def is_test(file: str, root: Path) -> bool:
    """Whether a file is of the app's own tests, stories, mocks or fixtures.

    Args:
        file: its path within the app's checkout, with `/`.
        root: the checkout.
    """
    *folders, name = file.split("/")
    if _NAMES.search(name) or any(_ALWAYS.fullmatch(each) for each in folders):
        return True
    at, top = root, True
    for folder in folders:
        below = at / folder
        packed = (below / "package.json").is_file()
        if top and _AT_THE_TOP.fullmatch(folder):
            return True
        if packed and _PACKAGES.fullmatch(folder):
            return True
        top, at = packed or (top and folder == "src"), below
    return False
