"""The config of the Clerk emulator, field by field against what live instances have shown."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from local.world.clerk.environment import environment_json
from local.world.clerk.fields import SENSITIVE
from local.world.clerk.kinds import KINDS, config_of
from local.world.clerk.schema import field_of
from local.world.clerk.sections import API_KEYS, SECTIONS
from tests.descriptions import FOLDER, without_descriptions
from tests.world.clerk_accounts import APPLICATION_ID, Account

FOLDER_OF_TESTS = Path(__file__).resolve().parents[1]
PROVIDERS = "connection_oauth_<provider>"
CUSTOM = "connections_oauth_custom"
NOT_HERE = {
    "api_keys": "no live read has a section of this name",
    "native_app_minimum_versions": "a tool's text names it, no live read has it",
}
SWITCHED = {API_KEYS: "unreleased code names it: advertised only where the world says so"}
BOUNDS_FROM_NOTES = {
    "billing.plans.<slug>.amount": "below $999,999.99",
    "billing.plans.<slug>.annual_monthly_amount": "the same money as amount",
}
"""Bounds that the file has in words only."""
ON_IN_DEVELOPMENT = {
    "connection_oauth_google.enabled": True,
    "connection_oauth_google.block_email_subaddresses": True,
}
"""Fresh values that the file has in words only."""
NULL_SECTIONS = ("connection_oauth_enstall", "connection_oauth_expressen", "session")
ENTRIES: dict[str, Any] = {
    "<slug>": "made",
    "<key>": "made",
}
MADE: dict[str, Any] = {
    "organization_settings": {"enabled": True},
    "billing": {
        "organization_enabled": True,
        "features": {"made": {"name": "Made"}},
        "plans": {"made": {"name": "Made", "payer_type": "org", "amount": 100}},
    },
    CUSTOM: {"made": {"name": "Made"}},
    "session": {"claims": {"a": "b"}},
}


@cache
def shapes() -> dict[str, Any]:
    """Return the file; skip if it is missing, but fail in CI."""
    file = FOLDER / "clerk-config-shapes.json"
    if not file.is_file():
        without_descriptions()
    found: dict[str, Any] = json.loads(file.read_text())
    return found


@dataclass(frozen=True)
class Field:
    """A field as the file describes it; `path` starts with the section."""

    path: str
    shape: dict[str, Any]

    @property
    def names(self) -> list[str]:
        """Return its path on an instance that has an entry in each map."""
        return [ENTRIES.get(name, name) for name in self.path.split(".")]

    @property
    def described(self) -> dict[str, Any]:
        """Return what the emulator's schema says about it."""
        at: dict[str, Any] = {"properties": SECTIONS}
        for name in self.names:
            at = field_of(at, name)
            assert at, f"the emulator has no {self.path}"
        return at


def fields() -> Iterator[Field]:
    """Return every field of the file, including those of each provider."""
    for section, described in shapes()["sections"].items():
        if section in NOT_HERE:
            continue
        if section != PROVIDERS:
            for name, shape in described["fields"].items():
                yield Field(f"{section}.{name}", shape)
            continue
        special = described["meta"]["special"]
        for provider in described["meta"]["providers"]:
            more = {k: v for k, v in special.get(provider, {}).items() if isinstance(v, dict)}
            for name, shape in {**more, **described["fields"]}.items():
                whole = {**shape, **more.get(name, {})}
                yield Field(f"connection_oauth_{provider}.{name}", whole)


def problems(find: Any) -> list[str]:
    """Return what is wrong with any field, each with its path."""
    return [f"{field.path}: {wrong}" for field in fields() for wrong in find(field)]


def test_the_sections_are_those_of_the_file() -> None:
    told = set(shapes()["sections"]) - set(NOT_HERE) - {PROVIDERS}
    providers = shapes()["sections"][PROVIDERS]["meta"]["providers"]
    told |= {f"connection_oauth_{provider}" for provider in providers}
    account = Account()

    assert set(SECTIONS) == told
    assert set(account.clerk.read_config(account.instance, ())) == told - set(SWITCHED)
    for name in NOT_HERE:
        assert name not in SECTIONS


