"""One pass over a file: its tree is walked once, only where something may ask, and dropped."""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any

from tree_sitter import Node

from clerkstack.app import grammar
from clerkstack.app.blocks import Block, script_of
from clerkstack.app.expressions import Expressions, TooMuch
from clerkstack.app.facts_of_files import FileFacts, Ir
from clerkstack.app.kinds import KINDS
from clerkstack.app.origins import CHANGED, CHANGING_FIRST, CHANGING_METHODS, origin
from clerkstack.app.says import says_of
from clerkstack.app.scopes import SCOPES, Scope, bound
from clerkstack.app.syntax import FUNCTIONS, VARIABLES, Source, bare, content

SECONDS = 1.2
"""Of CPU, for one file."""

ASKING = frozenset({"has", "checkAuthorization", "checkAuthorizationWithCustomPermissions"})
CREATING = frozenset({"createElement", "cloneElement", "jsx", "jsxs", "h"})
COMPONENTS = frozenset({"Protect", "Show"})
PROPS = frozenset({*KINDS, "when", "condition"})
CLAIMS = {
    "pla": "plan",
    "fea": "feature",
    "orgRole": "role",
    "rol": "role",
    "role": "role",
    "orgPermissions": "permission",
    "org_role": "role",
    "org_permissions": "permission",
    "permissions": "permission",
}
"""What claims of a session, and what `auth()` gives of them, are called, and what they are of."""

# `role` alone is a word of everybody: it counts on what has these names.
_MEMBERS = re.compile("(?i)membership$|^o$|^org$")
_LISTS = frozenset({"fea", "pla", "orgPermissions", "org_permissions", "permissions"})
_LOOKING = frozenset({"includes", "startsWith", "indexOf", "has"})
_EQUAL = frozenset({"===", "!==", "==", "!="})
# Beginnings of what is looked at: all else of a tree is not walked.
_WORDS = (
    rb"\b(?:has|checkAuthorization\w*|protect|Protect|Show|plan|feature|role|permission|when"
    rb"|condition|createElement|cloneElement|jsxs?|pla|fea|orgRole|orgPermissions|org_role|org_permissions|rol|permissions|org:\w+)\b"
)
_RENAMED = re.compile(
    rb"\b(?:has|checkAuthorization\w*)[\"']?\s*:\s*(\w+)|\b(\w+)\s*=\s*[^=;\n]{0,80}\.\s*has\b(?!\s*[?!.(])"
    rb"|\b(\w+)\s*=\s*[^=;\n]{0,80}\.\s*checkAuthorization\w*\b(?!\s*[?!.(])"
)
_CLEARLY = re.compile(
    rb"\b(?:has|checkAuthorization\w*|protect)(?:\s*\.\s*value)?\s*!?\s*(?:\?\.)?\(\s*\{"
    rb"[^{}]{0,200}?\b(?:plan|feature|role|permission)\b"
    rb"|<Protect\s[^<>]{0,400}?\b(?:plan|feature|role|permission)\s*="
    rb"|<Show\s[^<>]{0,400}?\bwhen\s*=\s*\{"
)
_BEGINS = re.compile(rb"\b(?:has|checkAuthorization|protect)|<(?:Protect|Show)")
# Calls around a word that are looked through for whether it is theirs.
_NESTED = 40
_MANY = 1000
_REQUIRED = re.compile(rb"\b(?:require|import)\s*\(\s*([\"'])([^\"'\n]{1,300})\1")
# Calls that change nothing that they are given.
_HARMLESS = frozenset(
    {
        *(f"Object.{name}" for name in ("freeze", "keys", "values", "entries", "fromEntries")),
        *("JSON.stringify", "structuredClone", "console.log", "Array.isArray", "Array.from"),
        *("Set", "Map", "String", "Boolean", "has"),
    }
)
_COMMON = re.compile(r"(module\s*\.\s*)?exports\b")
_SAME_ENTRIES = frozenset({"Object.values", "Object.entries", "Array.from"})
_MOST_GIVEN = 8
# What a name is given that is wanted: `const { can } = useGates()`.
_GIVEN = rb"\b(?:const|let)\s+(\w+|\{[^{}=]{0,300}\})\s*=\s*(?:await\s+)?"
_NAMES = re.compile(r"[A-Za-z_$][\w$]*")
_MOST_NAMES = 200
_BODIES = ("a class", "a namespace")
_FORMS = {
    **dict.fromkeys(("class", "class_declaration", "abstract_class_declaration"), "a class"),
    **dict.fromkeys(("internal_module", "module"), "a namespace"),
}


