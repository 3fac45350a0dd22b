"""Models of `policies/config.yaml`, made from the policies: each policy says what can be set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, create_model

from clerkstack.handwritten.document import Document
from clerkstack.handwritten.fields import usable, wrong
from policies.policy import MOST_DAYS, Option, Policy, Values
from policies.registry import BY_ID
from policies.rules import (
    DEFAULTS,
    MAX_WAIVER_DAYS,
    STAYS_MANDATORY,
    Level,
    Rules,
    instead_of_level,
    turns_off,
)
from policies.view import PRODUCTION

LIMITS = ("waivers", "excuses")
"""The groups with the limit of a waiver; the second is its former name."""


class Written(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _days(value: Any) -> int:
    if type(usable(value)) is int and 0 < value <= MOST_DAYS:
        return int(value)
    raise wrong("is not a number of days", f"Write a whole number from 1 to {MOST_DAYS}")


def _texts(value: Any) -> list[str]:
    if isinstance(usable(value), list):
        each_text = [isinstance(usable(each), str) and each for each in value]
        if all(each_text):
            return [str(each) for each in value]
    raise wrong("is not a list of strings", "Write each on its own line: - …")


class Limit(Written):
    """How long a waiver may last."""

    max_days: Annotated[int, PlainValidator(_days)] = MAX_WAIVER_DAYS


def _level(policy: Policy, environment: str) -> Callable[[Any], Level]:
    def checked(value: Any) -> Level:
        if not isinstance(usable(value), str) or value not in {*Level}:
            raise wrong("is not a level", f"Use {', '.join(Level)}")
        level = Level(value)
        if environment == PRODUCTION and turns_off(policy, level):
            raise wrong(STAYS_MANDATORY, instead_of_level(policy))
        return level

    return checked


def _model(policy: Policy) -> type[Written]:
    """The model of one policy's settings."""
    fields: dict[str, Any] = {
        environment: (Annotated[Level, PlainValidator(_level(policy, environment))], None)
        for environment in DEFAULTS
    }
    for name, option in policy.options.items():
        fields[name] = (_kind(option), option.default)
    return create_model(policy.id, __base__=Written, **fields)


def _kind(option: Option) -> Any:
    if isinstance(option.default, int):
        return Annotated[int, PlainValidator(_days)]
    return Annotated[list[str], PlainValidator(_texts)]


def read_config(file: Path, name: str) -> Rules:
    """Read the pack's configuration.

    Args:
        file: where it is.
        name: what messages call it.

    Raises:
        InputError: every problem, with file, line and fix.
    """
    document = Document(name)
    value = document.read(file)
    levels: dict[tuple[str, str], Level] = {}
    values: dict[str, Values] = {}
    days = MAX_WAIVER_DAYS
    for part, group in document.groups(value, "", ("policies", *LIMITS)):
        if part != "policies":
            days = document.entry(Limit, group, part).max_days
            continue
        for id_, written in document.groups(group, part, tuple(BY_ID)):
            policy = BY_ID[id_]
            given = document.entry(_model(policy), written, f"{part}.{id_}")
            said = given.model_dump(exclude_unset=True)
            levels |= {(id_, at): said.pop(at) for at in DEFAULTS if at in said}
            values |= {id_: said} if said else {}
    document.done()
    return Rules(levels, values, days)
