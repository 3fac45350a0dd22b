"""Custom permissions, and the roles of the initial role set, as settings."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.desired.sections import organization_roles
from clerkstack.settings.models import OrganizationsSettings
from clerkstack.settings.role_rules import broken_role_set

NEEDED = ["org:sys_memberships:manage", "org:sys_memberships:read", "org:sys_profile:delete"]
OWNER = {"org:owner": {"name": "Owner", "permissions": NEEDED}}
SEE = {"org:reports:see": {"name": "See"}}


def settings(**fields: Any) -> OrganizationsSettings:
    return OrganizationsSettings.model_validate(fields, by_alias=True, by_name=False)


@pytest.mark.parametrize(
    ("fields", "at", "says"),
    [
        ({"creatorRole": "org:nobody"}, "creatorRole", "names org:nobody"),
        ({"defaultRole": "org:nobody"}, "defaultRole", "names org:nobody"),
        ({"creatorRole": "org:finance"}, "creatorRole", "lacks org:sys_memberships:manage"),
        ({"permissions": SEE, "roles": {}}, "permissions", "this stack declares none"),
        ({"permissions": {"org:sys_a:b": {"name": "A"}}}, "permissions", "Clerk's own"),
    ],
)
def test_what_can_be_known_is_refused(fields: dict[str, Any], at: str, says: str) -> None:
    [broken] = broken_role_set(settings(**fields))

    assert broken.path[:2] == ("organizations", at)
    assert says in broken.message


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"creatorRole": "org:owner", "defaultRole": "org:owner", "roles": OWNER},
        # The permissions of Clerk's own role are unknown before they are read.
        {"creatorRole": "org:member"},
        {"permissions": SEE},
    ],
)
def test_what_cannot_be_known_is_taken(fields: dict[str, Any]) -> None:
    assert list(broken_role_set(settings(**fields))) == []


def test_a_declared_role_is_in_the_initial_set() -> None:
    declared = organization_roles(settings(roles=OWNER, permissions=SEE, creatorRole="org:owner"))

    assert declared["roles"]["org:owner"] == {
        "name": "Owner",
        "permissions": NEEDED,
        "in_initial_role_set": True,
    }
    assert declared["permissions"] == SEE
    assert declared["role_set"] == {"creator_role": "org:owner"}
