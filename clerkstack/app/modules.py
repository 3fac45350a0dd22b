"""The modules of an app: which file an import means, and which module declares a name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tree_sitter import Node

from clerkstack.app.packages import Packages
from clerkstack.app.paths import Configs, files
from clerkstack.app.reading import Allowance, is_file
from clerkstack.app.source import Module, Unresolved, parsed
from clerkstack.problems import shown


class Modules:
    """The modules that one file reaches by its imports, each read once.

    Args:
        root: the app's checkout: nothing outside of it is read. None where there is none.
        allowance: what reading it may take.
    """

    def __init__(self, root: Path | None = None, allowance: Allowance | None = None) -> None:
        self._root = None if root is None else root.resolve()
        self.allowance = allowance or Allowance()
        self._read: dict[Path, Module] = {}
        self._configs = Configs(self._root)
        self._packages = None if self._root is None else Packages(self._root)
        self._found: dict[tuple[Path, str], Path | None] = {}

    def read(self, file: Path) -> Module:
        """The module of a file.

        Raises:
            Unresolved: there is no such file, or it is not TypeScript, or outside of the root.
            TooMuch: the app takes more than it may.
        """
        file = file.resolve()
        if file not in self._read:
            self._read[file] = parsed(file, self._root, self.allowance)
        return self._read[file]

    def beside(self, module: Module, node: Node, source: str) -> Module:
        """The module that `module` imports from `source`.

        Raises:
            Unresolved: it is of a package, or there is no such file.
        """
        found = self._file(module.file.parent, source)
        if found is not None:
            try:
                return self.read(found)
            except Unresolved as error:
                if error.line is not None:
                    raise
                message = f"comes from '{source}', which {error.message}"
                raise Unresolved(module, node, message) from None
        if source.startswith("."):
            raise Unresolved(module, node, f"comes from '{source}', and there is no such file")
        raise Unresolved(
            module,
            node,
            f"comes from '{source}', and only relative imports, the paths of tsconfig.json and "
            "packages of the app's checkout are followed",
        )

    def from_statement(self, module: Module, source: str) -> Module:
        """The module that a statement of `module` imports or exports from."""
        return self.beside(module, module.sources[source], source)

    def shown(self, file: Path) -> str:
        """A path as messages show it: inside of the root, where there is one."""
        if self._root is not None and self._inside(file):
            return file.relative_to(self._root).as_posix()
        return shown(file)

    def reached(self) -> list[Module]:
        """All modules read so far."""
        return list(self._read.values())

    def origin(self, module: Module, name: str) -> tuple[Module, str] | None:
        """The module that declares what a module exports, and its name there."""
        pending, seen = [(module, name)], set()
        while pending:
            at = pending.pop()
            if at in seen:
                continue
            seen.add(at)
            module, name = at
            source, inner = module.exports.get(name, (None, name))
            if source is None and inner in module.imports:
                source, inner = module.imports[inner]
            if source is not None:
                pending += self._followed(module, [source], inner)
            elif name in module.exports:
                return module, inner
            else:
                pending += self._followed(module, module.all_of, name)
        return None

    def _followed(
        self, module: Module, sources: list[str], name: str
    ) -> Iterator[tuple[Module, str]]:
        for source in sources:
            try:
                yield self.from_statement(module, source), name
            except Unresolved:
                continue

    def _file(self, folder: Path, source: str) -> Path | None:
        key = (folder, source)
        if key not in self._found:
            candidates = (each for at in self._starts(folder, source) for each in files(at))
            # Where it lies outside, `read` says so.
            self._found[key] = next((each for each in candidates if is_file(each, None)), None)
        return self._found[key]

    def _starts(self, folder: Path, source: str) -> Iterator[Path]:
        if source.startswith("."):
            yield folder / source
            return
        yield from self._configs.candidates(folder, source)
        if self._packages is not None:
            yield from self._packages.candidates(folder, source)

    def _inside(self, file: Path) -> bool:
        return self._root is None or file.is_relative_to(self._root)
