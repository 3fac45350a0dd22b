"""Extracts the code from .vue, .svelte, .astro and .mdx files.

Script blocks, frontmatter and template expressions keep their position; everything else becomes
blank. Template elements are collected with their name and attributes. Comments, fenced blocks and
inline code of a text are ignored.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from clerkstack.app.auto_imports import pascal
from clerkstack.app.clerk import COMPONENTS
from clerkstack.app.words import IDENTIFIER

BLOCKS = frozenset({".vue", ".svelte", ".astro", ".mdx"})
_SCRIPT = re.compile(rb"<script\b[^<>]*>", re.IGNORECASE)
_STYLE = re.compile(rb"<style\b[^<>]*>", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--")
_FRONT = re.compile(rb"\A\s*---[ \t]*\r?\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(rb"[ \t]*(```+|~~~+)")
_INLINE = re.compile(rb"`[^`\n]*`")
_STATEMENT = re.compile(rb"^(?:import|export)\b(?:[^\n]*\n)(?:[^\n]+\n)*", re.MULTILINE)
# `v-if="…"`, `:plan="…"`, `@click="…"`.
_BOUND = re.compile(rb"[\s](v-[\w:.-]+|[:@#][\w.:-]+)\s*=\s*(?:\"(?P<a>[^\"]*)\"|'(?P<b>[^']*)')")
_STATEMENTS = re.compile(rb";|^\s*(?:if|for|const|let|return|try)\b")
# The keyword before an expression in braces: `{#if …}`, `{:else if …}`, `{@html …}`.
_WORD = re.compile(rb"\s*(?:[#:@](?:else\s+if|\w+)\s)?\s*")
_EACH = re.compile(rb"\s(?:as|then)\s")
# Also calls and comparisons: the script may have given `has` or a claim a name of its own.
_ASKS = re.compile(
    rb"\b(?:has|checkAuthorization\w*|protect|Protect|Show|pla|fea|org\w+|role)\b"
    rb"|[\w$)\]!.]\s*\(|[=!]=="
)
_TAG = re.compile(rb"<([A-Z][\w.]*|protect|show)(?=[\s/>])")
_TAG_OF_VUE = re.compile(rb"<([A-Z][\w.]*|[a-z][a-z0-9]*(?:-[a-z0-9]+)*)(?=[\s/>])")
_NAME = re.compile(rb"[\s/]*([^\s=<>/{}\"'`]+)(\s*=\s*)?")
_BRACE = re.compile(rb"[\s/]*\{\s*(\.\.\.)?\s*")
_UNQUOTED = re.compile(rb"(?:[^\s\"'=<>`{}/]|/(?!>))+")
_LONGEST = 8000
_BLANK = bytes(byte if byte == ord("\n") else ord(" ") for byte in range(256))
_CHECKED = 64
"""Steps between two looks at the clock, which costs more than a step."""


class Attribute(NamedTuple):
    """An attribute and the byte range of its value, without quotes or braces. `is_code` marks an
    expression; its range is empty for a template string with expressions. A spread has the name
    `...`."""

    name: str
    start: int
    end: int
    is_code: bool


class Element(NamedTuple):
    """A template element that may be a check."""

    name: str
    start: int
    attributes: list[Attribute]


@dataclass
class Block:
    """The text and the code of a file. `code` has the length of `text`, with blanks for all
    non-code."""

    text: bytes
    code: bytes
    elements: list[Element] = field(default_factory=list)


def script_of(text: bytes, suffix: str, until: float) -> Block:
    """Return the code of a file: all of it, except for the file types in BLOCKS.

    Args:
        text: the file's bytes.
        suffix: the suffix of its name.
        until: the deadline, in seconds of `time.process_time`.

    Raises:
        grammar.TooLong: the deadline has passed.
    """
    if suffix not in BLOCKS:
        return Block(text, text)
    return _Reading(text, suffix, until).block()


class _Reading:
    def __init__(self, text: bytes, suffix: str, until: float) -> None:
        self._text = text
        self._suffix = suffix
        self._until = until
        self._steps = 0
        self._code = bytearray(_blank(text))
        # The offset of the closing brace, by the offset of the opening one.
        self._closes: dict[int, int] = {}

    def block(self) -> Block:
        """Return the code and the elements."""
        rest = bytearray(self._text)
        for start, end in self._scripts():
            self._code[start:end] = self._text[start:end]
            if start and self._code[start - 1] == ord(" "):
                self._code[start - 1] = ord(";")
            if self._text[end : end + 1] in (b"-", b"<"):  # the template continues with `(`
                self._code[end] = ord(";")
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
        """Copy expressions that may be checks into the code and yield their ranges."""
        if self._suffix == ".vue":
            for found in _BOUND.finditer(template):
                self._go_on()
                start, end = found.span("a" if found.group("a") is not None else "b")
                if _ASKS.search(template, start, end):
                    runs = found.group(1).startswith((b"@", b"v-on"))
                    several = runs and _STATEMENTS.search(template[start:end]) is not None
                    self._put(start, end, b"{}" if several else b"()")
        after = 0
        for opened, closed in sorted(self._closes.items()):
            self._go_on()
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
                # An attribute's expression is read with its element.
                if template[max(0, opened - 20) : opened].rstrip()[-1:] != b"=":
                    yield start, end

    def _go_on(self) -> None:
        self._steps += 1
        if self._steps % _CHECKED == 0 and time.process_time() > self._until:
            from clerkstack.app.grammar import TooLong  # not for cached files

            raise TooLong

    def _put(self, start: int, end: int, around: bytes = b"()") -> None:
        """Copy an expression into the code within parentheses, or statements within braces."""
        code, text = self._code, self._text
        code[start:end] = text[start:end]
        before, after = start - 1, end
        # Overwrite the delimiters around it, never a line end.
        while before > 0 and text[before : before + 1].isspace():
            before -= 1
        while after < len(text) and text[after : after + 1].isspace():
            after += 1
        if before >= 0 and after < len(text):
            code[before], code[after] = around
            for at in (before - 1, after + 1):
                if 0 <= at < len(code) and code[at] == ord(" "):
                    code[at] = ord(";")

    def _elements(self, template: bytes) -> Iterator[Element]:
        is_vue = self._suffix == ".vue"
        for found in (_TAG_OF_VUE if is_vue else _TAG).finditer(template):
            self._go_on()
            name = pascal(found.group(1).decode())
            if is_vue and name.encode() != found.group(1) and not self._is_component(name):
                continue
            attributes = list(self._attributes(template, found.end()))
            if attributes:
                for attribute in attributes:
                    if attribute.is_code and attribute.start < attribute.end:
                        self._put(attribute.start, attribute.end)
                yield Element(name, found.start(), attributes)

    def _is_component(self, name: str) -> bool:
        """Whether a lower-case tag such as `plan-gate` may be a component."""
        is_one = name in COMPONENTS or any(map(str.isupper, name[1:]))
        return is_one or self._text.find(name.encode()) >= 0

    def _attributes(self, template: bytes, at: int) -> Iterator[Attribute]:
        until = min(len(template), at + _LONGEST)
        while at < until:
            brace = _BRACE.match(template, at, until)
            if brace is not None:  # {...props}, {plan}
                opened = template.index(b"{", at)
                end = self._closes.get(opened, -1)
                if not 0 < end < until:
                    return
                start, at = brace.end(), end + 1
                name = template[start:end].decode(errors="replace").strip()
                if brace.group(1) is not None or IDENTIFIER.fullmatch(name):
                    yield self._attribute("..." if brace.group(1) else name, start, end, True)
                continue
            found = _NAME.match(template, at, until)
            if found is None:
                return
            written, at = found.group(1).decode(errors="replace"), found.end()
            name = written.removeprefix("v-bind").removeprefix(":")
            is_bound = name != written
            if self._suffix == ".vue":  # plan-slug
                name = name[:1] + pascal(name)[1:]
            if found.group(2) is None:
                if is_bound and IDENTIFIER.fullmatch(name):  # :plan
                    yield self._attribute(name, found.end(1) - len(name), found.end(1), True)
                continue
            value = self._value(template, at, until)
            if value is None:
                return
            start, end, at, is_code = value
            name = name or "..."  # v-bind="{ plan: 'pro' }"
            if name == "..." or IDENTIFIER.fullmatch(name):
                yield self._attribute(name, start, end, is_code or is_bound)

    def _value(self, template: bytes, at: int, until: int) -> tuple[int, int, int, bool] | None:
        """Return a value's start, its end, the end of its delimiter and whether it is an
        expression; None if it is not closed."""
        opened = template[at : at + 1]
        if opened == b"{":
            end = self._closes.get(at, -1)
            return (at + 1, end, end + 1, True) if 0 < end < until else None
        if opened in (b'"', b"'", b"`"):
            end = template.find(opened, at + 1, until)
            if opened == b"`" or end < 0:
                return None if end < 0 else (at, end + 1, end + 1, True)
            if self._suffix == ".svelte" and b"{" in template[at:end]:
                is_whole = self._closes.get(at + 1) == end - 1
                return (at + 2, end - 1, end + 1, True) if is_whole else (at, at, end + 1, True)
            return at + 1, end, end + 1, False
        found = _UNQUOTED.match(template, at, until)
        return None if found is None else (*found.span(), found.end(), False)

    def _attribute(self, name: str, start: int, end: int, is_code: bool) -> Attribute:
        text = self._text
        while start < end and text[start : start + 1].isspace():
            start += 1
        while end > start and text[end - 1 : end].isspace():
            end -= 1
        return Attribute(name, start, end, is_code)


def _blank(text: bytes) -> bytes:
    return text.translate(_BLANK)


def _matching(text: bytes) -> dict[int, int]:
    """Return the offset of the closing brace by that of the opening one."""
    opened: list[int] = []
    found: dict[int, int] = {}
    for brace in re.finditer(rb"[{}]", text):
        at = brace.start()
        if text[at] == ord("{"):
            opened.append(at)
        elif opened:
            found[opened.pop()] = at
    return found


def _between(text: bytes, begins: re.Pattern[bytes], ends: bytes) -> Iterator[tuple[int, int]]:
    """Yield the ranges between a match of `begins` and the next `ends`."""
    lower, at = text.lower(), 0
    while (found := begins.search(text, at)) is not None:
        end = lower.find(ends, found.end())
        if end < 0:
            return
        yield found.end(), end
        at = end + len(ends)


def _fences(text: bytes) -> Iterator[tuple[int, int]]:
    """Yield the ranges of fenced code blocks, fences included. An open block ends with the text."""
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
