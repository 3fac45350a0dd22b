"""TypeScript modules as trees: their constants, enums, imports and exports. Nothing is run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import tree_sitter_typescript
from tree_sitter import Language, Node

from clerkstack.app.changes import Changes
from clerkstack.app.grammar import tree
from clerkstack.app.reading import Allowance, NotRead, read
from clerkstack.app.scopes import taken
from clerkstack.app.syntax import content, every, text_of

_LANGUAGES = {
    **dict.fromkeys(
        (".tsx", ".jsx", ".js", ".mjs", ".cjs"), Language(tree_sitter_typescript.language_tsx())
    ),
    "": Language(tree_sitter_typescript.language_typescript()),
}
_VARIABLES = ("lexical_declaration", "variable_declaration")
SCRIPTS = frozenset({".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"})


@dataclass(eq=False)
class Module:
    """One file. `constants` are initializers by name; `imports` and `exports` are by the name
    that others use, as (file, name there). Exported types are left out: they have no values."""

    file: Path
    root: Node
    lines: list[bytes]
    constants: dict[str, Node] = field(default_factory=dict)
    # What `const { a, b: c } = …` takes out of a value: by name, that value and the member's name.
    taken: dict[str, tuple[Node, str]] = field(default_factory=dict)
    enums: dict[str, Node] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    exports: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    all_of: list[str] = field(default_factory=list)
    # Of each file that is imported or exported from: the first statement that does.
    sources: dict[str, Node] = field(default_factory=dict)
    # Where names are declared that can be given another value (`let`, `var`).
    variable: dict[str, Node] = field(default_factory=dict)
    # What was written before the text of the first line to make it an expression (JSON).
    lead: int = 0

    @cached_property
    def changes(self) -> Changes:
        """What the code changes later, and which variable a name means at its place."""
        return Changes(self.root)

    @property
    def changed(self) -> dict[str, Node]:
        """Where a name of the file is given another value, or its value is changed in place."""
        return {**self.changes.names, **self.variable}

    @property
    def text(self) -> bytes:
        """The whole text."""
        return self.root.text or b""

    def place(self, node: Node) -> tuple[int, int]:
        """Line and column of a node, both from 1, the column in characters."""
        return self._counted(*node.start_point)

    def place_after(self, node: Node) -> tuple[int, int]:
        """Line and column right behind a node."""
        return self._counted(*node.end_point)

    def _counted(self, row: int, column: int) -> tuple[int, int]:
        lead = 0 if row else self.lead
        return row + 1, len(self.lines[row][: column - lead].decode()) + 1


class Unresolved(Exception):
    """Something in the source whose value can't be told without running it."""

    def __init__(self, where: Module | Path, node: Node | None, message: str) -> None:
        self.file = where.file if isinstance(where, Module) else where
        self.node = node
        self.line: int | None = None
        self.column: int | None = None
        if node is not None and isinstance(where, Module):
            self.line, self.column = where.place(node)
        self.message = message
        super().__init__(message)


def parsed(file: Path, root: Path | None, allowance: Allowance) -> Module:
    """The module in a file, TypeScript, JavaScript or JSON.

    Args:
        root: the app's checkout, resolved (see `reading.read`).
        allowance: what reading the app may still take.

    Raises:
        Unresolved: it may not be read, or can't be parsed.
        TooMuch: the app takes more than it may.
    """
    try:
        text = read(file, root).removeprefix(b"\xef\xbb\xbf")
        text.decode()
    except NotRead as error:
        raise Unresolved(file, None, str(error)) from None
    except UnicodeDecodeError:
        raise Unresolved(file, None, "is not UTF-8 text") from None
    allowance.keep(file, len(text))
    is_json = file.suffix == ".json"
    language = _LANGUAGES.get(file.suffix, _LANGUAGES[""])
    top = tree(language, b"(" + text + b")" if is_json else text)
    module = Module(file, top, text.split(b"\n"), lead=int(is_json))
    if top.has_error:
        raise Unresolved(module, _first_error(top), f"is not {'JSON' if is_json else 'TypeScript'}")
    if is_json:
        module.constants["default"] = content(content(top)[0])[0]
        module.exports["default"] = (None, "default")
        return module
    for node in top.named_children:
        _statement(module, node)
    return module


