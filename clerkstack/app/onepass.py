"""Collects the facts of a file in one walk over the relevant parts of its tree.

Each module of `EXTRACTORS` lists the nodes that it visits (`VISITS`: a function of the pass, the
node and its scope, by node type) and the words by which they are found in the text (`WORDS`). To
add a kind of facts, add such a module and a field of `FileFacts`. `says` walks the tree by itself,
because it is also needed for files without checks.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import TypeAlias

from tree_sitter import Node

from clerkstack.app import asking, changing, claims, grammar
from clerkstack.app.auto_imports import pascal
from clerkstack.app.blocks import Block, Element, script_of
from clerkstack.app.clerk import COMPONENTS, is_others_type
from clerkstack.app.expressions import Expressions, TooManyExpressions
from clerkstack.app.facts_of_files import FileFacts, Ir, stem_of
from clerkstack.app.says import says_of
from clerkstack.app.scopes import SCOPES, Scope
from clerkstack.app.statements import read_statement, statements
from clerkstack.app.syntax import LOADED, Source, bare, content
from clerkstack.app.words import GIVEN, IDENTIFIER

SECONDS = 0.6
"""Seconds of CPU for one file."""

EXTRACTORS = (asking, changing)

Visit: TypeAlias = "Callable[[Pass, Node, Scope], None]"
# The number of enclosing calls to search for the owner of a word.
_NESTED = 40
_MANY = 1000
_MANY_NAMES = 200
_REQUIRED = re.compile(LOADED.encode())
# Names that receive a wanted result: `const { can } = useGates()`.
_GIVEN = rb"\b(?:const|let)\s+(\w+|\{[^{}=]{0,300}\})\s*=\s*(?:await\s+)?"
# Names that receive a loaded module.
_LOADED = _GIVEN + rb"[^;=]{0,60}(?:=>[^;=]{0,60})?\b(?:import|require)\s*\("
# Another name: `const other = mayAsk`, `{ mayAsk: other }`.
_AS = (
    rb"\b(?:const|let)\s+(\w+)\s*=\s*(?:[\w.]{1,60}\(\s*)?(?:\w+\.)?(?:NAMES)\b"
    rb"(?![ \t]*(?:[\w(<`]|\.(?!bind\b)))"
    rb"|[{,]\s*(?:NAMES)\s*:\s*(\w+)\s*[,}=]"
)
_WORDS = rb"|".join(extractor.WORDS for extractor in EXTRACTORS)
_AGAIN: dict[str, list[Visit]] = {kind: [visit] for kind, visit in asking.VISITS.items()}
_AGAIN["identifier"] = [changing.VISITS["identifier"]]
_FIRST: dict[str, list[Visit]] = {}
for _visits in (asking.VISITS_FIRST, *(extractor.VISITS for extractor in EXTRACTORS)):
    for _kind, _visit in _visits.items():
        _FIRST.setdefault(_kind, []).append(_visit)
_COMPARING = {kind: [*visits] for kind, visits in _FIRST.items()}
for _kind, _visit in claims.VISITS.items():
    _COMPARING.setdefault(_kind, []).append(_visit)


class NotParsed(Exception):
    """A file cannot be parsed; the message has the reason."""


def facts_of(text: bytes, suffix: str, wanted: Iterable[str] = ()) -> FileFacts:
    """Return the facts of a file.

    Args:
        text: the file's bytes.
        suffix: the suffix of its name.
        wanted: names of functions whose calls are also collected; `*stem` is the default import
            of a file of that name.

    Raises:
        NotParsed: the file is not text, or takes too long to parse.
    """
    text = text.removeprefix(b"\xef\xbb\xbf")
    try:
        text.decode()
    except UnicodeDecodeError:
        raise NotParsed("is not UTF-8 text") from None
    until = time.process_time() + SECONDS
    is_json = suffix == ".json"
    try:
        block = script_of(text, suffix, until)
        code = b"(" + text + b")" if is_json else block.code
        root = grammar.tree(suffix, code, until)
    except grammar.TooLong:
        why = f"takes more than {SECONDS:g} s to parse and is not read. Exclude it from the scan"
        raise NotParsed(why) from None
    at = Pass(code, root, block, frozenset(wanted), until, suffix)
    try:
        at.json() if is_json else at.run()
        facts = at.facts
    except TooManyExpressions as error:
        # Partial facts would look complete.
        facts = FileFacts(stopped=[str(error) or "contains more than clerkstack reads"])
    if not is_json:
        facts.says = says_of(root, code, suffix, until)
    return facts


class Pass:
    """The pass over one file.

    Attributes:
        facts: the facts collected so far.
        exp: turns nodes into expressions.
        is_first: whether this walk visits everything; later ones visit only newly wanted calls.
        asking: other names for `has` in this file.
        local: the wanted functions, by their names in this file.
        changes: mutations that were recorded.
        compares: whether the file may compare a claim.
    """

    def __init__(
        self,
        text: bytes,
        root: Node,
        block: Block,
        wanted: frozenset[str],
        until: float,
        suffix: str,
    ) -> None:
        self.source = Source(text)
        self.root = root
        self.block = block
        self.facts = FileFacts()
        self.exp = Expressions(self.source, self.facts, self.go_on, suffix)
        self.top = self.exp.entered(root, None)
        self.is_first = True
        self.asking = asking.renamed(text)
        self.local: set[str] = set()
        self.changes: set[tuple[str, str]] = set()
        self.compares = self.facts.compares = claims.may_compare(text, wanted)
        self._wanted = wanted
        self._until = until
        self._checks: set[tuple[int, int]] = set()
        self._errors: list[Node] = []

    def go_on(self) -> None:
        """Raise TooManyExpressions if the file takes too long."""
        if time.process_time() > self._until:
            raise TooManyExpressions(f"takes more than {SECONDS:g} s to search")

    def is_check(self, node: Node) -> bool:
        """Return whether a call or element was recorded as a possible check."""
        return (node.start_byte, node.end_byte) in self._checks

    def is_new_check(self, node: Node) -> bool:
        """Record a possible check; return whether it is new."""
        is_known = self.is_check(node)
        self._checks.add((node.start_byte, node.end_byte))
        return not is_known

    def json(self) -> None:
        """Collect the value in a JSON file."""
        facts, inner = self.facts, content(self.root)
        inner = content(inner[0]) if inner else []
        if self.root.has_error or not inner:
            facts.error = self._first_error()
            return
        facts.constants["default"] = self.exp.of(bare(inner[0]), self.top)
        self.exp.finish()
        facts.exports["default"] = [None, "default"]

    def run(self) -> None:
        """Collect all facts of a code file."""
        facts = self.facts
        for number, node in enumerate(statements(self.root)):
            if number % 64 == 0:
                self.go_on()
            read_statement(self, node)
        self._named_here()
        self.exp.finish()
        of_clerk = {each for each, (_, name) in facts.imports.items() if name in COMPONENTS}
        names = self.asking | self.local | of_clerk
        if self.compares:
            # A pattern of many names is slow; visit all calls instead.
            few = len(facts.imports) <= _MANY_NAMES
            calls = b"|" + (claims.WORDS if few else claims.WORDS + rb"|\w\(")
            self._walk(_WORDS + calls, names | {*facts.imports} if few else names, _COMPARING)
        else:
            self._walk(_WORDS, names, _FIRST)
        self.is_first = False
        rest = self._elements(self.block.elements)
        self.exp.finish()
        while mine := set(self.exp.asked.values()) - self.local:
            mine |= self._also(mine)
            self.local |= mine
            self._walk(rb"(?!)", mine, _AGAIN)
            rest = self._elements(rest)
            self.exp.finish()
        if self.root.has_error:
            self._lost()
            facts.error = self._first_error()
        self._leave_others()
        for found in _REQUIRED.finditer(self.source.text):
            facts.sources.setdefault(found.group(2).decode(), 0)

    def _leave_others(self) -> None:
        """Drop calls of maps and sets that the file creates: `seen.has(plan)`."""
        facts = self.facts
        facts.calls = [call for call in facts.calls if not self._is_others(call[1])]
        for function in facts.functions.values():
            gives = function.get("gives")
            if gives is not None and gives[0] == "c" and self._is_others(gives[1]):
                del function["gives"]

    def _is_others(self, callee: Ir) -> bool:
        if callee[0] != "m" or callee[1][0] != "r":
            return False
        held = self.facts.constants.get(callee[1][1], ["z"])
        if held[0] == "x" and not self.compares:
            return bool(str(held[1]).startswith("is a new"))
        name = held[1][1] if held[0] == "i" and held[1][0] == "r" else ""
        return (
            is_others_type(name) and self.top.find(name) is None and name not in self.facts.imports
        )

    def _elements(self, elements: Iterable[Element]) -> list[Element]:
        """Record template elements that may be checks; return the others."""
        rest: list[Element] = []
        for element in elements:
            self.go_on()
            if not asking.of_block(self, element):
                rest.append(element)
        return rest

    def _named_here(self) -> None:
        """Find the wanted functions by their names in this file."""
        wanted, imports = self._wanted, self.facts.imports
        names = {each for each in wanted if not each.startswith(("*", GIVEN))}
        self.local |= {pascal(each) if "-" in each else each for each in names}
        for local, (source, name) in imports.items():
            is_default = name in ("default", "*")
            if name in wanted or (is_default and f"*{stem_of(source)}" in wanted):
                self.local.add(local)
        for name, _, inner in self.facts.exported():
            if inner is not None and inner in wanted:
                self.local.add(name)
        for found in re.finditer(_LOADED, self.source.text) if wanted else ():
            self.local |= set(IDENTIFIER.findall(found.group(1).decode(errors="ignore")))
        if self.local:
            hooks = rb"|".join(re.escape(each.encode()) for each in sorted(self.local))
            for found in re.finditer(_GIVEN + rb"(?:" + hooks + rb")\s*\(", self.source.text):
                self.local |= set(IDENTIFIER.findall(found.group(1).decode()))
            self.local |= self._also(self.local)

    def _also(self, names: set[str]) -> set[str]:
        """Return other names for them in this file."""
        written = rb"|".join(re.escape(name.encode()) for name in sorted(names))
        found = re.finditer(_AS.replace(b"NAMES", written), self.source.text)
        return {(each.group(1) or each.group(2)).decode() for each in found}

    def _walk(self, words: bytes, names: Iterable[str], visits: dict[str, list[Visit]]) -> None:
        """Visit the nodes that contain one of the words or names."""
        also = rb"|".join(re.escape(name.encode()) for name in sorted(names))
        pattern = words + (rb"|(?<![\w$])(?:" + also + rb")(?![\w$])" if also else b"")
        hits = [found.start() for found in re.finditer(pattern, self.source.text)]
        pending = [(self.root, self.top)]
        count = 0
        while pending:
            node, scope = pending.pop()
            count += 1
            if count % 512 == 0:
                self.go_on()
            kind = node.type
            if kind in SCOPES:
                scope = self.exp.entered(node, scope)
            for visit in visits.get(kind, ()):
                visit(self, node, scope)
            if kind == "ERROR" and self.is_first:
                self._errors.append(node)
            children = node.named_children
            if len(children) > _MANY:
                self.go_on()
            for child in reversed(children):
                at = bisect_left(hits, child.start_byte)
                if at < len(hits) and hits[at] < child.end_byte:
                    pending.append((child, scope))

    def _lost(self) -> None:
        """Record likely checks inside syntax errors."""
        calls = sorted(self._checks)
        starts = [start for start, _ in calls]
        outer: list[tuple[int, int]] = []
        for start, end in sorted((error.start_byte, error.end_byte) for error in self._errors):
            if not outer or start >= outer[-1][1]:
                outer.append((start, end))
        for begin, end in outer:
            for at in asking.clearly_asks(self.source.text, begin, end):
                self.go_on()
                last = bisect_left(starts, at + 1)
                if not any(stop > at for _, stop in calls[max(0, last - _NESTED) : last]):
                    place_at = self.source.place_at
                    self.facts.lost.append([place_at(begin), place_at(at)])

    def _first_error(self) -> int:
        node, inner = self.root, None
        while inner is None or inner is not node:
            node = inner or node
            inner = next(
                (it for it in node.children if it.has_error or it.is_missing or it.is_error), node
            )
        return self.source.place(node)
