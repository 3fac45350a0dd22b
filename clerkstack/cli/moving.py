"""One stack's state brought from the backend in use into another, and compared there.

The old state and the project's config file stay as they are until everything is compared: the new
state is made beside them, from a copy of the config. A run that was killed leaves a stack in the
new backend with the tag `clerkstack:moving`, which the next run may replace.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clerkstack.cli.backends import (
    BACKEND,
    NO_STACK,
    Workshop,
    asked,
    config_file,
    current_backend,
    same,
    secrets_provider,
    settled,
    workshop,
)
from clerkstack.cli.engine import exported_stack, pulumi, resources_of
from clerkstack.cli.imported import name_of
from clerkstack.files import replace as replace_file
from clerkstack.neighbours import UnknownNeighbours, UnreadableStack, neighbours
from clerkstack.problems import ClerkstackError

KINDS = ("file", "s3", "gs", "azblob", "postgres", "https")
TAG = "clerkstack:moving"
NOBODY = "urn:pulumi:nobody::nobody::nobody:nobody:Nobody::nobody"
NOT_THERE = "no resource named"
SHOWN = 10  # differences that a message lists


class NotTheSame(ClerkstackError):
    """The new state is not what the old one is."""


@dataclass(frozen=True)
class Moved:
    """What a move did.

    `pending` is how many changes an update would make, before and after. `left_behind` are the
    stacks in the old backend that use the same instance.
    """

    stack: str
    source: str
    target: str
    resources: int
    pending: int
    config: str | None
    """The config file, where it is encrypted by another provider now."""
    left_behind: list[str] = field(default_factory=list)


Tell = Callable[[str], None]


def move(stack: str, to: str, provider: str | None, tell: Tell) -> Moved:
    """Bring a stack's state into another backend.

    Args:
        stack: the stack's name.
        to: the other backend's address.
        provider: the secrets provider to encrypt config and state with from now on; None keeps it.
        tell: told each step as it begins.

    Raises:
        BackendFailed: a backend or a secrets provider failed.
        NotTheSame: what arrived, or what an update would do, differs.
        ClerkstackError: it can't be moved as it is.
    """
    if to.partition("://")[0] not in KINDS:
        raise ClerkstackError(f"{to} is not an address of a backend: s3://bucket?region=…")
    source, target = settled(current_backend()), settled(to)
    if same(source, target):
        raise ClerkstackError(
            f"The state of {stack} is there already. To change the secrets provider alone: "
            f"pulumi stack change-secrets-provider --stack {stack} …"
        )
    tell(f"looking at the state in {source}")
    _refuse_unfinished(stack, exported_stack(stack, show_secrets=True))
    _refuse_work(stack)
    moved = exported_stack(stack, show_secrets=True)
    tell("looking what an update would do")
    pending = _pending(stack)
    beside = left_behind(stack, moved, tell)
    with workshop(stack) as bench:
        _bring(bench, moved, target, tell)
        _encrypt(bench, target, provider, tell)
        tell("comparing both states")
        _compare(stack, exported_stack(stack, show_secrets=True), _export(bench, target))
        tell("looking what an update would do there")
        _expect(stack, pending, _pending(stack, bench, target))
        asked(lambda: bench.pulumi("stack", "tag", "rm", TAG, backend=target))
        file, after = config_file(stack), bench.config.read_text(encoding="utf-8")
        changed = file.read_text(encoding="utf-8") != after
        if changed:
            replace_file(file, after)
    resources = len(resources_of(moved))
    config = str(file) if changed else None
    return Moved(stack, source, target, resources, len(pending), config, beside)


def left_behind(stack: str, moved: Mapping[str, Any], tell: Tell) -> list[str]:
    """The other stacks of the current backend that use the instance of a stack. Once its old state
    is gone, they do not know it any more."""
    place = next(
        (
            (str(each["inputs"]["application_id"]), str(each["inputs"]["environment"]))
            for each in resources_of(moved)
            if {"application_id", "environment"} <= (each.get("inputs") or {}).keys()
        ),
        None,
    )
    if place is None:
        return []
    try:
        return [each.stack for each in neighbours(stack, *place)]
    except (UnknownNeighbours, UnreadableStack) as failure:
        tell(f"what other stacks use the same instance is not known. {failure}")
        return []


def _bring(bench: Workshop, moved: Mapping[str, Any], target: str, tell: Tell) -> None:
    """Enter the state into the other backend, unless it is there."""
    try:
        there = _export(bench, target)
    except ClerkstackError as failure:
        if NO_STACK not in str(failure):
            raise
        tell(f"making the stack in {target}")
        asked(lambda: bench.init(backend=target))
        there = _export(bench, target)
    if resources_of(there):
        if not _differences(moved, there):
            tell("the state is there")
        elif not _is_ours(bench, target):
            raise ClerkstackError(
                f"There is a stack {bench.stack} in {target} already, with another state. Nothing "
                "was changed. If it is not needed, remove it there: "
                f"{removal(target, bench.stack)}"
            )
    asked(lambda: bench.pulumi("stack", "tag", "set", TAG, "yes", backend=target))
    if _differences(moved, there):
        tell(f"writing the state to {target}")
        asked(lambda: bench.pulumi("stack", "import", backend=target, given=json.dumps(moved)))


def _encrypt(bench: Workshop, target: str, provider: str | None, tell: Tell) -> None:
    """Have the state there, and the copy of the config, encrypted by the provider."""
    if provider is None or provider == secrets_provider(bench.config):
        return
    tell(f"encrypting config and state by {provider.partition('?')[0]}")
    words = ("stack", "change-secrets-provider", provider)
    asked(lambda: bench.pulumi(*words, backend=target))


def _export(bench: Workshop, target: str) -> dict[str, Any]:
    words = ("stack", "export", "--show-secrets")
    exported: dict[str, Any] = json.loads(asked(lambda: bench.pulumi(*words, backend=target)))
    return exported


def _is_ours(bench: Workshop, target: str) -> bool:
    words = ("stack", "tag", "ls", "--json")
    return TAG in json.loads(asked(lambda: bench.pulumi(*words, backend=target)) or "{}")


def _refuse_work(stack: str) -> None:
    """See that no update of the stack is going on: the engine looks for that before it looks for
    the resource that is not there. (It would forget what is half-made: look for that before.)

    Raises:
        ClerkstackError: one is.
    """
    words = ("refresh", "--yes", "--skip-preview", "--target", NOBODY, "--stack", stack)
    try:
        asked(lambda: pulumi(*words))
    except ClerkstackError as failure:
        if NOT_THERE in str(failure):
            return
        if "currently locked" in str(failure):
            raise ClerkstackError(
                f"Somebody is at work on {stack}: wait, then run this again.\n{failure}\nAfter a "
                f"kill: bin/clerkstack recover --stack {stack}"
            ) from None
        raise


def _refuse_unfinished(stack: str, exported: Mapping[str, Any]) -> None:
    """A state is moved when nothing is half-done.

    Raises:
        ClerkstackError: something is.
    """
    from clerkstack.rotation.stacks import ROTATIONS, known_of

    if (exported.get("deployment") or {}).get("pending_operations"):
        raise ClerkstackError(
            f"An update of {stack} goes on, or was killed. Wait for it; after a kill: "
            f"bin/clerkstack recover --stack {stack}, pulumi up --stack {stack}, then this."
        )
    resources = resources_of(exported)
    if not any(each["type"].endswith(f"/clerkstack:{ROTATIONS}") for each in resources):
        return  # nothing was ever rotated
    running = known_of(resources, stack).journal.running
    if running is not None:
        raise ClerkstackError(
            f"A rotation of {stack} is not over. Finish it first: bin/clerkstack rotate --stack "
            f"{stack}"
        )


def _compare(stack: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    found = _differences(before, after)
    if found:
        listed = "\n".join(f"  {each}" for each in found[:SHOWN])
        raise NotTheSame(
            f"The two states of {stack} differ: somebody may have changed the old one meanwhile.\n"
            f"{listed}\nThe old state and the config are as they were. Run this again."
        )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What differs between two exported states, secrets shown: names of resources and of their
    properties, never a value."""
    old, new = resources_of(before), resources_of(after)
    names = [each["urn"] for each in old], [each["urn"] for each in new]
    if names[0] != names[1]:
        missing = [f"{name_of(urn)}: missing" for urn in names[0] if urn not in names[1]]
        more = [f"{name_of(urn)}: not there before" for urn in names[1] if urn not in names[0]]
        return [*missing, *more] or ["the order of the resources"]
    found = [f"{name_of(a['urn'])}: {each}" for a, b in zip(old, new, strict=True)
             for each in _unlike(a, b)]  # fmt: skip
    pending = [(each.get("deployment") or {}).get("pending_operations") for each in (before, after)]
    return [*found, *(["pending operations"] if pending[0] != pending[1] else [])]


