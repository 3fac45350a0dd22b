"""`python3 -m local.github_description`: fetch GitHub's own description of its API.

The npm package @octokit/openapi has it; it goes to .local, where the tests look that hold GitHub's
client and emulator against it. Standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@octokit/openapi@23.0.2"
SHA512 = "pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg=="
MEMBER = "package/generated/api.github.com.json"
FILE = Path(__file__).resolve().parents[1] / ".local" / "github-api.json"
SECONDS = 300


def main() -> int:
    """Exit code 0 where the file is there."""
    if FILE.exists():
        return 0
    print(f"GitHub's description of its API ({PACKAGE})", flush=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            _fetch(Path(folder))
    except (OSError, ValueError, KeyError, tarfile.TarError, subprocess.SubprocessError) as error:
        print(f"It can't be had, and the tests that need it are skipped: {error}", file=sys.stderr)
        return 1
    return 0


def _fetch(folder: Path) -> None:
    command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, timeout=SECONDS, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != SHA512:
        raise ValueError(f"{PACKAGE} is not what it was: its sha512 is {digest}")
    with tarfile.open(archive) as packed:
        member = packed.extractfile(MEMBER)
        if member is None:
            raise KeyError(MEMBER)
        FILE.parent.mkdir(exist_ok=True)
        partial = FILE.with_suffix(".part")
        partial.write_bytes(member.read())
    partial.replace(FILE)


if __name__ == "__main__":
    sys.exit(main())
