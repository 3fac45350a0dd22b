"""Parses TypeScript into a syntax tree within a time limit. Unknown syntax becomes an error
node."""

from __future__ import annotations

import re
import time
from functools import cache

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

# Here `<a>` is an element, not a cast.
_WITH_ELEMENTS = frozenset(
    {".tsx", ".jsx", ".js", ".mjs", ".cjs", ".vue", ".svelte", ".astro", ".mdx"}
)
# Syntax that tree-sitter-typescript does not know yet and that concerns only types or loading:
# `export type * from '…'`, `… from '…' with { type: 'json' }`, `<in out T>`, a type argument of a
# tag, of a type or of `typeof import('…')`.
_GAPS = (
    re.compile(rb"\bexport\s+type\s+\*(\s*as\s+\w+)?\s*from\s*([\"'])[^\"'\n]*\2"),
    re.compile(rb"(?<=[\"'])\s*\bwith\s*\{[^{}]*\}"),
    re.compile(rb"(?<=[<,])\s*\b(in\s+out|in|out)\b(?=\s+[A-Z]\w*\s*([,>=]|extends\b))"),
    re.compile(rb"(?<=\w)<[\w.,\s|\[\]'\"]{1,200}>(?=`)"),
    re.compile(rb"<\s*typeof\s+import\([^()\n]{1,200}\)\s*>(?=\()"),
    re.compile(rb"(?<=<)\s*const\b(?=\s+[A-Z]\w*\s*[,>=e])"),
)
_CHUNK = 64 * 1024
_BLANK = bytes(byte if byte == ord("\n") else ord(" ") for byte in range(256))


class TooLong(Exception):
    """Parsing a text takes too long."""


@cache
def _language(with_elements: bool) -> Language:
    if with_elements:
        return Language(tree_sitter_typescript.language_tsx())
    return Language(tree_sitter_typescript.language_typescript())


def tree(suffix: str, text: bytes, until: float) -> Node:
    """Return the root of the text's syntax tree.

    Unsupported syntax is replaced by blanks, so that all places are those of the file.

    Args:
        suffix: the suffix of the file's name.
        text: UTF-8.
        until: the deadline, in seconds of `time.process_time`.

    Raises:
        TooLong: the deadline has passed.
    """
    language = _language(suffix in _WITH_ELEMENTS)
    root = _parsed(language, text, until)
    if not root.has_error:
        return root
    again = text
    for gap in _GAPS:
        again = gap.sub(_blank, again)
    return root if again == text else _parsed(language, again, until)


def _parsed(language: Language, text: bytes, until: float) -> Node:
    parser = Parser(language)
    try:
        found = parser.parse(
            lambda at, _: text[at : at + _CHUNK],
            progress_callback=lambda _at, _error: time.process_time() > until,
        )
    except ValueError:
        raise TooLong from None
    return found.root_node


def _blank(found: re.Match[bytes]) -> bytes:
    return found.group().translate(_BLANK)
