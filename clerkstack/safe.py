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

# In other schemes (s3://bucket?region=…, awskms://…) the query is an option, not a secret.
_WEB = ("http", "https", "ws", "wss")
# No scheme is longer. Without this limit, a match would be tried at each letter of a long word.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s<>\"'`|]+")
_ENDS = ".,;:!)]}"
# Characters that count as printable but are invisible: joiners, variation selectors, fillers.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0e\U000e0100-\U000e01ef]"
)
# GitHub's runner obeys a line that begins like this, and the older form anywhere in a line
# (actions/runner, src/Runner.Common/ActionCommand.cs).
_COMMAND = re.compile(r"^([ \t]*):(?=:)|#(?=#\[)", re.MULTILINE)


_IDS = re.compile(r"\b(?:pk_test|pk_live|app|dpl|ep|ins|org|prj|team|user)_[\w-]+")
_PIECE = re.compile(r"[A-Za-z0-9+=]{16,}|[\w+=~-]{24,}", re.ASCII)
_RANDOM = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])")
_HEX = re.compile(r"[0-9a-f]{32,}")

_secrets: set[str] = set()


def hide(secrets: Iterable[str]) -> None:
    """Remove these values from everything that this process shows from now on."""
    _secrets.update(secret for secret in secrets if len(secret) >= SHORTEST)


def safe(value: Any, *, hidden: Collection[str] = (), addresses: bool = False) -> Any:
    """Make a value safe to show: text, or JSON with text in it, names included.

    Removes whatever looks like a key, and the user, password, query and fragment of addresses.
    Escapes invisible characters and what a terminal or GitHub's runner would obey (`visible`).
    Leaves out what is nested deeper than a message shows.

    Args:
        value: what to show; returned unchanged if it is neither text, list nor object.
        hidden: values to remove, also where they are escaped, encoded or cut short.
        addresses: keep addresses whole, because a person asked for it.
    """
    # The longest first: a value may begin with another.
    known = sorted({*hidden, *_secrets}, key=len, reverse=True)
    return _safe(value, known, addresses, DEEPEST)


def _safe(value: Any, hidden: Collection[str], addresses: bool, levels: int) -> Any:
    if isinstance(value, str):
        # Addresses first: with a value removed, one may no longer look like an address.
        text = value if addresses else _ADDRESS.sub(_cut, value)
        return visible(_scrubbed(text, hidden))
    if isinstance(value, Mapping | list | tuple) and not levels:
        return HIDDEN
    if isinstance(value, Mapping):
        return {
            _safe(name, hidden, addresses, levels): _safe(item, hidden, addresses, levels - 1)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_safe(item, hidden, addresses, levels - 1) for item in value]
    return value


def _scrubbed(text: str, hidden: Collection[str]) -> str:
    """The text without keys, even if invisible characters are inside one."""
    shown = scrubbed(text, hidden)
    if text.isprintable() and (text.isascii() or not _UNSEEN.search(text)):
        return shown
    printable = "".join(
        character for character in text if character.isprintable() or character in "\n\t"
    )
    printable = _UNSEEN.sub("", printable)
    clean = scrubbed(printable, hidden)
    return shown if clean.count(HIDDEN) == shown.count(HIDDEN) else clean


def shown_url(url: str) -> str:
    """An address without user, password, query and fragment: any of them may hold a secret."""
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
    """Whether an address has a part that `shown_url` removes."""
    return shown_url(url) != url


def may_be_secret(text: str) -> bool:
    """Whether a value looks like a key, by its form or because no word looks like it. Ids and
    publishable keys are not keys."""
    return has_form(text) or any(
        _RANDOM.match(piece) or _HEX.fullmatch(piece)
        for piece in _PIECE.findall(_IDS.sub("", text))
    )


def visible(text: str, *, line: bool = False) -> str:
    """The text made harmless for a terminal and for GitHub's runner, with nothing invisible in it.

    Control characters, marks that change the direction of reading, and invisible characters are
    written as JSON writes them, \\u001b; so is the first character of a command to the runner.

    Args:
        text: text from anywhere.
        line: escape line breaks and tabs too, so that the text stays on one line.
    """
    if text.isprintable():
        shown = text
    else:
        stay = "" if line else "\n\t"
        shown = "".join(
            character if character.isprintable() or character in stay else _escaped(character)
            for character in text
        )
    if not shown.isascii():
        shown = _UNSEEN.sub(lambda match: _escaped(match[0]), shown)
    if "::" in shown or "##[" in shown:
        shown = _COMMAND.sub(_obeyed, shown)
    return shown


def _obeyed(match: re.Match[str]) -> str:
    return _escaped("#") if match[0] == "#" else f"{match[1]}{_escaped(':')}"


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _cut(match: re.Match[str]) -> str:
    text = match[0]
    # Punctuation that ends a sentence is not part of the address, unless it is cut there anyway.
    address = text.rstrip(_ENDS)
    return shown_url(address) + text[len(address) :]
