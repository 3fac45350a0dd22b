"""Settings where nothing reads them: Pulumi silently accepts any key.

`pulumi config set` without a namespace writes under the project's name; namespaces are case
sensitive; keys beside `config:` in a stack's file are not config.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic.alias_generators import to_camel

from clerkstack.problems import Problem
from clerkstack.settings.forms import how_to_set, settings_in
from clerkstack.settings.models import Settings
from clerkstack.settings.names import PREFIX, VERCEL_TOKEN, config_value
from clerkstack.settings.source_map import SourceMap

NAMESPACE = PREFIX.removesuffix(":")
# A namespace this similar is a misspelling: clerkstak, or one with a Cyrillic letter.
_ALIKE = 0.85
_KNOWN = {to_camel(name).lower(): to_camel(name) for name in Settings.model_fields}


@dataclass(frozen=True)
class Misplaced:
    """A problem, and the intended setting without its namespace."""

    problem: Problem
    meant: str


def misplaced(
    raw: Mapping[str, str], project: str | None, source_map: SourceMap, stack: str
) -> Iterator[Misplaced]:
    """Find keys of the config, and of the stack's file beside it, that look like settings but that
    nothing reads.

    Args:
        raw: the whole config, keys with their namespace.
        project: the name in Pulumi.yaml; None if unknown.
        source_map: lines of the stack's file.
        stack: the stack's name, for messages.
    """
    for key in raw:
        namespace, _, name = key.partition(":")
        if namespace == NAMESPACE or key == VERCEL_TOKEN:
            continue
        meant = _meant(name)
        if namespace == project:
            if meant and (f"{PREFIX}{meant}" not in raw or _is_group(meant, raw[key])):
                yield _of_project(key, meant, source_map, stack)
        elif key.lower() == VERCEL_TOKEN.lower():
            yield _elsewhere(key, VERCEL_TOKEN, source_map, stack)
        elif (
            _squeezed(namespace) == NAMESPACE
            or (meant and _is_like(namespace))
            or (meant and namespace.lower().startswith("clerk") and f"{PREFIX}{meant}" not in raw)
        ):
            yield _elsewhere(key, f"{PREFIX}{meant or name}", source_map, stack)
    for key, line in source_map.beside_config():
        namespace, colon, name = key.partition(":")
        if colon and (_squeezed(namespace) == NAMESPACE or _is_like(namespace)):
            meant = _meant(name) or name
            message = "is next to `config:`, where nothing reads it"
            remedy = f"Indent it below `config:`, as {PREFIX}{meant}"
            yield Misplaced(Problem(source_map.name, line, key, message, remedy), meant)


def _of_project(key: str, meant: str, source_map: SourceMap, stack: str) -> Misplaced:
    project = key.partition(":")[0]
    options = "--secret " if how_to_set((meant,)).count("--secret") else ""
    problem = Problem(
        source_map.name,
        source_map.line((key,)),
        key,
        f"is not read: the settings are {PREFIX}…, whatever the project's name is, but "
        f"`pulumi config set` without this prefix writes {project}:…",
        f"Run: pulumi config set --stack {stack} {options}{PREFIX}{meant}, then "
        f"pulumi config rm --stack {stack} {key}",
    )
    return Misplaced(problem, meant)


def _elsewhere(key: str, meant: str, source_map: SourceMap, stack: str) -> Misplaced:
    message = "is not read: a key must match exactly, including upper and lower case"
    remedy = (
        f"Did you mean {meant}? Rename it in {source_map.name}, or wherever else it is set; or "
        "run: "
    )
    remedy += f"pulumi config rm --stack {stack} '{key}'"
    problem = Problem(source_map.name, source_map.line((key,)), key, message, remedy)
    return Misplaced(problem, meant if meant == VERCEL_TOKEN else meant.removeprefix(PREFIX))


def _meant(name: str) -> str | None:
    """The setting that a name means in another case, or with the namespace repeated."""
    bare = re.sub(rf"^{NAMESPACE}[.:/_-]", "", name.lower())
    return _KNOWN.get(_squeezed(bare))


def _is_group(name: str, value: str) -> bool:
    """Whether a value has only settings of a group, so that it is unlikely to be the user's own."""
    held, inside = config_value(value), {*settings_in((name,))}
    return isinstance(held, dict) and bool(held) and held.keys() <= inside


def _squeezed(name: str) -> str:
    return re.sub(r"[\s._-]", "", name).lower()


def _is_like(namespace: str) -> bool:
    return bool(difflib.get_close_matches(_squeezed(namespace), [NAMESPACE], cutoff=_ALIKE))
