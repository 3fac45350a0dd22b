"""What files of a checkout import, read from their text without a parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from clerkstack.app.reading import NotRead, Reader

if TYPE_CHECKING:
    from clerkstack.app.modules import Modules

_SOURCE = re.compile(
    rb"\b(import\s+type\b[^;'\"]{0,2000}?)?\b(?:from|import|require)\s*\(?\s*"
    rb"[\"']([^\"'\n]{1,200})[\"']"
)


class Imports:
    """The imports of each file, read once.

    Args:
        root: the checkout, resolved; nothing outside of it is read.
        modules: the app's.
    """

    def __init__(self, root: Path, modules: Modules) -> None:
        self._root = root
        self._modules = modules
        self._reader = Reader(root)
        self._texts: dict[Path, bytes] = {}
        self._sources: dict[Path, list[tuple[str, bool]]] = {}

    def text(self, file: Path) -> bytes:
        """The text of a file, empty if it cannot be read.

        Raises:
            TooMuch: the app takes more than it may.
        """
        if file not in self._texts:
            self._modules.allowance.look(file)
            self._texts[file] = self._read(file)
        return self._texts[file]

    def of(self, file: Path, *, types: bool) -> Iterator[tuple[str, Path | None]]:
        """What a file imports as it is written, and the file that this leads to; with `types`, also
        what it imports as types only."""
        if file not in self._sources:
            self._sources[file] = [
                (source.decode(errors="replace"), bool(as_types))
                for as_types, source in _SOURCE.findall(self.text(file))
            ]
        for source, as_types in self._sources[file]:
            if types or not as_types:
                yield source, self._modules.file_of(file.parent, source)

    def _read(self, file: Path) -> bytes:
        if not file.is_relative_to(self._root):
            return b""
        try:
            return self._reader.read(file.relative_to(self._root).as_posix())
        except NotRead:
            return b""
