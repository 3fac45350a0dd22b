"""Reads the only file of an artifact in memory, without ever unpacking to disk."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib

from clerkstack.problems import ClerkstackError

MOST_BYTES = 4_000_000
"""The limit for a packed artifact."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


def only_file(archive: bytes, name: str, most: int) -> bytes:
    """The file in a ZIP archive that contains only this file.

    Args:
        archive: the archive, which is not trusted.
        name: the file's name, without a folder.
        most: the most bytes that the file may have; no more are ever unpacked.

    Raises:
        ClerkstackError: it is not an archive, or contains anything but that file.
    """
    refused = f"The artifact is not an archive of the one file {name}, so it was not read."
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            members = packed.infolist()
            if len(members) != 1 or members[0].filename != name or not _plain(members[0]):
                raise ClerkstackError(refused)
            with packed.open(members[0]) as file:
                content = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise ClerkstackError(refused) from None
    if len(content) > most:
        raise ClerkstackError(f"{name} in the artifact has more than {most} bytes and is not read.")
    return content


def _plain(member: zipfile.ZipInfo) -> bool:
    """Whether it is a plain file, with a compression that needs little memory."""
    # The Unix file type; 0 if the archive was made on another system.
    kind = stat.S_IFMT(member.external_attr >> 16)
    return (
        kind in (0, stat.S_IFREG)
        and member.compress_type in _METHODS
        and not member.flag_bits & _ENCRYPTED
    )
