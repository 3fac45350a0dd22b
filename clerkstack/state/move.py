"""Copies a stack's state from the current backend to another, and compares both.

The old state and the project's config file stay as they are until everything is compared: the new
state is created separately, from a copy of the config. A killed run leaves a stack in the new
backend with the tag `clerkstack:moving`, which the next run may replace.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from clerkstack.files import replace_file
from clerkstack.problems import ClerkstackError
from clerkstack.state.backends import BACKEND, config_file, same, secrets_provider, settled
from clerkstack.state.compare import differences
from clerkstack.state.engine import current_backend, export, preview_steps, pulumi
from clerkstack.state.failures import NoSuchTarget, UnknownStack
from clerkstack.state.locks import Locked
from clerkstack.state.model import State, name_of
from clerkstack.state.neighbours import UnknownNeighbours, UnreadableStack, neighbours
from clerkstack.state.workshop import Workshop, workshop

KINDS = ("file", "s3", "gs", "azblob", "postgres", "https")
TAG = "clerkstack:moving"
NOBODY = "urn:pulumi:nobody::nobody::nobody:nobody:Nobody::nobody"
SHOWN = 10  # differences that a message lists


class NotTheSame(ClerkstackError):
    """The new state differs from the old one."""


@dataclass(frozen=True)
class Moved:
    """The result of a move.

    `pending` is the number of changes that an update would make, before and after. `left_behind`
    are the stacks in the old backend that use the same instance.
    """

    stack: str
    source: str
    target: str
    resources: int
    pending: int
    config: str | None
    """The config file, if another provider encrypts it now."""
    left_behind: list[str] = field(default_factory=list)


Progress = Callable[[str], None]
Running = Callable[[State], bool]


def move(stack: str, to: str, provider: str | None, progress: Progress, running: Running) -> Moved:
    """Move a stack's state to another backend.

    Args:
        stack: the stack's name.
        to: the other backend's address.
        provider: the secrets provider to encrypt config and state with from now on; None keeps it.
        progress: called with each step as it starts.
        running: whether a state has an unfinished rotation.

    Raises:
        BackendFailed: a backend or a secrets provider failed.
        NotTheSame: what arrived, or what an update would do, differs.
        ClerkstackError: it cannot be moved as it is.
    """
    if to.partition("://")[0] not in KINDS:
        raise ClerkstackError(f"{to} is not the address of a backend: s3://bucket?region=…")
    source, target = settled(current_backend()), settled(to)
    if same(source, target):
        raise ClerkstackError(
            f"The state of {stack} is already there. To change only the secrets provider: "
            f"pulumi stack change-secrets-provider --stack {stack} …"
        )
    progress(f"looking at the state in {source}")
    exported = export(stack, show_secrets=True)
    _refuse_unfinished(stack, exported, running)
    _refuse_work(stack, exported)
    moved = export(stack, show_secrets=True)
    progress("checking what an update would do")
    pending = _pending(stack, moved)
    beside = left_behind(stack, moved, progress)
    with workshop(stack) as bench:
        _bring(bench, moved, target, progress)
        _encrypt(bench, target, provider, progress)
        progress("comparing both states")
        moved_state = _export(bench, target)
        _compare(stack, export(stack, show_secrets=True), moved_state)
        progress("checking what an update would do there")
        _expect(stack, pending, _pending(stack, moved_state, bench, target))
        bench.pulumi("stack", "tag", "rm", TAG, backend=target)
        file, after = config_file(stack), bench.config.read_text(encoding="utf-8")
        changed = file.read_text(encoding="utf-8") != after
        if changed:
            replace_file(file, after)
    where = str(file) if changed else None
    return Moved(stack, source, target, len(moved.entries), len(pending), where, beside)


def left_behind(stack: str, moved: State, progress: Progress) -> list[str]:
    """The other stacks of the current backend that use a stack's instance. Once the old state is
    gone, they no longer know of it."""
    place = next(
        (
            (str(resource.inputs["application_id"]), str(resource.inputs["environment"]))
            for resource in moved.resources
            if {"application_id", "environment"} <= resource.inputs.keys()
        ),
        None,
    )
    if place is None:
        return []
    try:
        return [neighbour.stack for neighbour in neighbours(stack, *place)]
    except (UnknownNeighbours, UnreadableStack) as failure:
        progress(f"whether other stacks use the same instance is unknown. {failure}")
        return []


def _bring(bench: Workshop, moved: State, target: str, progress: Progress) -> None:
    """Import the state into the other backend, unless it is already there."""
    try:
        existing = _export(bench, target)
    except UnknownStack:
        progress(f"creating the stack in {target}")
        bench.init(backend=target)
        existing = _export(bench, target)
    if existing.entries:
        if not differences(moved, existing):
            progress("the state is there")
        elif not _is_ours(bench, target):
            raise ClerkstackError(
                f"{target} already has a stack {bench.stack}, with another state. Nothing "
                "was changed. If it is not needed, remove it there: "
                f"{removal(target, bench.stack)}"
            )
    bench.pulumi("stack", "tag", "set", TAG, "yes", backend=target)
    if differences(moved, existing):
        progress(f"writing the state to {target}")
        bench.pulumi("stack", "import", backend=target, given=moved.text())


def _encrypt(bench: Workshop, target: str, provider: str | None, progress: Progress) -> None:
    """Encrypt the new state and the copy of the config with the provider."""
    if provider is None or provider == secrets_provider(bench.config):
        return
    progress(f"encrypting config and state by {provider.partition('?')[0]}")
    bench.pulumi("stack", "change-secrets-provider", provider, backend=target)


def _export(bench: Workshop, target: str) -> State:
    return State.parse(bench.pulumi("stack", "export", "--show-secrets", backend=target))


def _is_ours(bench: Workshop, target: str) -> bool:
    return TAG in json.loads(bench.pulumi("stack", "tag", "ls", "--json", backend=target) or "{}")


def _refuse_work(stack: str, state: State) -> None:
    """Refuse a stack with an update in progress, by an engine command on a missing resource: the
    engine checks the lock first. (It would forget half-created resources, so check those before.)

    Raises:
        ClerkstackError: an update is in progress.
    """
    words = ("refresh", "--yes", "--skip-preview", "--target", NOBODY, "--stack", stack)
    try:
        pulumi(*words, state=state)
    except NoSuchTarget:
        return
    except Locked as failure:
        raise ClerkstackError(
            f"Somebody is working on {stack}: wait, then run this again.\n{failure}\nAfter a "
            f"kill: bin/clerkstack recover --stack {stack}"
        ) from None


def _refuse_unfinished(stack: str, state: State, running: Running) -> None:
    """Refuse to move a state with something half-done.

    Raises:
        ClerkstackError: something is half-done.
    """
    if state.pending:
        raise ClerkstackError(
            f"An update of {stack} is running, or was killed. Wait for it to end; after a "
            f"kill, run: bin/clerkstack recover --stack {stack}, pulumi up --stack {stack}, "
            "then this."
        )
    if running(state):
        raise ClerkstackError(
            f"A rotation of {stack} is not finished. Finish it first: bin/clerkstack rotate "
            f"--stack {stack}"
        )


def _compare(stack: str, before: State, after: State) -> None:
    differing = differences(before, after)
    if differing:
        listed = "\n".join(f"  {path}" for path in differing[:SHOWN])
        raise NotTheSame(
            f"The two states of {stack} differ: somebody may have changed the old one meanwhile.\n"
            f"{listed}\nThe old state and the config are unchanged. Run this again."
        )


def _pending(
    stack: str, state: State, bench: Workshop | None = None, target: str | None = None
) -> list[tuple[str, ...]]:
    """The steps of an update that would change something."""
    options, variables = [], {}
    if bench is not None and target is not None:
        options = ["--config-file", str(bench.config)]
        variables[BACKEND] = target
    steps = preview_steps(stack, *options, variables=variables, state=state)
    return [
        (step["op"], step["urn"], *sorted(step.get("diffReasons") or ()))
        for step in steps
        if step["op"] not in ("same", "read")
    ]


def _expect(
    stack: str, before: Sequence[tuple[str, ...]], after: Sequence[tuple[str, ...]]
) -> None:
    unlike = sorted({*before} ^ {*after})
    if unlike:
        listed = "\n".join(f"  {step[0]} {name_of(step[1])}" for step in unlike[:SHOWN])
        raise NotTheSame(
            f"An update of {stack} would not do the same in both places:\n{listed}\nThe old "
            "state and the config are unchanged."
        )


def removal(backend: str, stack: str) -> str:
    """The command that removes only a stack's state, not its resources."""
    words = "pulumi stack rm --force --yes --preserve-config --stack"
    return f"{BACKEND}='{backend}' {words} {stack}"
