"""Nobody but the reader, the providers and the emulators' probe makes a client to read with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
CLIENTS = {"BackendClient", "PlatformClient", "FrontendClient", "SvixClient", "VercelClient"}
MAKES = {
    "clerkstack/live/session.py": CLIENTS,
    # It has a token and a project, and no stack.
    "clerkstack/cli/redeploy.py": {"VercelClient"},
    # It asks as a browser does; of a deployment without a stack, too.
    "clerkstack/smoke/steps.py": {"FrontendClient"},
}
LISTS = {
    "list_endpoints",
    "list_variables",
    "list_roles",
    "list_role_sets",
    "list_redirect_urls",
    "latest_deployment",
    "svix_app",
}
"""What a client of an instance is asked for, beside what only one place could want."""
ASKS = ("live", "providers", "clients", "probe")
ALSO = {
    "clerkstack/redeployment.py",  # as the command of it
    "clerkstack/rotation/survey.py",  # it looks at all projects of a team
    "clerkstack/adopt/variables.py",  # it reads back what it wrote
    "clerkstack/parity/read.py",
}
FILES = sorted(
    path.relative_to(TOP)
    for folder in ("clerkstack", "components", "policies")
    for path in (TOP / folder).rglob("*.py")
)


def calls(tree: ast.AST) -> Iterator[str]:
    """The names that are called, of functions and of methods."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func
            yield name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")
        elif isinstance(node, ast.Attribute):
            yield node.attr


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_makes_no_client_and_reads_no_list(file: Path) -> None:
    called = {*calls(ast.parse((TOP / file).read_text()))}

    if file.parts[1] != "clients":
        assert called & CLIENTS <= MAKES.get(str(file), set())
    if file.parts[1] not in ASKS and str(file) not in ALSO:
        assert not called & LISTS
