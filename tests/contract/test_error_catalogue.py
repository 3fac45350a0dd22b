"""Every error that the Clerk emulator can answer, against the vendor's published catalogue.

The errors are read from the emulator's source: each call that makes one, with its status, its code
and the names in its meta.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx

from local.world import World
from local.world.clerk.errors import BILLING_WITH_PARAM
from tests.descriptions import FOLDER, without_descriptions

SOURCE = Path(__file__).resolve().parents[2] / "local" / "world" / "clerk"
CATALOGUE = "clerk-error-codes.tsv"
NO_422 = "the description of the operation has no 422"
GUESS = "neither the catalogue nor a description has a code for it"
SOME = "the catalogue has meta for some errors of this code only"
EXCEPTIONS = {
    "api_key_expired 400 -": GUESS,
    "api_key_not_found 404 -": GUESS,
    "api_key_revoked 400 -": GUESS,
    "duplicate_record 400 -": SOME,
    "enterprise_connection_domain_taken 409 param_name": GUESS,
    "form_param_format_invalid 400 param_name": NO_422,
    "operation_not_allowed_on_production_instance 400 -": GUESS,
    "resource_not_found 404 -": SOME,
    "sign_up_not_found 400 -": GUESS,
}
"""Errors that are not as in the catalogue, as `code status meta`, each with its reason."""
PUT_TOGETHER: dict[tuple[str, str], tuple[str, ...]] = {
    ("api_keys.py", "verify_api_key"): ("api_key_revoked", "api_key_expired"),
    ("errors.py", "role_in_use"): (
        "organization_role_default_creator_role",
        "organization_role_domain_default_role",
    ),
}
"""Codes that are made of parts: what can come of it, by file and function."""


@dataclass(frozen=True, order=True)
class Made:
    """One error as the source raises it."""

    code: str
    status: int
    meta: tuple[str, ...]
    where: str

    def __str__(self) -> str:
        return " ".join([self.code, str(self.status), ",".join(self.meta) or "-"])


@dataclass(frozen=True)
class Row:
    """One code of the catalogue."""

    statuses: frozenset[int]
    meta: frozenset[str]


@cache
def catalogue() -> dict[str, Row]:
    """Return the catalogue by code; skip if it is missing, but fail in CI."""
    file = FOLDER / CATALOGUE
    if not file.is_file():
        without_descriptions()
    with file.open(encoding="utf-8") as lines:
        return {
            row["code"]: Row(
                frozenset(int(each) for each in row["statuses"].split(",") if each),
                frozenset(row["meta_keys"].split(",")) - {""},
            )
            for row in csv.DictReader(lines, delimiter="\t")
        }


def made() -> Iterator[Made]:
    """Return every error of the source.

    A call that gives another error a different status counts too if that status is a literal
    number.
    """
    for file in sorted(SOURCE.glob("*.py")):
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.FunctionDef):
                yield from _of_function(file.name, function)


def _of_function(file: str, function: ast.FunctionDef) -> Iterator[Made]:
    named = {
        target.id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else None
        name = call.func.id if isinstance(call.func, ast.Name) else name
        if name == "param_invalid":
            status = next(
                (keyword.value for keyword in call.keywords if keyword.arg == "status"), None
            )
            if isinstance(status, ast.Constant):
                yield Made(
                    "form_param_format_invalid", int(str(status.value)), ("param_name",), file
                )
        if name not in ("ClerkError", "billing") or len(call.args) < 3:
            continue
        status, code = (named.get(_name(argument), argument) for argument in call.args[:2])
        if not isinstance(status, ast.Constant):
            continue  # the caller passes it, and is read for it
        meta = next((keyword.value for keyword in call.keywords if keyword.arg == "meta"), None)
        held = named.get(_name(meta), meta) if meta is not None else None
        keys = tuple(
            str(key.value) for key in getattr(held, "keys", ()) if isinstance(key, ast.Constant)
        )
        for each in _codes(file, function.name, code):
            keys = ("param_name",) if name == "billing" and each in BILLING_WITH_PARAM else keys
            yield Made(
                each, int(str(status.value)), tuple(sorted(keys)), f"{file}: {function.name}"
            )


def _name(node: ast.AST | None) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _codes(file: str, function: str, code: ast.AST) -> tuple[str, ...]:
    if isinstance(code, ast.Constant):
        return (str(code.value),)
    if isinstance(code, ast.JoinedStr):
        return PUT_TOGETHER[file, function]
    return ()  # another error's code, with a different status


def difference(error: Made) -> str | None:
    """Return how an error differs from the catalogue; None if it does not."""
    row = catalogue().get(error.code)
    if row is None:
        return "no such code"
    if error.status not in row.statuses:
        return f"the catalogue has the status {sorted(row.statuses)}"
    if "?" not in row.meta and not set(error.meta) <= row.meta:
        return f"the catalogue has {sorted(row.meta)} in meta"
    if row.meta and not error.meta:
        return f"the catalogue has {sorted(row.meta)} in meta"
    return None


def test_every_error_is_one_of_the_catalogue_or_has_a_reason() -> None:
    found = {str(error): difference(error) for error in made()}
    wrong = {name: why for name, why in found.items() if why is not None}

    assert {name: why for name, why in wrong.items() if name not in EXCEPTIONS} == {}
    assert [name for name in EXCEPTIONS if name not in wrong] == [], "these are as in the catalogue"


def test_a_fault_is_one_of_the_catalogue_too() -> None:
    with World(proxy=False) as world:
        for status in (429, 500, 503, 504):
            world.fault(service="clerk", kind="status", status=status, retry_after=7)

            answer = httpx.get(f"{world.urls.clerk}/v1/platform/applications")

            (error,) = answer.json()["errors"]
            made = Made(error["code"], status, tuple(error.get("meta", ())), "local/world/app.py")
            assert answer.status_code == status
            assert difference(made) is None, made


def test_the_errors_of_the_config_are_among_them() -> None:
    codes = {error.code for error in made()}

    assert len(codes) > 50
    assert codes >= {
        "config_key_body_invalid",
        "config_validation_error",
        "config_version_conflict",
        "destructive_operation_not_allowed",
        "missing_config_keys",
        "missing_name",
        "session_lifetime_setting_missing",
        "unknown_config_key",
        "unsupported_subscription_plan_features",
        "user_settings_invalid",
    }
