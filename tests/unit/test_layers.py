"""Who may import whom: the layers in their order, no circle of modules, and no import inside a
function that saves nothing."""

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
    # The reader of an app's code, and what is checked if production has no billing: few stacks need
    # them, and the program of each is started with every `up`.
    *("clerkstack.app.whole", "clerkstack.without_billing"),
)
"""What takes so long to load that nobody waits for it who does not need it: the one reason why an
import may stand inside a function. `tests/unit/test_imports.py` has what each command may load as
it starts, `python -m local.measure` how long that takes."""

BELOW_ALL = (
    *("clerkstack", "problems", "files", "closing", "kept_url", "scrub", "safe", "shapes", "texts"),
    *("handwritten", "failures", "hosts", "notices", "backend", "short_lived", "signals"),
)
"""What every layer may import: each imports at most those before it."""
LAYERS = {
    # What people write, and the code of the app.
    "settings": "",
    "catalog": "settings",
    "app": "settings",
    # The services.
    "clients": "settings",
    "intent_log": "clients",
    "redeployment": "clients",
    # The engine, before the program has declared anything.
    "early": "",
    # What a stack declares, and what must change. No network, no engine.
    "reconcile": "settings clients",
    "desired": "settings catalog app reconcile",
    "premises": "reconcile",
    # Findings, live instances, states.
    "checks": "clients",
    "live": "settings clients reconcile desired",
    "state": "clients early desired checks",
    # What `pulumi up` runs.
    "providers": "settings clients intent_log reconcile desired live state",
    "components": "settings catalog app early desired state providers",
    "policies": "settings catalog reconcile desired checks state",
    "dynamic": "settings state",
    # Comparisons and operations.
    "without_billing": "settings clients reconcile desired state providers",
    "comparison": "settings catalog app clients reconcile desired checks live",
    "parity": "settings clients reconcile checks live",
    "drift": "settings catalog app clients reconcile desired checks live state",
    "probe": "settings clients intent_log reconcile premises live",
    "smoke": "settings clients live",
    "dry_run": "settings catalog reconcile desired live state",
    "recovery": "settings live state",
    "rotation": "settings clients desired live state",
    "adopt": "settings catalog app clients intent_log reconcile desired checks live state drift",
    "doctor": (
        "settings catalog app clients reconcile desired premises checks live state policies "
        "rotation"
    ),
    "program": (
        "settings catalog app clients reconcile desired live state providers without_billing "
        "rotation"
    ),
    # What is shown.
    "report": "settings app desired checks comparison parity smoke rotation adopt",
    "cutover": (
        "settings catalog app clients reconcile desired checks live state policies comparison "
        "parity drift smoke report"
    ),
    "review": "clients reconcile checks state policies comparison report",
    "cli": (
        "settings catalog app clients redeployment reconcile desired premises checks live state "
        "comparison parity drift probe smoke dry_run recovery rotation adopt doctor report cutover "
        "review"
    ),
    "__main__": "cli",
}
"""The layers in their order, and what each imports of those above it: data goes from hand-written
files to what is declared, on to resources and providers, and by clients to the services. An import
that is missing here is either a step back or worth a look."""


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
    """`clerkstack.app.scan` is of `app`; `policies` and `components` are each whole."""
    parts = module.split(".")
    return parts[1] if parts[0] == PRODUCT[0] and parts[1:] else parts[0]


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names: list[str] = error.args[1]
        return names
    return []


def needed() -> dict[str, set[str]]:
    """The other packages that each package imports, also for types."""
    needed: dict[str, set[str]] = {}
    for module in modules():
        own = package_of(module)
        others = {package_of(found.module) for found in imports(module) if _is_ours(found.module)}
        needed.setdefault(own, set()).update(others - {own})
    return needed


def test_a_package_imports_what_its_layer_may_and_nothing_else() -> None:
    """Imports for types are dependencies too."""
    allowed = {name: set(names.split()) for name, names in LAYERS.items()}
    for name in BELOW_ALL:
        allowed[name] = set()

    assert {name: names - set(BELOW_ALL) for name, names in needed().items()} == allowed


def test_no_layer_may_import_one_below_it() -> None:
    for order in (BELOW_ALL, tuple(LAYERS)):
        before: set[str] = set()
        for name in order:
            own = LAYERS[name].split() if name in LAYERS else needed()[name]
            assert set(own) <= before, name
            before.add(name)


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
    """The slow part of what is loaded with a module: libraries, and modules of our own."""
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
    """It spares a start what it does not need, and is not there out of habit."""
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