def _first_error(node: Node) -> Node:
    for child in node.children:
        if child.has_error or child.is_error or child.is_missing:
            return _first_error(child)
    return node


def _statement(module: Module, node: Node) -> None:
    if node.type == "import_statement":
        _import(module, node)
    elif node.type == "export_statement":
        _export(module, node)
    elif node.type in _VARIABLES:
        is_const = text_of(node.child_by_field_name("kind")) == "const"
        for name, value in _declared(node):
            module.constants[name] = value
            if not is_const:
                module.variable[name] = node
        if is_const:
            module.taken.update(_taken(node))
    elif node.type == "enum_declaration":
        module.enums[text_of(node.child_by_field_name("name"))] = node


def _taken(node: Node) -> Iterator[tuple[str, tuple[Node, str]]]:
    for each in node.named_children:
        value = each.child_by_field_name("value")
        if value is not None:
            for name, key in taken(each.child_by_field_name("name")):
                yield text_of(name), (value, key)


def _declared(node: Node) -> list[tuple[str, Node]]:
    found = []
    for each in node.named_children:
        name, value = each.child_by_field_name("name"), each.child_by_field_name("value")
        if name is not None and name.type == "identifier" and value is not None:
            found.append((text_of(name), value))
    return found


def _import(module: Module, node: Node) -> None:
    source = _string(node.child_by_field_name("source"))
    module.sources.setdefault(source, node)
    for specifier in every(node, "import_specifier"):
        name = text_of(specifier.child_by_field_name("name"))
        alias = specifier.child_by_field_name("alias")
        module.imports[text_of(alias) if alias is not None else name] = (source, name)
    for star in every(node, "namespace_import"):
        module.imports[text_of(star.named_children[0])] = (source, "*")
    for clause in every(node, "import_clause"):
        for child in clause.named_children:
            if child.type == "identifier":
                module.imports[text_of(child)] = (source, "default")


def _export(module: Module, node: Node) -> None:
    declaration = node.child_by_field_name("declaration")
    if declaration is not None:
        _statement(module, declaration)
        if declaration.type in _VARIABLES:
            patterns = [each.child_by_field_name("name") for each in declaration.named_children]
            taken_out = [text_of(name) for each in patterns for name, _ in taken(each)]
            for name in (*(each for each, _ in _declared(declaration)), *taken_out):
                module.exports[name] = (None, name)
        elif declaration.type == "enum_declaration":
            name = text_of(declaration.child_by_field_name("name"))
            module.exports[name] = (None, name)
        return
    if _is_type(node):
        return
    source_node = node.child_by_field_name("source")
    source = _string(source_node) if source_node is not None else None
    if source is not None:
        module.sources.setdefault(source, node)
    specifiers = [each for each in every(node, "export_specifier") if not _is_type(each)]
    for specifier in specifiers:
        name = text_of(specifier.child_by_field_name("name"))
        alias = specifier.child_by_field_name("alias")
        module.exports[text_of(alias) if alias is not None else name] = (source, name)
    value = node.child_by_field_name("value")
    if value is not None:
        module.constants["default"] = value
        module.exports["default"] = (None, "default")
    children = {child.type for child in node.named_children}
    for star in every(node, "namespace_export") if source is not None else ():
        module.exports[text_of(star.named_children[0])] = (source, "*")
    if source is not None and not children & {"export_clause", "namespace_export"}:
        module.all_of.append(source)


def _is_type(node: Node) -> bool:
    """`export type …`, `export { type X }`: no values."""
    return any(child.type == "type" for child in node.children)


def _string(node: Node | None) -> str:
    return "".join(text_of(child) for child in node.named_children) if node is not None else ""
