"""Lists the source files of an app: without files that git ignores, and without following links."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clerkstack.app.blocks import BLOCKS
from clerkstack.app.git import GitFailed, git
from clerkstack.app.modules import SCRIPTS
from clerkstack.app.reading import NotRead, read

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# Files of unsupported languages that may contain checks.
_OTHERS = frozenset(
    {
        *(".py", ".go", ".rb", ".php", ".java", ".kt", ".cs", ".rs", ".ex", ".exs", ".swift"),
        *(".dart", ".html", ".htm", ".erb", ".ejs", ".hbs", ".liquid", ".twig", ".pug", ".elm"),
    }
)
_READ = SCRIPTS | BLOCKS
_NEVER = frozenset({"node_modules", ".next", ".git"})
# Build output, only next to a package.json: elsewhere it may be a route.
_BUILT = frozenset({"dist", "build"})


class Listing(NamedTuple):
    """Sorted paths within the root: code files, and files of other languages."""

    code: list[str]
    others: list[str]


def listed(root: Path, folders: Sequence[str] = ()) -> Listing:
    """List the code files below the root, or below some of its folders.

    Files that git ignores are left out.
    """
    names = _by_git(root)
    starts = {os.path.normpath(folder) for folder in folders}
    if names is None:
        names = _walked(root, "")
        starts = {start for start in starts if not Path(root, start).is_file()}
    below = tuple(f"{start}/" for start in starts)
    is_all = not folders or "." in starts
    wanted = {each for each in names if is_all or each in starts or each.startswith(below)}
    kept = _Kept(root)
    code, others = [], []
    for name in sorted(wanted, key=lambda it: it.split("/")):
        ending = os.path.splitext(name)[1]  # noqa: PTH122 (for each file of a monorepo)
        if ending in _READ and not name.endswith((".d.ts", ".d.mts")):
            if kept.has(name):
                code.append(name)
        elif ending in _OTHERS and kept.has(name):
            others.append(name)
    return Listing(code, others)


class _Kept:
    """Selects files that are not build output, not installed and not behind a link."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._folders: dict[str, bool] = {"": True}

    def has(self, name: str) -> bool:
        try:
            mode = os.lstat(f"{self._root}/{name}").st_mode
        except (OSError, ValueError):
            return False
        return stat.S_ISREG(mode) and self._is_read(name.rpartition("/")[0])

    def _is_read(self, folder: str) -> bool:
        if folder not in self._folders:
            above, _, step = folder.rpartition("/")
            is_built = step in _BUILT and (
                not above or Path(self._root, above, "package.json").is_file()
            )
            self._folders[folder] = (
                step not in _NEVER
                and not is_built
                and self._is_read(above)
                and not Path(self._root, folder).is_symlink()
            )
        return self._folders[folder]


def _by_git(root: Path) -> list[str] | None:
    """Return the files that git lists: tracked, or new and not ignored. None if git fails."""
    words = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    try:
        found = git(*words, folder=root).split("\0")
    except (GitFailed, OSError, subprocess.TimeoutExpired):
        return None
    names = [name for name in found if name and not name.endswith("/")]
    for each in found:
        # For a nested repository, git lists only its folder.
        if each.endswith("/") and not Path(root, each).is_symlink():
            names += _walked(root, each.rstrip("/"))
    links = [name for name in names if "." not in name.rpartition("/")[2]]
    for link in links:  # git lists a submodule without a slash
        if Path(root, link).is_dir() and not Path(root, link).is_symlink():
            names += _walked(root, link)
    return names or None


def _walked(root: Path, below: str) -> list[str]:
    """Return the files below a folder, except those that a .gitignore excludes."""
    ignored: dict[str, list[tuple[str, GitIgnoreSpec]]] = {}
    names: list[str] = []
    for folder, folders, files in os.walk(root / below, followlinks=False):
        at = os.path.relpath(folder, root)
        at = "" if at == "." else f"{at}/"
        specs = [*ignored.get(at.rstrip("/").rpartition("/")[0], ())]
        if ".gitignore" in files:
            specs += _spec(root, at)
        ignored[at.rstrip("/")] = specs
        folders[:] = [
            each
            for each in folders
            if each not in _NEVER and not _is_ignored(f"{at}{each}/", specs)
        ]
        names += [f"{at}{file}" for file in files if not _is_ignored(f"{at}{file}", specs)]
    return names


def _spec(root: Path, at: str) -> Iterator[tuple[str, GitIgnoreSpec]]:
    from pathspec import GitIgnoreSpec

    try:
        lines = read(root / at / ".gitignore", root, 64 * 1024).decode(errors="replace")
        yield at, GitIgnoreSpec.from_lines(lines.splitlines())
    except (NotRead, ValueError):
        return


def _is_ignored(name: str, specs: Iterable[tuple[str, GitIgnoreSpec]]) -> bool:
    return any(spec.match_file(name.removeprefix(at)) for at, spec in specs)
