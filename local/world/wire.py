"""Parses what clients send. Accepted values can be stored and returned in an answer."""

from __future__ import annotations

import json
import re
from typing import Any

DEEPEST = 128
"""The most levels of a body, far below the limit of Python's stack for later code."""
NUMBER = re.compile(r"[0-9]{1,18}")


def parsed(raw: bytes) -> Any:
    """Parse a JSON body.

    Raises:
        ValueError: it is not JSON in UTF-8, or an answer could not return it: half a surrogate
            pair, a number out of range, too many levels.
    """
    try:
        document = json.loads(raw.decode())
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("too many levels") from None
    if _levels(document) > DEEPEST:
        raise ValueError("too many levels")
    return document


def number(text: str) -> int | None:
    """Read a number in a query; None if it is not a number, or exceeds 64 bits."""
    return int(text) if NUMBER.fullmatch(text) else None


def _levels(document: Any) -> int:
    count, level = 0, [document]
    while level:
        count += 1
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                inner += each.values()
            elif isinstance(each, list):
                inner += each
        level = inner
    return count
