"""One reader of an instance: who else makes a client, or uses one, and why."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.frontend import FrontendClient
from clerkstack.clients.platform import PlatformClient
from clerkstack.clients.svix import SvixClient
from clerkstack.clients.vercel import VercelClient
from clerkstack.live.session import Session
from tests.unit.test_layers import modules, package_of

CLIENTS = (BackendClient, FrontendClient, PlatformClient, SvixClient, VercelClient)
BEGIN = ("count_", "custom_", "dns_", "get_", "latest_", "list_", "recent_", "svix_")
READS = frozenset(
    name for asked in (*CLIENTS, Session) for name in vars(asked) if name.startswith(BEGIN)
)
MAKES = {
    # Those of a stack.
    "clerkstack.live.session": {client.__name__ for client in CLIENTS},
    # It asks as a browser does; of a deployment without a stack, too.
    "clerkstack.smoke.steps": {"FrontendClient"},
    # It has a token and a project, and no stack.
    "clerkstack.cli.redeploy": {"VercelClient"},
}
"""The modules that make a client, and which."""
ASKS = {
    "clerkstack.providers.vercel_project": "whether the project is there",
    "clerkstack.providers.roles": "the write protocol: ids that a write needs",
    "clerkstack.providers.webhook": "the write protocol: before a write, and read back",
    "clerkstack.probe.reading": "each answer itself is what is looked at",
    "clerkstack.probe.writing": "each answer itself is what is looked at",
    "clerkstack.rotation.services": "Svix, with whichever key is valid in the midst of a rotation",
    "clerkstack.rotation.survey": "projects of others, and what is there now, before a write",
    "clerkstack.redeployment": "the build that it starts, of any project",
}
"""The modules that ask by a client what no reader asks, and why."""


@pytest.fixture(scope="module")
def outside() -> dict[str, ast.Module]:
    """What is neither a client nor the reader."""
    return {
        name: ast.parse(file.read_text())
        for name, file in modules().items()
        if package_of(name) != "clients"
    }


def made(tree: ast.Module) -> Iterator[str]:
    names = {client.__name__ for client in CLIENTS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and names & set(ast.unparse(node.func).split(".")):
            yield ast.unparse(node.func).split(".")[0]


def test_a_client_is_made_by_the_session(outside: dict[str, ast.Module]) -> None:
    makes = {name: set(made(tree)) for name, tree in outside.items()}

    assert {name: clients for name, clients in makes.items() if clients} == MAKES


def test_what_is_read_of_an_instance_is_read_by_its_reader(outside: dict[str, ast.Module]) -> None:
    """Not by a list of its own, such as the variables of a project or the plans of an instance."""
    asking = {
        name
        for name, tree in outside.items()
        if package_of(name) != "live"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in READS
        # `live` is the reader; pulumi.get_project() is the engine's.
        if ast.unparse(node.value).split(".")[-1] not in ("live", "pulumi")
    }

    assert asking == set(ASKS)
