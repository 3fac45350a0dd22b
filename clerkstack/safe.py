"""What may be shown: the one place that makes a value safe to print.

Every command, report and error passes what it shows through `safe`. What comes from a service, a
file or a person can hold a key, an address with a secret in it, or a command to the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from clerkstack.clients.scrub import DEEPEST, HIDDEN, SHORTEST, scrubbed

# Of other schemes (s3://bucket?region=…, awskms://…) the query is an option, not a secret.
_WEB = ("http", "https", "ws", "wss")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s<>\"'`|]+")
_ENDS = re.compile(r"[.,;:!)\]}]+$")


_secrets: set[str] = set()


def hide(secrets: Iterable[str]) -> None:
    """Take these values out of everything that this process shows from now on."""
    _secrets.update(each for each in secrets if len(each) >= SHORTEST)


def safe(value: Any, *, hidden: Collection[str] = (), addresses: bool = False) -> Any:
    """A value as it may be shown: text, or JSON with text in it, names included.

    Takes out what has a key's form, user, password, query and fragment of each address, and
    characters that command a terminal (they are written as \\x1b). What lies deeper than a message
    shows is left out.

    Args:
        value: what is to be shown; what is neither text, list nor object stays as it is.
        hidden: values that no text may hold, as they are, escaped, encoded or cut short.
        addresses: leave addresses whole, where a person asked for it.
    """
    # The longest first: one may be the beginning of another.
    known = sorted({*hidden, *_secrets}, key=len, reverse=True)
    return _safe(value, known, addresses, DEEPEST)


def _safe(value: Any, hidden: Collection[str], addresses: bool, levels: int) -> Any:
    if isinstance(value, str):
        # Addresses first: what is left of one where a value was taken out may be none.
        text = value if addresses else _ADDRESS.sub(_cut, value)
        return printable(scrubbed(text, hidden))
    if isinstance(value, Mapping | list | tuple) and not levels:
        return HIDDEN
    if isinstance(value, Mapping):
        return {
            _safe(name, hidden, addresses, levels): _safe(each, hidden, addresses, levels - 1)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_safe(each, hidden, addresses, levels - 1) for each in value]
    return value


def shown_url(url: str) -> str:
    """An address without user, password, query and fragment: any of them may carry a secret."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "(not a URL)"
    if not parts.scheme:
        return url.split("?")[0]
    query, fragment = parts.query, parts.fragment
    if parts.scheme.lower() in _WEB:
        query, fragment = query and HIDDEN, fragment and HIDDEN
    more = (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    return f"{parts.scheme}://{host}{parts.path}{more}"


def may_hold_secret(url: str) -> bool:
    """Whether an address has a part that `shown_url` leaves out."""
    return shown_url(url) != url


def printable(text: str) -> str:
    """Text that is no command to a terminal; line breaks and tabs stay."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in "\n\t" else _escaped(each) for each in text
    )


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _cut(found: re.Match[str]) -> str:
    text = found[0]
    # What ends a sentence is no part of the address, unless the address is cut there anyway.
    end = _ENDS.search(text)
    address = text[: end.start()] if end else text
    return shown_url(address) + (end[0] if end else "")
