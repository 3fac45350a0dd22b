"""Finds the environment variables of Clerk and of webhooks that a file reads."""

from __future__ import annotations

import re

from tree_sitter import Node

from clerkstack.app.syntax import TRANSPARENT, Source, arguments_of, bare, content, without_nothing
from clerkstack.app.words import NAME

_NAME = re.compile(NAME)
_ENVIRONMENTS = frozenset({"process.env", "import.meta.env", "Bun.env", "globalThis.process.env"})
# Names for the whole environment: `const ENV = process.env`, `const { env } = process`.
_SAME = re.compile(
    rb"\b(?:const|let|var)\s+(\w+)\s*(?::[^=;\n]{1,80})?=\s*(?:\{\s*\.\.\.\s*)?"
    rb"(?:process|import\.meta|Bun|globalThis\.process)\.env\b(?!\s*[.?\[])"
    rb"|\b(?:const|let|var)\s*\{\s*env(?:\s*:\s*(\w+))?\s*\}\s*=\s*(?:process|import\.meta|Bun)\b"
    rb"|\bimport\s*\{\s*env(?:\s+as\s+(\w+))?\s*\}\s*from\s*[\"'](?:node:)?process[\"']"
)
_GETTING = frozenset({"Deno.env.get", "env.get", "Env.get"})
# Functions that read a variable by name, and functions that only look like it.
_HELPERS = re.compile("(?i)env|config")
_WRITING = re.compile(r"(?i)(?:^|[._])(?:set|stub|delete|unset|define)")
_STATIC = re.compile(r"\$env/(static|dynamic)/(private|public)")
_IF_ANY = frozenset({"??", "||", "&&"})
_SCHEMAS = frozenset({"createEnv", "object"})
_AROUND = 8
_LESS = re.compile(r"\.\s*(?:optional|default|nullish|catch|prefault)\s*\(|\boptional\s*\(")
_VALIDATED = re.compile(rb"\bcreateEnv\b|\b(?:process|import\.meta)\.env\b(?!\s*[.?\[])")


