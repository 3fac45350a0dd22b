"""The kinds of secrets that are rotated, their names, and the variables that hold them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from clerkstack.settings.variable_names import SETS, NameSet, Purpose, names_of

Kind = Literal["clerk", "webhook"]
KINDS: tuple[Kind, ...] = ("clerk", "webhook")
WORDS: dict[Kind, str] = {"clerk": "secret key", "webhook": "signing secret"}
_PURPOSES: dict[Kind, Purpose] = {"clerk": "secret_key", "webhook": "signing_secret"}


def variables_of(kind: Kind, sets: Iterable[NameSet] = tuple(SETS)) -> tuple[str, ...]:
    """The app's variables that hold a secret, for an app that reads these sets of names."""
    return names_of(_PURPOSES[kind], sets)
