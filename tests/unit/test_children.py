"""Each place that starts a process has a decision on what the process inherits.

The environment of a GitHub Actions job opens clouds (AWS_…, ACTIONS_ID_TOKEN_…), and so does a
developer's shell. A new place must not pass it on unless somebody decided so.
"""

from __future__ import annotations

import ast
from functools import cache

from tests.sources import TOP, files, nodes

# One worker reads the sources.

FOLDERS = ("clerkstack", "components", "policies", "local")
STARTS = {
    "subprocess": {"run", "Popen", "call", "check_call", "check_output", "getoutput"},
    "os": {"system", "popen", "execv", "execve", "execvp", "execvpe", "spawnv", "posix_spawn"},
    "asyncio": {"create_subprocess_exec", "create_subprocess_shell"},
}

ENGINE = "the engine: its backend, its secrets provider and its plugins are opened by the shell's"
OWN = "this project's own code, with what whoever runs it has"
SET_UP = (
    "a tool of the set-up: proxies, registries and certificates are the shell's; it runs no code "
)
SET_UP += "of what it fetches"
LOCAL = "an emulator or a measurement on this machine; never part of a deployment"
GETS = {
    "clerkstack/app/gathering.py": "this project's own reader: nothing of the environment",
    "clerkstack/app/git.py": "no keys: hooks, helpers and filters of a checkout are others' code",
    "clerkstack/rotation/stack_engine.py": OWN,
    "clerkstack/state/process.py": ENGINE + "; a review's has no GITHUB_TOKEN",
    "local/machine/actionlint/__init__.py": SET_UP,
    "local/aws.py": LOCAL,
    "local/world/deployed.py": "the app: what Vercel's emulator has for it, and nothing of the "
    "shell; its compiler: the shell's",
    "local/machine/engine/build.py": SET_UP,
    "local/machine/engine/golang.py": SET_UP,
    "local/machine/engine/locks.py": LOCAL,
    "local/machine/engine/official.py": ENGINE,
    "local/measure/__main__.py": LOCAL,
    "local/measure/command.py": LOCAL,
    "local/machine/operator_description.py": SET_UP,
    "local/machine/plugins/command/process.py": "as the official command plugin does",
    "local/project.py": "a test's own environment",
    "local/machine/pythons.py": LOCAL,
    "local/rotation/runs.py": LOCAL,
    "local/stack.py": ENGINE,
    "local/machine/steps.py": SET_UP,
    "local/team.py": LOCAL,
    "local/machine/venv.py": SET_UP,
    "local/world/background.py": OWN,
}


@cache
def starts() -> dict[str, list[ast.Call]]:
    """Return the calls that start a process, by file."""
    found: dict[str, list[ast.Call]] = {}
    for file in files(*FOLDERS):
        for node in nodes(file, naming=tuple(STARTS)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.attr in STARTS.get(node.func.value.id, ())
            ):
                found.setdefault(str(file.relative_to(TOP)), []).append(node)
    return found


def test_each_place_that_starts_a_process_has_its_reason() -> None:
    assert sorted(starts()) == sorted(GETS)


def test_none_of_them_is_given_a_line_for_a_shell() -> None:
    for file, calls in starts().items():
        for call in calls:
            named = {keyword.arg: keyword.value for keyword in call.keywords}
            assert "shell" not in named, file
            assert ast.unparse(call.func) not in ("os.system", "os.popen"), file


def test_none_is_started_by_a_name_that_this_cannot_see() -> None:
    """`from subprocess import run` would."""
    for file in files(*FOLDERS):
        for node in nodes(file, naming=tuple(STARTS)):
            if isinstance(node, ast.ImportFrom):
                assert node.module not in ("subprocess", "os.system"), file
            if isinstance(node, ast.Import):
                assert not [e for e in node.names if e.name in STARTS and e.asname], file