class Variables:
    """The variables that one file reads.

    Args:
        source: the file's text.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        # (name, place, whether it is read without a fallback)
        self.read: list[list[str | int | bool]] = []
        same = (next(filter(None, it.groups()), b"env") for it in _SAME.finditer(source.text))
        self._environments = _ENVIRONMENTS | {each.decode() for each in same}
        self._validates = _VALIDATED.search(source.text) is not None

    def visit(self, node: Node, kind: str) -> None:
        """Collect what a node reads."""
        if kind in ("member_expression", "subscript_expression"):
            self._member(node)
        elif kind == "variable_declarator":
            self._taken_out(node)
        elif kind == "call_expression":
            self._call(node)
        elif kind == "pair":
            self._field(node)
        elif kind == "import_specifier":
            self._imported(node)

    def _add(self, name: str, at: Node, *, sure: bool) -> None:
        if _NAME.fullmatch(name):
            self.read.append([name, self._source.place(at), sure])

    def _member(self, node: Node) -> None:
        name = self._source.last(node)
        holder = node.child_by_field_name("object")
        if holder is None or not _NAME.fullmatch(name):
            return
        text = self._source.short(holder).replace("?.", ".").replace("!", "")
        if self._is_written(node):
            return
        if text in self._environments:
            self._add(name, node, sure=self._needed(node) and not self._is_handed_on(node))
        elif text == "env" or text.endswith(".env"):
            # The app's own module of variables (covered by its own file), or a parameter.
            self._add(name, node, sure=False)

    def _taken_out(self, node: Node) -> None:
        """`const { CLERK_SECRET_KEY } = process.env`."""
        pattern, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if pattern is None or value is None or pattern.type != "object_pattern":
            return
        value = bare(value)
        text = self._source.short(value)
        if text not in self._environments:
            callee = value.child_by_field_name("function")
            held = text if callee is None else self._source.short(callee)
            if held == "env" or held.endswith(".env"):
                for each in content(pattern):
                    own = each.child_by_field_name("left") or each
                    self._add(self._source.key(each) or self._source.of(own), each, sure=False)
            return
        for each in content(pattern):
            if each.type == "shorthand_property_identifier_pattern":
                name = self._source.of(each)
                self._add(name, each, sure=not self._is_replaced(name))
            elif each.type == "pair_pattern":
                local = self._source.of(each.child_by_field_name("value"))
                sure = local.isidentifier() and not self._is_replaced(local)
                self._add(self._source.key(each) or "", each, sure=sure)
            elif each.type == "object_assignment_pattern":
                self._add(self._source.of(each.child_by_field_name("left")), each, sure=False)

    def _call(self, node: Node) -> None:
        callee = self._source.short(node.child_by_field_name("function"))
        given = arguments_of(node)
        if callee in _GETTING and given and given[0].type == "string":
            name = self._source.of(given[0])[1:-1]
            self._add(name, node, sure=callee == "Deno.env.get" and self._needed(node))
        elif given and given[0].type == "string" and _HELPERS.search(callee):
            name = "" if _WRITING.search(callee) else self._source.of(given[0])[1:-1]
            self._add(name, node, sure=False)

    def _field(self, node: Node) -> None:
        """Record an entry of a schema: `CLERK_SECRET_KEY: z.string()`."""
        name, value = self._source.key(node) or "", node.child_by_field_name("value")
        if value is None or not self._validates or not _NAME.fullmatch(name):
            return
        inner = bare(value)
        if inner.type != "call_expression":
            return
        if not self._source.short(inner).startswith("z."):
            self._add(name, node, sure=False)  # of another library
        elif self._schema(node):
            self._add(name, node, sure=_LESS.search(self._source.of(inner)) is None)

    def _schema(self, node: Node) -> bool:
        """Whether the object belongs to `createEnv` or `z.object`, and is not made partial."""
        at = node.parent
        for _ in range(_AROUND):
            if at is None:
                return False
            if at.type == "call_expression":
                name = self._source.last(at.child_by_field_name("function"))
                above = at.parent
                partial = above is not None and self._source.last(above) in ("partial", "optional")
                return name in _SCHEMAS and not partial
            at = at.parent
        return False

    def _imported(self, node: Node) -> None:
        """`import { CLERK_SECRET_KEY } from '$env/static/private'`."""
        statement = node.parent
        while statement is not None and statement.type != "import_statement":
            statement = statement.parent
        if statement is not None:
            source = self._source.of(statement.child_by_field_name("source"))[1:-1]
            if _STATIC.fullmatch(source):
                self._add(self._source.of(node.child_by_field_name("name")), node, sure=True)

    # Context of a read.

    def _needed(self, node: Node) -> bool:
        """Whether the code has no fallback for a missing variable."""
        inner, at, negated = node, node.parent, False
        while at is not None:
            kind = at.type
            if kind == "unary_expression":
                if negated or self._source.of(at)[:1] != "!":
                    return False
                negated = True
            elif kind == "binary_expression":
                operator = self._source.operator(at)
                if without_nothing(at, self._source) != at:
                    inner, at = at, at.parent
                    continue
                if operator in _IF_ANY:
                    return negated and operator != "??"
                return operator not in ("===", "!==", "==", "!=")
            elif kind in ("ternary_expression", "if_statement", "while_statement"):
                return negated or at.child_by_field_name("condition") != inner
            elif kind == "variable_declarator":
                name = self._source.of(at.child_by_field_name("name"))
                return not name.isidentifier() or not self._is_replaced(name)
            elif kind == "member_expression":
                return "?." not in self._source.short(at)
            elif kind not in TRANSPARENT:
                return not (negated and kind != "parenthesized_expression")
            inner, at = at, at.parent
        return True

    def _is_written(self, node: Node) -> bool:
        at = node.parent
        return (
            at is not None
            and at.type == "assignment_expression"
            and at.child_by_field_name("left") == node
        )

    def _is_handed_on(self, node: Node) -> bool:
        """Whether it is only passed to a schema, which decides what is required."""
        at = node.parent
        while at is not None and (at.type in TRANSPARENT or at.type in ("pair", "object")):
            if at.type == "pair" and "untimeEnv" in (self._source.key(at) or ""):
                return True
            above = at.parent
            if at.type == "object" and above is not None and above.type == "arguments":
                call = above.parent
                callee = None if call is None else call.child_by_field_name("function")
                return self._source.last(callee) in ("parse", "safeParse", "parseAsync")
            at = above
        return False

    def _is_replaced(self, name: str) -> bool:
        """Whether the code replaces a missing constant, or tests for it."""
        word = re.escape(name)
        instead = rf"(?<![\w.])(?:{word}\s*(?:\?\?|\|\||&&|\?\s|\?\.)|!!\s*{word}\b"
        instead += rf"|if\s*\(\s*{word}\b)"
        return re.search(instead.encode(), self._source.text) is not None
