"""Looks into one file of an app. The result can be cached and sent: a list that begins with

- `nothing`: the file has no checks;
- `says`, then the result of `says.says_in`: no checks, but webhook events or variables;
- `unresolved`, then line, column and message: the file is not read, and may have checks;
- `facts`, then the result of `FileFacts.as_json`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import Any

from clerkstack.app.reading import LARGEST
from clerkstack.app.says import plain, says_in, speaks
from clerkstack.app.words import CLAIMED

NOTHING = ["nothing"]
SECONDS = 0.5
"""Seconds of CPU for a file without checks."""
# A file without these bytes has no checks, and is not parsed for them.
_ASKS = re.compile(
    rb"\b(?:has|protect|Protect|Show|checkAuthorization\w*|" + CLAIMED + rb")\b"
    # A call that may be `has` under another name.
    rb"|\(\s*\{\s*(?:plan|feature|role|permission)\s*[:,}]"
    # An element that may be Clerk's, renamed in another file.
    rb"|<[A-Z][\w.]*\s[^<]{0,400}?\b(?:plan|feature|role|permission|when|condition)\s*="
)
_FOR = re.compile(rb"plan|feature|role|permission|auth|session|clerk", re.IGNORECASE)


def asks(text: bytes) -> bool:
    """Return whether a file may contain a check."""
    return _ASKS.search(text) is not None and _FOR.search(text) is not None


def at_once(text: bytes) -> list[Any] | None:
    """Return the result for a file that needs no parsing; None if it needs some."""
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["unresolved", 1, 1, "is UTF-16, and clerkstack reads only UTF-8"]
    # Imported here: cached files do not need it.

    is_large = len(text) > LARGEST
    if asks(text) or (not is_large and speaks(text)):
        return None
    says = {} if is_large else plain(text)
    return ["says", says] if says else NOTHING


def look(text: bytes, suffix: str, wanted: Sequence[str] = ()) -> list[Any]:
    """Return the result for a file.

    Args:
        text: the file's bytes.
        suffix: the suffix of its name.
        wanted: see `onepass.facts_of`; if there are any, the file is parsed in any case.
    """
    found = at_once(text)
    if found is not None and (not wanted or found[0] == "unresolved"):
        return found
    if not wanted and not asks(text):
        return ["says", says_in(text, suffix, SECONDS)]
    if len(text) > LARGEST:
        at = _ASKS.search(text)
        row, column = _place(text, 0 if at is None else at.start())
        return [
            "unresolved",
            row,
            column,
            "is larger than 2 MiB and is not read. Exclude it from the scan",
        ]
    from clerkstack.app.onepass import NotParsed, facts_of

    try:
        facts = facts_of(text, suffix, wanted)
        if facts.says_nothing and not wanted:
            return ["says", facts.says] if facts.says else NOTHING
        return ["facts", facts.as_json()]
    except NotParsed as error:
        return ["unresolved", 1, 1, str(error)]


def _place(text: bytes, at: int) -> tuple[int, int]:
    before = text[:at]
    start = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[start:].decode(errors="replace")) + 1
