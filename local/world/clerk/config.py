"""Writes to an instance's config: what a PATCH or PUT makes of it, checked as a whole.

Decided where no document says it: a PATCH merges objects and replaces everything else; a null
that removes something is destructive, one where nothing is there is not; a PUT names every
section, an entry of a map (plan, feature, custom connection) that it leaves out is removed, any
other field that it leaves out stays.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from local.world.clerk import billing, errors
from local.world.clerk.schema import SECTIONS, SENSITIVE, Document, defaults_of

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


def check_names(names: Iterable[str], known: list[str]) -> None:
    """Refuse sections the config does not have.

    Raises:
        ClerkError: unknown_config_key, one entry for each.
    """
    unknown = [
        errors.unknown_config_key(name, difflib.get_close_matches(name, known, n=3))
        for name in names
        if name not in known
    ]
    if unknown:
        first, *rest = unknown
        raise errors.ClerkError(first.status, first.code, first.message, meta=first.meta, also=rest)


def written(
    config: Document,
    change: Document,
    *,
    known: list[str],
    replace: bool,
    destructive: bool,
    plan_limit: int | None,
    subscribed: Collection[str],
) -> Document:
    """Give the whole config as it is after the write; ``config`` is not touched.

    Raises:
        ClerkError: the write is refused, nothing of it holds.
    """
    check_names(change, known)
    if replace:
        missing = [name for name in known if name not in change]
        if missing:
            raise errors.missing_config_keys(missing)
    after = copy.deepcopy(config)
    for name, value in change.items():
        described = SECTIONS[name]
        if value is None:
            if not destructive:
                raise errors.destructive_not_allowed(name)
            after[name] = defaults_of(described)
            continue
        if not isinstance(value, dict):
            raise errors.config_key_body_invalid(name)
        if name == "billing":
            billing.check_values(value)
        _check_schema(name, _without_nulls(value))
        gone = list(_removed(after[name], value, described, replace=replace, at=name))
        if gone and not destructive:
            raise errors.destructive_not_allowed(gone[0])
        after[name] = _merged(after[name], value, described, replace=replace)
        _check_required(name, after[name])
    _check_organizations(config, after)
    billing.complete(
        config["billing"],
        after["billing"],
        organizations=after["organization_settings"]["enabled"],
        most=plan_limit,
        subscribed=subscribed,
    )
    return after


def _check_organizations(before: Document, after: Document) -> None:
    settings = after["organization_settings"]
    if settings["enabled"]:
        return
    if before["organization_settings"]["enabled"] and after["billing"]["organization_enabled"]:
        raise errors.organizations_needed()
    if settings["force_organization_selection"]:
        raise errors.nothing_to_select()


def _field(described: Document, name: str) -> Document:
    field = described.get("properties", {}).get(name)
    entry = described.get("additionalProperties")
    return field or (entry if isinstance(entry, dict) else {})


def _is_map(described: Document) -> bool:
    return bool(described.get("additionalProperties"))


def _removed(
    before: Document, change: Document, described: Document, *, replace: bool, at: str
) -> Iterator[str]:
    """Name what the write would take away."""
    for name, value in change.items():
        there = before.get(name)
        field = _field(described, name)
        if value is None and there is not None:
            yield f"{at}.{name}"
        elif isinstance(value, dict) and isinstance(there, dict):
            yield from _removed(there, value, field, replace=replace, at=f"{at}.{name}")
    if replace and _is_map(described):
        yield from (f"{at}.{name}" for name in before if name not in change)


def _merged(before: Document, change: Document, described: Document, *, replace: bool) -> Document:
    after = dict(before)
    if replace and _is_map(described):
        after = {name: value for name, value in before.items() if name in change}
    for name, value in change.items():
        field = _field(described, name)
        if value is None:
            if "default" in field:
                after[name] = copy.deepcopy(field["default"])
            else:
                after.pop(name, None)
        elif isinstance(value, dict):
            there = after.get(name)
            base = there if isinstance(there, dict) else defaults_of(field)
            after[name] = _merged(base, value, field, replace=replace)
        elif isinstance(value, float) and "integer" in field.get("type", ""):
            after[name] = int(value)  # JSON has one kind of number; the schema took a whole one
        else:
            after[name] = value
    return after


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}


@cache
def _validator(name: str) -> Validator:
    from jsonschema import Draft202012Validator  # here, so that a world that only reads is quick

    return Draft202012Validator(_without_required(SECTIONS[name]))


def _without_required(described: Any) -> Any:
    """A write may leave out what is there already; the whole is checked afterwards."""
    if not isinstance(described, dict):
        return described
    return {
        name: _without_required(value) if name != "default" else value
        for name, value in described.items()
        if not (name == "required" and isinstance(value, list))  # some fields have that name
    }


def _check_schema(name: str, value: Document) -> None:
    found = list(_validator(name).iter_errors(value))
    if any(mistake.validator == "type" for mistake in found):
        raise errors.config_key_body_invalid(name)
    mistakes = [
        errors.config_validation_error(
            name,
            ".".join([name, *map(str, mistake.absolute_path)]),
            "/".join(["properties", name, *map(str, mistake.schema_path)]),
            _said(mistake.validator, mistake.validator_value, mistake.instance, mistake.schema),
        )
        for mistake in found
    ]
    if mistakes:
        first, *rest = mistakes
        raise errors.ClerkError(first.status, first.code, first.message, meta=first.meta, also=rest)


def _said(rule: Any, wanted: Any, instance: Any, described: Any) -> str:
    """Say what is wrong without repeating the value."""
    if rule == "additionalProperties" and isinstance(instance, dict):
        known = described.get("properties", {}) if isinstance(described, dict) else {}
        unknown = sorted(str(name) for name in instance if name not in known)
        return f"has no {', '.join(unknown)}"
    return f"does not fit {rule}: {wanted}"


def _check_required(name: str, section: Document) -> None:
    for path, entry, described in _entries(name, section, SECTIONS[name]):
        for field in described.get("required", ()):
            if entry.get(field) is None:
                where = f"properties/{name}/required"
                raise errors.config_validation_error(name, f"{path}.{field}", where, "is required")


def _entries(
    path: str, value: Document, described: Document
) -> Iterator[tuple[str, Document, Document]]:
    yield path, value, described
    for name, inner in value.items():
        field = _field(described, name)
        if isinstance(inner, dict) and field and not field.get(SENSITIVE):
            yield from _entries(f"{path}.{name}", inner, field)
