"""The values of constant expressions: literals, and references to other constants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from tree_sitter import Node

from clerkstack.app.literals import number_of, string_of
from clerkstack.app.modules import Modules
from clerkstack.app.reading import ENTRIES
from clerkstack.app.scopes import Variable
from clerkstack.app.source import Module, Unresolved
from clerkstack.app.syntax import bare, content, text_of

_FUNCTIONS = ("Object.freeze", "Object.keys", "Object.values")
Literal: TypeAlias = (
    "str | Decimal | bool | list[Constant] | dict[str, Constant] | Unresolved | None"
)


@dataclass(frozen=True)
class Constant:
    """A value and where it is written.

    A field of an object that can't be told holds its `Unresolved`: it is an error only where
    somebody asks for that field (see `known`).
    """

    value: Literal
    file: Path
    line: int
    column: int
    # Where it is a field of an object: the key, as it is written or as a constant has it.
    key: Constant | None = field(default=None, compare=False, repr=False)
    # How many values are in it, itself one of them.
    size: int = field(default=1, compare=False, repr=False)

    @property
    def known(self) -> Constant:
        """Itself. Raises Unresolved where the value can't be told."""
        if isinstance(self.value, Unresolved):
            raise self.value
        return self

    @property
    def told(self) -> bool:
        """Whether the value can be told."""
        return not isinstance(self.value, Unresolved)

    @property
    def place(self) -> tuple[Path, int, int]:
        """Where it is written: what has the same place is the same."""
        return self.file, self.line, self.column


