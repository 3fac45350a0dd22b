"""The one file of an artifact, read in memory: nothing of it is ever unpacked."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib

from clerkstack.problems import ClerkstackError

MOST_BYTES = 4_000_000
"""Of an artifact, packed."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


def only_file(archive: bytes, name: str, most: int) -> bytes:
    """The file in a ZIP archive that has this one alone.

    Args:
        archive: the archive; whoever made it is not trusted.
        name: of the file, without a folder.
        most: bytes that the file may have; no more than that are ever unpacked.

    Raises:
        ClerkstackError: it is no archive, or holds anything but one such file.
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
    """Whether it is a file, packed in a way that takes little memory."""
    # What a Unix says of it; 0 where the archive was made elsewhere.
    kind = stat.S_IFMT(member.external_attr >> 16)
    return (
        kind in (0, stat.S_IFREG)
        and member.compress_type in _METHODS
        and not member.flag_bits & _ENCRYPTED
    )
