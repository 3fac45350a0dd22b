"""Files that a command writes."""

from __future__ import annotations

from pathlib import Path


def replace_file(file: Path, text: str) -> None:
    """Write a file in one move: a reader sees the old one or the new one."""
    half = file.with_name(f".{file.name}.new")
    half.write_text(text, encoding="utf-8")
    half.replace(file)
