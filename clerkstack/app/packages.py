"""Packages of the checkout itself, as a monorepo has them: `@acme/billing` is one of its folders.

What a package gives away is what its package.json says (`exports`, else `source`, `module`,
`main`), and only where that is a file of the checkout: a build that is not there has no source that
could be told from it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from clerkstack.app.jsonc import read_object
from clerkstack.app.patterns import held
from clerkstack.app.reading import is_file

MANIFEST = "package.json"
_SKIPPED = frozenset({"node_modules", ".next", ".git", "dist", "build"})
_LONGEST = 4096
_MAIN = ("source", "module", "main")


class Packages:
    """The packages below a root, found when the first import asks for one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[Path, dict[str, Any]] = {}

    def candidates(self, folder: Path, source: str) -> Iterator[Path]:
        """Where an import of a package, or of the own package's `#…`, may lead."""
        if source.startswith("#"):
            for above in (folder, *folder.parents):
                if is_file(above / MANIFEST, self._root):
                    imports = self._manifest(above).get("imports")
                    yield from _mapped(above, imports, source)
                    break
            return
        parts = source.split("/")
        size = 2 if source.startswith("@") else 1
        home = self._homes.get("/".join(parts[:size]))
        if home is not None:
            yield from _given(home, self._manifest(home), "/".join((".", *parts[size:])))

    def has(self, source: str) -> bool:
        """Whether a package of that name is one of the checkout's."""
        size = 2 if source.startswith("@") else 1
        return "/".join(source.split("/")[:size]) in self._homes

    def _manifest(self, folder: Path) -> dict[str, Any]:
        if folder not in self._read:
            self._read[folder] = read_object(folder / MANIFEST, self._root)
        return self._read[folder]

    @cached_property
    def _homes(self) -> dict[str, Path]:
        """The folder of each package by its name; of two of one name neither."""
        found: dict[str, Path] = {}
        twice: set[str] = set()
        for folder, folders, names in os.walk(self._root, followlinks=False):
            folders[:] = [each for each in folders if each not in _SKIPPED]
            name = self._manifest(Path(folder)).get("name") if MANIFEST in names else None
            if isinstance(name, str):
                twice |= {name} & found.keys()
                found[name] = Path(folder)
        return {name: home for name, home in found.items() if name not in twice}


def _given(home: Path, manifest: dict[str, Any], wanted: str) -> Iterator[Path]:
    """What a package gives for `.` or `./sub`."""
    exports = manifest.get("exports")
    if exports is not None:
        is_map = isinstance(exports, dict) and any(key.startswith(".") for key in exports)
        yield from _mapped(home, exports if is_map else {".": exports}, wanted)
    elif wanted == ".":
        main = [manifest[name] for name in _MAIN if isinstance(manifest.get(name), str)]
        yield from (home / each for each in main or ["index"])
    else:
        yield home / wanted


def _mapped(home: Path, entries: Any, wanted: str) -> Iterator[Path]:
    """The targets of the entry that fits, the most exact one."""
    fitting = [
        (pattern, star)
        for pattern in (entries if isinstance(entries, dict) else {})
        if (star := held(pattern, wanted)) is not None
    ]
    fitting.sort(key=lambda each: ("*" in each[0], -len(each[0])))
    for pattern, star in fitting[:1]:
        for target in _targets(entries[pattern]):
            # Each * stands for it, and a path has an end.
            is_path = target.count("*") * len(star) < _LONGEST
            if is_path and not target.endswith((".d.ts", ".d.mts", ".d.cts")):
                yield home / target.replace("*", star)


def _targets(value: Any) -> Iterator[str]:
    """The texts in a target: itself, a list, or conditions in their order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _targets(each)
