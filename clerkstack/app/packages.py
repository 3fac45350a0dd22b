"""Resolves imports of the checkout's own packages: in a monorepo, `@acme/billing` is a folder.

The package.json decides what a package exports (`exports`, else `source`, `module`, `main`). The
target must be a file of the checkout: a missing build does not show its source.
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
    """The packages below a root, found on the first import of one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[Path, dict[str, Any]] = {}

    def candidates(self, folder: Path, source: str) -> Iterator[Path]:
        """Yield the possible files behind an import of a package, or of `#…` in the own package."""
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
        """Return whether the checkout has a package of that name."""
        size = 2 if source.startswith("@") else 1
        return "/".join(source.split("/")[:size]) in self._homes

    def _manifest(self, folder: Path) -> dict[str, Any]:
        if folder not in self._read:
            self._read[folder] = read_object(folder / MANIFEST, self._root)
        return self._read[folder]

    @cached_property
    def _homes(self) -> dict[str, Path]:
        """Return package folders by name, without names that occur twice."""
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
    """Yield the targets of `.` or `./sub` in a package."""
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
    """Yield the targets of the most specific matching entry."""
    fitting = [
        (pattern, star)
        for pattern in (entries if isinstance(entries, dict) else {})
        if (star := held(pattern, wanted)) is not None
    ]
    fitting.sort(key=lambda each: ("*" in each[0], -len(each[0])))
    for pattern, star in fitting[:1]:
        for target in _targets(entries[pattern]):
            # The star replaces each *; limit the length of the path.
            is_path = target.count("*") * len(star) < _LONGEST
            if is_path and not target.endswith((".d.ts", ".d.mts", ".d.cts")):
                yield home / target.replace("*", star)


def _targets(value: Any) -> Iterator[str]:
    """Yield the paths in a target: a text, a list, or conditions in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _targets(each)
