"""The engine's own command, run by the commands around `pulumi up`."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from clerkstack.cli.say import say
from clerkstack.problems import ClerkstackError, InputError
from clerkstack.safe import hide
from clerkstack.state_code import foreign_in, refusal
from clerkstack.variables_in_state import enter_ids

if TYPE_CHECKING:
    from clerkstack.settings import Settings

RUNS_CODE = frozenset({"up", "preview", "refresh", "destroy", "import"})
"""The engine's commands that start what stands in the state."""
UNREADABLE = "failed to load checkpoint"
NO_STACK = "no stack named"

# What the engine says, and what to do about it, where it does not say so itself.
MENDS = (
    (NO_STACK, "\n`pulumi stack ls` lists the stacks, `pulumi stack init` makes one."),
    (
        UNREADABLE,
        "\nThe state is damaged: bin/clerkstack recover --stack <stack>, and where that does not "
        "help, with --from-history.",
    ),
    ("no Pulumi.yaml project file found", "\nRun this in the project's folder."),
)


class UnknownStack(ClerkstackError):
    """The backend in use has no such stack."""


class ForeignCode(ClerkstackError):
    """A state holds code that is not this project's."""


def stack_settings(stack: str) -> Settings:
    """The settings of a stack, its secrets decrypted in this process only.

    Raises:
        InputError: the settings are wrong.
        ClerkstackError: the engine can't be run or does not know the stack.
    """
    from clerkstack.settings import load_settings

    raw, encrypted = stack_config(stack)
    file = Path(f"Pulumi.{stack.rpartition('/')[2]}.yaml")
    settings = load_settings(
        raw, stack=stack, file=file, encrypted=encrypted, project=project_name()
    )
    hide(settings.secrets)
    return settings


def project_name() -> str | None:
    """The name in this folder's Pulumi.yaml, None where that can't be read."""
    try:
        found = re.search(
            r"^name:\s*[\"']?([\w.-]+)", Path("Pulumi.yaml").read_text(), re.MULTILINE
        )
    except (OSError, ValueError):
        return None
    return found[1] if found else None


def refuse_led_astray(stack: str, settings: Settings) -> None:
    """See that Vercel's plugin goes where the settings say: the engine is going to start it, in
    some cases without the program, which looks by itself.

    Raises:
        InputError: it goes elsewhere.
    """
    from clerkstack.settings import problems_of
    from clerkstack.settings.vercel_plugin import led_astray

    problems = problems_of(led_astray(settings, os.environ), stack=stack)
    if problems:
        raise InputError(problems)


def stack_config(stack: str) -> tuple[dict[str, str], list[str]]:
    """The config of a stack, its secrets decrypted in this process only, and the keys that are
    encrypted.

    Raises:
        ClerkstackError: the engine can't be run or does not know the stack.
    """
    say(f"reading the settings of {stack}", err=True)
    shown = json.loads(pulumi("config", "--json", "--show-secrets", "--stack", stack))
    raw = {key: each["value"] for key, each in shown.items() if "value" in each}
    return raw, [key for key, each in shown.items() if each.get("secret")]


def exported_stack(stack: str, *, show_secrets: bool = False) -> dict[str, Any]:
    """The state of a stack, its secrets encrypted unless `show_secrets`, in the form
    `pulumi stack import` takes.

    Raises:
        ClerkstackError: the engine can't be run or does not know the stack.
    """
    shown = ["--show-secrets"] if show_secrets else []
    exported: dict[str, Any] = json.loads(pulumi("stack", "export", "--stack", stack, *shown))
    return exported


def resources_of(exported: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources of an exported state, to be changed in place."""
    return (exported.get("deployment") or {}).get("resources") or []


def import_state(stack: str, exported: dict[str, Any]) -> None:
    """Put a state back, as `exported_stack` gives it; what it shows as secret is encrypted, and a
    variable without an `id` among its outputs gets it.

    Raises:
        ForeignCode: it holds code that is not this project's.
    """
    refuse_foreign_code(stack, exported)
    enter_ids(resources_of(exported))
    pulumi("stack", "import", "--stack", stack, given=json.dumps(exported))


def refuse_foreign_code(stack: str, exported: Mapping[str, Any] | None = None) -> None:
    """See that nothing is run which somebody wrote into the state. `exported` is the state; else it
    is asked for.

    Raises:
        ForeignCode: it holds code that is not this project's; names each resource.
        ClerkstackError: the state can't be read.
    """
    found = foreign_in(exported_stack(stack) if exported is None else exported)
    if found:
        raise ForeignCode(refusal(found, stack))


def pulumi(
    *words: str,
    tolerate: bool = False,
    given: str | None = None,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Run the engine's own command, with variables of the shell besides, and return what it
    printed. Where a kill left what it can't load although it does not need it, that is taken away
    and the command run once more.

    Raises:
        UnknownStack: there is no such stack.
        ForeignCode: it would run code that is not this project's.
        ClerkstackError: it is not there; or it failed, unless `tolerate`: with what it said.
    """
    if words[0] in RUNS_CODE and "--stack" in words:
        stack = words[words.index("--stack") + 1]
        told = pulumi("stack", "export", "--stack", stack, variables=variables)
        refuse_foreign_code(stack, json.loads(told))
    ran = _run(words, given, variables)
    if ran.returncode and UNREADABLE in ran.stderr + ran.stdout and "--stack" in words:
        from clerkstack.cli.checkpoint import drop_what_a_kill_cut_off

        drop_what_a_kill_cut_off(words[words.index("--stack") + 1])
        ran = _run(words, given, variables)
    if ran.returncode and not tolerate:
        detail = (ran.stderr or _diagnostics(ran.stdout) or ran.stdout).strip()
        mend = next((mend for said, mend in MENDS if said in detail), "")
        kind = UnknownStack if NO_STACK in detail else ClerkstackError
        raise kind(f"pulumi {words[0]} failed:\n{detail}{mend}")
    return ran.stdout


def _run(
    words: tuple[str, ...], given: str | None, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", **variables},
        )
    except FileNotFoundError:
        raise ClerkstackError(
            "pulumi is not on PATH. Install it, or in a checkout that `make up` has set up, run: "
            "source .local/env.sh"
        ) from None


def _diagnostics(printed: str) -> str:
    """The errors of a run that printed JSON: the rest of it is the whole plan."""
    try:
        told = json.loads(printed)["diagnostics"]
        return "\n".join(each["message"] for each in told if each["severity"] == "error")
    except (ValueError, LookupError, TypeError):
        return ""