def test_no_section_has_a_field_that_the_file_does_not_have() -> None:
    told = {".".join(field.names) for field in fields()}

    def leaves(at: tuple[str, ...], described: dict[str, Any]) -> Iterator[str]:
        entry = described.get("additionalProperties")
        inner = dict(described.get("properties", {}))
        inner |= {"made": entry} if isinstance(entry, dict) else {}
        for name, field in inner.items():
            path = ".".join((*at, name))
            whole = not (
                field.get("properties") or isinstance(field.get("additionalProperties"), dict)
            )
            if whole and path not in told:
                yield path
            yield from () if whole else leaves((*at, name), field)

    assert list(leaves((), {"properties": SECTIONS})) == []


def test_every_field_has_the_type_of_the_file() -> None:
    def wrong(field: Field) -> Iterator[str]:
        words = re.findall(r"boolean|integer|string|array|object|null", field.shape["type"])
        kinds = field.described["type"]
        mine = {kinds} if isinstance(kinds, str) else set(kinds)
        # `array of string`: only the outer type; `null removes` is the effect of a write.
        outer = [words[0]] if words[0] in ("array", "object") else words
        theirs = set(outer)
        if mine != theirs:
            yield f"{sorted(mine)}, not {sorted(theirs)}"
        if ("null" in mine) is not field.shape["nullable"]:
            yield "nullable is not as in the file"

    assert problems(wrong) == []


def test_every_field_has_the_values_and_bounds_of_the_file() -> None:
    def wrong(field: Field) -> Iterator[str]:
        mine, shape = field.described, field.shape
        choices = shape.get("enum", shape.get("enum_seen"))
        own = mine.get("enum") or mine.get("items", {}).get("enum")
        if sorted(choices or ()) != sorted(own or ()):
            yield f"the values {own}, not {choices}"
        for bound in ("minimum", "maximum", "pattern"):
            if mine.get(bound) != shape.get(bound) and field.path not in BOUNDS_FROM_NOTES:
                yield f"{bound} {mine.get(bound)}, not {shape.get(bound)}"
        if bool(mine.get("readOnly")) is not ("read_only" in shape):
            yield "read-only is not as in the file"
        if bool(mine.get(SENSITIVE)) is not bool(shape.get("secret")):
            yield "secret is not as in the file"

    assert problems(wrong) == []


def read(config: dict[str, Any], field: Field) -> Any:
    at: Any = config
    for name in field.names:
        if at is None:
            return None
        at = at[name]
    return at


def test_every_field_of_a_fresh_instance_reads_as_in_the_file() -> None:
    account = Account(api_keys_config=True)
    config = account.clerk.read_config(account.instance, ())

    def wrong(field: Field) -> Iterator[str]:
        shape, section = field.shape, field.names[0]
        if "<" in field.path or section in NULL_SECTIONS:
            return
        value = read(config, field)
        seen = shape.get(
            "fresh_value_seen", [shape["fresh_value"]] if "fresh_value" in shape else []
        )
        expected = ON_IN_DEVELOPMENT.get(field.path)
        if value != expected if expected is not None else seen and value not in seen:
            yield f"{value}, not {expected or seen}"
        if shape.get("unset") == "null" and value is not None:
            yield f"{value}, not null"

    assert problems(wrong) == []
    assert [name for name, value in config.items() if value is None] == sorted(NULL_SECTIONS)


def test_every_value_that_was_seen_fresh_is_that_of_a_kind_of_instance() -> None:
    configs = [config_of(kind, "development") for kind in KINDS]

    def wrong(field: Field) -> Iterator[str]:
        for value in field.shape.get("fresh_value_seen", ()):
            if value not in [read(config, field) for config in configs]:
                yield f"no kind has {value}"

    assert problems(wrong) == []


def test_every_entry_that_is_made_reads_as_in_the_file() -> None:
    account = Account()
    account.write(copy.deepcopy(MADE))
    config = account.clerk.read_config(account.instance, ())
    given = ("name", "payer_type", "amount")

    def wrong(field: Field) -> Iterator[str]:
        shape = field.shape
        if field.names[0] in ("billing", CUSTOM, "session") and field.names[-1] not in given:
            value = read(config, field)
            if "made" in field.names or field.names[0] == "session":
                if "fresh_value" in shape and value != shape["fresh_value"]:
                    yield f"{value}, not {shape['fresh_value']}"
                if "unset" in shape and value not in (None, ""):
                    yield f"{value} of an entry that nobody gave one"

    assert problems(wrong) == [
        "billing.plans.<slug>.annual_monthly_amount: 0 of an entry that nobody gave one"
    ]


