"""Finds the webhook events that a file verifies, handles or names.

Clerk's libraries verify with `verifyWebhook` (`@clerk/nextjs/webhooks`, `@clerk/express/webhooks`,
…); Clerk's older guides use `new Webhook(secret)` of svix or standardwebhooks. A text is an event
if it begins with one of Clerk's resources: `user.created`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from clerkstack.app.syntax import (
    FUNCTIONS,
    Source,
    arguments_of,
    around,
    bare,
    content,
    without_nothing,
)
from clerkstack.app.words import NAME, OF_EVENTS

EVENT = re.compile(rf"(?:{OF_EVENTS})\.[a-zA-Z]+")
_BEGINNING = re.compile(rf"(?:{OF_EVENTS})\.?")
_BRINGS = re.compile(
    rb"\bimport\s+(?!type\b)(?P<names>[^;'\"]{1,400}?)\s+from\s*[\"'](?P<a>[^\"'\n]{1,200})[\"']"
    rb"|(?P<taken>\{[^{}=]{1,400}\}|\w+)\s*=\s*(?:await\s+)?(?:require|import)"
    rb"\s*\(\s*[\"'](?P<b>[^\"'\n]{1,200})[\"']"
)
_NAMED = re.compile(rb"(\w+)(?:\s+as\s+|\s*:\s*)?(\w+)?")
_SIGNING = frozenset({"svix", "standardwebhooks"})
_EQUAL = frozenset({"===", "!==", "==", "!="})
_TAKING = frozenset({"with", "on", "once", "when", "handle", "addListener", "addEventListener"})
_LOOKING = frozenset({"includes", "has", "some", "indexOf"})
_TYPE = frozenset({"type", "eventType", "event_type"})
_SENT = re.compile(rf"clerk/({OF_EVENTS})\.[a-zA-Z]+")
_ENDING = re.compile(r"\.[a-z][a-zA-Z]+")
_PATTERN = re.compile(rf"\^\(?(?:\?:)?((?:(?:{OF_EVENTS})\|?)+)\)?\\\.")
_RESOURCE = re.compile(OF_EVENTS)
# An event type that is split, and the part that is used.
_SPLIT = r"(?:[\w.?!]{1,80}\.)?(?:type|eventType|event_type)[?!]?\.split\([^()]{1,9}\)"
_TAKEN = r"[?!.]{0,2}(\[[01]\]|at\(-?[01]\)|pop\(\)|shift\(\))"
_RESOURCES, _ACTIONS = (
    frozenset({"[0]", "at(0)", "shift()"}),
    frozenset({"[1]", "at(1)", "at(-1)", "pop()"}),
)
_IS_PART = re.compile(rf"(?:{_SPLIT}|(\w+)){_TAKEN}")
# `const [resource, action] = evt.type.split('.')`, `const parts = …`, `const action = ….pop()`.
_NAMES_PARTS = re.compile(
    rf"\b(?:const|let|var)\s*(?:\[\s*(\w*)\s*(?:,\s*(\w+))?[^\]=]{{0,80}}\]|(\w+))\s*=\s*"
    rf"{_SPLIT}(?:{_TAKEN})?".encode()
)
_ACTION = re.compile(r"[a-z][a-zA-Z]+")
_PART = "a part of it"
_ALL_ON = re.compile(rb"clerk/\$\{")

_PARTLY = frozenset({"startsWith", "endsWith", "includes", "match", "search", "test"})

OPTION = "signingSecret"


class Events:
    """How one file uses events.

    Args:
        source: the file's text.

    Attributes:
        brings: imports and requires by local name: (source, name there).
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.brings = dict(_brought(source.text))
        # Events by the name of a constant of this file.
        self._constants: dict[str, str] = {}
        self.handled: list[list[str | int]] = []
        self.named: list[str] = []
        self.sent: list[list[str | int]] = []
        # The part of an event type by the name of its variable; empty for all parts.
        self.parts = dict(_parts(source.text))
        self.verifies: list[list[str | int | None]] = []
        # Constants that a type is compared with: (name or name.key, place).
        self._compared: list[tuple[str, int]] = []
        self.compared: list[list[str | int]] = []
        self.all_on = _ALL_ON.search(source.text) is not None

    def visit(self, node: Node, kind: str) -> None:
        """Collect what a node contains."""
        if kind in ("string", "template_string"):
            self._text(node)
        elif kind == "call_expression":
            self._call(node)
        elif kind == "new_expression":
            self._new(node)
        elif kind == "switch_statement":
            self._switch(node)
        elif kind == "subscript_expression":  # HANDLERS[action]
            index = node.child_by_field_name("index")
            if self._part(index) is not None:
                self.compared.append([_PART, self._source.place(node)])
        elif kind == "binary_expression":
            operator = self._source.operator(node)
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if operator in _EQUAL and right is not None and left is not None:
                self._constant(right, left)
                self._is_compared(right, left)

    def finish(self) -> None:
        """Resolve comparisons with constants of this file, after all nodes were visited."""
        for name, place in self._compared:
            event = self._constants.get(name)
            if event is not None:
                self.handled.append([event, place])
            else:
                self.compared.append([name, place])

    @property
    def constants(self) -> dict[str, str]:
        """Return events by the name of a constant: `CREATED`, `EVENTS.CREATED`."""
        return self._constants

    # Verification.

    def _call(self, node: Node) -> None:
        callee = node.child_by_field_name("function")
        given = arguments_of(node)
        method = self._source.last(callee)
        if method in _LOOKING and given and self._part(given[0]) is not None:
            held = bare((callee and callee.child_by_field_name("object")) or node)
            for value in content(held) if held.type == "array" else [held]:
                self._is_compared(value, given[0])
            return
        if given and callee is not None and method in _PARTLY:
            self._partly(method, callee.child_by_field_name("object"), given[0])
            return
        name = self._source.short(callee)
        source, there = self.brings.get(name, ("", ""))
        if there != "verifyWebhook" or not source.startswith("@clerk/"):
            return
        secret = self._option(given[1]) if len(given) > 1 else None
        self.verifies.append([source, self._source.place(node), secret])

    def _partly(self, method: str, subject: Node | None, given: Node) -> None:
        """Record a prefix, suffix or pattern test: `type.startsWith('user.')`,
        `/^user\\./.test(type)`."""
        place, text = self._source.place(given), self._source.of(given)[1:-1]
        if method == "startsWith" and _BEGINNING.fullmatch(text):
            self.handled.append([text.rstrip(".") + ".", place])
            return
        regex = subject if method == "test" else given
        subject = given if method == "test" else subject
        if self._source.last(subject) not in _TYPE or regex is None:
            return
        found = _PATTERN.match(self._source.of(regex)[1:-1]) if regex.type == "regex" else None
        if method == "endsWith" and _ENDING.fullmatch(text):
            self.handled.append([text, place])
        elif found is not None:
            self.handled += [[f"{each}.", place] for each in found.group(1).split("|")]
        elif regex.type in ("regex", "string"):
            self.compared.append([_PART, place])

    def _is_compared(self, value: Node, subject: Node | None) -> None:
        """Record a comparison of a part of the type: `type.split('.')[0] === 'user'`."""
        part = self._part(subject)
        text, place = self._source.of(bare(value))[1:-1], self._source.place(value)
        if part in _RESOURCES and _RESOURCE.fullmatch(text):
            self.handled.append([f"{text}.", place])
        elif part in _ACTIONS and bare(value).type == "string" and _ACTION.fullmatch(text):
            self.handled.append([f".{text}", place])
        elif part is not None and bare(value).type not in ("string", "null", "undefined"):
            self.compared.append([_PART, place])

    def _part(self, node: Node | None) -> str | None:
        """Return the part of a type that an expression is."""
        text = "".join(self._source.short(None if node is None else bare(node)).split())
        found = _IS_PART.fullmatch(text)
        if found is None:
            return self.parts.get(text) or None
        is_part = found.group(1) is None or self.parts.get(found.group(1)) == ""
        return found.group(2) if is_part else None

    def _option(self, options: Node) -> str | None:
        """Return the variable that the options read the secret from, None if they set none, `?` if
        unresolved."""
        options = bare(options)
        if options.type != "object":
            return "?"
        for node in content(options):
            if node.type == "spread_element":
                return "?"
            if self._source.key(node) == OPTION:
                value = node.child_by_field_name("value")
                return self._read(node if value is None else value)
        return None

    def _new(self, node: Node) -> None:
        name = self._source.short(node.child_by_field_name("constructor"))
        source, there = self.brings.get(name.rpartition(".")[0] or name, ("", ""))
        if source not in _SIGNING or (there != "Webhook" and not name.endswith(".Webhook")):
            return
        given = arguments_of(node)
        secret = self._read(given[0]) if given else "?"
        self.verifies.append([source, self._source.place(node), secret])

    def _read(self, value: Node) -> str:
        """Return the variable that a secret is read from; `?` if unresolved."""
        value = without_nothing(bare(value), self._source)
        if value.type == "identifier" and re.fullmatch(NAME, self._source.of(value)):
            return self._source.of(value)
        if value.type in ("identifier", "shorthand_property_identifier"):
            name = re.escape(self._source.of(value).encode())
            pattern = rb"\b" + name + rb"\s*(?::[^=\n]{1,80})?=\s*"
            pattern += rb"(?:process|import\.meta|Bun)\.env\.([A-Z][A-Z0-9_]*)"
            pattern += rb"\b(?!\s*(?:\|\||\?\?|&&)\s*(?!''|\"\"))"
            found = re.search(pattern, self._source.text)
            return found.group(1).decode() if found else "?"
        last = self._source.last(value)
        is_read = value.type in ("member_expression", "subscript_expression")
        is_name = is_read and re.fullmatch(r"[A-Z][A-Z0-9_]{3,}", last)
        return last if is_name else "?"

    # Handling.

    def _switch(self, node: Node) -> None:
        for case in content(node.child_by_field_name("body")):
            value = case.child_by_field_name("value")
            if value is not None:
                self._constant(value, node.child_by_field_name("value"))
                self._is_compared(value, node.child_by_field_name("value"))

    def _constant(self, value: Node, other: Node | None) -> None:
        value = bare(value)
        if self._source.last(other) in _TYPE and value.type in ("identifier", "member_expression"):
            self._compared.append((self._source.short(value), self._source.place(value)))

    def _text(self, node: Node) -> None:
        text = self._source.of(node)[1:-1]
        if _SENT.fullmatch(text):
            above = around(node).parent
            if above is not None and above.type == "pair" and self._source.key(above) == "event":
                self.sent.append([text.partition("/")[2], self._source.place(node)])
        elif EVENT.fullmatch(text):
            place = self._source.place(node)
            if self._is_type(node):
                return
            if self._is_handled(node):
                self.handled.append([text, place])
            else:
                self.named.append(text)
                self._name_of_constant(node, text)

    def _is_type(self, node: Node) -> bool:
        return node.parent is not None and node.parent.type == "literal_type"

    def _is_handled(self, node: Node) -> bool:
        inner = around(node)
        at = inner.parent
        if at is None:
            return False
        kind = at.type
        if kind == "switch_case":
            return at.child_by_field_name("value") == inner
        if kind == "binary_expression":
            operator = self._source.operator(at)
            sides = (at.child_by_field_name("left"), at.child_by_field_name("right"))
            other = next((side for side in sides if side is not None and side != inner), None)
            return operator in _EQUAL and other is not None and bare(other).type != "string"
        if kind == "array":
            return self._in_list(at, inner)
        if kind == "computed_property_name" and at.parent is not None:
            inner, at = at, at.parent
            kind = at.type
        if kind == "pair":
            if at.child_by_field_name("key") != inner:
                return self._is_pattern(at)
            return self._takes(at.child_by_field_name("value"))
        if kind == "method_definition":
            return True
        if kind == "arguments" and at.parent is not None:
            return self._given(at, at.parent, inner)
        return False

    def _is_pattern(self, pair: Node) -> bool:
        """`match(evt).with({ type: 'user.created' }, …)`."""
        pattern = pair.parent
        arguments = None if pattern is None else pattern.parent
        if arguments is None or arguments.type != "arguments" or arguments.parent is None:
            return False
        is_type = self._source.key(pair) in _TYPE
        return is_type and self._given(arguments, arguments.parent, pattern)

    def _given(self, arguments: Node, call: Node, inner: Node | None) -> bool:
        """`on('user.created', …)`, `match(type).with('user.created', …)`."""
        name = self._source.last(call.child_by_field_name("function"))
        given = content(arguments)
        if name == "union" and call.parent is not None:  # P.union('user.created', 'user.updated')
            above = call.parent
            if above.type == "pair":
                return self._is_pattern(above)
            if above.type != "arguments" or above.parent is None:
                return False
            return self._given(above, above.parent, call)
        return name in _TAKING and given[0] == inner and any(map(self._takes, given[1:]))

    def _in_list(self, array: Node, inner: Node) -> bool:
        """Whether a text is in a list that a type is looked up in, or a key of a map."""
        entries = content(array)
        above = around(array).parent
        if above is None:
            return False
        if above.type == "array":  # new Map([['user.created', handle]])
            return entries[0] == inner and len(entries) > 1 and self._takes(entries[1])
        if above.type == "member_expression":
            return self._source.last(above) in _LOOKING
        if above.type == "arguments" and above.parent is not None:  # new Set([…])
            made = above.parent.child_by_field_name("constructor")
            if self._source.of(made) != "Set":
                return False
            above = around(above.parent).parent
        if above is not None and above.type == "member_expression":
            return self._source.last(above) in _LOOKING
        if above is not None and above.type == "variable_declarator":
            name = self._source.of(above.child_by_field_name("name"))
            words = "|".join(sorted(_LOOKING))
            looked = rf"\b{re.escape(name)}(?:\s*as\s[^()]{{1,80}}\))?\s*\.\s*(?:{words})\s*\("
            return re.search(looked.encode(), self._source.text) is not None
        return False

    def _takes(self, value: Node | None) -> bool:
        """Whether a value may be a handler of events."""
        if value is None:
            return False
        value = bare(value)
        return value.type in FUNCTIONS or value.type in ("identifier", "member_expression")

    def _name_of_constant(self, node: Node, text: str) -> None:
        at = around(node).parent
        key = ""
        if at is not None and at.type in ("pair", "enum_assignment"):
            name = at.child_by_field_name("key") or at.child_by_field_name("name")
            key = f".{self._source.of(name)}"
            at = None if at.parent is None else around(at.parent).parent
        if at is not None and at.type in ("variable_declarator", "enum_declaration"):
            name = at.child_by_field_name("name")
            self._constants[self._source.of(name) + key] = text


def _parts(text: bytes) -> Iterator[tuple[str, str]]:
    """See `Events.parts`."""
    for found in _NAMES_PARTS.finditer(text):
        resource, action, name, part = (each and each.decode() for each in found.groups())
        if name:
            yield name, part or ""
        yield from ((each, f"[{at}]") for at, each in enumerate((resource, action)) if each)


def _brought(text: bytes) -> Iterator[tuple[str, tuple[str, str]]]:
    """See `Events.brings`."""
    for found in _BRINGS.finditer(text):
        source = (found.group("a") or found.group("b")).decode(errors="replace")
        names = found.group("names") or found.group("taken")
        outer, brace, inner = names.partition(b"{")
        for there, local in _NAMED.findall(inner.rstrip(b"} ")) if brace else ():
            if there not in (b"type", b"as"):
                yield (local or there).decode(), (source, there.decode())
        for local in re.findall(rb"\w+", outer):
            yield local.decode(), (source, "*")
