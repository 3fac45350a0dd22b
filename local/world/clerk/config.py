"""Computes the config of an instance after a PATCH or PUT, and checks it as a whole.

Undocumented, so decided here: a PATCH merges objects and replaces everything else; a null
brings a field's default back; a PUT names every section, an entry of a map (plan, feature, custom
connection) that it leaves out is removed, any other field that it leaves out stays, and a null
where nothing is removes nothing; a value that is stored already is never refused.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from local.world.clerk import billing, config_rules, errors
from local.world.clerk.fields import SENSITIVE, Document
from local.world.clerk.readings import Readings
from local.world.clerk.schema import MASK, default_section, defaults_of, field_of, is_map
from local.world.clerk.sections import SECTIONS

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

ACCESS = "auth_access_control"


@dataclass(frozen=True)
class Place:
    """What a write is checked against besides the config: the environment, and what is allowed.

    ``known`` are the sections that the instance advertises; ``plan_limit`` is how many plans it may
    have besides the default ones, None for no limit; ``gated`` are the features that the plan of
    the workspace lacks; ``subscribed`` are the plans with active subscribers.
    """

    environment: str
    known: list[str]
    readings: Readings
    plan_limit: int | None = None
    gated: Collection[str] = ()
    subscribed: Collection[str] = ()


def check_names(names: Iterable[str], known: list[str], *, under: str = "") -> None:
    """Refuse unknown names.

    Raises:
        ClerkError: unknown_config_key, one entry for each.
    """
    _refuse(
        errors.unknown_config_key(f"{under}{name}", difflib.get_close_matches(name, known, n=3))
        for name in names
        if name not in known
    )


def written(
    config: Document, change: Document, place: Place, *, replace: bool, destructive: bool
) -> Document:
    """Return the complete config after the write; ``config`` is not changed.

    Raises:
        ClerkError: the write is refused as a whole.
    """
    check_names(change, place.known)
    if replace:
        missing = [name for name in place.known if name not in change]
        if missing:
            raise errors.missing_config_keys(missing)
    after = copy.deepcopy(config)
    for name, value in change.items():
        if value is not None and not isinstance(value, dict):
            raise errors.config_key_body_invalid(name)
        _check_null(name, value, config[name], place, replace=replace, destructive=destructive)
        after[name] = _section(name, value, config[name], place, replace=replace)
        if after[name] is not None:
            _check_required(name, after[name])
    config_rules.follow(config, after)
    config_rules.check(config, after, environment=place.environment, gated=place.gated)
    billing.complete(
        config["billing"],
        after["billing"],
        organizations=after["organization_settings"]["enabled"],
        most=place.plan_limit,
        subscribed=place.subscribed,
    )
    return after


def quietly_lost(config: Document, after: Document, change: Document, readings: Readings) -> None:
    """Remove from ``after`` what Clerk reports as written and does not store."""
    sent = change.get(ACCESS)
    alone = isinstance(sent, dict) and "allowlist_enabled" in sent and "sign_up_mode" not in sent
    if alone and not readings.allowlist_alone_is_kept:
        after[ACCESS]["allowlist_enabled"] = config[ACCESS]["allowlist_enabled"]


def _check_null(
    name: str, value: Any, before: Any, place: Place, *, replace: bool, destructive: bool
) -> None:
    if destructive:
        return
    strict = place.readings.every_null_is_destructive and not replace
    gone = _removed({name: before}, {name: value}, {"properties": SECTIONS}, strict, replace)
    first = next(gone, None)
    if first is not None:
        raise errors.destructive_not_allowed(first)


def _section(name: str, value: Any, before: Any, place: Place, *, replace: bool) -> Any:
    described = SECTIONS[name]
    if value is None:
        return default_section(name)
    if before is None and name != "session" and not place.readings.null_sections_can_be_set:
        message = "is not available on this instance"
        raise errors.config_validation_error(name, name, f"properties/{name}", message)
    base = defaults_of(described) if before is None else before
    if name == "billing":
        billing.check_values(value)
    _check_known(name, value, described, place.readings)
    _check_schema(name, _explicit((name,), value, base, described, place.readings))
    return merged(base, value, described, replace=replace)


def _removed(
    before: Document, change: Document, described: Document, strict: bool, replace: bool
) -> Iterator[str]:
    """Yield the names of what the write would remove; if ``strict``, of each null."""
    for name, value in change.items():
        there = before.get(name)
        if value is None:
            if strict or there is not None:
                yield name
        elif isinstance(value, dict):
            held = there if isinstance(there, dict) else {}
            inner = _removed(held, value, field_of(described, name), strict, replace)
            yield from (f"{name}.{each}" for each in inner)
    if replace and is_map(described):
        yield from (name for name in before if name not in change)


def merged(
    before: Document | None, change: Document, described: Document, *, replace: bool = False
) -> Document:
    """Merge a change into an object of the config; None is a missing object."""
    before = defaults_of(described) if before is None else before
    after = dict(before)
    if replace and is_map(described):
        after = {name: value for name, value in before.items() if name in change}
    for name, value in change.items():
        field = field_of(described, name)
        if value is None:
            if "default" in field:
                after[name] = copy.deepcopy(field["default"])
            elif "properties" in field and not is_map(described):
                after[name] = defaults_of(field)
            else:
                after.pop(name, None)
        elif isinstance(value, dict):
            there = after.get(name)
            held = there if isinstance(there, dict) else None
            after[name] = merged(held, value, field, replace=replace)
        elif field.get(SENSITIVE) and value == MASK:
            continue
        elif isinstance(value, float) and "integer" in field.get("type", ""):
            after[name] = int(value)  # JSON has one number type; the schema accepted an integer
        else:
            after[name] = value
    return after


def _explicit(
    at: tuple[str, ...], value: Any, before: Any, described: Document, readings: Readings
) -> Any:
    """Return what the schema has to judge: no null, nothing that is stored already or is the value
    of a field that is not set. What is read-only stays in, as something the schema does not
    have."""
    if not isinstance(value, dict):
        return value
    left = {}
    held = before if isinstance(before, dict) else {}
    for name, inner in value.items():
        field = field_of(described, name)
        if inner is None or _plainly_same(inner, held.get(name)):
            continue
        if field.get("readOnly") and not readings.quotas_can_be_written:
            path = "/".join(f"properties/{each}" for each in (*at, name))
            raise errors.config_validation_error(
                at[0], ".".join((*at, name)), f"{path}/readOnly", "is read-only"
            )
        if not _plainly_same(inner, field.get("default")):
            left[name] = _explicit((*at, name), inner, held.get(name), field, readings)
    return left


def _plainly_same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and not isinstance(one, dict) and one == other


def _check_known(at: str, value: Any, described: Document, readings: Readings) -> None:
    fields = described.get("properties")
    if not isinstance(value, dict) or (fields is None and not is_map(described)):
        return
    if fields is not None and not is_map(described) and not readings.unknown_nested_key_is_422:
        check_names(value, list(fields), under=f"{at}.")
    for name, inner in value.items():
        _check_known(f"{at}.{name}", inner, field_of(described, name), readings)


@cache
def _validator(name: str) -> Validator:
    from jsonschema import (
        Draft202012Validator,
    )  # imported here, so that a world that only reads is fast

    return Draft202012Validator(_without_required(SECTIONS[name]))


def _without_required(described: Any) -> Any:
    """Return a schema without `required`: a write may omit what exists; the result is checked
    later."""
    if not isinstance(described, dict):
        return described
    return {
        name: _without_required(value) if name != "default" else value
        for name, value in described.items()
        if not (name == "required" and isinstance(value, list))  # some fields have this name
    }


def _check_schema(name: str, value: Document) -> None:
    found = list(_validator(name).iter_errors(value))
    if any(mistake.validator == "type" for mistake in found):
        raise errors.config_key_body_invalid(name)
    _refuse(
        errors.config_validation_error(
            name,
            ".".join([name, *map(str, mistake.absolute_path)]),
            "/".join(["properties", name, *map(str, mistake.schema_path)]),
            _in_words(mistake.validator, mistake.validator_value, mistake.instance, mistake.schema),
        )
        for mistake in found
    )


def _refuse(mistakes: Iterable[errors.ClerkError]) -> None:
    found = list(mistakes)
    if found:
        first, *rest = found
        raise errors.ClerkError(first.status, first.code, first.message, meta=first.meta, also=rest)


def _in_words(rule: Any, wanted: Any, instance: Any, described: Any) -> str:
    """Describe an error without repeating the value."""
    if rule == "additionalProperties" and isinstance(instance, dict):
        known = described.get("properties", {}) if isinstance(described, dict) else {}
        unknown = sorted(str(name) for name in instance if name not in known)
        return f"has no {', '.join(unknown)}"
    return f"does not fit {rule}: {wanted}"


def _check_required(name: str, section: Document) -> None:
    for path, entry, described in _entries(name, section, SECTIONS[name]):
        for field in described.get("required", ()):
            if entry.get(field) is None:
                if field == "name":
                    raise errors.missing_name(f"{path}.{field}")
                where = f"properties/{name}/required"
                raise errors.config_validation_error(name, f"{path}.{field}", where, "is required")


def _entries(
    path: str, value: Document, described: Document
) -> Iterator[tuple[str, Document, Document]]:
    yield path, value, described
    for name, inner in value.items():
        field = field_of(described, name)
        if isinstance(inner, dict) and field:
            yield from _entries(f"{path}.{name}", inner, field)
