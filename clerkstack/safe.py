"""What may be shown: the one place that makes a value safe to print.

Every command, report and error passes what it shows through `safe`. What comes from a service, a
file or a person can hold a key, an address with a secret in it, or a command to the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from clerkstack.scrub import DEEPEST, HIDDEN, SHORTEST, has_form, scrubbed

# Of other schemes (s3://bucket?region=…, awskms://…) the query is an option, not a secret.
_WEB = ("http", "https", "ws", "wss")
# No scheme has more letters. Without an end to it, each letter of a long word would begin one.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s<>\"'`|]+")
_ENDS = ".,;:!)]}"
# What is printable and has no ink: marks that join or vary, fillers.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0e\U000e0100-\U000e01ef]"
)
# GitHub's runner takes a line that begins so for a command to it, and the older form also within
# one (actions/runner, src/Runner.Common/ActionCommand.cs).
_COMMAND = re.compile(r"^([ \t]*):(?=:)|#(?=#\[)", re.MULTILINE)


_IDS = re.compile(r"\b(?:pk_test|pk_live|app|dpl|ep|ins|org|prj|team|user)_[\w-]+")
_PIECE = re.compile(r"[A-Za-z0-9+=]{16,}|[\w+=~-]{24,}", re.ASCII)
_RANDOM = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])")
_HEX = re.compile(r"[0-9a-f]{32,}")

_secrets: set[str] = set()


def hide(secrets: Iterable[str]) -> None:
    """Take these values out of everything that this process shows from now on."""
    _secrets.update(secret for secret in secrets if len(secret) >= SHORTEST)


def safe(value: Any, *, hidden: Collection[str] = (), addresses: bool = False) -> Any:
    """A value as it may be shown: text, or JSON with text in it, names included.

    Takes out what has a key's form, user, password, query and fragment of each address; what would
    command a terminal or GitHub's runner, or cannot be seen, is written out (`visible`). What lies
    deeper than a message shows is left out.

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
        return visible(_scrubbed(text, hidden))
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


def _scrubbed(text: str, hidden: Collection[str]) -> str:
    """The text without keys, also where something that cannot be seen stands inside of one."""
    shown = scrubbed(text, hidden)
    if text.isprintable() and (text.isascii() or not _UNSEEN.search(text)):
        return shown
    seen = "".join(each for each in text if each.isprintable() or each in "\n\t")
    seen = _UNSEEN.sub("", seen)
    clean = scrubbed(seen, hidden)
    return shown if clean.count(HIDDEN) == shown.count(HIDDEN) else clean


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


def may_be_secret(text: str) -> bool:
    """Whether a value looks as keys do: by its form, or since no word looks so. Ids and publishable
    keys are none."""
    return has_form(text) or any(
        _RANDOM.match(piece) or _HEX.fullmatch(piece)
        for piece in _PIECE.findall(_IDS.sub("", text))
    )


def visible(text: str, *, line: bool = False) -> str:
    """Text that is no command to a terminal, nor to GitHub's runner, and hides nothing.

    Control characters, marks that turn the direction of reading, and all that has no ink are
    written as JSON writes them, \\u001b; so is the first sign of a command to the runner.

    Args:
        text: whatever somebody else wrote.
        line: it is to stand in one line: line breaks and tabs are written out as well. Else they
            stay.
    """
    if text.isprintable():
        shown = text
    else:
        stay = "" if line else "\n\t"
        shown = "".join(
            each if each.isprintable() or each in stay else _escaped(each) for each in text
        )
    if not shown.isascii():
        shown = _UNSEEN.sub(lambda found: _escaped(found[0]), shown)
    if "::" in shown or "##[" in shown:
        shown = _COMMAND.sub(_obeyed, shown)
    return shown


def _obeyed(found: re.Match[str]) -> str:
    return _escaped("#") if found[0] == "#" else f"{found[1]}{_escaped(':')}"


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _cut(found: re.Match[str]) -> str:
    text = found[0]
    # What ends a sentence is no part of the address, unless the address is cut there anyway.
    address = text.rstrip(_ENDS)
    return shown_url(address) + text[len(address) :]
