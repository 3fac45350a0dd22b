"""What is found in one file of an app, in a form that can be kept and sent: a list whose first is

- `nothing`: it asks Clerk for nothing;
- `says` and what `says.says_in` tells: neither does it, but of webhook events or variables it says
  something;
- `unresolved`, line, column and message: it is not read, and may ask;
- `facts` and what `FileFacts.as_json` makes.
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
"""Of CPU, for a file that asks for nothing."""
# A file without these bytes asks Clerk for nothing, and is not parsed.
_ASKS = re.compile(
    rb"\b(?:has|protect|Protect|Show|checkAuthorization\w*|" + CLAIMED + rb")\b"
    # A call that may be of `has` by another name.
    rb"|\(\s*\{\s*(?:plan|feature|role|permission)\s*[:,}]"
    # An element that may be one of Clerk's by another name, which another file gave it.
    rb"|<[A-Z][\w.]*\s[^<]{0,400}?\b(?:plan|feature|role|permission|when|condition)\s*="
)
_FOR = re.compile(rb"plan|feature|role|permission|auth|session|clerk", re.IGNORECASE)


def asks(text: bytes) -> bool:
    """Whether a file may ask Clerk for something."""
    return _ASKS.search(text) is not None and _FOR.search(text) is not None


def at_once(text: bytes) -> list[Any] | None:
    """What is found in a file, where that needs no tree; None where it does."""
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["unresolved", 1, 1, "is UTF-16, and clerkstack reads only UTF-8"]
    # Here, because what is kept has no use for it.

    is_large = len(text) > LARGEST
    if asks(text) or (not is_large and speaks(text)):
        return None
    says = {} if is_large else plain(text)
    return ["says", says] if says else NOTHING


def look(text: bytes, suffix: str, wanted: Sequence[str] = ()) -> list[Any]:
    """What is found in a file.

    Args:
        text: all of its bytes.
        suffix: of its name.
        wanted: see `onepass.facts_of`; with some, it is looked into whatever it has.
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
