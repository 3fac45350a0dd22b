"""Every write under every fault of its service: `make faults`, whose invariants hold."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from local.faults import __main__ as command
from local.faults.bad_days import BAD_DAYS
from local.faults.matrix import REDEPLOY, names
from tests.without_sockets import without_sockets as without_sockets

TOP = Path(__file__).parents[2]
# No provider and no command sends these.
UNUSED = {
    "dns_check",
    "delete_variable",
}
# Sent by a rotation: tests/unit/rotation kills it, and loses the answer of each.
ROTATION = {"rotate_secret_keys", "rotate_signing_secret"}
# Sent by the probe: tests/unit/probe loses the answer of each, and finds nothing left.
PROBED = {"create_variable"}
# Sent by take-over: tests/unit/adopt/test_variables.py kills it, and loses each answer.
TAKEN_OVER = {"narrow_variable", "create_variable"}
# Sent to GitHub: tests/unit/review/test_posting.py has every fault of each.
COMMENTS = {"create_comment", "update_comment", "delete_comment"}
WRITES = {
    "patch_config",
    "create_instance",
    "create_role",
    "update_role",
    "delete_role",
    "create_permission",
    "update_permission",
    "delete_permission",
    "add_to_role_set",
    "replace_in_role_set",
    "update_role_set",
    "_svix_url",
    "delete_svix_app",
    "from_link",
    "create_endpoint",
    "update_endpoint",
    "delete_endpoint",
    "patch_headers",
    "redeploy",
    "write_variable",
}
# A build has no field that could be accepted and lost.
WITHOUT = {REDEPLOY: {day.name for day in BAD_DAYS if day.fault["kind"] == "not_persisted"}}
# The cutover's test message to the app, which reports no change.
PROBE = {"_status", "encoded_body"}
# Sent by the smoke run: tests/smoke loses the answer of each, and finds nothing left.
SMOKE = {
    "create_user",
    "delete_user",
    "create_organization",
    "delete_organization",
    "create_sign_in_token",
    "create_testing_token",
    "create_api_key",
    "verify_api_key",
    "revoke_api_key",
    "_posted",
    "_post",
}


@pytest.mark.parametrize("write", names())
def test_one_more_run_brings_what_is_declared_whatever_happened(
    write: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = command.main(["--json", write])

    told = capsys.readouterr()
    cells = json.loads(told.out)
    assert [
        f"{cell['operation']}, {cell['day']}: {why}" for cell in cells for why in cell["broken"]
    ] == []
    assert ended == 0
    assert {cell["operation"] for cell in cells} == {write}
    assert f"faults    {write}" in told.err
    days = {cell["day"] for cell in cells}
    assert days >= {day.name for day in BAD_DAYS if not day.config_only} - WITHOUT.get(write, set())
    # The failures happened: a matrix of successes would show nothing.
    stopped = [cell for cell in cells if cell["run"] != "done"]
    assert len(stopped) > len(cells) / 3


def test_a_write_that_there_is_not_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["nothing"])

    assert ended.value.code == 2
    assert "there is no write nothing" in capsys.readouterr().err


def test_every_write_of_the_clients_is_in_the_matrix() -> None:
    found = set()
    for file in (TOP / "clerkstack" / "clients").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and {"POST", "PUT", "PATCH", "DELETE"} & {
                inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant)
            }:
                found.add(node.name)

    assert found == WRITES | UNUSED | ROTATION | COMMENTS | SMOKE | PROBE | PROBED | TAKEN_OVER


@pytest.mark.parametrize("name", sorted(UNUSED))
def test_what_is_left_out_has_no_caller(name: str) -> None:
    callers = [
        file.name
        for folder in ("providers", "cli", "drift")
        for file in (TOP / "clerkstack" / folder).glob("*.py")
        if f".{name}(" in file.read_text()
    ]

    assert callers == []
