"""The rights in docs/aws: no role of one environment writes the state of another."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

POLICIES = Path(__file__).parents[2] / "docs" / "aws"
BUCKET = "arn:aws:s3:::my-clerkstack-state"
OF_A_STACK = (
    ".pulumi/stacks/clerkstack/{}.json",
    ".pulumi/stacks/clerkstack/{}.json.bak",
    ".pulumi/stacks/clerkstack/{}.pulumi-tags",
    ".pulumi/history/clerkstack/{0}/{0}-1.history.json",
    ".pulumi/backups/clerkstack/{0}/{0}.1.json",
    ".pulumi/locks/organization/clerkstack/{}/1.json",
)


def allowed(policy: str, action: str) -> list[str]:
    """Return the resources on which a policy allows an action."""
    statements: list[dict[str, Any]] = json.loads((POLICIES / f"{policy}.json").read_text())[
        "Statement"
    ]

    def listed(told: str | list[str]) -> list[str]:
        return [told] if isinstance(told, str) else told

    assert all(statement["Effect"] == "Allow" for statement in statements)
    return [
        resource
        for statement in statements
        if any(fnmatchcase(action, pattern) for pattern in listed(statement["Action"]))
        for resource in listed(statement["Resource"])
    ]


def may(policy: str, action: str, resource: str) -> bool:
    return any(fnmatchcase(resource, pattern) for pattern in allowed(policy, action))


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject"])
@pytest.mark.parametrize(
    ("policy", "own", "other"), [("deploy", "prod", "dev"), ("deploy-dev", "dev", "prod")]
)
@pytest.mark.parametrize("file", OF_A_STACK)
def test_a_role_writes_its_own_stack_alone(
    policy: str, own: str, other: str, action: str, file: str
) -> None:
    assert may(policy, action, f"{BUCKET}/{file.format(own)}")
    assert not may(policy, action, f"{BUCKET}/{file.format(other)}")
    assert not may(policy, action, f"{BUCKET}/.pulumi/meta.yaml")
    assert not may("review", action, f"{BUCKET}/{file.format(own)}")


def test_each_environment_has_a_key_of_its_own() -> None:
    keys = [allowed(policy, "kms:Decrypt") for policy in ("deploy", "deploy-dev")]

    assert [len(key) for key in keys] == [1, 1]
    assert keys[0] != keys[1]
    assert not allowed("deploy-dev", "kms:Encrypt")