class NotParsed(Exception):
    """A file that can't be parsed; the message says why."""


def facts_of(text: bytes, suffix: str, wanted: Iterable[str] = ()) -> FileFacts:
    """What a file says.

    Args:
        text: the file's bytes.
        suffix: of its name.
        wanted: names of functions whose calls are looked for besides; `*stem` is what is imported
            as the default of a file of that name.

    Raises:
        NotParsed: it is no text, or takes too long to be parsed.
    """
    text = text.removeprefix(b"\xef\xbb\xbf")
    try:
        text.decode()
    except UnicodeDecodeError:
        raise NotParsed("is not UTF-8 text") from None
    until = time.process_time() + SECONDS
    block = script_of(text, suffix)
    is_json = suffix == ".json"
    code = b"(" + text + b")" if is_json else block.code
    try:
        root = grammar.tree(suffix, code, until)
    except grammar.TooLong:
        raise NotParsed(f"takes more than {SECONDS:g} s to be parsed") from None
    found = _Pass(code, root, block, frozenset(wanted), until)
    if is_json:
        return found.json()
    facts = found.run()
    facts.says = says_of(root, code, suffix, until)
    return facts


class _Pass:
    def __init__(
        self, text: bytes, root: Node, block: Block, wanted: frozenset[str], until: float
    ) -> None:
        self.source = Source(text)
        self.root = root
        self.block = block
        self.wanted = wanted
        self.facts = FileFacts()
        self._until = until
        self.exp = Expressions(self.source, self.facts, self._go_on)
        self.top = self.exp.entered(root, None)
        self._calls: set[tuple[int, int]] = set()
        self._errors: list[Node] = []
        # Local names of what is called `has`, and of the functions that are wanted.
        self._asking = {each.decode() for found in _RENAMED.findall(text) for each in found if each}
        self._local: set[str] = set()

    def _go_on(self) -> None:
        if time.process_time() > self._until:
            raise TooMuch(f"takes more than {SECONDS:g} s to be looked through")

    def json(self) -> FileFacts:
        """The value in a file of JSON."""
        inner = content(content(self.root)[0]) if content(self.root) else []
        facts = self.facts
        if self.root.has_error or not inner:
            facts.error = self._first_error(self.root)
            return facts
        value = bare(inner[0]) if inner[0].type == "parenthesized_expression" else inner[0]
        try:
            facts.constants["default"] = self.exp.of(value, self.top)
            self.exp.finish()
        except TooMuch as error:
            return FileFacts(stopped=[str(error) or "has more in it than is looked at"])
        facts.exports["default"] = [None, "default"]
        return facts

    def run(self) -> FileFacts:
        """All facts."""
        try:
            self._run()
        except TooMuch as error:
            # A part would be told as if it were all.
            return FileFacts(stopped=[str(error) or "has more in it than is looked at"])
        return self.facts

    def _run(self) -> None:
        facts = self.facts
        for number, node in enumerate(self._statements(self.root)):
            if number % 64 == 0:
                self._go_on()
            self._statement(node)
        self._named_here()
        self.exp.finish()
        of_clerk = {each for each, (_, name) in facts.imports.items() if name in COMPONENTS}
        self._walk(_WORDS, self._asking | self._local | of_clerk)
        for element in self.block.elements:
            self._go_on()
            self._of_block(element)
        self.exp.finish()
        mine = {name for name in self.exp.asked.values() if name not in self._local}
        while mine:
            self._local |= mine
            self._walk(rb"(?!)", mine)
            self.exp.finish()
            mine = {name for name in self.exp.asked.values() if name not in self._local}
        if self.root.has_error:
            self._lost()
            facts.error = self._first_error(self.root)
        for found in _REQUIRED.finditer(self.source.text):
            facts.sources.setdefault(found.group(2).decode(), 0)

    # The statements at the top.

    def _statements(self, node: Node) -> Iterator[Node]:
        for each in node.named_children:
            if each.type == "ERROR":
                yield from self._statements(each)
            else:
                yield each

    def _statement(self, node: Node) -> None:
        facts, kind = self.facts, node.type
        if kind == "import_statement":
            self._import(node)
        elif kind == "export_statement":
            self._export(node)
        elif kind in VARIABLES:
            self._variables(node)
        elif kind == "enum_declaration":
            name = self.source.of(node.child_by_field_name("name"))
            self.exp.reference(name, self.top)
            self._own(node, name)
        elif kind in ("function_declaration", "generator_function_declaration"):
            self.exp.reference(self.source.of(node.child_by_field_name("name")), self.top)
        elif kind in ("type_alias_declaration", "interface_declaration"):
            name = self.source.of(node.child_by_field_name("name"))
            value = node.child_by_field_name("value") or node.child_by_field_name("body")
            found = self.exp.type(value, self.top, {})
            if found is not None:
                facts.types[name] = found
        elif kind == "expression_statement" and content(node):
            assigned = content(node)[0]
            left = self.source.of(assigned.child_by_field_name("left"))
            if assigned.type == "assignment_expression" and _COMMON.match(left):
                self._unread(node, "an export of CommonJS", behind=True)

    def _variables(self, node: Node) -> None:
        for each in node.named_children:
            pattern, value = each.child_by_field_name("name"), each.child_by_field_name("value")
            if pattern is None:
                continue
            for number, (name_node, _) in enumerate(bound(pattern, self.source)):
                if number % 256 == 255:
                    self._go_on()
                name = self.source.of(name_node)
                self.exp.reference(name, self.top)
                if value is not None:
                    self._own(value, name)
                    if self._is_fixed(value, each.child_by_field_name("type")):
                        self.facts.fixed.append(name)
            if value is not None and pattern.type == "identifier":
                self._inside(value, self.source.of(pattern))

    def _is_fixed(self, value: Node, annotation: Node | None) -> bool:
        """Whether a constant is written as one."""
        if value.type == "satisfies_expression" or (
            value.type == "as_expression" and self.source.of(value).endswith("const")
        ):
            return True
        if value.type == "call_expression":
            return self.source.short(value.child_by_field_name("function")) == "Object.freeze"
        return re.search(r"\b[rR]eadonly", self.source.of(annotation)) is not None

    def _own(self, node: Node, name: str) -> None:
        place = self.source.place
        self.facts.owned.append([place(node), self.source.place_after(node), name])

    def _inside(self, value: Node, name: str) -> None:
        """What may be plans in a constant whose value can't be told."""
        inner = bare(value)
        if inner.type in FUNCTIONS or inner.type in ("string", "number", "class"):
            return
        self.facts.inside[name] = [self._names_in(inner), self._plans_in(inner)]

    def _names_in(self, node: Node) -> list[str]:
        names = dict.fromkeys(_NAMES.findall(self.source.of(node)))
        here = (each for each in names if each in self.top.names or each in self.facts.imports)
        return [each for each, _ in zip(here, range(_MOST_NAMES), strict=False)]

    def _plans_in(self, node: Node, *, inside: bool = True) -> list[Ir]:
        """Objects with slug and features: the place of each, and its slug."""
        text = self.source.text
        starts = [
            text.find(word, node.start_byte, node.end_byte) for word in (b"slug", b"features")
        ]
        if min(starts) < 0:
            return []
        found: list[Ir] = []
        pending = [(node, self.top)]
        while pending:
            at, scope = pending.pop()
            if at.type in FUNCTIONS and not inside:
                continue
            if at.type in SCOPES:
                scope = self.exp.entered(at, scope)
            if at.type == "object":
                fields = {self.source.key(child) or "": child for child in content(at)}
                if {"slug", "features"} <= fields.keys():
                    slug = fields["slug"]
                    value = slug.child_by_field_name("value") if slug.type == "pair" else slug
                    found.append([self.source.place(at), self.exp.of(value, scope)])
            pending += [
                (child, scope)
                for child in reversed(at.named_children)
                if text.find(b"slug", child.start_byte, child.end_byte) >= 0
            ]
        return found

    def _unread(self, node: Node, form: str, *, behind: bool) -> None:
        names = self._names_in(node) if behind else []
        plans = self._plans_in(node, inside=behind)
        if plans or names:
            self.facts.unread.append([self.source.place(node), form, names, plans])

    def _import(self, node: Node) -> None:
        source = self._text(node.child_by_field_name("source"))
        imports = self.facts.imports
        self.facts.sources.setdefault(source, self.source.place(node))
        for clause in node.named_children:
            if clause.type != "import_clause":
                continue
            for child in clause.named_children:
                if child.type == "identifier":
                    imports[self.source.of(child)] = [source, "default"]
                elif child.type == "namespace_import" and content(child):
                    imports[self.source.of(content(child)[0])] = [source, "*"]
                for specifier in child.named_children if child.type == "named_imports" else ():
                    name = self._text_or_name(specifier.child_by_field_name("name"))
                    alias = specifier.child_by_field_name("alias")
                    imports[name if alias is None else self.source.of(alias)] = [source, name]

    def _export(self, node: Node) -> None:
        facts = self.facts
        declaration = node.child_by_field_name("declaration")
        value = node.child_by_field_name("value")
        is_default = any(child.type == "default" for child in node.children)
        is_type = any(child.type == "type" for child in node.children)
        if declaration is not None:
            self._declared(node, declaration, is_default=is_default)
            return
        at = node.child_by_field_name("source")
        source = None if at is None else self._text(at)
        if source is not None:
            facts.sources.setdefault(source, self.source.place(node))
        kinds = {child.type for child in node.named_children}
        for clause in node.named_children:
            if clause.type == "export_clause":
                for specifier in clause.named_children:
                    self._specifier(specifier, source, is_type=is_type)
            elif clause.type == "namespace_export" and source is not None and content(clause):
                facts.exports[self._text_or_name(content(clause)[0])] = [source, "*"]
        if value is not None:
            self._default(value)
        if source is not None and not kinds & {"export_clause", "namespace_export"}:
            facts.all_of.append(source)
        elif value is None and any(child.type == "=" for child in node.children):
            self._unread(node, "an export of CommonJS", behind=True)

    def _specifier(self, specifier: Node, source: str | None, *, is_type: bool) -> None:
        name = specifier.child_by_field_name("name")
        if specifier.type != "export_specifier" or name is None:
            return
        alias = specifier.child_by_field_name("alias") or name
        entry = [source, self._text_or_name(name)]
        is_type = is_type or any(child.type == "type" for child in specifier.children)
        if is_type:
            self.facts.types.setdefault(self._text_or_name(alias), ["E", *entry])
        else:
            self.facts.exports[self._text_or_name(alias)] = entry

    def _declared(self, node: Node, declaration: Node, *, is_default: bool) -> None:
        facts, kind = self.facts, declaration.type
        self._statement(declaration)
        if kind in VARIABLES:
            patterns = [each.child_by_field_name("name") for each in declaration.named_children]
            for pattern in patterns:
                if pattern is None:
                    continue
                for name_node, steps in bound(pattern, self.source):
                    name = self.source.of(name_node)
                    if len(steps) < 2 and all(step.kind == "key" for step in steps):
                        facts.exports[name] = [None, name]
                    else:
                        self._unread(node, "a pattern", behind=True)
            return
        name = self.source.of(declaration.child_by_field_name("name"))
        if kind in _FORMS:
            self._unread(node, _FORMS[kind], behind=False)
        if name and kind.startswith(("function", "generator", "enum")):
            facts.exports["default" if is_default else name] = [None, name]

    def _default(self, value: Node) -> None:
        """`export default …`."""
        facts = self.facts
        if value.type in _FORMS:
            self._unread(value, _FORMS[value.type], behind=False)
        facts.exports["default"] = [None, "default"]
        self.exp.name_function(value, "default")
        facts.constants["default"] = self.exp.of(value, self.top)
        self._own(value, "default")
        self._inside(value, "default")

    # What asks.

    def _named_here(self) -> None:
        """What is wanted, as this file calls it."""
        self._local |= {each for each in self.wanted if not each.startswith("*")}
        for local, (source, name) in self.facts.imports.items():
            stem = source.rpartition("/")[2].partition(".")[0]
            is_wanted = name in self.wanted or (name == "default" and f"*{stem}" in self.wanted)
            if is_wanted:
                self._local.add(local)
        for name, (_, inner) in self.facts.exports.items():
            if inner is not None and inner in self.wanted:
                self._local.add(name)
        if self._local:
            hooks = rb"|".join(re.escape(each.encode()) for each in sorted(self._local))
            given = re.compile(_GIVEN + rb"(?:" + hooks + rb")\s*\(")
            for found in given.finditer(self.source.text):
                self._local |= set(_NAMES.findall(found.group(1).decode()))

    def _walk(self, words: bytes, names: Iterable[str]) -> None:
        text = self.source.text
        also = rb"|".join(re.escape(each.encode()) for each in sorted(names))
        pattern = words + (rb"|(?<![\w$])(?:" + also + rb")(?![\w$])" if also else b"")
        changing = rb"|" + CHANGED if words == _WORDS else b""
        hits = [found.start() for found in re.finditer(pattern + changing, text)]
        first = words == _WORDS
        pending = [(self.root, self.top)]
        count = 0
        while pending:
            node, scope = pending.pop()
            count += 1
            if count % 512 == 0:
                self._go_on()
            kind = node.type
            if kind in SCOPES:
                scope = self.exp.entered(node, scope)
            self._visit(node, kind, scope, first=first)
            children = node.named_children
            if len(children) > _MANY:
                self._go_on()
            for child in reversed(children):
                at = bisect_left(hits, child.start_byte)
                if at < len(hits) and hits[at] < child.end_byte:
                    pending.append((child, scope))

    def _visit(self, node: Node, kind: str, scope: Scope, *, first: bool) -> None:
        if kind == "call_expression":
            self._call(node, scope, first=first)
            if first:
                self._changing_call(node, scope)
        elif kind in ("jsx_opening_element", "jsx_self_closing_element"):
            self._element(node, scope, first=first)
        elif not first:
            return
        elif kind == "variable_declarator":
            value, name = node.child_by_field_name("value"), node.child_by_field_name("name")
            if value is not None and name is not None and name.type == "identifier":
                type_ = node.child_by_field_name("type")
                self.exp.name_function(value, self.source.of(name), type_)
            if self._local and value is not None and not self._is_const(node):
                self._hands_on(node, [value], scope)
        elif kind == "new_expression" and self._local:
            self._hands_on(node, content(node.child_by_field_name("arguments")), scope)
        elif kind in ("return_statement", "spread_element", "array") and self._local:
            self._hands_on(node, content(node), scope)
        elif kind in ("pair", "public_field_definition"):
            value, key = node.child_by_field_name("value"), self.source.key(node)
            if value is not None and key:
                self.exp.name_function(value, key)
        elif kind == "jsx_attribute":
            for each in content(node)[1:]:
                for inner in content(each):
                    if inner.type in FUNCTIONS:
                        self.exp.given_to.setdefault(inner.id, (node, 0, scope))
        elif kind == "binary_expression":
            if self.source.of(node.child_by_field_name("operator")) in _EQUAL:
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                self._claim(left, right, scope)
                self._claim(right, left, scope)
        elif kind == "switch_statement":
            subject = node.child_by_field_name("value")
            for case in content(node.child_by_field_name("body")):
                value = case.child_by_field_name("value")
                if value is not None and subject is not None:
                    self._claim(subject, value, scope)
        elif kind in ("assignment_expression", "augmented_assignment_expression"):
            self._changed(node.child_by_field_name("left"), node, scope)
            if self._local:
                self._hands_on(node, [node.child_by_field_name("right")], scope)
            self._assigned(node, scope)
        elif kind == "update_expression" or (
            kind == "unary_expression"
            and self.source.of(node.child_by_field_name("operator")) == "delete"
        ):
            self._changed(node.child_by_field_name("argument"), node, scope)
        elif kind == "arrow_function" and self._local:
            body = node.child_by_field_name("body")
            if body is not None and body.type != "statement_block":
                self._hands_on(body, [body], scope)
        elif kind == "ERROR":
            self._errors.append(node)

    def _assigned(self, node: Node, scope: Scope) -> None:
        """`check = auth.has`."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and left.type == "identifier" and right is not None:
            binding = scope.find(self.source.of(left))
            if binding is not None and self.source.last(right) in ASKING:
                self.exp.assign(binding, right, scope)

    def _call(self, node: Node, scope: Scope, *, first: bool) -> None:
        callee = bare(node.child_by_field_name("function") or node)
        arguments = node.child_by_field_name("arguments")
        given = (
            content(arguments) if arguments is not None and arguments.type == "arguments" else []
        )
        for at, each in enumerate(given):
            if each.type in FUNCTIONS:
                self.exp.given_to.setdefault(each.id, (node, at, scope))
        last = self.source.last(callee)
        if self._local and first and self.source.short(callee) not in _HARMLESS:
            receiver = callee.child_by_field_name("object")
            visits = any(each.type == "identifier" for each in given) or last.startswith("reduce")
            self._hands_on(node, [*given, receiver if visits else None], scope)
        if (first and self._may_ask(callee, last, given)) or last in self._local:
            self._asks(node, callee, given, scope)
        elif first and last in _LOOKING and callee.type == "member_expression" and given:
            target = callee.child_by_field_name("object")
            self._looked_up(target, given[0], scope)

    def _hands_on(self, node: Node, given: Iterable[Node | None], scope: Scope) -> None:
        """Parts of what is wanted that are given to a call, stored or returned."""
        for each in given:
            if each is None:
                continue
            part = content(each)[0] if each.type == "spread_element" and content(each) else each
            root = bare(part)
            while root.type in ("member_expression", "subscript_expression", "call_expression"):
                at = root.child_by_field_name("object")
                if root.type == "call_expression":
                    called = bare(root.child_by_field_name("function") or root)
                    listed = content(root.child_by_field_name("arguments"))
                    at = called.child_by_field_name("object")
                    if self.source.short(called) in _SAME_ENTRIES and listed:
                        at = listed[0]
                if at is None:
                    break
                root = bare(at)
            name = self.source.of(root) if root.type == "identifier" else ""
            if name in self._local:
                binding = scope.find(name)
                held = self.facts.gives.setdefault(name, [])
                if (binding is None or binding.id == name) and len(held) < _MOST_GIVEN:
                    held.append([self.source.place(node), self.exp.of(part, scope)])

    def _may_ask(self, callee: Node, last: str, given: list[Node]) -> bool:
        if last in ASKING or last == "protect" or last in self._asking or last in CREATING:
            return True
        if last in ("call", "apply", "bind", "value"):
            inner = self.source.last(callee.child_by_field_name("object"))
            if inner in ASKING or inner in self._asking:
                return True
        for each in given:
            inner_node = bare(each)
            if inner_node.type == "object":
                if any(self.source.key(it) in KINDS for it in content(inner_node)):
                    return True
            elif self.source.last(inner_node) in ASKING | self._asking:
                return inner_node.type in ("identifier", "member_expression")
        return False

    def _asks(self, node: Node, callee: Node, given: list[Node], scope: Scope) -> None:
        if not self._new(node):
            return
        arguments = [self.exp.item(each, scope) for each in given]
        places = [self.source.place(each) for each in given]
        called = self.exp.of(callee, scope)
        self.facts.calls.append(["c", called, arguments, self.source.place(node), places])

    def _new(self, node: Node) -> bool:
        """Whether a call or element was not met before; it is now."""
        span = (node.start_byte, node.end_byte)
        known = span in self._calls
        self._calls.add(span)
        return not known

    def _element(self, node: Node, scope: Scope, *, first: bool) -> None:
        name = node.child_by_field_name("name")
        if name is None:
            return
        text = self.source.of(name)
        if not text[:1].isupper() and "." not in text:
            return
        attributes = content(node)[1:]
        names = [self._attribute(each) for each in attributes]
        last = text.rpartition(".")[2]
        _, there = self.facts.imports.get(text.partition(".")[0], ["", ""])
        is_clerks = last in COMPONENTS or there in COMPONENTS
        asks = first and (
            is_clerks
            or any(each in PROPS for each in names)
            or any(self._stores(each) for each in attributes)
        )
        if not asks and last not in self._local:
            return
        if not self._new(node):
            return
        entries = [entry for each in attributes for entry in self._props(each, scope)]
        component = self.exp.of(name, scope) if "." not in text else self._dotted(name, scope)
        place = self.source.place(node)
        self.facts.calls.append(["e", component, [["o", entries, place]], place, [place]])

    def _stores(self, attribute: Node) -> bool:
        """`can={has}`, `value={{ can: has }}`."""
        asking = ASKING | self._asking
        for value in content(attribute)[1:]:
            for inner in content(value) if value.type == "jsx_expression" else ():
                if self.source.last(inner) in asking:
                    return True
                for entry in content(inner) if inner.type == "object" else ():
                    held = entry.child_by_field_name("value") or entry
                    if self.source.last(held) in asking:
                        return True
        return False

    def _dotted(self, name: Node, scope: Scope) -> Ir:
        first, *others = self.source.of(name).split(".")
        place = self.source.place(name)
        found: Ir = ["r", self.exp.reference(first, scope), place]
        for each in others:
            found = ["m", found, ["s", each, place], place]
        return found

    def _attribute(self, node: Node) -> str:
        return self.source.of(content(node)[0]) if node.type == "jsx_attribute" else ""

    def _props(self, node: Node, scope: Scope) -> Iterator[Ir]:
        """The entry of an attribute, or what is spread."""
        place = self.source.place(node)
        if node.type == "jsx_expression":
            for each in content(node):
                if each.type == "spread_element":
                    yield self.exp.item(each, scope)
        elif node.type == "jsx_attribute":
            name, *values = content(node)
            value = values[0] if values else None
            if value is None:
                found: Ir = ["b", True, place]
            elif value.type == "string":
                text = self.source.of(value)[1:-1]
                found = ["s", text, self.source.place(value)]
            elif value.type == "jsx_expression":
                inner = content(value)
                found = self.exp.of(inner[0], scope) if inner else ["z", place]
                if value.has_error and not inner:
                    found = ["x", "is not TypeScript", place]
            else:
                found = ["x", "is an element, not a constant", place]
            yield [self.source.of(name), place, found]

    def _claim(self, claim: Node | None, value: Node | None, scope: Scope) -> None:
        """A comparison with a claim of the session, or with what `auth()` gives of one."""
        if claim is None or value is None:
            return
        claim, value = bare(claim), bare(value)
        name = self.source.last(claim)
        is_role = value.type == "string" and self.source.of(value)[1:].startswith("org:")
        if is_role and claim.type == "identifier" and name not in CLAIMS:
            name = "role"  # what it is made of tells
        elif name not in CLAIMS or value.type in ("null", "undefined") or self._is_typeof(claim):
            return
        elif name in ("role", "rol", "permissions") and claim.type != "identifier":
            owner = self.source.last(claim.child_by_field_name("object"))
            if not _MEMBERS.search(owner) and (not is_role or "etadata" in owner):
                return
        elif name in ("role", "rol", "permissions") and not is_role:
            return
        if value.type == "identifier" and self.source.of(value) == "undefined":
            return
        self._told(claim, value, name, scope)

    def _looked_up(self, target: Node | None, value: Node, scope: Scope) -> None:
        """`sessionClaims.fea.includes('o:x')`, `['org:a', 'org:b'].includes(orgRole)`."""
        if target is None:
            return
        inner = bare(target)
        if inner.type == "array":
            if bare(value).type in ("identifier", "member_expression"):
                for each in content(inner):
                    self._claim(value, each, scope)
            return
        if bare(value).type in ("identifier", "member_expression"):
            name = self.source.last(value)
            if name in ("orgRole", "org_role") and inner.type in (
                "identifier",
                "member_expression",
            ):
                entry: Ir = ["e", self.exp.of(inner, scope), self.source.last(inner)]
                either = ["?", "is one of a list", [entry], self.source.place(inner)]
                known = self.exp.of(value, scope)
                self.facts.claims.append([CLAIMS[name], known, either, name])
                return
        while inner.type == "call_expression":  # .split(',')
            callee = bare(inner.child_by_field_name("function") or inner)
            if callee.type != "member_expression" or self.source.last(callee) not in (
                "split",
                "map",
                "trim",
            ):
                return
            inner = bare(callee.child_by_field_name("object") or inner)
        name = self.source.last(inner)
        if name in _LISTS:
            if name == "permissions":
                owner = bare(inner.child_by_field_name("object") or inner)
                if owner is inner or not _MEMBERS.search(self.source.last(owner)):
                    return
            self._told(inner, bare(value), name, scope)

    def _told(self, claim: Node, value: Node, name: str, scope: Scope) -> None:
        known = self.exp.of(claim, scope)
        self.facts.claims.append([CLAIMS[name], known, self.exp.of(value, scope), name])

    def _is_const(self, declarator: Node) -> bool:
        """Whether it is one of `const`: what has a part of something by it, is followed."""
        before = self.source.text[max(0, declarator.start_byte - 200) : declarator.start_byte]
        return before.rstrip().endswith(b"const")

    def _is_typeof(self, node: Node) -> bool:
        return node.type == "unary_expression"

    # What changes.

    def _changing_call(self, node: Node, scope: Scope) -> None:
        callee = bare(node.child_by_field_name("function") or node)
        given = content(node.child_by_field_name("arguments"))
        if self.source.short(callee) in CHANGING_FIRST and given:
            self._change(given[0], node, scope)
        elif callee.type == "member_expression" and self.source.last(callee) in CHANGING_METHODS:
            self._change(callee.child_by_field_name("object"), node, scope)

    def _changed(self, target: Node | None, node: Node, scope: Scope) -> None:
        target = None if target is None else bare(target)
        if target is not None and target.type in ("member_expression", "subscript_expression"):
            self._change(target.child_by_field_name("object"), node, scope)

    def _change(self, target: Node | None, node: Node, scope: Scope) -> None:
        root = origin(target, scope, self.source, self.exp.given_to)
        if root is not None:
            self.facts.writes.setdefault(root, self.source.place(node))

    # What lies in no TypeScript.

    def _lost(self) -> None:
        """Checks that are only words in an error."""
        calls = sorted(self._calls)
        starts = [start for start, _ in calls]
        errors = sorted((each.start_byte, each.end_byte) for each in self._errors)
        outer: list[tuple[int, int]] = []
        for start, end in errors:
            if not outer or start >= outer[-1][1]:
                outer.append((start, end))
        for begin, end in outer:
            for word in _BEGINS.finditer(self.source.text, begin, end):
                self._go_on()
                at = word.start()
                last = bisect_left(starts, at + 1)
                around = calls[max(0, last - _NESTED) : last]
                if any(stop > at for _, stop in around) or not _CLEARLY.match(self.source.text, at):
                    continue
                place_at = self.source.place_at
                self.facts.lost.append([place_at(begin), place_at(at)])

    def _first_error(self, node: Node) -> int:
        while True:
            inner = next(
                (it for it in node.children if it.has_error or it.is_missing or it.is_error), None
            )
            if inner is None:
                return self.source.place(node)
            node = inner

    def _of_block(self, element: Any) -> None:
        """An element of a template: its name, and its attributes that say what is asked."""
        entries: list[Ir] = []
        for name, start, end, is_code in element.attributes:
            if not is_code:
                place = self.source.place_at(start - 1)  # of the quote, as in an element of code
                entries.append([name, place, ["s", self.block.text[start:end].decode(), place]])
                continue
            place = self.source.place_at(start)
            node = self.root.named_descendant_for_byte_range(start, end)
            if node is not None and node.type == "expression_statement" and content(node):
                node = content(node)[0]
            value: Ir = ["x", "is not TypeScript", place]
            if node is not None and node.type not in ("program", "ERROR"):
                value = self.exp.of(node, self.top)
            entries.append([name, place, value])
        place = self.source.place_at(element.start)
        component: Ir = ["r", self.exp.reference(element.name, self.top), place]
        self.facts.calls.append(["e", component, [["o", entries, place]], place, [place]])

    def _text(self, node: Node | None) -> str:
        return (
            "".join(self.source.of(child) for child in node.named_children)
            if node is not None
            else ""
        )

    def _text_or_name(self, node: Node | None) -> str:
        return (
            self._text(node) if node is not None and node.type == "string" else self.source.of(node)
        )
