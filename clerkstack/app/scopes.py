"""The variables of a TypeScript file: which one a name means at its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tree_sitter import Node

from clerkstack.app.syntax import FUNCTIONS, bare, content, part, text_of

_BLOCKS = frozenset({"statement_block", "for_statement", "for_in_statement", "catch_clause"})


@dataclass(eq=False)
class Variable:
    """A variable, or what a function returns. `sources` is what its value is part of."""

    name: str
    top: bool = False
    sources: set[Part] = field(default_factory=set)
    # The function expressions and declarations that it names.
    functions: list[Node] = field(default_factory=list)
    # What a `const` is given, and which member of it the name takes: `const { key } = value`.
    value: Node | None = None
    key: str | None = None


# So many steps of a way are known by name; further ones are any step.
_NAMED = 3
Steps = tuple[str | None, ...]


class Part(NamedTuple):
    """What an expression has of a variable: the value at the end of the way `path` inside it,
    within `fresh` containers that the expression made itself (`[...list]` has 1: sorting it leaves
    `list`). In the container number `at` from within, the fields `without` are of other values:
    `{...plan, features: []}` has nothing of the plan's features."""

    variable: Variable
    fresh: int = 0
    path: Steps = ()
    without: frozenset[str] = frozenset()
    at: int = 0

    @property
    def depth(self) -> int:
        """How many steps inside the variable."""
        return len(self.path)

    def member(self, steps: int = 1) -> Part:
        """What is so many steps inside, whatever the steps are."""
        opened = min(steps, self.fresh)
        path = (*self.path, *(None,) * (steps - opened))
        return self._replace(fresh=self.fresh - opened, path=path)._opened()

    def along(self, *steps: str | None) -> Part | None:
        """What is inside by a way whose steps are known, or are None; None where it is other's."""
        part = self
        for name in steps:
            if part.fresh and part.fresh == part.at and name in part.without:
                return None
            known = name if part.depth < _NAMED else None
            path = part.path if part.fresh else (*part.path, known)
            part = part._replace(fresh=max(part.fresh - 1, 0), path=path)._opened()
        return part

    def within(self, containers: int = 1) -> Part:
        """The same in so many new containers."""
        return self._replace(fresh=self.fresh + containers)

    def copied(self, without: frozenset[str] = frozenset()) -> Part:
        """A new container with the same content, but for some fields."""
        kept = self.without if self.fresh == self.at else frozenset()
        made = self.member().within()
        return made._replace(without=kept | without, at=made.fresh)

    def _opened(self) -> Part:
        """Without the fields of a container that is not around it any more."""
        return self if self.fresh >= self.at else self._replace(without=frozenset(), at=0)


class Scope:
    """Where variables are known: a file, a function or a block."""

    def __init__(self, outer: Scope | None, returned: Variable | None) -> None:
        self.outer = outer
        # What the function around returns.
        self.returned = returned
        self._variables: dict[str, Variable] = {}

    def declare(self, name: str) -> Variable:
        """The variable of this scope."""
        return self._variables.setdefault(name, Variable(name, top=self.outer is None))

    def find(self, name: str) -> Variable:
        """The variable that a name means here; an unknown one is the file's."""
        scope = self
        while name not in scope._variables and scope.outer is not None:
            scope = scope.outer
        return scope.declare(name)

    def of_function(self) -> Scope:
        """The scope of the function around, or of the file, where `var` declares."""
        scope = self
        while scope.outer is not None and scope.outer.returned is scope.returned:
            scope = scope.outer
        return scope


class Target(NamedTuple):
    """A name that a pattern binds, and where in the value it finds what it binds."""

    node: Node
    depth: int = 0
    rest: bool = False
    default: Node | None = None

    def taken(self, whole: Part) -> Part:
        """What the name has, of what the pattern is given."""
        found = whole.member(self.depth)
        return found.copied() if self.rest else found


