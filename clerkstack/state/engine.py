"""Runs the engine's command; no other module starts it.

Pulumi's Automation API (`pulumi.automation`) starts the same command. This project uses its error
types (`clerkstack.state.failures`) but not its runner, which cannot:

- import a state through a pipe: `import_stack` writes it, with secrets shown, to a temporary file,
  leaves the file behind if the import fails, and keeps only the document's version and deployment;
- export a state with encrypted secrets: `export_stack` always shows them;
- work on a stack without selecting it: `Stack.select` changes the stack of the user's next `pulumi`
  command;
- interrupt the engine: it stays in the terminal's process group, where Ctrl-C reaches it whatever
  this program does, and there is no handle to interrupt it otherwise;
- start quickly: `import pulumi.automation` takes 0.25 s of CPU, more than half of what a command
  may take until its first request. Each workspace also runs `pulumi version`, and each stack
  `pulumi stack select`.

Events are read from the engine's output (`--json`). The gRPC server of `on_event` listens on a port
that every user of the machine can write to, and it needs a selected stack.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from clerkstack.backend import backend as backend_of_shell
from clerkstack.problems import ClerkstackError
from clerkstack.state.backends import BACKEND
from clerkstack.state.checkpoint import drop_cut_off_attributes
from clerkstack.state.code import foreign_in, refusal
from clerkstack.state.failures import failure, is_damaged
from clerkstack.state.model import State
from clerkstack.state.process import Commands, Ran
from clerkstack.state.stored import stored_state
from clerkstack.state.variables import set_ids

RUNS_CODE = frozenset({"up", "preview", "refresh", "destroy", "import"})
"""The engine's commands that run code from the state."""
VARIABLES = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
EVENTS = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
"""Makes a preview with `--json` print one event per line, as an update does."""
NO_INSTALLATION = (
    "pulumi is not on PATH. Install it, or in a checkout that `make up` has set up, run: "
    "source .local/env.sh"
)
NONE: Mapping[str, str] = MappingProxyType({})


class ForeignCode(ClerkstackError):
    """A state holds code that is not this project's."""


def export(stack: str, *, show_secrets: bool = False) -> State:
    """The state of a stack, its secrets encrypted unless `show_secrets`. Encrypted, in a backend of
    files, it is read from its file.

    Raises:
        UnknownStack: there is no such stack.
        ClerkstackError: the engine cannot be run, or the state cannot be read.
    """
    if show_secrets:
        return State.parse(pulumi("stack", "export", "--stack", stack, "--show-secrets"))
    return _state(stack, NONE)


def _state(stack: str, variables: Mapping[str, str]) -> State:
    stored = stored_state(variables.get(BACKEND) or backend_of_shell(), stack)
    if stored is not None:
        return stored
    return State.parse(pulumi("stack", "export", "--stack", stack, variables=variables))


def import_state(stack: str, state: State) -> None:
    """Import a state. Its shown secrets are encrypted, and variables without an `id` in their
    outputs get one.

    Raises:
        ForeignCode: it contains code that is not this project's.
    """
    refuse_foreign_code(stack, state)
    set_ids(state)
    pulumi("stack", "import", "--stack", stack, given=state.text())


def refuse_foreign_code(stack: str, state: State) -> None:
    """Refuse a state with code that somebody wrote into it.

    Raises:
        ForeignCode: it contains code that is not this project's; names each resource.
    """
    foreign = foreign_in(state)
    if foreign:
        raise ForeignCode(refusal(foreign, stack))


def pulumi(
    *words: str,
    tolerate: bool = False,
    given: str | None = None,
    variables: Mapping[str, str] = NONE,
    state: State | None = None,
) -> str:
    """Run an engine command and return its output; see `run`.

    Raises:
        UnknownStack, Locked, Damaged, NoSuchTarget, BackendFailed: it failed for that reason.
        ForeignCode: it would run code that is not this project's.
        ClerkstackError: it cannot be run; or, unless `tolerate`, it failed otherwise: with its
            error output.
    """
    ran = run(*words, given=given, variables=variables, state=state)
    if ran.code and not tolerate:
        raise failure(words[0], ran)
    return ran.out


def preview_steps(
    stack: str,
    *options: str,
    tolerate: bool = False,
    variables: Mapping[str, str] = NONE,
    state: State | None = None,
) -> list[dict[str, Any]]:
    """The steps of a preview, as the engine prints them; see `pulumi`.

    Raises:
        ValueError: it failed (with `tolerate`) before it had any.
    """
    words = ("preview", "--json", "--stack", stack, *options)
    plan = json.loads(pulumi(*words, tolerate=tolerate, variables=variables, state=state))
    steps: list[dict[str, Any]] | None = plan.get("steps")
    if steps is None:
        raise ValueError("the preview has no steps")
    return steps


def run(
    *words: str,
    given: str | None = None,
    variables: Mapping[str, str] = NONE,
    state: State | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
) -> Ran:
    """Run an engine command to its end, even if it fails.

    If a kill left attributes that the engine cannot load (and does not need), they are removed and
    the command is run again.

    Args:
        words: the command, without `pulumi`.
        given: its standard input.
        variables: environment variables in addition to those of this process.
        state: the stack's state, if this program has already read or written it: a command that
            would run code is checked against it; otherwise the state is read for that.
        on_line: called with each line of output as it comes.

    Raises:
        ForeignCode: it would run code that is not this project's.
        ClerkstackError: it cannot be run.
    """
    stack = words[words.index("--stack") + 1] if "--stack" in words else None
    if stack is not None and words[0] in RUNS_CODE:
        if state is None:
            state = _state(stack, variables)
        refuse_foreign_code(stack, state)
    ran = start(words, given, variables, on_line)
    if ran.code and stack is not None and is_damaged(ran):
        drop_what_a_kill_cut_off(stack)
        ran = start(words, given, variables, on_line)
    return ran


def current_backend() -> str:
    """The address of the backend that this shell uses; runs the engine only if it cannot be found
    otherwise.

    Raises:
        BackendFailed: it cannot be reached.
    """
    known = backend_of_shell()
    return known or str(json.loads(pulumi("whoami", "--verbose", "--json")).get("url", ""))


def drop_what_a_kill_cut_off(stack: str) -> list[Path]:
    """`drop_cut_off_attributes` in the backend that this shell uses, for a stack by a name that the
    engine accepts (`organization/project/stack`, or shorter)."""
    return drop_cut_off_attributes(current_backend(), stack.rpartition("/")[2])


def start(
    words: tuple[str, ...],
    given: str | None,
    variables: Mapping[str, str],
    on_line: Callable[[str], None],
    commands: Commands | None = None,
) -> Ran:
    """Run an engine command without checking the state. See `run`.

    Args:
        commands: commands that are stopped together with it; None for none.

    Raises:
        ClerkstackError: it cannot be run, or `commands` were stopped.
    """
    try:
        return (commands or Commands()).run(
            ["pulumi", *words, "--non-interactive"],
            given=given,
            variables={**VARIABLES, **variables},
            on_line=on_line,
        )
    except OSError:
        raise ClerkstackError(NO_INSTALLATION) from None
