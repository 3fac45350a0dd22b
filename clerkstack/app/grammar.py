"""Text of TypeScript as a tree, within a time; what the grammar does not know is an error in it."""

from __future__ import annotations

import re
import time
from functools import cache

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

# With elements (`<a>`), which is no cast there.
_WITH_ELEMENTS = frozenset(
    {".tsx", ".jsx", ".js", ".mjs", ".cjs", ".vue", ".svelte", ".astro", ".mdx"}
)
# Newer than the grammar (tree-sitter-typescript), and about types or the way a file is loaded only:
# `export type * from '…'`, `… from '…' with { type: 'json' }`, `<in out T>`, a type as argument of
# a tag, of a type or of `typeof import('…')`.
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
    """A text takes longer than it may to be parsed."""


@cache
def _language(with_elements: bool) -> Language:
    if with_elements:
        return Language(tree_sitter_typescript.language_tsx())
    return Language(tree_sitter_typescript.language_typescript())


def tree(suffix: str, text: bytes, until: float) -> Node:
    """The root of the text's tree.

    What is left out is blank in the tree's text, so that every other place is as in the file.

    Args:
        suffix: of the file's name.
        text: UTF-8.
        until: in seconds of `time.process_time`.

    Raises:
        TooLong: it is not done then.
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
