"""Finds how a file uses webhook events, variables and routes.

The result is a dict that can be cached and sent, without empty values:

| key | |
|---|---|
| `events` | handled events: `[event, or a prefix that ends with a dot, place]` |
| `sent` | the same for events that a queue passes on, such as `clerk/user.created` of Inngest |
| `named` | events that are only named |
| `constants` | events by the name of a constant: `CREATED`, `EVENTS.CREATED` |
| `compared` | constants of other files that a type is compared with: `[name, place]` |
| `brings` | the imports of these constants: source and name there, by local name |
| `all_on` | whether each event is passed on by its type |
| `verifies` | `[package, place, secret]`: see `wiring.Handler` |
| `reads` | variables: `[name, place, whether it is required]` |
| `mentions` | names of variables anywhere in the text |
| `packages` | Clerk packages: `[import path, line]`; line 0 if it is only named |
| `keys` | whether the code passes keys explicitly: `secretKey`, `publishableKey` |
| `routes` | paths that are passed to a router: `[path, line]` |
| `side` | `use client`, `use server`, `server-only` |
| `clerk` | whether the file names Clerk |
| `stopped` | whether the file takes too long; only packages and routes are known then |
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from clerkstack.app.blocks import script_of
from clerkstack.app.words import NAME, OF_EVENTS

if TYPE_CHECKING:
    from tree_sitter import Node

Says = dict[str, Any]

_ROUTE = re.compile(
    rb"(?:\.\s*(?:post|all|use|route|on|basePath|mount|register)|@(?:Post|All|Controller)|\broute)"
    rb"\s*\(\s*(?:[\"']POST[\"']\s*,\s*)?[\"'`](/?[\w./:*$-]{1,200})[\"'`]"
    rb"|[\"'](?:POST\s+)?(/[\w./:*$-]{1,200})[\"']\s*:|(?:===?|\bcase)\s*[\"'](/[\w./:*$-]{1,200})[\"']"
)
_MENTIONED = re.compile(rf"(?<![A-Za-z0-9_]){NAME}(?![A-Za-z0-9_])".encode())
_WORDS = re.compile(
    rf"[\"'`](?:clerk/)?(?:{OF_EVENTS})\.[a-zA-Z]+[\"'`]|\.startsWith\(\s*[\"'`](?:{OF_EVENTS})\.?[\"'`]"
    r"|[tT]ype\s*[?!]?\.\s*(?:split|endsWith|includes|match)\("
    r"|\bverifyWebhook\b|\bnew Webhook\b|".encode()
    + _MENTIONED.pattern
)
_WALKED = re.compile(
    rb"(?:"
    + _WORDS.pattern
    + rb")|\bswitch\b|[tT]ype\s*[!=]==?\s*[A-Za-z_]"
    + rf"|[\"'`](?:{OF_EVENTS})[\"'`]|\.\s*test\(".encode()
)
_PACKAGE = re.compile(
    rb"(?:\bimport\s+(?!type\b)[^;'\"]{0,400}?\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)"
    rb"[\"'](@clerk/[\w/-]{1,100})[\"']|[\"'](@clerk/[\w-]{1,40})[\"']\s*[,\]]"
)
_KEYS = re.compile(rb"\b(?:secretKey|publishableKey)\b")
_SIDE = re.compile(rb"\A(?:\s|//[^\n]*\n|/\*.*?\*/)*[\"'](use client|use server)[\"']", re.DOTALL)
_SERVER_ONLY = re.compile(rb"\bimport\s*[\"']server-only[\"']")
_CLERK = re.compile(rb"clerk", re.IGNORECASE)
_CHECKED = 64
# No file has more names for a part of a type; longer patterns are slow.
_MOST_PARTS = 100


# Searching for these takes a tenth of the time of the expression, and few files have any.
_NAMES = (b"CLERK_", b"APP_URL", b"WEBHOOK_SECRET", b"SIGNING_SECRET", b"verifyWebhook")
_ABOUT = (b"ebhook", b"vent", b"EVENT", b"evt", b"clerk", b"Clerk")


def speaks(text: bytes) -> bool:
    """Return whether a file may use events or variables in a way that needs its tree."""
    for each in (*_NAMES, *_ABOUT):
        if each in text:
            return _WORDS.search(text) is not None
    return False


def plain(text: bytes) -> Says:
    """Return the facts that need no tree."""
    found: Says = {}
    if b"@clerk/" in text:
        packages: dict[str, int] = {}
        for each in _PACKAGE.finditer(text):
            if each.group(1) and not packages.get(each.group(1).decode()):
                packages[each.group(1).decode()] = _line(text, each.start())
            elif each.group(2):
                packages.setdefault(each.group(2).decode(), 0)
        found |= {"packages": [list(item) for item in packages.items()]} if packages else {}
        found |= {"keys": True} if _KEYS.search(text) else {}
    if b"ebhook" in text:
        paths: dict[str, int] = {}
        for each in _ROUTE.finditer(text):
            path = (each.group(1) or each.group(2) or each.group(3)).decode()
            if path not in paths:
                paths[path] = _line(text, each.start())
        found |= {"routes": [list(item) for item in paths.items()]} if paths else {}
    return found


def _line(text: bytes, at: int) -> int:
    return text.count(b"\n", 0, at) + 1


def says_of(root: Node, text: bytes, suffix: str, until: float) -> Says:
    """Return all facts of a file.

    Args:
        root: the root of its tree.
        text: its code, as parsed.
        suffix: the suffix of its name.
        until: the deadline, in seconds of `time.process_time`.
    """
    found = plain(text)
    if not speaks(text):
        return found
    from clerkstack.app.events import Events
    from clerkstack.app.syntax import Source
    from clerkstack.app.variables import Variables

    source = Source(text)
    of_events, of_variables = Events(source), Variables(source)
    parts = "|".join([*of_events.parts][:_MOST_PARTS]) or "(?!)"
    walked = re.compile(_WALKED.pattern + rf"|\b(?:{parts})\b".encode())
    hits = [each.start() for each in walked.finditer(text)]
    pending, count = [root], 0
    while pending:
        node = pending.pop()
        count += 1
        if count % _CHECKED == 0 and time.process_time() > until:
            return {**found, "stopped": True}
        kind = node.type
        of_events.visit(node, kind)
        of_variables.visit(node, kind)
        for child in reversed(node.named_children):
            at = bisect_left(hits, child.start_byte)
            if at < len(hits) and hits[at] < child.end_byte:
                pending.append(child)
    of_events.finish()
    side = _SIDE.match(text)
    mentions = {each.group().decode() for each in _MENTIONED.finditer(text)}
    found |= {
        "events": of_events.handled,
        "sent": of_events.sent,
        "named": sorted(set(of_events.named)),
        "constants": of_events.constants,
        "compared": of_events.compared,
        "all_on": of_events.all_on,
        "verifies": of_events.verifies,
        "reads": of_variables.read,
        "mentions": sorted(mentions),
        "clerk": _CLERK.search(text) is not None,
    }
    if side is not None:
        found["side"] = side.group(1).decode()
    elif _SERVER_ONLY.search(text):
        found["side"] = "server-only"
    elif suffix in (".vue", ".svelte"):
        found["side"] = "use client"
    if of_events.compared:
        bases = {str(name).partition(".")[0] for name, _ in of_events.compared}
        brings = of_events.brings
        found["brings"] = {base: list(brings[base]) for base in bases if base in brings}
    return {key: value for key, value in found.items() if value}


def says_in(text: bytes, suffix: str, seconds: float) -> Says:
    """Parse a file without checks and return its facts.

    A file that cannot be parsed has only the facts that need no tree.
    """
    from clerkstack.app import grammar

    if not speaks(text) or suffix == ".json":
        return plain(text)
    text = text.removeprefix(b"\xef\xbb\xbf")
    until = time.process_time() + seconds
    try:
        text.decode()
        code = script_of(text, suffix, until).code
        return says_of(grammar.tree(suffix, code, until), code, suffix, until)
    except UnicodeDecodeError:
        return plain(text)
    except grammar.TooLong:
        return {**plain(text), "stopped": True}
