"""Caches the facts of files for the next run, by file content and version of the reader.

The folder may be writable for an app's repository (in a monorepo with this project), so a cache
file is accepted only with a signature by a key of this machine's user. All others are ignored:
those of another version, truncated or forged ones.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import hmac
import json
import os
import secrets
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(".clerkstack", "app-facts")
_LARGEST = 64 * 1024 * 1024
_MOST = 10  # cache files; the least recently used one is removed
_PACKAGES = ("tree-sitter", "tree-sitter-typescript")


class Kept:
    """The cache of one app.

    Args:
        root: the app's checkout.
        folder: the cache folder, created when needed.
        of: the name of the user of this cache; entries that it no longer uses are dropped.
    """

    def __init__(self, root: Path, folder: Path = FOLDER, of: str = "checks") -> None:
        digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
        self._file = folder / f"{digest}-{of}.json"
        self._key = _key(root)
        self._version = _version()
        held = {} if self._key is None else self._loaded(self._key)
        self._there: dict[str, Any] = held.get("found", {})
        self._digests: dict[str, list[str]] = held.get("digests", {})
        self._used: dict[str, Any] = {}
        self._marked: dict[str, list[str]] = {}
        self._changed = False

    def digest(self, name: str, mark: str) -> str | None:
        """Return the `digest_of` an unchanged file: see `Reader.mark`."""
        known, digest = self._digests.get(name, ("", ""))
        if not mark or known != mark:
            return None
        self._marked[name] = [mark, digest]
        return digest

    def mark(self, name: str, mark: str, digest: str) -> None:
        """Store the digest of a file with its mark."""
        if mark:
            self._marked[name] = [mark, digest]
            self._changed = True

    def get(self, digest: str) -> list[Any] | None:
        """Return the facts of a file by its `digest_of`."""
        found = self._there.get(digest)
        if found is not None:
            self._used[digest] = found
        return found

    def put(self, digest: str, found: list[Any]) -> None:
        """Store the facts of a file."""
        self._used[digest] = found
        self._changed = True

    def save(self) -> None:
        """Write the cache atomically; do nothing if the folder is not writable."""
        if self._key is None or not self._changed:
            return
        held = {"version": self._version, "found": self._used, "digests": self._marked}
        body = json.dumps(held, separators=(",", ":")).encode()
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".writing-", dir=self._file.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(_signed(self._key, body) + b"\n" + body)
                Path(name).replace(self._file)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            _forget(self._file)

    def _loaded(self, key: bytes) -> dict[str, Any]:
        try:
            with open(self._file, "rb", opener=_regular) as file:
                text = file.read(_LARGEST + 1)
            signature, _, body = text.partition(b"\n")
            if not hmac.compare_digest(signature, _signed(key, body)):
                return {}
            held = json.loads(body)
        except (OSError, ValueError, RecursionError):
            return {}
        return held if held.get("version") == self._version else {}


def digest_of(text: bytes, suffix: str, wanted: tuple[str, ...] = ()) -> str:
    """Return the key of a cache entry: from content, suffix and wanted names."""
    found = hashlib.sha256(text)
    found.update(b"\0".join([b"", suffix.encode(), *(each.encode() for each in wanted)]))
    return found.hexdigest()


def _version() -> str:
    """Return a version that changes with the source of this package and of its parsers."""
    found = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for name in _PACKAGES:
        found.update(_installed(name.replace("-", "_")).encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        found.update(file.read_bytes())
    return found.hexdigest()


def _installed(package: str) -> str:
    """Return the name of an installed package's metadata folder, which includes the version.
    Importing importlib.metadata would take longer than everything else here."""
    for folder in sys.path:
        for found in sorted(glob.glob(f"{glob.escape(folder)}/{package}-*.dist-info")):  # noqa: PTH207
            return os.path.basename(found)  # noqa: PTH119
    return ""


def _signed(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, body, "sha256").hexdigest().encode()


def _key(root: Path) -> bytes | None:
    """Return this user's signing key, created on first use; None if it cannot be stored safely."""
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111
    file = Path(home, "clerkstack", "app-facts.key")
    try:
        if not file.is_absolute() or file.resolve().is_relative_to(root):
            return None
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=file.parent) as made:
                made.write(secrets.token_bytes(32))
                made.flush()
                with contextlib.suppress(FileExistsError):  # another run was faster
                    os.link(made.name, file)
        with open(file, "rb", opener=_regular) as opened:
            key = opened.read(64)
    except OSError:
        return None
    return key if len(key) == 32 else None


def _regular(path: str, flags: int) -> int:
    """Open a regular file of this user: no link, and not writable for others."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
        os.close(descriptor)
        raise PermissionError(path)
    return descriptor


def _forget(used: Path) -> None:
    files = sorted(used.parent.glob("*.json"), key=lambda it: it.stat().st_mtime, reverse=True)
    for file in files[_MOST:]:
        if file != used:
            file.unlink(missing_ok=True)
