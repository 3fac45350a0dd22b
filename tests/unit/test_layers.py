"""Who may import whom: no circle of packages or modules, and no import inside a function that
saves nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.sources import TOP, files

PRODUCT = ("clerkstack", "components", "policies")
MUCH = (
    *("boto3", "botocore", "grpc", "httpx", "importlib.metadata", "jinja2", "pathspec", "pulumi"),
    *("pulumi.automation", "pydantic", "pyjson5", "rich", "ruamel.yaml", "tree_sitter"),
    # Models: pydantic builds each as its class is made, and only `--json` needs these.
    *("clerkstack.report.documents", "clerkstack.report.operations"),
    # The reader of an app's code, and what is asked where production has no billing: few stacks
    # need them, and the program of each is started with every `up`.
    *("clerkstack.app.whole", "clerkstack.without_billing"),
)
"""What takes so long to load that nobody waits for it who does not need it: the one reason why an
import may stand inside a function. `tests/unit/test_imports.py` has what each command may load as
it starts, `python -m local.measure` how long that takes."""


@dataclass(frozen=True)
class Import:
    """An import of one of this project's modules, or of a library."""

    module: str
    line: int
    function: str
    """In which it stands; empty at the top of the file."""
    for_types: bool

    @property
    def runs(self) -> bool:
        """Whether Python ever follows it."""
        return not self.for_types


@cache
def modules() -> Mapping[str, Path]:
    """The files of the product, by the name of the module."""
    found = {}
    for file in files(*PRODUCT):
        parts = file.relative_to(TOP).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


@cache
def imports(module: str) -> tuple[Import, ...]:
    return tuple(_imports(ast.parse(modules()[module].read_text()), "", for_types=False))


def _imports(node: ast.AST, function: str, *, for_types: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for name in _imported(node):
            yield Import(name, node.lineno, function, for_types)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        function = function or node.name
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for child in node.body:
            yield from _imports(child, function, for_types=True)
        for child in node.orelse:
            yield from _imports(child, function, for_types=for_types)
        return
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, function, for_types=for_types)


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    assert node.module is not None, "relative imports are not resolved here"
    for alias in node.names:
        whole = f"{node.module}.{alias.name}"
        yield whole if whole in modules() else node.module


def package_of(module: str) -> str:
    """`clerkstack.app.scan` is of `clerkstack.app`; `policies` and `components` are each whole."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == PRODUCT[0] else parts[0]


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names: list[str] = error.args[1]
        return names
    return []


def test_no_package_needs_one_that_needs_it() -> None:
    """Imports for types are dependencies too."""
    graph: dict[str, set[str]] = {}
    for module in modules():
        own = package_of(module)
        others = {package_of(found.module) for found in imports(module) if _is_ours(found.module)}
        graph.setdefault(own, set()).update(others - {own})

    assert circle(graph) == []


def test_no_module_imports_one_that_imports_it() -> None:
    """Wherever the import stands: one inside a function only hides a circle."""
    graph = {
        module: {
            found.module
            for found in imports(module)
            if found.runs and found.module in modules() and found.module != module
        }
        for module in modules()
    }

    assert circle(graph) == []


def _is_ours(module: str) -> bool:
    return module.split(".")[0] in PRODUCT


@cache
def loads(module: str) -> frozenset[str]:
    """What is much of what is loaded with a module: libraries, and modules of our own."""
    seen: set[str] = set()
    pending = [module]
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in modules():
            pending += (
                found.module for found in imports(name) if found.runs and not found.function
            )
        package = name.rpartition(".")[0]
        pending += [package] if package in modules() else []
    return frozenset(much for much in MUCH for name in seen if f"{name}.".startswith(f"{much}."))


def test_an_import_inside_a_function_saves_a_start() -> None:
    """It is there for whoever does not need what it loads, and not out of habit."""
    needless = [
        f"{modules()[module].relative_to(TOP)}:{found.line} {found.module}"
        for module in modules()
        for found in imports(module)
        if found.function and not loads(found.module) - loads(module)
    ]

    assert needless == []


@pytest.mark.parametrize(("one", "other"), [("world", "machine"), ("machine", "world")])
def test_emulators_and_set_up_know_nothing_of_each_other(one: str, other: str) -> None:
    """local/world stands for the services, local/machine for installers that are not there."""
    found = [
        f"{file.relative_to(TOP)}: {imported.module}"
        for file in files(f"local/{one}")
        for imported in _imports(ast.parse(file.read_text()), "", for_types=False)
        if f"{imported.module}.".startswith(f"local.{other}.")
    ]

    assert found == []


@pytest.mark.parametrize(
    "graph",
    [{"a": {"b"}, "b": {"a"}}, {"a": {"b"}, "b": {"c"}, "c": {"a"}}],
    ids=["two", "three"],
)
def test_a_circle_is_seen(graph: dict[str, set[str]]) -> None:
    assert circle(graph)
