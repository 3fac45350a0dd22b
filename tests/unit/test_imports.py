"""What programs must not load as they start: an HTTP library, the engine's library, and whatever
else is slow."""

from __future__ import annotations

import subprocess
import sys

import pytest

from clerkstack.cli.commands import COMMANDS

HEAVY = (
    *("boto3", "grpc", "httpx", "jinja2", "pulumi", "pydantic", "rich", "ruamel.yaml"),
    "tree_sitter",
)
AT_START: dict[str, set[str]] = {
    "check": set(),
    "drift": set(),
    "doctor": {"ruamel.yaml"},
    "probe": set(),
    "dry-run": set(),
    "adopt": {"pydantic", "ruamel.yaml"},
    "take-over": {"pydantic"},
    "parity": set(),
    "redeploy": {"httpx", "pydantic"},
    "recover": {"httpx", "pydantic", "ruamel.yaml"},
    "move": {"ruamel.yaml"},
    "review": {"pydantic"},
    "comment": set(),
    "rotate": {"pydantic"},
    "smoke": {"pydantic"},
    "cutover": {"pydantic", "ruamel.yaml"},
}
"""What each command may load as it starts, before it knows what it is asked."""


def loaded(*modules: str, before: str = "") -> set[str]:
    """The slow modules that are loaded once these are imported."""
    names = ", ".join(("sys", *modules))
    script = f"{before}\nimport {names}; print(*{set(HEAVY)!r} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


@pytest.mark.parametrize("module", ["components", "clerkstack.providers", "policies.analyzer"])
def test_what_every_preview_imports_loads_no_http_library(module: str) -> None:
    assert not loaded(module) & {"httpx", "rich"}


def test_the_program_reads_no_code_and_no_yaml_with_what_takes_long() -> None:
    assert loaded("components", "clerkstack.program") == {"grpc", "pulumi", "pydantic"}


def test_a_provider_loads_the_engines_library_and_no_models() -> None:
    providers = [
        f"clerkstack.providers.{module}"
        for module in ("api_keys", "billing", "instance", "roles", "rotations", "sections")
    ]
    providers += [
        f"clerkstack.providers.{module}"
        for module in ("vercel_project", "webhook", "written_variables")
    ]

    assert loaded(*providers) == {"grpc", "pulumi"}


def test_the_policy_pack_loads_the_protocol_alone() -> None:
    shells = "from policies.stubs import without_the_library; without_the_library()"
    script = f"{shells}; import policies.analyzer, sys; print('pulumi.output' in sys.modules)"

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["False"]
    assert loaded("policies.analyzer", before=shells) == {"grpc", "pulumi"}  # the shell


def test_a_stand_in_for_a_plugin_loads_no_http_library() -> None:
    assert loaded(
        "local.machine.plugins.vercel.provider", "local.machine.plugins.command.provider"
    ) == {
        "grpc",
        "pulumi",
    }


def test_help_waits_for_no_command() -> None:
    assert loaded("clerkstack.cli") == set()


def test_what_a_command_shares_with_the_providers_does_without_the_engines_library() -> None:
    assert loaded("clerkstack.live.session") == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_starts_with_little(name: str) -> None:
    module = COMMANDS[name][0].partition(":")[0]

    assert loaded(f"clerkstack.cli.{module}") <= AT_START[name]


def test_vercels_resource_comes_alone_and_leaves_its_package_whole() -> None:
    script = (
        "import sys; from components.vercel import ProjectEnvironmentVariable as alone\n"
        "print(len([each for each in sys.modules if each.startswith('pulumiverse_vercel.')]))\n"
        "import pulumiverse_vercel as whole\n"
        "print(whole.ProjectEnvironmentVariable is alone, hasattr(whole, 'Deployment'))"
    )

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    few, *rest = ran.stdout.split()
    assert int(few) < 5
    assert rest == ["True", "True"]
