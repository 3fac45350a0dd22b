"""The engine's command: the one module that starts it.

Pulumi's Automation API (`pulumi.automation`) starts the same command. Its types of failures are
used (`clerkstack.state.failures`); its runner is not, for what it cannot do:

- import a state through a pipe: `import_stack` writes it, secrets shown, into a temporary file,
  leaves the file where the import fails, and keeps version and deployment of the document only;
- export a state with its secrets encrypted: `export_stack` always has them shown;
- work on a stack without selecting it: `Stack.select` changes which stack the user's next `pulumi`
  command is about;
- interrupt the engine: its runner leaves it in the terminal's process group, where Ctrl-C reaches
  it beside whatever this program does, and gives no handle to do so otherwise;
- start with little: `import pulumi.automation` takes 0.25 s of CPU, more than half of what a
  command may take until its first request. Each workspace runs `pulumi version` besides, and each
  stack `pulumi stack select`.

Events are read from what the engine prints (`--json`). The gRPC server of `on_event` listens on a
port that every user of the machine can write to, and there is none without a selected stack.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

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
"""The engine's commands that start what stands in the state."""
VARIABLES = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
EVENTS = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
"""With it a preview with `--json` prints events, one a line, as an update does."""
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
    """Put a state back. What it shows as secret is encrypted, and a variable without an `id` among
    its outputs gets it.

    Raises:
        ForeignCode: it contains code that is not this project's.
    """
    refuse_foreign_code(stack, state)
    set_ids(state)
    pulumi("stack", "import", "--stack", stack, given=state.text())


def refuse_foreign_code(stack: str, state: State) -> None:
    """See that nothing is run which somebody wrote into the state.

    Raises:
        ForeignCode: it contains code that is not this project's; names each resource.
    """
    found = foreign_in(state)
    if found:
        raise ForeignCode(refusal(found, stack))


def pulumi(
    *words: str,
    tolerate: bool = False,
    given: str | None = None,
    variables: Mapping[str, str] = NONE,
    state: State | None = None,
) -> str:
    """Run the engine's command and return what it printed; see `run`.

    Raises:
        UnknownStack, Locked, Damaged, NoSuchTarget, BackendFailed: it failed with that.
        ForeignCode: it would run code that is not this project's.
        ClerkstackError: it cannot be run; or it failed otherwise, unless `tolerate`: with what it
            said.
    """
    ran = run(*words, given=given, variables=variables, state=state)
    if ran.code and not tolerate:
        raise failure(words[0], ran)
    return ran.out


def run(
    *words: str,
    given: str | None = None,
    variables: Mapping[str, str] = NONE,
    state: State | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
) -> Ran:
    """Run the engine's command to its end, also where it fails.

    Where a kill left attributes that the engine cannot load although it does not need them, they
    are removed and the command is run once more.

    Args:
        words: the command, without `pulumi`.
        given: its standard input.
        variables: environment variables besides those of this process.
        state: the stack's state, where this command of ours has read or written it already: one
            that runs code is judged by it, else by one that is read for that.
        on_line: called with each line as it comes.

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
    """The address of the backend that this shell uses; the engine is asked only where it cannot be
    found without it.

    Raises:
        BackendFailed: it cannot be reached.
    """
    known = backend_of_shell()
    return known or str(json.loads(pulumi("whoami", "--verbose", "--json")).get("url", ""))


def drop_what_a_kill_cut_off(stack: str) -> list[Path]:
    """`drop_cut_off_attributes` in the backend that this shell uses, of a stack by the name that
    the engine takes (`organization/project/stack`, or shorter)."""
    return drop_cut_off_attributes(current_backend(), stack.rpartition("/")[2])


def start(
    words: tuple[str, ...],
    given: str | None,
    variables: Mapping[str, str],
    on_line: Callable[[str], None],
    commands: Commands | None = None,
) -> Ran:
    """Start the engine's command and wait for its end: no state is judged by it. See `run`.

    Args:
        commands: those that it ends together with; None for none.

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
