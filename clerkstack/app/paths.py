"""Resolves imports by path, or by `paths` and `baseUrl` of tsconfig.json."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clerkstack.app.jsonc import read_object
from clerkstack.app.patterns import held
from clerkstack.app.reading import is_file

CONFIGS = ("tsconfig.json", "jsconfig.json")
_SCRIPTS = {".js": (".ts", ".tsx"), ".mjs": (".mts",), ".cjs": (".cts",), ".jsx": (".tsx",)}
_ENDINGS = (
    *("", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"),
    *("/index.ts", "/index.tsx", "/index.mts", "/index.js", "/index.jsx", "/index.mjs"),
)


@dataclass(frozen=True)
class Aliases:
    """The import settings of a tsconfig.json: patterns with targets, and `baseUrl`."""

    paths: dict[str, list[str]] = field(default_factory=dict)
    # The folder that targets are relative to.
    base: Path | None = None
    base_url: Path | None = None

    def candidates(self, source: str) -> Iterator[Path]:
        """Yield possible paths of an import without suffix, most likely first."""
        found = [
            (pattern, star) for pattern in self.paths if (star := held(pattern, source)) is not None
        ]
        # Like the compiler: of all matching patterns, take the one with the longest prefix.
        found.sort(key=lambda each: ("*" in each[0], -len(each[0].partition("*")[0])))
        for pattern, star in found[:1]:
            for target in self.paths[pattern]:
                if self.base is not None:
                    yield self.base / target.replace("*", star, 1)
        if self.base_url is not None:
            yield self.base_url / source


class Configs:
    """The tsconfig.json files of an app, each read once."""

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._nearest: dict[Path, list[Aliases]] = {}
        # A config that is being read is empty here, which ends a cycle.
        self._said: dict[Path, Aliases] = {}

    def candidates(self, folder: Path, source: str) -> Iterator[Path]:
        """Yield possible paths of an import in a folder by the nearest tsconfig.json."""
        for aliases in self._of(folder):
            yield from aliases.candidates(source)

    def _of(self, folder: Path) -> list[Aliases]:
        if folder not in self._nearest:
            own = [folder / name for name in CONFIGS if is_file(folder / name, self._root)]
            if own:
                self._nearest[folder] = list(self._read(own[0]))
            elif folder in (self._root, folder.parent):
                self._nearest[folder] = []
            else:
                self._nearest[folder] = self._of(folder.parent)
        return self._nearest[folder]

    def _read(self, start: Path) -> Iterator[Aliases]:
        """Yield the settings of a config, then of its references; each once."""
        pending, seen = [start], set()
        while pending:
            config = pending.pop(0)
            if config.resolve() in seen:
                continue
            seen.add(config.resolve())
            found = read_object(config, self._root)
            yield self._with_extended(config, found)
            references = found.get("references")
            for each in references if isinstance(references, list) else ():
                path = each.get("path") if isinstance(each, dict) else None
                if isinstance(path, str):
                    there = config.parent / path
                    own = is_file(there, self._root)
                    pending.append(there if own else there / CONFIGS[0])

    def _with_extended(self, config: Path, found: dict[str, Any]) -> Aliases:
        extends = found.get("extends")
        paths: dict[str, list[str]] = {}
        base, base_url = None, None
        for name in [extends] if isinstance(extends, str) else extends or ():
            there = self._extended(config.parent, name) if isinstance(name, str) else None
            if there is not None:
                other = self._of_extended(there)
                paths, base = (other.paths, other.base) if other.paths else (paths, base)
                base_url = other.base_url or base_url
        options = found.get("compilerOptions")
        options = options if isinstance(options, dict) else {}
        if isinstance(options.get("baseUrl"), str):
            base_url = config.parent / _plain(options["baseUrl"])
            base = base_url if paths else base
        if isinstance(options.get("paths"), dict):
            base = base_url or config.parent
            paths = {
                pattern: [_plain(target) for target in targets if isinstance(target, str)]
                for pattern, targets in options["paths"].items()
                if isinstance(targets, list)
            }
        return Aliases(paths, base, base_url)

    def _of_extended(self, config: Path) -> Aliases:
        place = config.resolve()
        if place not in self._said:
            self._said[place] = Aliases()
            self._said[place] = self._with_extended(config, read_object(config, self._root))
        return self._said[place]

    def _extended(self, folder: Path, name: str) -> Path | None:
        """Return the file of an `extends`: a path, or a package in a node_modules above."""
        if name.startswith((".", "/")):
            starts = [folder / name]
        else:
            starts = [each / "node_modules" / name for each in (folder, *folder.parents)]
        for start in starts:
            for candidate in (start, Path(f"{start}.json"), start / CONFIGS[0]):
                if is_file(candidate, self._root):
                    return candidate
        return None


def files(start: Path) -> Iterator[Path]:
    """Yield the files behind a path with no or another suffix, in the compiler's order."""
    for ending in _SCRIPTS.get(start.suffix, ()):
        yield start.with_suffix(ending)
    for ending in _ENDINGS:
        yield Path(f"{start}{ending}")


def _plain(path: str) -> str:
    return path.replace("${configDir}", ".")
