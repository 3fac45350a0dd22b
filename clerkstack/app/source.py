"""TypeScript modules as trees: their constants, enums, imports and exports. Nothing is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

_LANGUAGES = {
    ".tsx": Language(tree_sitter_typescript.language_tsx()),
    "": Language(tree_sitter_typescript.language_typescript()),
}
_ENDINGS = ("", ".ts", ".tsx", ".mts", ".js", "/index.ts", "/index.tsx")


class Unresolved(Exception):
    """Something in the source whose value can't be told without running it."""

    def __init__(self, file: Path, node: Node | None, message: str) -> None:
        self.file = file
        self.line = node.start_point.row + 1 if node is not None else None
        self.column = node.start_point.column + 1 if node is not None else None
        self.message = message
        super().__init__(message)


@dataclass
class Module:
    """One file. `constants` are initializers by name; `imports` and `exports` are by the name
    that others use, as (file, name there)."""

    file: Path
    root: Node
    constants: dict[str, Node] = field(default_factory=dict)
    enums: dict[str, Node] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    exports: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    all_of: list[str] = field(default_factory=list)


class Modules:
    """The modules that one file reaches by relative imports, each read once."""

    def __init__(self) -> None:
        self._read: dict[Path, Module] = {}

    def read(self, file: Path) -> Module:
        """The module of a file.

        Raises:
            Unresolved: there is no such file, or it is not TypeScript.
        """
        file = file.resolve()
        if file not in self._read:
            self._read[file] = _parsed(file)
        return self._read[file]

    def beside(self, module: Module, node: Node, source: str) -> Module:
        """The module that `module` imports from `source`."""
        if not source.startswith("."):
            raise Unresolved(
                module.file, node, f"comes from '{source}', and only relative imports are followed"
            )
        base = module.file.parent / source
        plain = base.with_suffix("") if base.suffix in (".js", ".mjs") else base
        for ending in _ENDINGS:
            for start in (base, plain):
                candidate = Path(f"{start}{ending}")
                if candidate.is_file():
                    return self.read(candidate)
        raise Unresolved(module.file, node, f"comes from '{source}', and there is no such file")


def _parsed(file: Path) -> Module:
    try:
        text = file.read_bytes()
    except OSError:
        raise Unresolved(file, None, "there is no such file") from None
    language = _LANGUAGES.get(file.suffix, _LANGUAGES[""])
    root = Parser(language).parse(text).root_node
    if root.has_error:
        raise Unresolved(file, _first_error(root), "is not TypeScript")
    module = Module(file, root)
    for node in root.named_children:
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
    elif node.type == "lexical_declaration":
        for name, value in _declared(node):
            module.constants[name] = value
    elif node.type == "enum_declaration":
        module.enums[text_of(node.child_by_field_name("name"))] = node


def _declared(node: Node) -> list[tuple[str, Node]]:
    found = []
    for each in node.named_children:
        name, value = each.child_by_field_name("name"), each.child_by_field_name("value")
        if name is not None and name.type == "identifier" and value is not None:
            found.append((text_of(name), value))
    return found


def _import(module: Module, node: Node) -> None:
    source = _string(node.child_by_field_name("source"))
    for specifier in _all(node, "import_specifier"):
        name = text_of(specifier.child_by_field_name("name"))
        alias = specifier.child_by_field_name("alias")
        module.imports[text_of(alias) if alias is not None else name] = (source, name)
    for star in _all(node, "namespace_import"):
        module.imports[text_of(star.named_children[0])] = (source, "*")
    for clause in _all(node, "import_clause"):
        for child in clause.named_children:
            if child.type == "identifier":
                module.imports[text_of(child)] = (source, "default")


def _export(module: Module, node: Node) -> None:
    declaration = node.child_by_field_name("declaration")
    if declaration is not None:
        _statement(module, declaration)
        if declaration.type == "lexical_declaration":
            for name, _ in _declared(declaration):
                module.exports[name] = (None, name)
        elif declaration.type == "enum_declaration":
            name = text_of(declaration.child_by_field_name("name"))
            module.exports[name] = (None, name)
        return
    source_node = node.child_by_field_name("source")
    source = _string(source_node) if source_node is not None else None
    specifiers = list(_all(node, "export_specifier"))
    for specifier in specifiers:
        name = text_of(specifier.child_by_field_name("name"))
        alias = specifier.child_by_field_name("alias")
        module.exports[text_of(alias) if alias is not None else name] = (source, name)
    value = node.child_by_field_name("value")
    if value is not None:
        module.constants["default"] = value
        module.exports["default"] = (None, "default")
    if source is not None and not specifiers:
        module.all_of.append(source)


def _all(node: Node, kind: str) -> list[Node]:
    found = [node] if node.type == kind else []
    for child in node.named_children:
        found += _all(child, kind)
    return found


def _string(node: Node | None) -> str:
    return "".join(text_of(child) for child in node.named_children) if node is not None else ""


def text_of(node: Node | None) -> str:
    """The source text of a node."""
    return node.text.decode() if node is not None and node.text is not None else ""
