"""Turns the expressions and types of a syntax tree into lists (see `facts_of_files`),
unevaluated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from tree_sitter import Node

from clerkstack.app.clerk import COMPUTING
from clerkstack.app.facts_of_files import FileFacts, Ir
from clerkstack.app.scopes import Binding, Scope, Step, parameters
from clerkstack.app.syntax import FUNCTIONS, MEMBERS, Source, arguments_of, content

# Levels; no declaration is nested more deeply.
_DEEPEST = 60
# The most expressions and types of one file.
MOST = 150_000
# A function that returns something of Clerk's contains one of these words.
_OF_CLERK = re.compile(
    rb"\b(has|checkAuthorization\w*|\w*[aA]uth|\w*[sS]ession|Protect|Show|import|sessionClaims"
    rb"|\w*[mM]emberships?|useOrganization\w*|useUser|currentUser|useSubscription|usePlans)\b"
)
# Stands for an expression that is built after the rest of the file.
_NOT_YET: Ir = ["x", "is in a file that takes too long to read", 0]
_EITHER = {"??": ("left", "right"), "||": ("left", "right"), "&&": ("right",)}


class TooManyExpressions(Exception):
    """The file has too many expressions, or takes too long."""


class Expressions:
    """The expressions of one file.

    Args:
        source: the file's text.
        facts: receives the constants, functions and types that an expression needs.
        go_on: raises `TooManyExpressions` if the file takes too long.
        suffix: the suffix of the file's name.
    """

    def __init__(
        self, source: Source, facts: FileFacts, go_on: Callable[[], None], suffix: str
    ) -> None:
        self._source = source
        self._suffix = suffix
        self._facts = facts
        self._go_on = go_on
        self._left = MOST
        self._depth = 0
        self._pending: list[Callable[[], None]] = []
        # By the id of a function's node: the name by which it is called, and the call that it is
        # passed to.
        self.named: dict[int, str] = {}
        self.given_to: dict[int, tuple[Node, int, Scope]] = {}
        # By the id of a function's node: the prop that it is passed as.
        self.props: dict[int, str] = {}
        # The props of a single-file component, which its template uses by name.
        self.props_of: set[str] = set()
        self._component_id = _COMPONENT
        # Top-level constants with the result of `require`.
        self.required: set[str] = set()
        self.scopes: dict[int, Scope] = {}
        self._annotated: dict[int, Node] = {}
        self._assigned: set[str] = set()
        # The functions whose parameters were requested.
        self.asked: dict[str, str] = {}

    def finish(self) -> None:
        """Collect everything that the expressions so far need."""
        while self._pending:
            self._go_on()
            self._pending.pop()()

    def entered(self, node: Node, outer: Scope | None) -> Scope:
        """Return the scope that a node opens."""
        if node.id not in self.scopes:
            self.scopes[node.id] = Scope(node, outer, self._source, self._go_on)
        return self.scopes[node.id]

    def of(self, node: Node | None, scope: Scope) -> Ir:
        """Return an expression as a list."""
        if node is None:
            return ["z", 0]
        self._left -= 1
        if self._left % 256 == 0:
            self._go_on()
        if self._left < 0:
            raise TooManyExpressions
        if self._depth > _DEEPEST:
            return ["x", "is nested too deeply", self._source.place(node)]
        self._depth += 1
        try:
            return self._of(node, scope)
        finally:
            self._depth -= 1

    def _of(self, node: Node, scope: Scope) -> Ir:
        kind, place = node.type, self._source.place(node)
        if node.has_error and (kind == "ERROR" or node.is_missing):
            return ["x", "is not TypeScript", place]
        if kind in ("as_expression", "satisfies_expression", "type_assertion"):
            return self._cast(node, scope)
        if kind in ("parenthesized_expression", "non_null_expression"):
            return self.of(content(node)[0] if content(node) else None, scope)
        if kind == "string":
            return self.string(node)
        if kind == "template_string":
            holes = [each for each in node.named_children if each.type == "template_substitution"]
            if not holes:
                return self.string(node)
            hole, text = self._source.of(holes[0]), self._source.of(node)[1:-1]
            lost: Ir = ["x", "is a template string with expressions", place]
            if text in (hole, f"org:{hole}"):
                held = self.of(next(iter(content(holes[0])), None), scope)
                return held if text == hole else [*lost, held]  # `org:${role}`
            return lost
        if kind == "number":
            return ["n", self._source.of(node), place]
        if kind == "unary_expression":
            inner = node.child_by_field_name("argument")
            sign = self._source.of(node.child_by_field_name("operator"))
            if inner is not None and inner.type == "number" and sign in ("+", "-"):
                return ["n", sign.strip("+") + self._source.of(inner), place]
        elif kind in ("true", "false"):
            return ["b", kind == "true", place]
        elif kind in ("null", "undefined"):
            return ["z", place]
        elif kind == "array":
            return ["a", [self.item(each, scope) for each in content(node)], place]
        elif kind == "object":
            return self._object(node, scope)
        elif kind in ("identifier", "shorthand_property_identifier"):
            return ["r", self.reference(self._source.of(node), scope), place]
        elif kind in MEMBERS:
            return self._member(node, scope)
        elif kind == "call_expression":
            return self._call(node, scope)
        elif kind in FUNCTIONS:
            return ["f", self.function(node, scope), place]
        elif kind in ("ternary_expression", "binary_expression"):
            return self._either(node, scope)
        elif kind == "class":
            return ["r", self.class_of(node, scope), place]
        elif kind == "this":
            return self._this(scope, place)
        elif kind == "new_expression":
            found = ["x", "is a new expression, not a constant", place]
            given = arguments_of(node)
            made = self._source.short(node.child_by_field_name("constructor"))
            if given and made in ("Set", "Map"):
                entries = self.of(given[0], scope)
                if made == "Map" and entries[0] == "a":  # use its keys
                    pairs = [each[1] for each in entries[1] if each[0] == "a" and each[1]]
                    entries = ["a", [pair[0] for pair in pairs], entries[2]]
                found.append(entries)
                return found
            return ["i", self.of(node.child_by_field_name("constructor"), scope), place]
        elif kind == "await_expression":
            return ["w", self.of(content(node)[0] if content(node) else None, scope), place]
        return ["x", f"is {_named(kind)}, not a constant", place]

    def string(self, node: Node) -> Ir:
        """Return a text, or a template without expressions."""
        parts = []
        for child in node.named_children:
            part = self._source.of(child)
            if child.type == "escape_sequence":
                try:
                    part = part[1] if part[1:] in ("'", "`", "$") else json.loads(f'"{part}"')
                except ValueError:
                    message = f"{part} is an escape sequence that clerkstack does not read"
                    return ["x", message, self._source.place(child)]
            parts.append(part)
        return ["s", "".join(parts), self._source.place(node)]

    def reference(self, name: str, scope: Scope) -> str:
        """Return the id of the variable that a name refers to."""
        binding = scope.find(name)
        if binding is None:
            if name in self.props_of:
                props: Ir = ["p", self._component_id, 0, "props"]
                self._facts.constants.setdefault(name, ["d", props, ["s", name, 0], 0])
            elif name == "$$props" and self._suffix == ".svelte":
                self._facts.constants.setdefault(name, self._component(None))
            return name
        self.need(binding)
        return binding.id

    def need(self, binding: Binding) -> None:
        """Add a variable to the facts."""
        # The result of `require` is recorded as an import.
        if binding.id not in self._facts.constants and binding.id not in self.required:
            self._facts.constants[binding.id] = _NOT_YET
            self._pending.append(lambda: self._define(binding))

    def assign(self, binding: Binding, value: Node, scope: Scope) -> None:
        """Record a value that is assigned to a variable later."""
        name = binding.id.partition("@")[0]
        self._assigned.add(binding.id)
        held = self.of(value, scope)
        self._facts.constants[binding.id] = ["v", held, f"{name} is not a constant", 0]

    def _define(self, binding: Binding) -> None:
        if binding.id in self._assigned:
            return
        name = binding.id.partition("@")[0]
        facts, kind = self._facts, binding.kind
        where = "" if binding.id != name else " of this file"
        found: Ir = ["x", f"{name} is not a constant{where}", 0]
        if kind == "let" and self._is_prop(binding):
            found = self._prop(binding, name)
        elif kind in ("const", "let"):
            found = self._initial(binding)
            called = None if binding.base is None else binding.base.child_by_field_name("function")
            # Except Svelte's `let { plan } = $props()`.
            if kind == "let" and self._source.short(called) not in PROPS:
                why, place = f"{name} is not a constant", 0
                if binding.id == name:
                    why = f"{name} may have another value here"
                    place = self._source.place(binding.declared or binding.at)
                found = ["v", found, why, place]
        elif kind == "function" and binding.base is not None:
            found = ["f", self.function(binding.base, binding.scope), 0]
        elif kind in ("class", "abstract") and binding.base is not None:
            found = self._class(binding.base, binding.scope)
        elif kind == "enum" and binding.base is not None:
            found = self._enum(binding.base, binding.scope)
        elif kind == "param" and binding.base is not None:
            fid = self.function(binding.base, binding.scope.outer or binding.scope)
            self._parameters(fid, binding.base, binding.scope)
            found = ["q", fid, binding.index, name]
            if [step.kind for step in binding.steps] != ["rest"]:
                found = self._along(["p", fid, binding.index, name], binding)
        elif kind in ("each", "in") and binding.base is not None:
            outer = binding.scope.outer or binding.scope
            over = self.of(binding.base, outer)
            if kind == "in":
                keys = ["m", ["r", "Object", 0], ["s", "keys", 0], 0]
                over = ["c", keys, [over], self._source.place(binding.base), "Object.keys"]
            found = self._along(["e", over, name], binding)
        facts.constants[binding.id] = found

    def _is_prop(self, binding: Binding) -> bool:
        """Whether it is `export let plan` of Svelte 4."""
        above = None if binding.declared is None else binding.declared.parent
        is_exported = above is not None and above.type == "export_statement"
        return is_exported and self._suffix == ".svelte" and not binding.steps

    def _prop(self, binding: Binding, name: str) -> Ir:
        place = self._source.place(binding.at)
        found: Ir = ["d", self._component(None), ["s", name, place], 0]
        type_ = self.type(_inner(binding.type), binding.scope, {})
        if type_ is not None:
            types = self._facts.functions[_COMPONENT]["types"]
            types[0] = types[0] or ["o", [], place]
            types[0][1].append([name, place, type_])
        return found if binding.base is None else ["|", found, self.of(binding.base, binding.scope)]

    def _initial(self, binding: Binding) -> Ir:
        base, scope = binding.base, binding.scope
        base = base if base is None or binding.steps else self.component_of(base)
        if base is None:
            return ["x", f"{binding.id.partition('@')[0]} is not a constant", 0]
        if not binding.steps:
            if base.type in FUNCTIONS or base.type == "call_expression":
                self.name_function(base, binding.id.partition("@")[0], binding.type)
            found = self.of(base, scope)
            if binding.type is not None and found[0] in ("x", "r", "m", "c", "w", "?"):
                found = ["t", found, self.type(_inner(binding.type), scope, {})]
            return found
        whole = f"=@{base.start_byte}"
        if whole not in self._facts.constants:
            self._facts.constants[whole] = _NOT_YET
            self._facts.constants[whole] = self.of(base, scope)
        return self._along(["r", whole, self._source.place(base)], binding)

    def _along(self, found: Ir, binding: Binding) -> Ir:
        """Apply the steps of a pattern to a value."""
        place = self._source.place(binding.at)
        for step in binding.steps:
            found = self._step(found, step, binding.scope, place)
        return found

    def _step(self, found: Ir, step: Step, scope: Scope, place: int) -> Ir:
        if step.kind == "key":
            return ["d", found, ["s", step.key, place], 0]
        if step.kind == "index":
            return ["d", found, ["n", step.key, place], 0]
        if step.kind == "default":
            return ["|", found, self.of(step.node, scope)]
        rest = ["o", [["...", found, place]], place]
        return ["x", "is a rest element of a pattern, not a constant", 0, rest]

    def name_function(self, node: Node, name: str, annotation: Node | None = None) -> None:
        """Record a name for a function, or for the function inside a call such as `memo(…)`."""
        node = self.component_of(node)
        if node.type == "call_expression":
            given = arguments_of(node)
            node = next((each for each in given if each.type in FUNCTIONS), node)
        if node.type in FUNCTIONS:
            self.named.setdefault(node.id, name)
            if annotation is not None:
                self._annotated.setdefault(node.id, annotation)

    def component_of(self, node: Node) -> Node:
        """Return the setup function of a Vue component's options: `{ props, setup(props) { … }
        }`."""
        options = node
        if self._source.short(node.child_by_field_name("function")) == "defineComponent":
            options = next(iter(arguments_of(node)), node)
        elif self._suffix != ".vue":
            return node
        if options.type != "object":
            return node
        entries = {self._source.key(entry): entry for entry in content(options)}
        setup = entries.get("setup")
        found = None if setup is None else setup.child_by_field_name("value") or setup
        if found is None or found.type not in FUNCTIONS:
            return node
        props = entries["props"].child_by_field_name("value") if "props" in entries else None
        if self._suffix == ".vue":
            self._component_id = f"f@{found.start_byte}"
            names = (self._source.key(prop) or self._source.last(prop) for prop in content(props))
            self.props_of |= {name for name in names if name}
        return found

    def function(self, node: Node, scope: Scope) -> str:
        """Return the id of a function."""
        fid = f"f@{node.start_byte}"
        if fid not in self._facts.functions:
            names = [self._parameter_name(parameter) for parameter in parameters(node)]
            self._facts.functions[fid] = {"names": names}
            name = node.child_by_field_name("name")
            if name is not None:
                self.named.setdefault(node.id, self._source.of(name))
            call, *_ = self.given_to.get(node.id, (node,))
            gives = self._source.last(call.child_by_field_name("function")) in _GIVING_BACK
            if gives or _OF_CLERK.search(self._source.text, node.start_byte, node.end_byte):
                self._pending.append(lambda: self._returned(fid, node, scope))
        return fid

    def _parameter_name(self, node: Node) -> str:
        name = node.child_by_field_name("pattern") or node
        return self._source.of(name) if name.type == "identifier" else ""

    def _returned(self, fid: str, node: Node, outer: Scope) -> None:
        """Record what a function returns, if it may be something of Clerk's."""
        self._facts.functions[fid]["named"] = self.named.get(node.id)
        body = node.child_by_field_name("body")
        if body is None:
            return
        scope = self.entered(node, outer)
        found: list[Ir] = []
        if body.type != "statement_block":
            found.append(self.of(body, scope))
        pending = [(body, scope)] if body.type == "statement_block" else []
        while pending:
            at, scope = pending.pop()
            self._left -= 1
            if self._left < 0:
                raise TooManyExpressions
            if at.type == "return_statement":
                found += [self.of(each, scope) for each in content(at)]
            elif at.type.endswith(
                ("_statement", "block", "switch_body", "_case", "_default", "_clause")
            ):
                inner = self.entered(at, scope) if at.type in _BLOCKS else scope
                pending += [(child, inner) for child in reversed(at.named_children)]
        if found:
            given = found[0] if len(found) == 1 else ["?", "is what a function returns", found, 0]
            self._facts.functions[fid]["gives"] = given

    def _parameters(self, fid: str, node: Node, scope: Scope) -> None:
        """Record a function's parameters: by their types, or by its callers."""
        function = self._facts.functions[fid]
        if "types" in function:
            return
        name = self.named.get(node.id)
        function["name"] = name
        function["types"] = [
            self.type(
                _inner(parameter.child_by_field_name("type")), scope, _generics(node, self._source)
            )
            for parameter in parameters(node)
        ]
        props = self._annotated.get(node.id)
        if props is not None and function["types"] and function["types"][0] is None:
            function["types"][0] = self.type(_inner(props), scope, {})
        given = self.given_to.get(node.id)
        if given is not None:
            call, at, around = given
            callee = call.child_by_field_name("function") or call.child_by_field_name("name")
            if callee is not None:
                function["given"] = [self.of(callee, around), at]
                if name is None and callee.type == "identifier":
                    self.asked[fid] = self._source.of(callee)
        if node.id in self.props:
            function["prop"] = self.props[node.id]
        if name is not None:
            self.asked[fid] = name

    def _cast(self, node: Node, scope: Scope) -> Ir:
        inside = content(node)
        if not inside:
            return ["x", "is not TypeScript", self._source.place(node)]
        is_assertion = node.type == "type_assertion"
        value = self.of(inside[-1 if is_assertion else 0], scope)
        if node.type == "as_expression" and len(inside) > 1 and value[0] not in "snbzaof":
            return ["t", value, self.type(inside[1], scope, {})]
        return value

    def _either(self, node: Node, scope: Scope) -> Ir:
        kind, place = node.type, self._source.place(node)
        operator = self._source.of(node.child_by_field_name("operator"))
        names: tuple[str, ...] = ("consequence", "alternative")
        if kind == "binary_expression":
            names = _EITHER.get(operator, ())
        word = f"is {_named(kind)}, not a constant"
        sides = [node.child_by_field_name(name) for name in names]
        alternatives = [self.of(side, scope) for side in sides if side is not None]
        if operator == "+" and self._source.of(node.child_by_field_name("left"))[1:-1] == "org:":
            return ["x", word, place, self.of(node.child_by_field_name("right"), scope)]
        return ["?", word, alternatives, place] if alternatives else ["x", word, place]

    def item(self, node: Node, scope: Scope) -> Ir:
        """Return an item of a list, an argument, or a spread."""
        if node.type == "spread_element":
            inner = self.of(content(node)[0] if content(node) else None, scope)
            return ["...", inner, self._source.place(node)]
        return self.of(node, scope)

    def _object(self, node: Node, scope: Scope) -> Ir:
        entries: list[Ir] = []
        error = next((each for each in node.children if each.is_error or each.is_missing), None)
        if error is not None:
            return ["x", "is not TypeScript", self._source.place(error)]
        for child in content(node):
            place = self._source.place(child)
            if child.type == "spread_element":
                entries.append(self.item(child, scope))
            elif child.type == "shorthand_property_identifier":
                entries.append([self._source.of(child), place, self.of(child, scope)])
            elif child.type in ("pair", "method_definition"):
                key_node = child.child_by_field_name("key" if child.type == "pair" else "name")
                value = child.child_by_field_name("value") if child.type == "pair" else child
                if key_node is None or value is None:
                    return ["x", "is not TypeScript", place]
                name = self._source.key(child)
                if name is not None:
                    self.name_function(value, name)
                key = self._key(key_node, scope)
                entries.append([key, self._source.place(key_node), self.of(value, scope)])
            else:
                return ["x", f"is {_named(child.type)}", place]
        return ["o", entries, self._source.place(node)]

    def _key(self, node: Node, scope: Scope) -> str | Ir:
        if node.type in ("property_identifier", "private_property_identifier"):
            return self._source.of(node)
        if node.type == "computed_property_name":
            return self.of(content(node)[0] if content(node) else None, scope)
        return self.of(node, scope)

    def _member(self, node: Node, scope: Scope) -> Ir:
        target = self.of(node.child_by_field_name("object"), scope)
        place = self._source.place(node)
        if node.type == "member_expression":
            name = node.child_by_field_name("property")
            if self._suffix == ".astro" and self._source.of(node) == "Astro.props":
                return self._component(["R", "Props"])
            return ["m", target, ["s", self._source.of(name), place], place]
        index = node.child_by_field_name("index")
        if any(child.is_error for child in node.children):
            error = next(child for child in node.children if child.is_error)
            return ["x", "is not TypeScript", self._source.place(error)]
        return ["m", target, self.of(index, scope), place]

    def _call(self, node: Node, scope: Scope) -> Ir:
        callee, given = node.child_by_field_name("function"), arguments_of(node)
        arguments = node.child_by_field_name("arguments")
        text = self._source.short(callee)
        place = self._source.place(node)
        if arguments is not None and arguments.type == "template_string":  # styled(Gate)`…`
            return ["?", "is a template string with expressions", [self.of(callee, scope)], place]
        if text in PROPS:
            return self._props(node, given, scope)
        if text in _THROUGH and len(given) == 1 and given[0].type not in FUNCTIONS:
            return self.of(given[0], scope)
        if text == "toRef" and len(given) == 2:
            return ["m", self.of(given[0], scope), self.of(given[1], scope), place]
        for at, each in enumerate(given):
            if each.type in FUNCTIONS:
                self.given_to.setdefault(each.id, (node, at, scope))
        called = self.of(callee, scope)
        items = [self.item(each, scope) for each in given]
        found = ["c", called, items, place, text]
        if given and given[0].type == "arrow_function" and self._source.last(callee) in _MAPPING:
            body = given[0].child_by_field_name("body")
            if body is not None and body.type in _PLAIN:
                found.append(self.of(body, self.entered(given[0], scope)))
        return found

    def _props(self, node: Node, given: list[Node], scope: Scope) -> Ir:
        """Return the props of a single-file component: `defineProps<{ plan: string }>()`."""
        first = given[0] if given else None
        if first is not None and first.type == "call_expression":  # withDefaults(defineProps(…))
            return self.of(first, scope)
        written = content(node.child_by_field_name("type_arguments"))
        type_ = self.type(written[0], scope, {}) if written else None
        fields = type_ or self.of(first, scope)
        if fields[0] == "R":
            fields = self._facts.types.get(fields[1], fields)
        if fields[0] == "o":
            self.props_of |= {each[0] for each in fields[1] if isinstance(each[0], str)}
        elif fields[0] == "a":
            self.props_of |= {each[1] for each in fields[1] if each[0] == "s"}
        return self._component(type_)

    def _component(self, type_: Ir | None) -> Ir:
        """Return the props of the file's component."""
        found = {"names": ["props"], "types": [type_], "name": "default", "named": "default"}
        self._facts.functions.setdefault(_COMPONENT, found)
        self._facts.exports.setdefault("default", [None, "default"])
        self._facts.constants.setdefault("default", ["f", _COMPONENT, 0])
        self.asked[_COMPONENT] = "default"
        return ["p", _COMPONENT, 0, "props"]

    def class_of(self, node: Node, scope: Scope) -> str:
        """Return the id of a class."""
        name = self._source.of(node.child_by_field_name("name"))
        binding = scope.find(name) if name and node.type != "class" else None
        if binding is not None and binding.base == node:
            self.need(binding)
            return binding.id
        made = f"class@{node.start_byte}"
        if made not in self._facts.constants:
            constants = self._facts.constants
            constants[made] = _NOT_YET
            self._pending.append(lambda: constants.update({made: self._class(node, scope)}))
        return made

    def _this(self, scope: Scope, place: int) -> Ir:
        """Return `this` in a method or in an arrow function of a field."""
        around = scope
        for _ in range(_DEEPEST):
            if around.outer is None:
                break
            node, around = around.node, around.outer
            if node.type not in FUNCTIONS:
                continue
            member = node if node.type == "method_definition" else node.parent
            if member is not None and member.type in _MEMBER:
                body = member.parent
                if body is None or body.type != "class_body" or body.parent is None:
                    break
                found: Ir = ["r", self.class_of(body.parent, around), 0]
                return found if _is_static(member) else ["i", found, place]
            if node.type != "arrow_function":
                break
        return ["x", "is `this`, not a constant", place]

    def _class(self, node: Node, scope: Scope) -> Ir:
        place = self._source.place(node)
        statics: list[Ir] = []
        own: list[Ir] = []
        for heritage in (child for child in node.named_children if child.type == "class_heritage"):
            for clause in heritage.named_children:
                if clause.type == "extends_clause" and content(clause):
                    above = self.of(content(clause)[0], scope)
                    statics.append(["...", above, place])
                    own.append(["...", ["i", above, place], place])
        if not own:  # assigned elsewhere
            own.append(["...", ["x", "is `this`, not a constant", place], place])
        for member in content(node.child_by_field_name("body")):
            key = member.child_by_field_name("name")
            if member.type not in _MEMBER or key is None:
                continue
            if self._source.of(key) == "constructor":
                own += self._constructed(member, scope)
                continue
            value: Ir
            if member.type == "method_definition":
                value = ["f", self.function(member, scope), self._source.place(member)]
                if any(child.type == "get" for child in member.children):
                    value = ["c", value, [], self._source.place(member), self._source.of(key)]
            else:
                held, type_ = (member.child_by_field_name(each) for each in ("value", "type"))
                name = self._source.of(key)
                if held is not None:
                    self.name_function(held, name, type_)
                    value = self.of(held, scope)
                else:
                    value = ["x", f"{name} is not a constant", self._source.place(member)]
                if type_ is not None and value[0] in "xrmcw?":
                    value = ["t", value, self.type(_inner(type_), scope, {})]
            entry = [self._key(key, scope), self._source.place(key), value]
            (statics if _is_static(member) else own).append(entry)
        return ["C", ["o", statics, place], ["o", own, place], place]

    def _constructed(self, node: Node, scope: Scope) -> list[Ir]:
        """Return the members that a constructor creates: `private has: Has`, `this.has = has`."""
        inner, found = self.entered(node, scope), []
        for parameter in parameters(node):
            name = self._parameter_name(parameter)
            words = {child.type for child in parameter.children}
            if name and words & {"accessibility_modifier", "readonly", "override_modifier"}:
                place = self._source.place(parameter)
                found.append([name, place, ["r", self.reference(name, inner), place]])
        for each in content(node.child_by_field_name("body")):
            inside = content(each) if each.type == "expression_statement" else []
            made = inside[0] if inside else each
            left, right = (made.child_by_field_name(side) for side in ("left", "right"))
            held = None if left is None else left.child_by_field_name("object")
            if made.type == "assignment_expression" and held is not None and held.type == "this":
                body = self.entered(node.child_by_field_name("body") or node, inner)
                place = self._source.place(made)
                found.append([self._source.last(left), place, self.of(right, body)])
        return found

    def _enum(self, node: Node, scope: Scope) -> Ir:
        entries: list[Ir] = []
        for child in content(node.child_by_field_name("body")):
            name, value = child, None
            if child.type == "enum_assignment":
                name = child.child_by_field_name("name") or child
                value = child.child_by_field_name("value")
            inner = None if value is None else self.of(value, scope)
            entries.append([self._key(name, scope), self._source.place(child), inner])
        return ["u", entries, self._source.place(node)]

    def type(self, node: Node | None, scope: Scope, generics: dict[str, Node]) -> Ir | None:
        """Return a type as a list; None if its values are unknown."""
        if node is None:
            return None
        self._left -= 1
        if self._left < 0:
            raise TooManyExpressions
        if self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            return self._type(node, scope, generics)
        finally:
            self._depth -= 1

    def _type(self, node: Node, scope: Scope, generics: dict[str, Node]) -> Ir | None:
        def inner(each: Node) -> Ir | None:
            return self.type(each, scope, generics)

        def known(each: Node) -> Ir:
            return inner(each) or ["x", "is of another type", self._source.place(each)]

        kind, parts, place = node.type, content(node), self._source.place(node)
        if kind in ("parenthesized_type", "readonly_type", "type_annotation") and parts:
            return inner(parts[0])
        if kind in ("literal_type", "type_query") and parts:
            return self.of(parts[0], scope)
        if kind == "template_literal_type" and not any(
            child.type == "template_type" for child in node.named_children
        ):
            return self.string(node)
        if kind == "union_type":
            return ["?", "is one of several", [known(part) for part in parts], place]
        if kind == "type_identifier":
            name = self._source.of(node)
            return inner(generics.pop(name)) if name in generics else ["R", name]
        if kind == "index_type_query" and parts:
            keys = ["m", ["r", "Object", 0], ["s", "keys", 0], 0]
            return ["e", ["c", keys, [known(parts[0])], place, "Object.keys"], "a key"]
        if kind == "lookup_type" and len(parts) == 2:
            if parts[1].type == "predefined_type":
                return ["e", known(parts[0]), "an entry"]
            return ["m", known(parts[0]), known(parts[1]), place]
        if kind == "predefined_type":
            name = self._source.of(node)
            return (
                ["z", place]
                if name in ("undefined", "null")
                else ["x", f"is {_named(name)}", place]
            )
        if kind == "array_type" and parts:
            return ["L", known(parts[0])]
        if kind == "tuple_type":
            return ["a", [known(part) for part in parts], place]
        if kind in ("object_type", "interface_body"):
            fields = [part for part in parts if part.type == "property_signature"]
            return ["o", [self._field(field, scope, generics) for field in fields], place]
        if kind == "intersection_type":
            return ["o", [["...", known(part), place] for part in parts], place]
        if kind == "generic_type" and len(parts) == 2 and content(parts[1]):
            name, given = self._source.of(parts[0]), content(parts[1])
            if name in _SAME:
                return inner(given[0])
            if name in ("Array", "ReadonlyArray", "Set"):
                return ["L", known(given[0])]
            if name in ("Exclude", "Extract") and len(given) == 2:
                return ["E", name, known(given[0]), known(given[1])]
        if kind == "generic_type" and parts and parts[0].type == "type_identifier":
            return ["R", self._source.of(parts[0])]
        return None

    def _field(self, node: Node, scope: Scope, generics: dict[str, Node]) -> Ir:
        type_ = _inner(node.child_by_field_name("type"))
        place = self._source.place(node)
        held = self.type(type_, scope, generics) or ["x", "is of another type", place]
        return [self._source.key(node) or "", place, held]


_BLOCKS = frozenset(
    {"statement_block", "for_statement", "for_in_statement", "catch_clause", "switch_body"}
)
# The component of a file.
_COMPONENT = "f@component"
PROPS = frozenset({"defineProps", "withDefaults", "$props"})
# They return their argument or a reference to it; the result of their function.
_THROUGH = frozenset({"toRefs", "toValue", "unref", "readonly", "reactive", "toRaw", "$derived"})
_GIVING_BACK = COMPUTING | {"then"}
_MEMBER = frozenset({"method_definition", "public_field_definition"})
_MAPPING = frozenset({"map", "flatMap"})
_PLAIN = MEMBERS | {"identifier", "string", "template_string"}
_SAME = frozenset(
    {
        *("Readonly", "NonNullable", "Required", "Partial", "Awaited", "PropsWithChildren"),
        *("FC", "React.FC", "FunctionComponent"),
    }
)


def _named(kind: str) -> str:
    """A syntax node's kind or a type in words: `arrow_function` is "an arrow function"."""
    vowel = kind.startswith(("a", "e", "i", "o", "und", "unk", "up"))
    return f"a{'n' * vowel} {kind.replace('_', ' ')}"


def _is_static(member: Node) -> bool:
    return any(child.type == "static" for child in member.children)


def _inner(annotation: Node | None) -> Node | None:
    parts = content(annotation)
    return parts[0] if parts else None


def _generics(function: Node, source: Source) -> dict[str, Node]:
    """Return the constraints of a function's type parameters."""
    found = {}
    for node in content(function.child_by_field_name("type_parameters")):
        name, held = node.child_by_field_name("name"), node.child_by_field_name("constraint")
        if name is not None and held is not None and content(held):
            found[source.of(name)] = content(held)[0]
    return found
