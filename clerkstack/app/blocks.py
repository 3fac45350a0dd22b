"""The code in single-file components and in texts with components: .vue, .svelte, .astro, .mdx.

Script blocks, frontmatter and the expressions of a template are left where they stand; all else is
blank. Elements of a template are told apart, by name and attributes. Comments, fences and what is
written as code in a text are no code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

BLOCKS = frozenset({".vue", ".svelte", ".astro", ".mdx"})
_SCRIPT = re.compile(rb"<script\b[^<>]*>", re.IGNORECASE)
_STYLE = re.compile(rb"<style\b[^<>]*>", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--")
_FRONT = re.compile(rb"\A\s*---[ \t]*\r?\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(rb"[ \t]*(```+|~~~+)")
_INLINE = re.compile(rb"`[^`\n]*`")
_STATEMENT = re.compile(rb"^(?:import|export)\b(?:[^\n]*\n)(?:[^\n]+\n)*", re.MULTILINE)
# `v-if="…"`, `:plan="…"`, `@click="…"`.
_BOUND = re.compile(rb"[\s](?:v-[\w:.-]+|[:@#][\w.:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# What stands before an expression in braces: `{#if …}`, `{:else if …}`, `{@html …}`.
_WORD = re.compile(rb"\s*(?:[#:@](?:else\s+if|\w+)\s)?\s*")
_EACH = re.compile(rb"\sas\s")
_ASKS = re.compile(rb"\b(?:has|checkAuthorization\w*|protect|Protect|Show|pla|fea|org\w+|role)\b")
_TAG = re.compile(rb"<([A-Z][\w.]*|protect|show)(?=[\s/>])")
_NAME = re.compile(rb"[\s/]*([^\s=<>/{}\"']+)(\s*=\s*)?")
_LONGEST = 8000
_PROPS = frozenset({"plan", "feature", "role", "permission", "when", "condition"})


class Attribute(NamedTuple):
    """An attribute, and from where to where its value is, without quotes or braces; `is_code`: an
    expression."""

    name: str
    start: int
    end: int
    is_code: bool


class Element(NamedTuple):
    """An element of a template that may ask."""

    name: str
    start: int
    attributes: list[Attribute]


@dataclass
class Block:
    """`code` is as long as `text`; what is no code is blank in it."""

    text: bytes
    code: bytes
    elements: list[Element] = field(default_factory=list)


def script_of(text: bytes, suffix: str) -> Block:
    """The code of a file: all of it, but for single-file components and texts."""
    if suffix not in BLOCKS:
        return Block(text, text)
    return _Reading(text, suffix).block()


class _Reading:
    def __init__(self, text: bytes, suffix: str) -> None:
        self._text = text
        self._suffix = suffix
        self._code = bytearray(_blank(text))
        # Where each brace of the template that is closed is closed.
        self._closes: dict[int, int] = {}

    def block(self) -> Block:
        """The code and the elements."""
        rest = bytearray(self._text)
        for start, end in self._scripts():
            self._code[start:end] = self._text[start:end]
            if start and self._code[start - 1] == ord(" "):
                self._code[start - 1] = ord(";")
            rest[start:end] = _blank(self._text[start:end])
        skipped = [
            *_between(bytes(rest), _COMMENT, b"-->"),
            *_between(bytes(rest), _STYLE, b"</style"),
        ]
        for start, end in [*skipped, *(_fences(bytes(rest)) if self._suffix == ".mdx" else ())]:
            rest[start:end] = _blank(self._text[start:end])
        template = bytes(rest)
        if self._suffix == ".mdx":
            template = _INLINE.sub(lambda found: _blank(found.group()), template)
        self._closes = _matching(template)
        rest = bytearray(template)
        for start, end in self._expressions(template):
            rest[start:end] = _blank(template[start:end])
        elements = list(self._elements(bytes(rest)))
        return Block(self._text, bytes(self._code), elements)

    def _scripts(self) -> Iterator[tuple[int, int]]:
        if self._suffix == ".astro":
            front = _FRONT.match(self._text)
            if front is not None:
                yield front.span(1)
        if self._suffix == ".mdx":
            text = bytearray(self._text + b"\n")
            for start, end in _fences(bytes(text)):
                text[start:end] = _blank(bytes(text[start:end]))
            for found in _STATEMENT.finditer(bytes(text)):
                yield found.start(), min(found.end(), len(self._text))
        else:
            yield from _between(self._text, _SCRIPT, b"</script")

    def _expressions(self, template: bytes) -> Iterator[tuple[int, int]]:
        """From where to where expressions that may ask stand, put into the code."""
        if self._suffix == ".vue":
            for found in _BOUND.finditer(template):
                start, end = found.span(1 if found.group(1) is not None else 2)
                if _ASKS.search(template, start, end):
                    self._put(start, end)
        after = 0
        for opened, closed in sorted(self._closes.items()):
            if opened < after:
                continue
            after = closed
            start, end = opened + 1, closed
            if self._suffix == ".vue":
                if self._closes.get(start) != closed - 1:
                    continue
                start, end = start + 1, end - 1
            before = _WORD.match(template, start, end)
            start = start if before is None else before.end()
            each = _EACH.search(template, start, end)
            end = end if each is None else each.start()
            if _ASKS.search(template, start, end):
                self._put(start, end)
                # An attribute's own is read with its element.
                if template[max(0, opened - 20) : opened].rstrip()[-1:] != b"=":
                    yield start, end

    def _put(self, start: int, end: int) -> None:
        """An expression into the code, within parentheses."""
        code, text = self._code, self._text
        code[start:end] = text[start:end]
        before, after = start - 1, end
        # On what opens and closes it, and never on the end of a line.
        while before > 0 and text[before : before + 1].isspace():
            before -= 1
        while after < len(text) and text[after : after + 1].isspace():
            after += 1
        if before >= 0 and after < len(text):
            code[before], code[after] = ord("("), ord(")")
            for at in (before - 1, after + 1):
                if 0 <= at < len(code) and code[at] == ord(" "):
                    code[at] = ord(";")

    def _elements(self, template: bytes) -> Iterator[Element]:
        for found in _TAG.finditer(template):
            attributes = list(self._attributes(template, found.end()))
            if any(each.name in _PROPS for each in attributes):
                for each in attributes:
                    if each.is_code:
                        self._put(each.start, each.end)
                name = found.group(1).decode()
                yield Element(name[:1].upper() + name[1:], found.start(), attributes)

    def _attributes(self, template: bytes, at: int) -> Iterator[Attribute]:
        until = min(len(template), at + _LONGEST)
        while at < until:
            found = _NAME.match(template, at, until)
            if found is None:
                return
            name, at = found.group(1).decode(errors="replace"), found.end()
            if found.group(2) is None:
                continue
            opened = template[at : at + 1]
            close = {b'"': b'"', b"'": b"'"}.get(opened)
            if close is not None:
                end = template.find(close, at + 1, until)
                start = at + 1
            else:
                end = self._closes.get(at, -1) if opened == b"{" else -1
                end = end if end < until else -1
                start = at + 1
            if end < 0:
                return
            at = end + 1
            bare = name.removeprefix("v-bind").removeprefix(":")
            is_code = opened == b"{" or bare != name
            if bare in _PROPS:
                while start < end and template[start : start + 1].isspace():
                    start += 1
                while end > start and template[end - 1 : end].isspace():
                    end -= 1
                yield Attribute(bare, start, end, is_code)


def _blank(text: bytes) -> bytes:
    return re.sub(rb"[^\n]", b" ", text)


def _matching(text: bytes) -> dict[int, int]:
    """Where each brace that is closed is closed."""
    opened: list[int] = []
    found: dict[int, int] = {}
    for each in re.finditer(rb"[{}]", text):
        if each.group() == b"{":
            opened.append(each.start())
        elif opened:
            found[opened.pop()] = each.start()
    return found


def _between(text: bytes, begins: re.Pattern[bytes], ends: bytes) -> Iterator[tuple[int, int]]:
    """The texts between a beginning and the next end."""
    lower, at = text.lower(), 0
    while (found := begins.search(text, at)) is not None:
        end = lower.find(ends, found.end())
        if end < 0:
            return
        yield found.end(), end
        at = end + len(ends)


def _fences(text: bytes) -> Iterator[tuple[int, int]]:
    """Blocks of code in a text, with their fences; one that is not closed goes on to the end."""
    at, start, fence = 0, 0, b""
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if found is not None and not fence:
            start, fence = at, found.group(1)
        elif found is not None and line.strip() == fence:
            yield start, at + len(line)
            fence = b""
        at += len(line)
    if fence:
        yield start, at