def targets(pattern: Node, depth: int = 0) -> Iterator[Target]:
    """The names in a pattern: of a declaration, a parameter or an assignment."""
    kind = pattern.type
    if kind in ("identifier", "shorthand_property_identifier_pattern"):
        yield Target(pattern, depth)
    elif kind in ("object_pattern", "array_pattern"):
        for child in pattern.named_children:
            yield from targets(child, depth if child.type == "rest_pattern" else depth + 1)
    elif kind == "pair_pattern":
        yield from targets(part(pattern, "value"), depth)
    elif kind == "rest_pattern":
        for each in targets(pattern.named_children[0], depth):
            yield each._replace(rest=True)
    elif kind in ("assignment_pattern", "object_assignment_pattern"):
        yield from _with_default(part(pattern, "left"), part(pattern, "right"), depth)
    elif kind in ("required_parameter", "optional_parameter"):
        inner, value = part(pattern, "pattern"), pattern.child_by_field_name("value")
        yield from targets(inner, depth) if value is None else _with_default(inner, value, depth)


def _with_default(pattern: Node, default: Node, depth: int) -> Iterator[Target]:
    yield from targets(pattern, depth)
    for each in targets(pattern):
        yield each._replace(default=each.default or default)


class Scopes:
    """All scopes of a file. Every variable is declared before anything is asked."""

    def __init__(self, root: Node) -> None:
        # All nodes in the order of the text, each with its scope.
        self.nodes: list[tuple[Node, Scope]] = []
        # By the id of a node: the scope it makes, and what a function returns.
        self._inside: dict[int, Scope] = {}
        self._returned: dict[int, Variable] = {}
        pending = [(root, Scope(None, None))]
        while pending:
            node, scope = pending.pop()
            self.nodes.append((node, scope))
            self._inside[node.id] = inner = self._entered(node, scope)
            pending += [(child, inner) for child in reversed(node.named_children)]

    def inside(self, node: Node) -> Scope:
        """The scope of what is in a node."""
        return self._inside[node.id]

    def returned(self, function: Node) -> Variable:
        """What a function returns, as a variable."""
        return self._returned.setdefault(function.id, Variable("return"))

    def functions(self, node: Node | None, scope: Scope) -> list[Node]:
        """The functions that an expression names or is."""
        if node is None:
            return []
        node = bare(node)
        if node.type == "identifier":
            return scope.find(text_of(node)).functions
        return [node] if node.type in FUNCTIONS else []

    def _entered(self, node: Node, scope: Scope) -> Scope:
        """The scope of a node's children. What the node declares is declared."""
        if node.type in FUNCTIONS:
            name = node.child_by_field_name("name")
            if name is not None and name.type == "identifier":
                scope.declare(text_of(name)).functions.append(node)
            scope = Scope(scope, self.returned(node))
            for parameter in parameters(node):
                _declare(parameter, scope)
        elif node.type in _BLOCKS:
            scope = Scope(scope, scope.returned)
            pattern = node.child_by_field_name("parameter")
            if node.child_by_field_name("kind") is not None:
                pattern = node.child_by_field_name("left")
            if pattern is not None:
                _declare(pattern, scope)
        elif node.type in ("lexical_declaration", "variable_declaration"):
            there = scope if node.type == "lexical_declaration" else scope.of_function()
            for each in node.named_children:
                if each.type == "variable_declarator":
                    _declare(part(each, "name"), there)
                    if text_of(node.child_by_field_name("kind")) == "const":
                        _set(part(each, "name"), each.child_by_field_name("value"), there)
                    functions = self.functions(each.child_by_field_name("value"), scope)
                    if functions:
                        there.declare(text_of(part(each, "name"))).functions += functions
        return scope


def parameters(function: Node) -> list[Node]:
    """The parameters of a function, as patterns."""
    single = function.child_by_field_name("parameter")
    if single is not None:
        return [single]
    return content(function.child_by_field_name("parameters"))


def _declare(pattern: Node, scope: Scope) -> None:
    for each in targets(pattern):
        scope.declare(text_of(each.node))


def taken(pattern: Node | None) -> Iterator[tuple[Node, str]]:
    """The names that an object pattern binds to a member, each with that member's name."""
    for each in (
        content(pattern) if pattern is not None and pattern.type == "object_pattern" else ()
    ):
        if each.type == "shorthand_property_identifier_pattern":
            yield each, text_of(each)
        elif each.type == "pair_pattern":
            key, name = part(each, "key"), part(each, "value")
            if key.type == "property_identifier" and name.type == "identifier":
                yield name, text_of(key)


def _set(pattern: Node, value: Node | None, scope: Scope) -> None:
    if pattern.type == "identifier":
        scope.declare(text_of(pattern)).value = value
    for name, key in taken(pattern):
        variable = scope.declare(text_of(name))
        variable.value, variable.key = value, key
