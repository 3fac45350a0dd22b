"""The source files of an app: what its .gitignore leaves out is left out, no link is followed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from clerkstack.app.git import GitFailed, git
from clerkstack.app.source import SCRIPTS

# Single-file components and texts with components, whose code is not read.
UNREAD = frozenset({".vue", ".svelte", ".astro", ".mdx"})
_NEVER = frozenset({"node_modules", ".next", ".git"})
# What a package's build makes: only beside its package.json, so that a route of that name is read.
_BUILT = frozenset({"dist", "build"})


def source_files(root: Path, folders: Sequence[str] = ()) -> list[Path]:
    """All files of code, below the root or below some folders of it, in the order of their path.

    What git would ignore is left out where the root is of a repository and git is there.
    """
    starts = [root / folder for folder in folders] or [root]
    listed = _listed(root)
    candidates = _walked(starts) if listed is None else _among(listed, starts)
    found = {each for each in candidates if _is_source(each) and not _left_out(each, root)}
    return sorted(found)


def _is_source(file: Path) -> bool:
    wanted = file.suffix in SCRIPTS | UNREAD and not file.name.endswith((".d.ts", ".d.mts"))
    return wanted and not file.is_symlink() and file.is_file()


def _left_out(file: Path, root: Path) -> bool:
    at = root
    for step in file.relative_to(root).parts[:-1]:
        if step in _NEVER:
            return True
        if step in _BUILT and (at == root or (at / "package.json").is_file()):
            return True
        at = at / step
        if at.is_symlink():
            return True
    return False


def _listed(root: Path) -> list[Path] | None:
    """What git says is there: known, or new and not ignored. None where it can't say."""
    words = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    try:
        listed = git(*words, folder=root)
    except (GitFailed, OSError, subprocess.TimeoutExpired):
        return None
    return [root / name for name in listed.split("\0") if name] or None


def _among(listed: Iterable[Path], starts: Sequence[Path]) -> Iterator[Path]:
    for each in listed:
        if any(each.is_relative_to(start) for start in starts):
            # A repository within: git names its folder only.
            yield from _walked([each]) if each.is_dir() and not each.is_symlink() else [each]


def _walked(starts: Iterable[Path]) -> Iterator[Path]:
    for start in starts:
        for folder, folders, names in os.walk(start, followlinks=False):
            folders[:] = [each for each in folders if each not in _NEVER]
            yield from (Path(folder, name) for name in names)
