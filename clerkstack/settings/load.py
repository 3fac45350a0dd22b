"""Reads settings from a stack's config; reports every problem at once."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from clerkstack.handwritten.models import path_of, validated
from clerkstack.problems import InputError, Problem
from clerkstack.settings.broken import Broken
from clerkstack.settings.forms import explained
from clerkstack.settings.misplaced import misplaced
from clerkstack.settings.models import Allowed, Connection, Settings
from clerkstack.settings.names import (
    ALLOW_KEY,
    CONNECTION_KEYS,
    PREFIX,
    VERCEL_TOKEN,
    Step,
    config_value,
)
from clerkstack.settings.rules import broken_rules, exposed
from clerkstack.settings.source_map import SourceMap, spelled
from clerkstack.settings.vercel_plugin import led_astray

Model = TypeVar("Model", bound=BaseModel)
KINDS = ("development", "production")


def load_settings(
    raw: Mapping[str, str],
    *,
    stack: str,
    file: Path | None = None,
    encrypted: Collection[str] | None = None,
    project: str | None = None,
) -> Settings:
    """The settings of a stack.

    Args:
        raw: the whole config, keys with their namespace, objects as JSON text.
        stack: the stack's name, for messages.
        file: Pulumi.<stack>.yaml, for line numbers, and to check that secrets are encrypted there.
        encrypted: the keys that hold a secret according to Pulumi, wherever they are set (the
            stack's file, another one, Pulumi.yaml); None if unknown.
        project: the name in Pulumi.yaml, the namespace of a key that is set without one.

    Raises:
        InputError: every problem, with file, line, path and remedy; never a value of a secret.
    """
    source_map = SourceMap(file, stack)
    values: dict[str, Any] = {
        key.removeprefix(PREFIX): config_value(value)
        for key, value in raw.items()
        if key.startswith(PREFIX)
    }
    if VERCEL_TOKEN in raw:
        values[VERCEL_TOKEN] = raw[VERCEL_TOKEN]
    settings, errors = validated(Settings, values)
    unread = list(misplaced(raw, project, source_map, stack))
    problems = _problems(errors, source_map, stack)
    failed = [path_of(error) for error in errors]

    def in_the_clear(path: Sequence[Step]) -> bool:
        key = str(path[0]) if ":" in str(path[0]) else f"{PREFIX}{path[0]}"
        open_to_all = encrypted is not None and key in raw and key not in encrypted
        return open_to_all or source_map.in_the_clear(path)

    broken = [*_judged(settings), *exposed(settings, in_the_clear)]
    problems += [
        _problem(rule, source_map, stack) for rule in broken if not _concerns(rule, failed)
    ]
    if "webhook" in values and f"{PREFIX}webhook" in (encrypted or ()):
        fields = [("webhook", "url"), ("webhook", "path")]
        named = settings.webhook.model_fields_set
        settings._webhook_url_encrypted = any(
            path[1] in named and not source_map.in_the_clear(path) for path in fields
        )
    # A misplaced setting is reported as misplaced, not as missing too.
    named = {item.meant for item in unread}
    problems = [item for item in problems if re.split(r"[.\[]", item.path)[0] not in named]
    problems += [item.problem for item in unread]
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line or 0))
    return settings


def refuse_led_astray(stack: str, settings: Settings) -> None:
    """Check that Vercel's plugin uses the address in the settings: the engine starts it, sometimes
    without the program, which checks this itself.

    Raises:
        InputError: it goes elsewhere.
    """
    problems = problems_of(led_astray(settings, os.environ), stack=stack)
    if problems:
        raise InputError(problems)


def problems_of(rules: Iterable[Broken], *, stack: str, file: Path | None = None) -> list[Problem]:
    """Broken rules as problems with their lines in the stack's file."""
    source_map = SourceMap(file, stack)
    return [_problem(rule, source_map, stack) for rule in rules]


def load_connection(raw: Mapping[str, str]) -> Connection:
    """The part of the config that the dynamic providers need (`CONNECTION_KEYS`).

    Raises:
        InputError: a key is missing or of another type.
    """
    values = {
        key.removeprefix(PREFIX): config_value(raw[key]) for key in CONNECTION_KEYS if key in raw
    }
    return _of_provider(Connection, values, ())


def load_allowed(raw: Mapping[str, str]) -> Allowed:
    """The dangerous changes that a config allows; the providers read them in each run.

    Raises:
        InputError: the config names something that cannot be allowed.
    """
    text = raw.get(ALLOW_KEY)
    return _of_provider(Allowed, {} if text is None else config_value(text), ("allow",))


def _problem(rule: Broken, source_map: SourceMap, stack: str) -> Problem:
    name, line = spelled(rule.path), source_map.line(rule.path)
    return Problem(source_map.name, line, name, rule.message, _for_stack(rule.remedy, stack))


def _of_provider(model: type[Model], values: Any, at: Sequence[Step]) -> Model:
    """A part of the config, for providers, which do not have the stack's file."""
    try:
        return model.model_validate(values, by_alias=True, by_name=False)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        raise InputError(_problems(errors, SourceMap(None, "<stack>"), None, at)) from None


def _judged(settings: Settings) -> list[Broken]:
    """The rules that the settings break; without an instance, those broken for either instance."""
    if "instance" in settings.model_fields_set:
        return list(broken_rules(settings))
    first, other = (
        list(broken_rules(settings.model_copy(update={"instance": kind}))) for kind in KINDS
    )
    in_both = {rule.path for rule in other}
    return [rule for rule in first if rule.path in in_both]


def _concerns(rule: Broken, failed: Iterable[Sequence[Step]]) -> bool:
    """Whether a rule judges a setting that already has a problem."""
    for path in failed:
        together = min(len(path), len(rule.path))
        if tuple(path[:together]) == rule.path[:together]:
            return True
    return False


def _problems(
    errors: Iterable[ErrorDetails],
    source_map: SourceMap,
    stack: str | None,
    at: Sequence[Step] = (),
) -> list[Problem]:
    problems = []
    for error in errors:
        path = [*at, *path_of(error)]
        message, remedy = explained(error, path)
        line, name = source_map.line(path), spelled(path)
        problems.append(Problem(source_map.name, line, name, message, _for_stack(remedy, stack)))
    return problems


def _for_stack(remedy: str, stack: str | None) -> str:
    """The remedy with the stack's name, so that its command doesn't change the selected stack."""
    command = "pulumi config set "
    return remedy if stack is None else remedy.replace(command, f"{command}--stack {stack} ")
