"""Reads the top-level statements of a file: imports, exports and declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tree_sitter import Node

from clerkstack.app.expressions import PROPS
from clerkstack.app.facts_of_files import Ir
from clerkstack.app.scopes import SCOPES, bound
from clerkstack.app.syntax import EXPORTS, FUNCTIONS, LOADED, VARIABLES, bare, content
from clerkstack.app.words import IDENTIFIER

if TYPE_CHECKING:
    from clerkstack.app.onepass import Pass

_REQUIRE = re.compile(r"require\s*\(\s*([\"'`])([^\"'`\n]{1,300})\1\s*\)")
_LOADED = re.compile(LOADED)
_MOST_NAMES = 200
_FORMS = {
    **dict.fromkeys(("class", "class_declaration", "abstract_class_declaration"), "a class"),
    **dict.fromkeys(("internal_module", "module"), "a namespace"),
}
_CLASSES = frozenset({"class_declaration", "abstract_class_declaration"})
_NAMED = _CLASSES | {
    "function_declaration",
    "generator_function_declaration",
    "enum_declaration",
}


def statements(node: Node) -> Iterator[Node]:
    """Yield the top-level statements, including those inside an error."""
    for child in node.named_children:
        if child.type == "ERROR":
            yield from statements(child)
        else:
            yield child


def read_statement(at: Pass, node: Node) -> None:
    """Record what a statement imports, exports or declares."""
    kind, name = node.type, at.source.of(node.child_by_field_name("name"))
    if kind == "import_statement":
        _import(at, node)
    elif kind == "export_statement":
        _export(at, node)
    elif kind in VARIABLES:
        _variables(at, node)
    elif kind in _NAMED:
        at.exp.reference(name, at.top)
        if kind in _CLASSES:
            at.facts.types[name] = ["K", name]
        elif kind == "enum_declaration":
            _own(at, node, name)
            at.facts.types[name] = ["U", name]
    elif kind in ("type_alias_declaration", "interface_declaration"):
        value = node.child_by_field_name("value") or node.child_by_field_name("body")
        found = at.exp.type(value, at.top, {})
        if found is not None:
            at.facts.types[name] = found
    elif kind == "expression_statement" and content(node):
        assigned = content(node)[0]
        left = at.source.of(assigned.child_by_field_name("left"))
        if at.source.short(assigned.child_by_field_name("function")) in PROPS:
            at.exp.of(assigned, at.top)
        elif assigned.type == "assignment_expression" and EXPORTS.match(left):
            _unread(at, node, "an export of CommonJS", behind=True)
            _common(at, assigned, left)


def _common(at: Pass, node: Node, left: str) -> None:
    """`module.exports = …`, `exports.may = …`."""
    value = node.child_by_field_name("right")
    while value is not None and value.type == "assignment_expression":
        value = value.child_by_field_name("right")
    found = EXPORTS.match(left)
    name = left[found.end() :].strip(" .") if found is not None else ""
    if value is None or (name and not name.isidentifier()):
        return
    value = bare(value)
    _entry(at, name or "=", value)
    if name:
        return
    at.facts.common["default"] = at.facts.common["="]
    for entry in content(value) if value.type == "object" else ():
        key, held = at.source.key(entry), entry.child_by_field_name("value")
        if key:
            _entry(at, key, held or entry)
        elif entry.type == "spread_element":  # ...require('./gates')
            found = _REQUIRE.search(at.source.short(entry))
            at.facts.all_of += [] if found is None else [found.group(2)]


def _entry(at: Pass, name: str, value: Node) -> None:
    """Record one CommonJS export."""
    if value.type in ("identifier", "shorthand_property_identifier"):
        at.facts.common[name] = at.exp.reference(at.source.of(value), at.top)
        return
    inner = f"exports.{name}"
    at.exp.name_function(value, "default" if name == "=" else name)
    at.facts.constants[inner] = at.exp.of(value, at.top)
    at.facts.common[name] = inner


def _required(at: Pass, pattern: Node, value: Node) -> bool:
    """Record `const { may } = require('./may')` as an import."""
    found = _REQUIRE.fullmatch(at.source.short(value))
    if found is None:
        return False
    source, names = found.group(2), {}
    if pattern.type == "identifier":
        names[at.source.of(pattern)] = "*"
    for each in content(pattern) if pattern.type == "object_pattern" else ():
        inner = each.child_by_field_name("value") or each
        if not inner.type.endswith(("identifier", "identifier_pattern")):
            return False
        names[at.source.of(inner)] = at.source.key(each) or at.source.of(inner)
    at.facts.sources.setdefault(source, at.source.place(value))
    at.facts.imports |= {local: [source, name] for local, name in names.items()}
    at.exp.required |= {*names}
    return bool(names)


def _variables(at: Pass, node: Node) -> None:
    for child in node.named_children:
        pattern, value = child.child_by_field_name("name"), child.child_by_field_name("value")
        if pattern is None or (value is not None and _required(at, pattern, value)):
            continue
        for number, (name_node, _) in enumerate(bound(pattern, at.source)):
            if number % 256 == 255:
                at.go_on()
            name = at.source.of(name_node)
            at.exp.reference(name, at.top)
            if value is not None:
                _own(at, value, name)
                loaded = _LOADED.findall(at.source.short(value))
                if loaded:
                    at.facts.loads[name] = [source for _, source in loaded]
                if _is_fixed(at, value, child.child_by_field_name("type")):
                    at.facts.fixed.append(name)
        if value is not None and pattern.type == "identifier":
            _inside(at, value, at.source.of(pattern))


def _is_fixed(at: Pass, value: Node, annotation: Node | None) -> bool:
    """Whether a constant is declared immutable."""
    if value.type == "as_expression" and at.source.of(value).endswith("const"):
        return True
    called = at.source.short(value.child_by_field_name("function"))
    readonly = re.search(r"\b[rR]eadonly", at.source.of(annotation))
    return value.type == "satisfies_expression" or called == "Object.freeze" or bool(readonly)


def _own(at: Pass, node: Node, name: str) -> None:
    at.facts.owned.append([at.source.place(node), at.source.place_after(node), name])


def _inside(at: Pass, value: Node, name: str) -> None:
    """Record possible plans in a constant whose value is unknown."""
    inner = bare(value)
    if inner.type not in FUNCTIONS and inner.type not in ("string", "number", "class"):
        at.facts.inside[name] = [_names_in(at, inner), _plans_in(at, inner)]


def _names_in(at: Pass, node: Node) -> list[str]:
    names = dict.fromkeys(IDENTIFIER.findall(at.source.of(node)))
    return [it for it in names if it in at.top.names or it in at.facts.imports][:_MOST_NAMES]


def _plans_in(at: Pass, node: Node, *, inside: bool = True) -> list[Ir]:
    """Return the place and slug of each object with slug and features."""
    text = at.source.text
    if any(text.find(word, node.start_byte, node.end_byte) < 0 for word in (b"slug", b"features")):
        return []
    found: list[Ir] = []
    pending = [(node, at.top)]
    while pending:
        each, scope = pending.pop()
        if each.type in FUNCTIONS and not inside:
            continue
        if each.type in SCOPES:
            scope = at.exp.entered(each, scope)
        if each.type == "object":
            fields = {at.source.key(child) or "": child for child in content(each)}
            if {"slug", "features"} <= fields.keys():
                slug = fields["slug"].child_by_field_name("value") or fields["slug"]
                found.append([at.source.place(each), at.exp.of(slug, scope)])
        pending += [
            (child, scope)
            for child in reversed(each.named_children)
            if text.find(b"slug", child.start_byte, child.end_byte) >= 0
        ]
    return found


def _unread(at: Pass, node: Node, form: str, *, behind: bool) -> None:
    names = _names_in(at, node) if behind else []
    plans = _plans_in(at, node, inside=behind)
    if plans or names:
        at.facts.unread.append([at.source.place(node), form, names, plans])


def _import(at: Pass, node: Node) -> None:
    source = _text(at, node.child_by_field_name("source"))
    imports = at.facts.imports
    at.facts.sources.setdefault(source, at.source.place(node))
    clauses = [each for each in node.named_children if each.type == "import_clause"]
    for child in (child for clause in clauses for child in clause.named_children):
        if child.type == "identifier":
            imports[at.source.of(child)] = [source, "default"]
        elif child.type == "namespace_import" and content(child):
            imports[at.source.of(content(child)[0])] = [source, "*"]
        for specifier in child.named_children if child.type == "named_imports" else ():
            name = _text_or_name(at, specifier.child_by_field_name("name"))
            alias = specifier.child_by_field_name("alias")
            imports[name if alias is None else at.source.of(alias)] = [source, name]


def _export(at: Pass, node: Node) -> None:
    facts = at.facts
    declaration = node.child_by_field_name("declaration")
    value = node.child_by_field_name("value")
    words = {child.type for child in node.children}
    if declaration is not None:
        _declared(at, node, declaration, is_default="default" in words)
        return
    named = node.child_by_field_name("source")
    source = None if named is None else _text(at, named)
    if source is not None:
        facts.sources.setdefault(source, at.source.place(node))
    for clause in node.named_children:
        for specifier in clause.named_children if clause.type == "export_clause" else ():
            _specifier(at, specifier, source, is_type="type" in words)
        if clause.type == "namespace_export" and source is not None and content(clause):
            facts.exports[_text_or_name(at, content(clause)[0])] = [source, "*"]
    if value is not None:
        _default(at, value)
    if source is not None and not words & {"export_clause", "namespace_export"}:
        facts.all_of.append(source)
    elif value is None and "=" in words:
        _unread(at, node, "an export of CommonJS", behind=True)
        if content(node):  # export = may
            _entry(at, "=", bare(content(node)[0]))
            at.facts.common["default"] = at.facts.common["="]


def _specifier(at: Pass, specifier: Node, source: str | None, *, is_type: bool) -> None:
    name = specifier.child_by_field_name("name")
    if specifier.type != "export_specifier" or name is None:
        return
    alias = _text_or_name(at, specifier.child_by_field_name("alias") or name)
    entry = [source, _text_or_name(at, name)]
    if is_type or any(child.type == "type" for child in specifier.children):
        at.facts.types.setdefault(alias, ["X", *entry])
    else:
        at.facts.exports[alias] = entry


def _declared(at: Pass, node: Node, declaration: Node, *, is_default: bool) -> None:
    facts, kind = at.facts, declaration.type
    read_statement(at, declaration)
    for each in declaration.named_children if kind in VARIABLES else ():
        pattern = each.child_by_field_name("name")
        for name_node, steps in () if pattern is None else bound(pattern, at.source):
            name = at.source.of(name_node)
            if len(steps) < 2 and all(step.kind == "key" for step in steps):
                facts.exports[name] = [None, name]
            else:
                _unread(at, node, "a pattern", behind=True)
    name = at.source.of(declaration.child_by_field_name("name"))
    if kind in _FORMS:
        _unread(at, node, _FORMS[kind], behind=False)
    if name and kind in _NAMED:
        facts.exports["default" if is_default else name] = [None, name]


def _default(at: Pass, value: Node) -> None:
    """`export default …`."""
    if value.type in _FORMS:
        _unread(at, value, _FORMS[value.type], behind=False)
    at.facts.exports["default"] = [None, "default"]
    at.exp.name_function(value, "default")
    value = at.exp.component_of(value)
    at.facts.constants["default"] = at.exp.of(value, at.top)
    _own(at, value, "default")
    _inside(at, value, "default")


def _text(at: Pass, node: Node | None) -> str:
    return "" if node is None else "".join(at.source.of(child) for child in node.named_children)


def _text_or_name(at: Pass, node: Node | None) -> str:
    is_text = node is not None and node.type == "string"
    return _text(at, node) if is_text else at.source.of(node)