def _unlike(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if a == b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            found += [f"{key}.{each}" for each in sorted({*a, *b}) if a.get(each) != b.get(each)]
        else:
            found.append(key)
    return found


def _pending(
    stack: str, bench: Workshop | None = None, target: str | None = None
) -> list[tuple[str, ...]]:
    """What an update would do: each step but those that change nothing."""
    words = ["preview", "--json", "--stack", stack]
    variables = {}
    if bench is not None and target is not None:
        words += ["--config-file", str(bench.config)]
        variables[BACKEND] = target
    steps = json.loads(asked(lambda: pulumi(*words, variables=variables)))["steps"]
    return [
        (each["op"], each["urn"], *sorted(each.get("diffReasons") or ()))
        for each in steps
        if each["op"] not in ("same", "read")
    ]


def _expect(
    stack: str, before: Sequence[tuple[str, ...]], after: Sequence[tuple[str, ...]]
) -> None:
    unlike = sorted({*before} ^ {*after})
    if unlike:
        listed = "\n".join(f"  {each[0]} {name_of(each[1])}" for each in unlike[:SHOWN])
        raise NotTheSame(
            f"An update of {stack} would not do the same in both places:\n{listed}\nThe old state "
            "and the config are as they were."
        )


def removal(backend: str, stack: str) -> str:
    """The command that removes a stack's state, and nothing that it describes."""
    words = "pulumi stack rm --force --yes --preserve-config --stack"
    return f"{BACKEND}='{backend}' {words} {stack}"
