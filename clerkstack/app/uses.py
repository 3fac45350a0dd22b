"""Where a module asks Clerk for a plan, a feature, a role or a permission.

The forms are those that Clerk documents (clerk.com/docs/guides/secure/authorization-checks and
the references of `has()`, `<Show>`, `<Protect>` and `auth.protect()`): a parameter object with
`plan`, `feature`, `role` or `permission`, or props of those names. `user:pro` and `org:pro` ask
for a plan or feature of one payer. A slug that nothing has answers false, silently.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from clerkstack.app.clerk_components import ClerkComponents
from clerkstack.app.clerk_names import ClerkNames
from clerkstack.app.evaluate import Constant, Evaluator
from clerkstack.app.kinds import KINDS, Kind, named
from clerkstack.app.modules import Modules
from clerkstack.app.source import Module, Unresolved
from clerkstack.app.syntax import bare, content, every, text_of

_ELEMENTS = ("jsx_opening_element", "jsx_self_closing_element")
_CREATING = frozenset({"createElement", "cloneElement", "jsx", "jsxs"})
# Methods that call what they are given.
_CALLING = frozenset({"some", "every", "find", "filter", "map", "forEach", "flatMap", "findLast"})
_NO_SLUG = frozenset({"string", "jsx_attribute"})


@dataclass(frozen=True)
class Use:
    """A check of a slug. `payer` is `org` or `user` where the check names one.

    A scope that Clerk does not know stays part of the slug.
    """

    kind: Kind
    slug: str
    payer: str | None
    file: str
    line: int
    column: int

    @property
    def where(self) -> str:
        """file:line:column."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Untold:
    """A check whose slug can't be told without running the code."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


def uses_in(
    module: Module, modules: Modules, evaluator: Evaluator, file: str
) -> Iterator[Use | Untold]:
    """All checks in a module, in the order of the text.

    Args:
        module: the module.
        modules: the modules of the app, to follow imports.
        evaluator: tells the values of constants, over the same modules.
        file: the module's path as it is told.
    """
    checks = _Checks(module, modules, evaluator, file)
    for node in every(module.root, "call_expression", *_ELEMENTS):
        if node.type == "call_expression":
            yield from checks.of_call(node)
        else:
            yield from checks.of_element(node)


class _Checks:
    def __init__(self, module: Module, modules: Modules, evaluator: Evaluator, file: str) -> None:
        self._module = module
        self._evaluator = evaluator
        self._names = ClerkNames(module, modules)
        self._components = ClerkComponents(module, modules)
        self._file = file

    def of_call(self, call: Node) -> Iterator[Use | Untold]:
        """`has({ … })`, `auth.protect({ … })`, `session.checkAuthorization({ … })`."""
        arguments = content(call.child_by_field_name("arguments"))
        called = self._names.called(call)
        if called is None:
            yield from self._of_created(call, arguments)
            for each in arguments:
                if self._is_unseen(call) and self._names.is_has(each):
                    yield self._given_on(each)
            return
        if called.at is None:
            yield self._given_on(call)
            return
        for given in (it for each in arguments[called.at :][:1] for it in _either(each)):
            if given.type == "object":
                if called.certain or any(_key(each) in KINDS for each in content(given)):
                    yield from self._of_object(given)
            elif given.type != "string" and self._names.function(given) is None:
                yield from self._of_value(given, tell=called.certain)

    def of_element(self, element: Node) -> Iterator[Use | Untold]:
        """`<Protect plan="…">`, `<Show when={{ plan: … }}>`."""
        component = self._components.named(element.child_by_field_name("name"))
        for each in content(element) if component else ():
            if each.type == "jsx_attribute":
                name, *value = content(each)
                yield from self._of_prop(component, text_of(name), value[0] if value else each)
            elif each.type == "jsx_expression" and component == "Protect":
                for spread in content(each):
                    yield from self._of_value(content(spread)[0], tell=True)

    def _of_created(self, call: Node, arguments: list[Node]) -> Iterator[Use | Untold]:
        """`createElement(Protect, { plan: … })`."""
        function = text_of(call.child_by_field_name("function")).rpartition(".")[2]
        if function not in _CREATING or len(arguments) < 2:
            return
        component, props = self._components.named(arguments[0]), bare(arguments[1])
        if component is None:
            return
        if props.type != "object":
            yield from self._of_value(props, tell=component == "Protect")
            return
        for each in content(props):
            value = each.child_by_field_name("value")
            key = _key(each)
            if key is not None and each.type == "pair" and value is not None:
                yield from self._of_prop(component, key, value)

    def _of_prop(self, component: str | None, name: str, value: Node) -> Iterator[Use | Untold]:
        if component == "Show" and name == "when":
            yield from self._of_when(value)
        elif component == "Protect" and name in KINDS:
            yield from self._of_slug(name, value)
        elif component == "Protect" and name == "condition":
            inner = content(value)[:1] if value.type == "jsx_expression" else [value]
            yield from (self._given_on(it) for it in inner if self._names.function(it) is None)

    def _is_unseen(self, call: Node) -> bool:
        """Whether a function that a call gives `has` to can't be seen, or calls it as it likes."""
        callee = bare(call.child_by_field_name("function") or call)
        if callee.type == "identifier":
            return self._names.function(callee) is None
        return text_of(callee.child_by_field_name("property")) in _CALLING

    def _given_on(self, node: Node) -> Untold:
        line, column = self._module.place(node)
        message = "what is asked for can't be told: has is given on here, and called elsewhere"
        return Untold(self._file, line, column, message)

    def _of_when(self, value: Node) -> Iterator[Use | Untold]:
        inner = content(value)[:1] if value.type == "jsx_expression" else [value]
        for given in (each for node in inner for each in _either(node)):
            if given.type == "object":
                yield from self._of_object(given)
            elif given.type not in _NO_SLUG and self._names.function(given) is None:
                yield from self._of_value(given, tell=True)

    def _of_object(self, node: Node) -> Iterator[Use | Untold]:
        """The checks in a parameter object that is written out."""
        for each in content(node):
            key = _key(each)
            if each.type == "spread_element":
                yield from self._of_value(content(each)[0], tell=True)
            elif each.type == "shorthand_property_identifier" and key in KINDS:
                yield from self._of_slug(key, each)
            elif each.type == "pair":
                value = each.child_by_field_name("value")
                if key is None:
                    key_node = each.child_by_field_name("key")
                    yield from self._of_computed(key_node, value)
                elif key in KINDS and value is not None:
                    yield from self._of_slug(key, value)

    def _of_computed(self, key: Node | None, value: Node | None) -> Iterator[Use | Untold]:
        inner = content(key)
        try:
            name = self._evaluator.node(self._module, inner[0]).known.value
        except Unresolved as error:
            yield self._untold(inner[0], "what is asked for", error)
            return
        if name in KINDS and value is not None:
            yield from self._of_slug(str(name), value)

    def _of_value(self, node: Node, *, tell: bool) -> Iterator[Use | Untold]:
        """The checks in a parameter object that a name or expression stands for."""
        try:
            held = self._evaluator.node(self._module, bare(node)).known.value
        except Unresolved as error:
            if tell:
                yield self._untold(node, "what is asked for", error)
            return
        for kind in KINDS:
            if isinstance(held, dict) and kind in held:
                yield from self._of_constant(kind, held[kind], node)

    def _of_slug(self, kind: str, node: Node) -> Iterator[Use | Untold]:
        if node.type == "jsx_expression":
            node = content(node)[0] if content(node) else node
        wanted = next(each for each in KINDS if each == kind)
        for each in _either(node):
            try:
                value = self._evaluator.node(self._module, each)
            except Unresolved as error:
                yield self._untold(each, f"the {kind} that is asked for", error)
            else:
                yield from self._of_constant(wanted, value, each)

    def _of_constant(self, kind: Kind, constant: Constant, at: Node) -> Iterator[Use | Untold]:
        value = constant.value
        line, column = self._module.place(at)
        if isinstance(value, str) and value:
            slug, payer = named(kind, value)
            yield Use(kind, slug, payer, self._file, line, column)
        elif isinstance(value, Unresolved):
            yield self._untold(at, f"the {kind} that is asked for", value)
        elif value is not None:
            message = f"the {kind} that is asked for is not a text"
            yield Untold(self._file, line, column, message)

    def _untold(self, node: Node, what: str, error: Unresolved) -> Untold:
        line, column = self._module.place(node)
        elsewhere = f" ({error.file.name}:{error.line})" if error.line else f" ({error.file.name})"
        near = error.file == self._module.file and error.line == line
        message = f"{what} can't be told: {error.message}{'' if near else elsewhere}"
        return Untold(self._file, line, column, message)


def _either(node: Node) -> Iterator[Node]:
    """The expressions of which one is the value: both of `a ? b : c`, `a ?? b`, `a || b`."""
    node = bare(node)
    fields: tuple[str, ...] = ()
    if node.type == "ternary_expression":
        fields = ("consequence", "alternative")
    elif node.type == "binary_expression":
        operator = text_of(node.child_by_field_name("operator"))
        fields = {"??": ("left", "right"), "||": ("left", "right"), "&&": ("right",)}.get(
            operator, ()
        )
    if not fields:
        yield node
    for name in fields:
        inner = node.child_by_field_name(name)
        if inner is not None:
            yield from _either(inner)


def _key(entry: Node) -> str | None:
    """The key of an entry of an object, None where it is computed."""
    if entry.type == "shorthand_property_identifier":
        return text_of(entry)
    key = entry.child_by_field_name("key")
    if key is None or key.type == "computed_property_name":
        return None
    return text_of(key).strip("'\"")
