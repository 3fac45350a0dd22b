"""Fetches the official release and verifies the hash of its archive.

The hash is the one in `official.lock`, if `python -m local.machine.engine pin` has recorded one;
otherwise the one that GitHub publishes with the release, on another host than the archive's. No
script from the network is run.
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from local.machine.engine import versions
from local.machine.engine.places import Places

ARCHIVES = "https://get.pulumi.com/releases/sdk"
"""The target of https://www.pulumi.com/docs/iac/download-install/."""

RELEASE = f"https://github.com/pulumi/pulumi/releases/download/v{versions.OFFICIAL}"
PLACE_VARIABLE = "CLERKSTACK_ENGINE_URL"
"""The variable with a URL that has both archive and hashes."""

LOCK = "official.lock"
REACH_LIMIT = 3.0
"""Seconds to fetch the hashes, including name look-up."""

SECONDS = 900.0
"""Seconds to fetch the archive."""

MOST_HASHES = 1_000_000
MOST = 1_000_000_000
"""The most bytes of the archive."""

_LINE = re.compile(r"^([0-9a-f]{64})\s+\*?(\S+)\s*$", re.MULTILINE)
_SYSTEMS = {"linux": "linux", "darwin": "darwin"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}


PAUSES = (2.0, 5.0, 10.0)
"""Seconds between the tries of a run without another source, such as in CI."""

REACH_LIMIT_OF_CI = 30.0


class Unusable(Exception):
    """This source provides no engine here; the message says why."""


class NotTheRelease(Unusable):
    """The archive has another hash; another try does not help."""


def archive_name(system: str = sys.platform, machine: str = "") -> str:
    """Return the name of the archive for a machine. Raise Unusable if there is none."""
    machine = (machine or platform.machine()).lower()
    if system not in _SYSTEMS or machine not in _MACHINES:
        raise Unusable(f"there is no official Pulumi for {system} on {machine}")
    return f"pulumi-v{versions.OFFICIAL}-{_SYSTEMS[system]}-{_MACHINES[machine]}.tar.gz"


def pinned(places: Places) -> dict[str, str]:
    """Return the hashes of this version in the lock file, by archive."""
    try:
        text = (places.recipes / LOCK).read_text(encoding="utf-8")
    except OSError:
        return {}
    return hashes_in(text)


def hashes_in(text: str) -> dict[str, str]:
    """Return SHA-256 by archive of this version, from the output of sha256sum."""
    ours = f"pulumi-v{versions.OFFICIAL}-"
    return {name: digest for digest, name in _LINE.findall(text) if name.startswith(ours)}


def published(environ: Mapping[str, str], limit: float = REACH_LIMIT) -> dict[str, str]:
    """Return the published hashes of the release. Raise Unusable after `limit` seconds at the
    latest."""
    place = environ.get(PLACE_VARIABLE) or RELEASE
    url = f"{place}/pulumi-{versions.OFFICIAL}-checksums.txt"
    answer: list[bytes] = []
    problem: list[str] = ["no answer in time"]

    def fetch() -> None:
        try:
            with urllib.request.urlopen(url, timeout=limit) as response:
                answer.append(response.read(MOST_HASHES))
        except (OSError, ValueError, urllib.error.URLError) as error:
            problem[0] = str(getattr(error, "reason", error))

    # The time limit of urlopen excludes the name look-up, which can hang much longer.
    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(limit)
    if not answer:
        raise Unusable(f"the official release cannot be reached ({problem[0]})")
    found = hashes_in(answer[0].decode("utf-8", errors="replace"))
    if not found:
        raise Unusable("the release's list of hashes has none of it")
    return found


def fetch(
    environ: Mapping[str, str], places: Places, workshop: Path, limit: float = REACH_LIMIT
) -> Path:
    """Fetch the release's programs and unpack them into a folder of `workshop`. Raise Unusable if
    the archive can't be fetched or has another hash; then nothing of it is unpacked or run."""
    name = archive_name()
    wanted = (pinned(places) or published(environ, limit)).get(name)
    if wanted is None:
        raise Unusable(f"there is no hash of {name}")
    archive = workshop / name
    found = _download(f"{environ.get(PLACE_VARIABLE) or ARCHIVES}/{name}", archive)
    if found != wanted:
        archive.unlink()
        raise NotTheRelease(f"{name} is not the release: its SHA-256 is {found}, not {wanted}")
    try:
        return _unpacked(archive, workshop / "official")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Unusable(f"{name} cannot be unpacked ({type(error).__name__})") from error


def pin(environ: Mapping[str, str], places: Places) -> Path:
    """Record the published hashes in the lock file. Raise Unusable if they can't be fetched."""
    file = places.recipes / LOCK
    kept = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    lines = [f"{digest}  {name}" for name, digest in sorted(published(environ).items())]
    file.write_text("\n".join([*kept, *lines, ""]), encoding="utf-8")
    return file


def _download(url: str, file: Path) -> str:
    """Download a file and return its SHA-256."""
    digest, size, end = hashlib.sha256(), 0, time.monotonic() + SECONDS
    try:
        with urllib.request.urlopen(url, timeout=60) as response, file.open("wb") as out:
            while part := response.read(1 << 20):
                size += len(part)
                if size > MOST or time.monotonic() > end:
                    raise Unusable(f"{file.name} is too large, or comes too slowly")
                digest.update(part)
                out.write(part)
    except (OSError, ValueError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", error)
        raise Unusable(f"{file.name} cannot be fetched ({reason})") from error
    return digest.hexdigest()


def _unpacked(archive: Path, folder: Path) -> Path:
    """Unpack the programs, `pulumi/NAME` in the archive, into `folder`/bin."""
    target = folder / "bin"
    target.mkdir(parents=True)
    with tarfile.open(archive) as packed:
        for member in packed:
            at = re.fullmatch(r"(?:\./)?pulumi/(?:bin/)?(pulumi[\w.-]*)", member.name)
            content = packed.extractfile(member) if at and member.isfile() else None
            if at is None or content is None:
                continue
            with (target / at[1]).open("wb") as out:
                shutil.copyfileobj(content, out)
            (target / at[1]).chmod(0o755)
    return folder