def test_every_field_that_is_cleared_reads_as_unset() -> None:
    account = Account()
    account.write(copy.deepcopy(MADE))
    forms = {"null": None, '""': "", "0": 0}

    def wrong(field: Field) -> Iterator[str]:
        word = field.shape.get("unset", "").split(" ")[0].rstrip(",")
        if word not in forms or field.names[0] in NULL_SECTIONS:
            return
        change: Any = None
        for name in reversed(field.names):
            change = {name: change}
        account.write(change, destructive=True)
        value = read(account.clerk.read_config(account.instance, ()), field)
        if value != forms[word] or isinstance(value, bool):
            yield f"{value!r}, not {word}"

    assert problems(wrong) == []


def test_every_secret_reads_as_a_placeholder_or_as_nothing() -> None:
    account = Account()
    account.write(copy.deepcopy(MADE))

    def wrong(field: Field) -> Iterator[str]:
        if not field.shape.get("secret") or field.names[0] in NULL_SECTIONS:
            return
        at: dict[str, Any] = {field.names[-1]: "hush"}
        for name in reversed(field.names[:-1]):
            at = {name: at}
        if read(account.clerk.read_config(account.instance, ()), field) != "":
            yield "not empty at first"
        answer = account.write(at)
        if "hush" in str(answer) or not read(answer["after"], field):
            yield "not a placeholder"

    assert problems(wrong) == []


# -- the public environment ---------------------------------------------------------------------

SPECIAL = {
    "auth_email.sign_in_strategies": ("user_settings.attributes.email_address.first_factors",),
    "auth_email.verification_strategies": (
        "user_settings.attributes.email_address.verifications",
        "auth_config.email_address_verification_strategies",
    ),
    "auth_attack_protection.bot_protection.captcha_enabled": (
        "user_settings.sign_up.captcha_enabled",
    ),
    "auth_attack_protection.bot_protection.captcha_widget_type": (
        "user_settings.sign_up.captcha_widget_type",
        "display_config.captcha_widget_type",
    ),
    "auth_attack_protection.enumeration_protection": (),
    "connection_oauth_x.enabled/authenticatable/block_email_subaddresses": (),
    "paths.home/sign_in/sign_up/after_sign_out_all": (),
}
"""Rows whose right side is a sentence: the places that show the value itself; the rest below."""


def at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document[name]
    return document


def rows() -> Iterator[tuple[str, str, bool]]:
    """Return config path, environment path and negation for each pair of plain rows."""
    for left, right in shapes()["environment_map"]["map"].items():
        if left in SPECIAL:
            yield from ((left, place, False) for place in SPECIAL[left])
            continue
        negated = right.startswith("NOT ")
        head, _, names = left.rpartition(".")
        place, _, shown = right.removeprefix("NOT ").split(" ")[0].rpartition(".")
        if names == "*":
            names = shown = "enabled/max_attempts/duration_in_minutes"
        for name, where in zip(names.split("/"), shown.split("/"), strict=False):
            short = place.partition(".")[0] in ("attributes", "attack_protection")
            whole = f"user_settings.{place}" if short else place
            # `a.enabled (strict: true)` and the like are one name.
            yield f"{head}.{name}", f"{whole}.{where}", negated


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return ["email_link"] if isinstance(value, list) else "another"


def test_every_row_of_the_map_shows_in_the_environment() -> None:
    account = Account()
    found = list(rows())
    wrong = []
    for path, place, negated in found:
        *names, last = path.split(".")
        holder = at(account.instance.config, ".".join(names))
        first = holder[last]
        for value in (other(first), first):
            holder[last] = value
            shown = at(environment_json(account.instance, "Tests"), place)
            if shown != (not value if negated else value):
                wrong.append(f"{path} = {value} shows as {shown} in {place}")

    assert wrong == []
    assert len(found) > 30


