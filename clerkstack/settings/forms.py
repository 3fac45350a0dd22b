"""Messages and remedies for pydantic's errors: values of the wrong type or form."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from clerkstack.settings import models
from clerkstack.settings.names import PREFIX, Step
from clerkstack.settings.source_map import spelled

_SECRETS = ("platformKey", "secretKey", "clientSecret", "vercel:apiToken")
_REMEDIES = {
    models.ASKED: "Write kind and slug, for example plan/legacy or role/org:auditor",
    models.GIT_REF: "Write a branch, a tag or the 40 digits of a commit",
    models.IDENTIFIER: "Write the name of a constant, for example PLANS",
    models.INSIDE: "Write a path inside the app's checkout, for example src/lib/plans.ts",
    models.APPLICATION_ID: "Copy it from the application's page in Clerk's dashboard: app_…",
    models.DOMAIN: "Write a bare domain in lower case, for example sendero.example",
    models.PATH: "Write a path that starts with one /, for example /sign-in",
    models.PLAIN_ID: "Use only letters, digits, ., - and _",
    models.PROVIDER: "Name the provider as Clerk does, for example google or github",
    models.ROLE_KEY: "Write it as org:finance: org: followed by lower-case letters, digits or _",
    models.VARIABLE: "Write target and key, for example preview/CLERK_SECRET_KEY",
    models.PROJECT_NAME: "Use only lower-case letters, digits and -, for example web",
    models.PERMISSION_KEY: "Write it as org:sys_memberships:read",
}


def explained(error: ErrorDetails, path: Sequence[Step]) -> tuple[str, str]:
    """Message and remedy for one error, without the value, which may be a secret."""
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "missing":
        return "is missing", how_to_set(path)
    if kind == "extra_forbidden":
        return "is not a setting", _unknown(path)
    if kind == "literal_error":
        return "is not an allowed value", f"Use {context['expected']}"
    if kind.startswith("bool"):
        return "is not a boolean", "Write true or false, without quotes"
    if kind.startswith("int"):
        return "is not a whole number", "Write a whole number, without quotes"
    if kind == "greater_than_equal":
        return f"is below {context['ge']}", f"Write {context['ge']} or more"
    if kind == "string_type":
        return "is not text", "Write it in quotes"
    if kind == "string_pattern_mismatch":
        remedy = _REMEDIES.get(str(context["pattern"]), f"It must match {context['pattern']}")
        return "is malformed", remedy
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        inside = ", ".join(sorted(settings_in(path))) or "one for each name"
        return "is not a group of settings", f"Write keys under it: {inside}"
    if kind == "list_type":
        return "is not a list", "Write each entry on its own line: - …"
    if kind in ("too_short", "string_too_short"):
        return "is empty", "Name at least one, or remove it"
    return "has an invalid value", "See docs/settings.md"


def how_to_set(path: Sequence[Step], example: str = "<value>") -> str:
    """The command that sets a setting. Pulumi prompts for a secret's value."""
    options = "--path " if len(path) > 1 else ""
    if path[-1] in _SECRETS or tuple(path[:2]) == ("webhook", "headers"):
        options, example = options + "--secret ", ""
    key = spelled(path) if ":" in str(path[0]) else PREFIX + spelled(path)
    key = f"'{key}'" if set(key) & set("[]\"'") else key
    return f"Run: pulumi config set {options}{key} {example}".rstrip()


def _unknown(path: Sequence[Step]) -> str:
    name, known = str(path[-1]), sorted(settings_in(path[:-1]))
    if len(path) == 1 and "vercel" in name.lower():
        return "Vercel's token is a setting of its own provider: vercel:apiToken"
    by_lower = {name.lower(): name for name in known}
    group, dot, inside = name.partition(".")
    if len(path) == 1 and dot and group.lower() in by_lower:
        key = f"{PREFIX}{by_lower[group.lower()]}.{inside}"
        return f"For a setting inside a group, run: pulumi config set --path {key} <value>"
    spelling = name.replace("_", "").replace("-", "").lower()
    close = difflib.get_close_matches(spelling, by_lower, n=1)
    return f"Did you mean {by_lower[close[0]]}?" if close else "Remove it"


def settings_in(path: Sequence[Step]) -> Iterator[str]:
    """The names of the settings below a path."""
    at: Any = models.Settings
    for step in path:
        at = _under(at, step)
    model = _model(at)
    for name, field in model.model_fields.items() if model else ():
        if ":" not in (field.alias or ""):
            yield to_camel(name)


def _under(annotation: Any, step: Step) -> Any:
    """The annotation of the value under a key or index."""
    model = _model(annotation)
    if model is None or model is not annotation:
        inner = [argument for argument in get_args(annotation) if _model(argument)]
        return inner[0] if inner else None
    names = {to_camel(name): field.annotation for name, field in model.model_fields.items()}
    return names.get(str(step))


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation: `Model`, `Model | None`, `dict[str, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _model(argument))), None)
