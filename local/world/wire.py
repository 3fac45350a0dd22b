"""Reads what clients send. Whatever passes can be kept, and given back in an answer."""

from __future__ import annotations

import json
import re
from typing import Any

DEEPEST = 128
"""Levels of a body. Far below what Python's stack bears, whoever walks through the body later."""
NUMBER = re.compile(r"[0-9]{1,18}")


def parsed(raw: bytes) -> Any:
    """Parse a JSON body.

    Raises:
        ValueError: it is no JSON in UTF-8, or no answer could give it back: half a surrogate
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
    """Read a number of a query; None if it is none, or has more digits than 64 bits hold."""
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
