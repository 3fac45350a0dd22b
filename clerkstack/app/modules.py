"""The modules of an app: the facts of each file, and the file behind each import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from clerkstack.app.auto_imports import names_of
from clerkstack.app.facts_of_files import FileFacts
from clerkstack.app.kept import Kept, digest_of
from clerkstack.app.packages import Packages
from clerkstack.app.paths import Configs, files
from clerkstack.app.reading import Allowance, NotRead, is_file, read
from clerkstack.app.values import Constant, Unresolved
from clerkstack.problems import shown

SCRIPTS = frozenset({".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"})

# The cache key for the facts of an imported file, with or without checks.
_WHOLE = ("*",)
_ALIASES = {
    "$lib": ("svelte.config", ("src/lib",)),
    **dict.fromkeys(("~", "@"), ("nuxt.config", ("app", "."))),
    **dict.fromkeys(("~~", "@@"), ("nuxt.config", (".",))),
}


@dataclass(eq=False)
class Module:
    """One file and its facts."""

    file: Path
    facts: FileFacts

    @cached_property
    def folder(self) -> Path:
        """The folder of the file."""
        return self.file.parent


class Modules:
    """The modules of an app, each read once.

    Args:
        root: the app's checkout, outside of which nothing is read; None if there is none.
        allowance: the limits for reading the app.
    """

    def __init__(self, root: Path | None = None, allowance: Allowance | None = None) -> None:
        self.root = None if root is None else root.resolve()
        self._start = "" if self.root is None else f"{self.root}/"
        self.allowance = allowance or Allowance()
        # The app's cache during a scan.
        self.kept: Kept | None = None
        self._read: dict[Path, Module] = {}
        self._configs = Configs(self.root)
        self._packages = None if self.root is None else Packages(self.root)
        self._found: dict[tuple[Path, str], Path | None] = {}
        # The automatic import by name; None if several files export it.
        self._autos: dict[str, tuple[Module, str] | None] = {}

    def read(self, file: Path) -> Module:
        """Return the module of a file.

        Raises:
            Unresolved: the file does not exist, or cannot be read or parsed.
            TooMuch: the app exceeds the allowance.
        """
        if file in self._read:
            return self._read[file]
        file = file.resolve()
        if file not in self._read:
            facts = self._facts(file)
            if facts.stopped:
                raise Unresolved(file, None, str(facts.stopped[0]))
            if file.suffix == ".json" and "default" not in facts.constants:
                raise Unresolved(file, facts.error, "is not JSON")
            self._read[file] = Module(file, facts)
        return self._read[file]

    def _facts(self, file: Path) -> FileFacts:
        try:
            text = read(file, self.root)
        except NotRead as error:
            raise Unresolved(file, None, str(error)) from None
        digest = digest_of(text, file.suffix, _WHOLE)
        held = None if self.kept is None else self.kept.get(digest)
        if held is not None:
            return FileFacts.of_json(held[1])
        # Imported here: cached files need no parser.
        from clerkstack.app.onepass import NotParsed, facts_of

        self.allowance.keep(file, len(text))
        try:
            facts = facts_of(text, file.suffix)
        except NotParsed as error:
            raise Unresolved(file, None, str(error)) from None
        if self.kept is not None and not facts.stopped:
            self.kept.put(digest, ["facts", facts.as_json()])
        return facts

    def known(self, file: Path, facts: FileFacts) -> Module:
        """Return the module of a file within the root whose facts are known."""
        module = self._read[file] = Module(file, facts)
        for name, there in names_of(self.shown(file), facts):
            known = self._autos.get(name, (module, there))
            is_same = known is not None and (known[0].file, known[1]) == (file, there)
            self._autos[name] = (module, there) if is_same else None
        return module

    def by_framework(self, name: str) -> tuple[Module, str] | None:
        """Return the module behind an automatic import, and the name there: see `auto_imports`."""
        return self._autos.get(name)

    def beside(self, module: Module, place: int, source: str) -> Module:
        """Return the module that `module` imports from `source`.

        Raises:
            Unresolved: `source` is a package, or the file does not exist.
        """
        found = self.file_of(module.folder, source)
        if found is not None:
            try:
                return self.read(found)
            except Unresolved as error:
                if error.line is not None:
                    raise
                message = f"comes from '{source}', which {error.message}"
                raise Unresolved(module.file, place, message) from None
        message = f"comes from '{source}', which does not exist"
        if not source.startswith("."):
            message = (
                f"comes from '{source}', and clerkstack follows only relative imports, the paths "
                "of tsconfig.json and packages in the app's checkout"
            )
        raise Unresolved(module.file, place, message)

    def from_statement(self, module: Module, source: str) -> Module:
        """Return the module that a statement of `module` imports or exports from."""
        return self.beside(module, module.facts.sources.get(source, 0), source)

    def shown(self, file: Path) -> str:
        """Return a path as messages show it: relative to the root, if there is one."""
        path = str(file)
        if self._start and path.startswith(self._start):
            return path[len(self._start) :]
        return shown(file)

    def reached(self) -> list[Module]:
        """Return all modules read so far."""
        return list(self._read.values())

    def owner(self, value: Constant) -> tuple[Path, str] | None:
        """Return the file and name of the top-level constant that contains a value."""
        for start, end, name in self.read(value.file).facts.owned:
            if start <= (value.line << 24 | value.column) < end:
                return value.file, name
        return None

    def origin(
        self, module: Module, name: str, *, is_type: bool = False
    ) -> tuple[Module, str] | None:
        """Return the module that declares an export, and the name there. For a type, `name` is
        local to the module."""
        pending, seen = [(module, name)], set()
        while pending:
            at = pending.pop()
            if at in seen:
                continue
            seen.add(at)
            module, name = at
            facts = module.facts
            source, inner = facts.exports.get(name, (None, name))
            if is_type and name in facts.types:
                if facts.types[name][0] != "X":
                    return at
                source, inner = facts.types[name][1:]
            if source is None and inner in facts.imports:
                source, inner = facts.imports[str(inner)]
            if source is not None:
                pending += self._followed(module, [source], str(inner))
            elif is_type and inner != name:
                pending.append((module, str(inner)))
            elif name in facts.exports and not is_type:
                return module, str(inner)
            else:
                pending += self._followed(module, facts.all_of, name)
        return None

    def file_of(self, folder: Path, source: str) -> Path | None:
        """Return the file behind an import in a folder; None if there is none."""
        key = (folder, source)
        if key not in self._found:
            candidates = (each for at in self._starts(folder, source) for each in files(at))
            # `read` rejects a file outside of the root.
            found = next((candidate for candidate in candidates if is_file(candidate, None)), None)
            self._found[key] = None if found is None else found.resolve()
        return self._found[key]

    def is_package_here(self, source: str) -> bool:
        """Return whether an import names a package of the checkout, even if its file is missing."""
        return self._packages is not None and self._packages.has(source)

    def _by_framework(self, folder: Path, source: str) -> Iterator[Path]:
        """Yield the targets of aliases that a framework generates into an uncommitted
        tsconfig.json."""
        begin, _, rest = source.partition("/")
        if begin not in _ALIASES or self.root is None or not folder.is_relative_to(self.root):
            return
        config, places = _ALIASES[begin]
        for above in (folder, *folder.parents):
            if any(
                is_file(above / f"{config}.{ending}", self.root) for ending in ("js", "ts", "mjs")
            ):
                yield from (above / place / rest for place in places)
                return
            if above == self.root:
                return

    def _followed(
        self, module: Module, sources: Iterable[str], name: str
    ) -> Iterator[tuple[Module, str]]:
        for source in sources:
            try:
                yield self.from_statement(module, source), name
            except Unresolved:
                continue

    def _starts(self, folder: Path, source: str) -> Iterator[Path]:
        if source.startswith("."):
            yield folder / source
            return
        yield from self._configs.candidates(folder, source)
        yield from self._by_framework(folder, source)
        if self._packages is not None:
            yield from self._packages.candidates(folder, source)
