"""Resolves names to variables. A scope finds its declarations on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tree_sitter import Node

from clerkstack.app.syntax import FUNCTIONS, VARIABLES, Source, content

SCOPES = FUNCTIONS | {
    "statement_block",
    "for_statement",
    "for_in_statement",
    "catch_clause",
    "switch_body",
}


_CHECKED = 1000  # declarations between two looks at the clock


class Step(NamedTuple):
    """One step of a pattern from a value to a binding: `kind` is key, index, default or rest."""

    kind: str
    key: str = ""
    node: Node | None = None


@dataclass(eq=False)
class Binding:
    """A variable. `id` is its name at the top level, and `name@byte` elsewhere.

    Attributes:
        kind: const, let, function, class, enum, param, each (of a loop) or other.
        base: its source: the initializer, the function, or what a loop iterates over.
        steps: the steps from `base` to the variable.
        index: the index of a parameter.
    """

    id: str
    kind: str
    at: Node
    scope: Scope
    base: Node | None = None
    steps: tuple[Step, ...] = ()
    index: int = 0
    type: Node | None = None
    # The statement that declares it.
    declared: Node | None = None


class Scope:
    """A scope of variables: a file, a function or a block."""

    def __init__(
        self, node: Node, outer: Scope | None, source: Source, go_on: Callable[[], None]
    ) -> None:
        """`go_on` raises if the file takes too long."""
        self.node = node
        self.outer = outer
        self._source = source
        self._go_on = go_on

    def find(self, name: str) -> Binding | None:
        """Return the variable of a name here; None if the file does not declare it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    @cached_property
    def names(self) -> dict[str, Binding]:
        """Return the scope's own declarations; the first of two with one name."""
        found: dict[str, Binding] = {}
        for count, (name, binding) in enumerate(self._declared()):
            if count % _CHECKED == 0:
                self._go_on()
            found.setdefault(name, binding)
        return found

    def _declared(self) -> Iterator[tuple[str, Binding]]:
        node = self.node
        if node.type in FUNCTIONS:
            for index, parameter in enumerate(parameters(node)):
                yield from self._parameter(node, index, parameter)
            name = node.child_by_field_name("name")
            if name is not None and node.type == "function_expression":
                yield self._made(name, "function", node)
        elif node.type == "for_in_statement":
            left, over = node.child_by_field_name("left"), node.child_by_field_name("right")
            operator = self._source.of(node.child_by_field_name("operator"))
            if left is not None and node.child_by_field_name("kind") is not None:
                kind = "each" if operator == "of" else "in"
                yield from self._of_pattern(left, kind, over)
        elif node.type == "catch_clause":
            caught = node.child_by_field_name("parameter")
            if caught is not None:
                yield from self._of_pattern(caught, "other", None)
        else:
            yield from self._of_statements(node)

    def _of_statements(self, node: Node) -> Iterator[tuple[str, Binding]]:
        pending = list(reversed(node.named_children))
        while pending:
            each = pending.pop()
            if each.type in ("export_statement", "ERROR", "switch_case", "switch_default"):
                # An error node often contains the code after the error.
                pending += reversed(each.named_children)
            elif each.type in VARIABLES:
                is_const = self._source.of(each.child_by_field_name("kind")) == "const"
                for declarator in each.named_children:
                    if declarator.type == "variable_declarator":
                        for text, found in self._of_declarator(declarator, is_const=is_const):
                            found.declared = each
                            yield text, found
            elif each.type in (
                "function_declaration",
                "generator_function_declaration",
                "class_declaration",
                "abstract_class_declaration",
                "enum_declaration",
            ):
                name = each.child_by_field_name("name")
                if name is not None:
                    yield self._made(name, each.type.split("_")[0], each)

    def _of_declarator(self, declarator: Node, *, is_const: bool) -> Iterator[tuple[str, Binding]]:
        kind = "const" if is_const else "let"
        pattern = declarator.child_by_field_name("name")
        value = declarator.child_by_field_name("value")
        if pattern is not None:
            type_ = declarator.child_by_field_name("type")
            yield from self._of_pattern(pattern, kind, value, type_=type_)

    def _parameter(
        self, function: Node, index: int, parameter: Node
    ) -> Iterator[tuple[str, Binding]]:
        pattern, default = parameter, None
        if parameter.type in ("required_parameter", "optional_parameter"):
            inner = parameter.child_by_field_name("pattern")
            pattern = parameter if inner is None else inner
            default = parameter.child_by_field_name("value")
        type_ = parameter.child_by_field_name("type")
        steps = () if default is None else (Step("default", node=default),)
        yield from self._of_pattern(pattern, "param", function, steps, index, type_)

    def _of_pattern(
        self,
        pattern: Node,
        kind: str,
        base: Node | None,
        steps: tuple[Step, ...] = (),
        index: int = 0,
        type_: Node | None = None,
    ) -> Iterator[tuple[str, Binding]]:
        for name, way in bound(pattern, self._source):
            text, binding = self._made(name, kind, base)
            binding.steps = steps + way
            binding.index = index
            binding.type = type_
            yield text, binding

    def _made(self, name: Node, kind: str, base: Node | None) -> tuple[str, Binding]:
        text = self._source.of(name)
        id_ = text if self.outer is None else f"{text}@{name.start_byte}"
        return text, Binding(id_, kind, name, self, base)


def parameters(function: Node) -> list[Node]:
    """Return the parameters of a function as patterns."""
    single = function.child_by_field_name("parameter")
    if single is not None:
        return [single]
    return content(function.child_by_field_name("parameters"))


def bound(pattern: Node, source: Source) -> Iterator[tuple[Node, tuple[Step, ...]]]:
    """Yield the names in a pattern with the steps to each."""
    pending: list[tuple[Node, tuple[Step, ...]]] = [(pattern, ())]
    while pending:
        node, way = pending.pop()
        kind = node.type
        if kind in (
            "identifier",
            "shorthand_property_identifier_pattern",
            "shorthand_property_identifier",
        ):
            key = () if kind == "identifier" else (Step("key", source.of(node)),)
            yield node, way + key
        elif kind in ("object_pattern", "object"):
            pending += [(child, way) for child in reversed(content(node))]
        elif kind in ("array_pattern", "array"):
            children = [child for child in node.children if child.type != "comment"]
            at = 0
            for child in children:
                if child.type == ",":
                    at += 1
                elif child.is_named:
                    pending.append((child, (*way, Step("index", str(at)))))
        elif kind in ("pair_pattern", "pair"):
            value, key_of = node.child_by_field_name("value"), source.key(node)
            if value is not None:
                step = Step("rest") if key_of is None else Step("key", key_of)
                pending.append((value, (*way, step)))
        elif kind in ("object_assignment_pattern", "assignment_pattern", "assignment_expression"):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and left.type == "shorthand_property_identifier_pattern":
                way = (*way, Step("key", source.of(left)))
                yield left, (*way, Step("default", node=right))
            elif left is not None:
                pending.append((left, (*way, Step("default", node=right))))
        elif kind == "rest_pattern":
            pending += [(child, (*way, Step("rest"))) for child in content(node)]
