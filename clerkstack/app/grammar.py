"""Text of TypeScript as a tree: what the grammar does not know and has no value is left out."""

from __future__ import annotations

import re

from tree_sitter import Language, Node, Parser

# Newer than the grammar (tree-sitter-typescript), and about types or the way a file is loaded only:
# `export type * from '…'`, `… from '…' with { type: 'json' }`, `<in out T>`.
_GAPS = (
    re.compile(rb"\bexport\s+type\s+\*(\s*as\s+\w+)?\s*from\s*([\"'])[^\"'\n]*\2"),
    re.compile(rb"(?<=[\"'])\s*\bwith\s*\{[^{}]*\}"),
    re.compile(rb"(?<=[<,])\s*\b(in\s+out|in|out)\b(?=\s+[A-Z]\w*\s*([,>=]|extends\b))"),
)


def tree(language: Language, text: bytes) -> Node:
    """The root of the text's tree; with errors in it where it is no TypeScript.

    What is left out is blank in the tree's text, so that every other place is as in the file.
    """
    root = Parser(language).parse(text).root_node
    if not root.has_error:
        return root
    again = text
    for gap in _GAPS:
        again = gap.sub(_blank, again)
    return Parser(language).parse(again).root_node


def _blank(found: re.Match[bytes]) -> bytes:
    return re.sub(rb"[^\n]", b" ", found.group())