class Evaluator:
    """Evaluates expressions of modules; refuses what it can't tell for certain."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._open: list[tuple[Path, str]] = []
        self._done: dict[tuple[Path, str], Constant] = {}
        # By constant: those that its value is made of, each as (file, name).
        self.made_of: dict[tuple[Path, str], set[tuple[Path, str]]] = {}

    def name(self, module: Module, name: str, at: Node | None = None) -> Constant:
        """The value of a name in a module, where it stands at a place: as that place has it."""
        local = None if at is None else module.changes.local(name, at)
        if local is not None and at is not None:
            return self._local(module, local, at)
        key = (module.file, name)
        if self._open:
            self.made_of.setdefault(self._open[-1], set()).add(key)
        if key in self._done:
            return self._done[key]
        if key in self._open:
            raise Unresolved(module, at, f"{name} is defined by itself")
        if name in module.changed:
            raise Unresolved(module, module.changed[name], f"{name} can have another value here")
        self._open.append(key)
        try:
            self._done[key] = self._named(module, name, at)
        finally:
            self._open.pop()
        return self._done[key]

    def _local(self, module: Module, variable: Variable, at: Node | None) -> Constant:
        """The value of a constant inside a function or block."""
        name, changed = variable.name, module.changes.of(variable)
        if changed is not None:
            raise Unresolved(module, changed, f"{name} can have another value here")
        if variable.value is None:
            raise Unresolved(module, at, f"{name} is not a constant")
        key = (module.file, f"{name} {variable.value.id}")
        if key in self._open:
            raise Unresolved(module, at, f"{name} is defined by itself")
        self._open.append(key)
        try:
            if variable.key is not None:
                return self._taken(module, variable.value, variable.key, at)
            return self.node(module, variable.value)
        finally:
            self._open.pop()

    def _taken(self, module: Module, value: Node, key: str, at: Node | None) -> Constant:
        """The value of `key` in `const { key } = value`."""
        held = self.node(module, value).known.value
        if isinstance(held, dict) and key in held:
            return held[key]
        raise Unresolved(module, value if at is None else at, f"{text_of(value)} has no {key}")

    def _named(self, module: Module, name: str, at: Node | None) -> Constant:
        if name in module.constants:
            return self.node(module, module.constants[name])
        if name in module.taken:
            return self._taken(module, *module.taken[name], at)
        if name in module.enums:
            return self._enum(module, module.enums[name])
        if name in module.imports:
            source, there = module.imports[name]
            at = module.sources[source] if at is None else at
            found = self._modules.beside(module, at, source)
            try:
                return self.exported(found, there)
            except Unresolved as error:
                if error.line is None and error.file == found.file:
                    message = f"comes from '{source}', which {error.message}"
                    raise Unresolved(module, at, message) from None
                raise
        raise Unresolved(module, at, f"{name} is not a constant of this file")

    def exported(self, module: Module, name: str) -> Constant:
        """The value of a name that a module exports; `*` is all of them."""
        if name == "*":
            names = {each: self._or_unresolved(module, each) for each in self._all(module)}
            return Constant(names, module.file, 1, 1)
        if name in module.exports:
            source, inner = module.exports[name]
            if source is None:
                return self.name(module, inner)
            return self.exported(self._modules.from_statement(module, source), inner)
        for source in module.all_of:
            there = self._modules.from_statement(module, source)
            if name in there.exports or there.all_of:
                return self.exported(there, name)
        raise Unresolved(module, None, f"does not export {name}")

    def _all(self, module: Module) -> list[str]:
        """The names that a module exports, those of `export *` with them."""
        names, pending = dict.fromkeys(module.exports), [module]
        seen = {module.file}
        while pending:
            at = pending.pop()
            for source in at.all_of:
                there = self._modules.from_statement(at, source)
                if there.file not in seen:
                    seen.add(there.file)
                    pending.append(there)
                    names |= dict.fromkeys(each for each in there.exports if each != "default")
        return list(names)

    def _or_unresolved(self, module: Module, name: str) -> Constant:
        try:
            return self.exported(module, name)
        except Unresolved as error:
            return Constant(error, module.file, 1, 1)

    def node(self, module: Module, node: Node) -> Constant:
        """The value of an expression.

        Raises:
            Unresolved: the expression is none of the known forms, or has too many values.
            TooMuch: the app takes more than it may.
        """
        self._modules.allowance.look(module.file)
        value = self._value(module, node)
        if isinstance(value, Constant):
            return value
        size = 1 + sum(each.size for each in _held(value))
        if size > ENTRIES:
            raise Unresolved(module, node, f"has more than {ENTRIES:,} values")
        return Constant(value, module.file, *module.place(node), size=size)

    def _value(self, module: Module, node: Node) -> Literal | Constant:
        inner = bare(node)
        if inner != node:
            return self.node(module, inner)
        kind = node.type
        if kind == "string":
            return string_of(module, node)
        if kind == "template_string":
            if any(child.type == "template_substitution" for child in node.named_children):
                raise Unresolved(module, node, "is a text with holes")
            return string_of(module, node)
        if kind == "number":
            return number_of(module, node, text_of(node))
        if kind == "unary_expression" and text_of(node)[:1] in "+-":
            inner_node = node.child_by_field_name("argument")
            if inner_node is not None and inner_node.type == "number":
                sign = -1 if text_of(node).startswith("-") else 1
                return sign * number_of(module, node, text_of(inner_node))
        if kind in ("true", "false"):
            return kind == "true"
        if kind in ("null", "undefined"):
            return None
        if kind == "array":
            return self._array(module, node)
        if kind == "object":
            return self._object(module, node)
        if kind in ("identifier", "shorthand_property_identifier"):
            return self.name(module, text_of(node), node)
        if kind in ("member_expression", "subscript_expression"):
            return self._member(module, node)
        if kind == "call_expression":
            return self._call(module, node)
        raise Unresolved(module, node, f"is a {kind.replace('_', ' ')}, not a constant")

    def _call(self, module: Module, node: Node) -> Literal | Constant:
        called = text_of(node.child_by_field_name("function"))
        arguments = node.child_by_field_name("arguments")
        given = (
            content(arguments) if arguments is not None and arguments.type == "arguments" else []
        )
        if called not in _FUNCTIONS or len(given) != 1:
            raise Unresolved(module, node, f"calls {called}, which is not run")
        held = self.node(module, given[0]).known
        if called == "Object.freeze":
            return held
        if not isinstance(held.value, dict):
            raise Unresolved(module, given[0], "is not an object")
        if called == "Object.values":
            return list(held.value.values())
        return [Constant(key, module.file, *module.place(node)) for key in held.value]

    def _array(self, module: Module, node: Node) -> list[Constant]:
        items: list[Constant] = []
        for child in content(node):
            if child.type == "spread_element":
                spread = self.node(module, child.named_children[0]).known
                if not isinstance(spread.value, list):
                    raise Unresolved(module, child, "spreads something that is not a list")
                items += spread.value
            else:
                items.append(self.node(module, child))
            if len(items) > ENTRIES:
                raise Unresolved(module, node, f"has more than {ENTRIES:,} values")
        return items

    def _object(self, module: Module, node: Node) -> dict[str, Constant]:
        fields: dict[str, Constant] = {}
        for child in content(node):
            if child.type == "pair":
                key_node = child.child_by_field_name("key")
                key = self._key(module, key_node)
                value = child.child_by_field_name("value")
                assert value is not None
                named = self._field(module, value)
                fields[key] = replace(named, key=self._key_constant(module, key_node, key))
            elif child.type == "shorthand_property_identifier":
                fields[text_of(child)] = self._field(module, child)
            elif child.type == "method_definition":
                key = self._key(module, child.child_by_field_name("name"))
                error = Unresolved(module, child, "is a function, not a constant")
                fields[key] = Constant(error, module.file, *module.place(child))
            elif child.type == "spread_element":
                spread = self.node(module, child.named_children[0]).known
                if not isinstance(spread.value, dict):
                    raise Unresolved(module, child, "spreads something that is not an object")
                fields |= spread.value
            else:
                raise Unresolved(module, child, f"is a {child.type.replace('_', ' ')}")
        return fields

    def _field(self, module: Module, node: Node) -> Constant:
        try:
            return self.node(module, node)
        except Unresolved as error:
            return Constant(error, module.file, *module.place(node))

    def _key(self, module: Module, node: Node | None) -> str:
        assert node is not None
        if node.type == "property_identifier":
            return text_of(node)
        if node.type == "computed_property_name":
            node = node.named_children[0]
        found = self.node(module, node).known.value
        if isinstance(found, str):
            return found
        if isinstance(found, Decimal):
            return str(found)
        raise Unresolved(module, node, "is not a text, as a key must be")

    def _key_constant(self, module: Module, node: Node | None, key: str) -> Constant:
        """A key as a value: where it is computed, the constant that it is."""
        assert node is not None
        if node.type == "computed_property_name":
            return self.node(module, node.named_children[0])
        return Constant(key, module.file, *module.place(node))

    def _member(self, module: Module, node: Node) -> Constant:
        target = node.child_by_field_name("object")
        assert target is not None
        holder = self.node(module, target).known
        if node.type == "member_expression":
            name = text_of(node.child_by_field_name("property"))
        else:
            index = node.child_by_field_name("index")
            assert index is not None
            found = self.node(module, index).known.value
            if isinstance(found, Decimal) and isinstance(holder.value, list):
                if 0 <= int(found) < len(holder.value):
                    return holder.value[int(found)]
                raise Unresolved(module, node, f"has no item {found}")
            if not isinstance(found, str):
                raise Unresolved(module, index, "is not a text")
            name = found
        if isinstance(holder.value, dict) and name in holder.value:
            return holder.value[name]
        raise Unresolved(module, node, f"{text_of(target)} has no {name}")

    def _enum(self, module: Module, node: Node) -> Constant:
        body = node.child_by_field_name("body")
        fields: dict[str, Constant] = {}
        following = Decimal(0)
        for child in body.named_children if body is not None else []:
            if child.type == "enum_assignment":
                name = self._key(module, child.child_by_field_name("name"))
                value_node = child.child_by_field_name("value")
                assert value_node is not None
                fields[name] = self.node(module, value_node)
                number = fields[name].value
                if isinstance(number, Decimal):
                    following = number + 1
            elif child.type != "comment":
                name = self._key(module, child)
                fields[name] = Constant(following, module.file, *module.place(child))
                following += 1
        return Constant(fields, module.file, *module.place(node))


def _held(value: Literal) -> Iterable[Constant]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
