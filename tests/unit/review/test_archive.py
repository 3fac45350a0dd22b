"""A stranger's artifact: one file is read, in memory, and nothing is unpacked."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from clerkstack.problems import ClerkstackError
from clerkstack.review.archive import only_file

NAME = "review.json"
CONTENT = b'{"stacks": []}'


def archive(
    *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return made.getvalue()


def member(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def encrypted() -> bytes:
    whole = bytearray(archive((NAME, CONTENT)))
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        where = whole.index(sign) + at
        struct.pack_into("<H", whole, where, 1)
    return bytes(whole)


def damaged() -> bytes:
    whole = bytearray(archive((NAME, CONTENT * 100)))
    whole[whole.index(NAME.encode()) + len(NAME) + 5] ^= 0xFF
    return bytes(whole)


def test_the_file_is_read() -> None:
    assert only_file(archive((NAME, CONTENT)), NAME, 100) == CONTENT
    assert only_file(archive((NAME, CONTENT), method=zipfile.ZIP_STORED), NAME, 100) == CONTENT
    assert only_file(archive((member(NAME, stat.S_IFREG | 0o644), CONTENT)), NAME, 100) == CONTENT


WRONG = {
    "nothing": b"",
    "no archive": CONTENT,
    "no file": archive(),
    "another file": archive(("other.json", CONTENT)),
    "a second file": archive((NAME, CONTENT), ("more", b"")),
    "a path upwards": archive((f"../{NAME}", CONTENT)),
    "a path from the top": archive((f"/tmp/{NAME}", CONTENT)),
    "a path with backslashes": archive((f"..\\{NAME}", CONTENT)),
    "a folder": archive((f"{NAME}/", b"")),
    "a link": archive((member(NAME, stat.S_IFLNK | 0o777), b"/etc/passwd")),
    "a device": archive((member(NAME, stat.S_IFCHR | 0o666), b"")),
    "a pipe": archive((member(NAME, stat.S_IFIFO | 0o666), b"")),
    "packed with what takes much memory": archive((NAME, CONTENT), method=zipfile.ZIP_LZMA),
    "packed another way": archive((NAME, CONTENT), method=zipfile.ZIP_BZIP2),
    "encrypted": encrypted(),
    "damaged": damaged(),
    "cut short": archive((NAME, CONTENT * 1000))[:-30],
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_anything_else_is_refused_and_nothing_is_written(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ClerkstackError, match="not read"):
        only_file(content, NAME, 10_000)

    assert list(tmp_path.iterdir()) == []


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = archive((NAME, CONTENT), (NAME, b"other"))

    with pytest.raises(ClerkstackError, match="not read"):
        only_file(twice, NAME, 100)


def test_what_unpacks_to_more_than_it_may_is_not_unpacked() -> None:
    bomb = archive((NAME, b"\0" * 50_000_000))
    assert len(bomb) < 100_000

    with pytest.raises(ClerkstackError, match="more than 1000 bytes"):
        only_file(bomb, NAME, 1000)


def test_a_size_that_the_archive_lies_about_does_not_count() -> None:
    whole = bytearray(archive((NAME, b"\0" * 5000)))
    for sign, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", whole, whole.index(sign) + at, 10)

    with pytest.raises(ClerkstackError, match="not read"):
        only_file(bytes(whole), NAME, 1000)
