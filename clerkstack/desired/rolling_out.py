"""The update that rolls out rotated secrets: it writes nothing else, so nothing else is judged.

`clerkstack rotate` runs it on the secrets' own resources (`--target`), with their URNs in the
environment variable `ROLL_OUT`. The program then does not read the app, and policies stop it only
for what it writes. The update does not change slugs or trial cards; refusing it because of them
after the mint would lock everybody out when the old secrets expire.

The variable grants nothing. If it is set, every provider and a hook on every other resource refuse
to write, so a plain `pulumi up` with it is refused before its first write.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TypeVar

from clerkstack.desired.resource_types import COMMAND_TYPE, VARIABLE_TYPE, WRITTEN_TYPE
from clerkstack.desired.secret_kinds import KINDS, variables_of

ROLL_OUT = "CLERKSTACK_ROLL_OUT"
NAMES = frozenset(name for kind in KINDS for name in variables_of(kind))
"""The variables that hold a rotated secret, by every name that an app reads."""
Value = TypeVar("Value")


def rolls_out() -> bool:
    """Whether this process is part of such an update."""
    return bool(os.environ.get(ROLL_OUT))


def environment_of(urns: Iterable[str]) -> dict[str, str]:
    """The environment variable for an update of these resources."""
    return {ROLL_OUT: " ".join(urns)}


def is_rolled_out(type_: str, name: str, key: object) -> bool:
    """Whether this update may write a resource: it is named, and of a kind that may be named.

    Args:
        type_: the resource's type.
        name: its name.
        key: the input `key`, if it is a variable.
    """
    if name not in {urn.rpartition("::")[2] for urn in os.environ.get(ROLL_OUT, "").split()}:
        return False
    if type_ == VARIABLE_TYPE:
        return isinstance(key, str) and key in NAMES
    return type_ == WRITTEN_TYPE or (type_ == COMMAND_TYPE and name.endswith("-redeploy"))


def rest_as_was(was: Mapping[str, Value], declared: Mapping[str, Value]) -> dict[str, Value]:
    """The variables in such an update, by target/KEY: secrets as declared, all others as they were,
    so that a change that waits for its own update does not stop it."""
    return {name: _of(name, was, declared) for name in was}


def is_secret(name: str) -> bool:
    """Whether a variable, as target/KEY, holds a rotated secret."""
    return name.partition("/")[2] in NAMES


def _of(name: str, was: Mapping[str, Value], declared: Mapping[str, Value]) -> Value:
    return declared[name] if is_secret(name) and name in declared else was[name]


def as_if_new(secret: str) -> str:
    """Another secret of the same form, for a preview before the mint, so that checks of the write
    have a value to judge."""
    return secret[:-1] + ("B" if secret.endswith("A") else "A")


def refusal(name: str) -> str:
    """Why another resource is refused, and what to do."""
    return (
        f"{ROLL_OUT} is set, so this update may write rotated secrets only, and {name} is not one. "
        f"`clerkstack rotate` sets it for its own update. Run `unset {ROLL_OUT}`, then the same "
        "command again."
    )