def test_what_the_map_says_in_sentences_shows_too() -> None:
    account = Account()
    config = account.instance.config
    config["auth_email"]["used_for_sign_in"] = False
    config["auth_attack_protection"]["enumeration_protection"] = "strict"
    config["connection_oauth_github"] |= {"enabled": True, "authenticatable": True}
    config["connection_oauth_line"] |= {"enabled": True, "authenticatable": False}
    config["paths"]["sign_in"] = "/in"

    shown = environment_json(account.instance, "Tests")

    attributes, auth = shown["user_settings"]["attributes"], shown["auth_config"]
    assert attributes["email_address"]["first_factors"] == []
    assert shown["user_settings"]["attack_protection"]["enumeration_protection"]["enabled"] is True
    assert shown["display_config"]["captcha_provider"] == "turnstile"
    assert "oauth_github" in auth["identification_strategies"]
    assert "oauth_line" in auth["identification_strategies"]
    assert "oauth_github" in auth["first_factors"]
    assert "oauth_line" not in auth["first_factors"]
    assert "ticket" in auth["first_factors"]
    assert shown["user_settings"]["social"]["oauth_github"]["enabled"] is True
    assert shown["display_config"]["sign_in_url"].startswith("https://")
    assert shown["display_config"]["sign_in_url"].endswith("/in")


# -- behaviour ----------------------------------------------------------------------------------

SHOWN_BY = {
    "GET answer": "test_world_config_answers",
    "config_version": "test_world_config_answers",
    "PATCH merges": "test_a_patch_leaves_alone_what_it_does_not_name",
    "PATCH answer": "test_a_write_echoes_what_it_names_or_what_is_asked_for",
    "PATCH atomic": "test_one_mistake_refuses_the_whole_write",
    "Stored may differ": "test_a_value_that_is_stored_otherwise_once_is_right_in_the_end",
    "Silent drop": "test_an_allowlist_alone_is_answered_as_written_and_not_kept",
    "dry_run=true": "test_a_dry_run_answers_and_keeps_nothing",
    "destructive=true": "test_null_needs_destructive_and_brings_the_default_back",
    "If-Match": "test_an_old_version_is_a_conflict_that_names_both",
    "PUT": "test_a_put_needs_every_key",
    "Unknown top-level key": "test_an_unknown_key_comes_with_suggestions",
    "Unknown nested key": "test_a_reading_can_be_switched",
    "Wrong type": "test_what_does_not_fit_is_refused_with_its_code",
    "Value out of bounds": "test_what_does_not_fit_is_refused_with_its_code",
    "Rules across fields": "test_a_rule_across_fields_has_the_catalogues_code",
    "Plan gates": "test_a_setting_that_the_workspaces_plan_lacks_is_refused_in_production_alone",
    "Missing scope": "test_a_key_without_the_right_is_refused_by_its_scopes",
    "Key without access": "test_a_key_without_the_right_is_refused_by_its_scopes",
    "Cannot be set by this API": "test_no_section_has_a_field_that_the_file_does_not_have",
    "config/schema": "test_the_schema_is_named_as_the_vendor_names_it",
    "Fresh instances change": "test_kinds_of_instances_differ_as_they_do_in_the_wild",
}
NOT_SHOWN = {
    "config_version, open": "what the version covers is not known",
    "Timing": "the emulator has no delay: a fault makes one",
    "Rate limit": "a fault makes it",
}


def test_every_behaviour_is_shown_by_a_test_or_has_a_reason() -> None:
    told = {each["topic"] for each in shapes()["behaviour"]}
    sources = [file.read_text() for file in FOLDER_OF_TESTS.rglob("test_*.py")]

    assert told == {*SHOWN_BY, *NOT_SHOWN}
    for test in SHOWN_BY.values():
        assert any(f"def {test}(" in source for source in sources), test


def test_world_config_answers() -> None:
    account = Account()

    answers = [account.write({"paths": {"home": f"/{number}"}}) for number in range(5)]

    assert all(re.fullmatch("v1_[0-9a-f]{8}", answer["config_version"]) for answer in answers)
    assert len({answer["config_version"] for answer in answers}) == 5


def test_the_schema_is_named_as_the_vendor_names_it() -> None:
    told = next(b["fact"] for b in shapes()["behaviour"] if b["topic"] == "config/schema")
    schema = Account().clerk.config_schema(())

    assert schema["$id"] in told
    assert "2020-12" in schema["$schema"]
    assert schema["properties"]["connection_oauth_x"]["properties"]["client_secret"][SENSITIVE]
    assert APPLICATION_ID not in json.dumps(schema)
