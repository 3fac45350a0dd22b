"""Permissions of roles, one at a time; which of them the creator's role needs."""

from __future__ import annotations

import pytest

from local.world.clerk import organizations
from local.world.clerk.errors import ClerkError
from local.world.clerk.models import CREATOR_NEEDS, Permission, Role
from tests.world.clerk_accounts import Account, with_billing

LATER = 1_900_000_000_000


def role(account: Account, key: str) -> Role:
    return next(each for each in account.instance.roles.values() if each.key == key)


def permission(account: Account, key: str) -> Permission:
    return next(each for each in account.instance.permissions.values() if each.key == key)


def keys_of(account: Account, key: str) -> set[str]:
    shown = account.instance.role_json(role(account, key))
    return {each["key"] for each in shown["permissions"]}


def test_a_permission_is_given_once_and_taken_back() -> None:
    account = with_billing()
    member, domains = role(account, "org:member"), permission(account, "org:sys_domains:read")
    before = keys_of(account, "org:member")

    organizations.assign_permission(member, domains, LATER)
    given = keys_of(account, "org:member")
    with pytest.raises(ClerkError) as again:
        organizations.assign_permission(member, domains, LATER)
    organizations.remove_permission(account.instance, member, domains, LATER)

    assert given == before | {"org:sys_domains:read"}
    assert again.value.code == "organization_role_permission_association_exists"
    assert keys_of(account, "org:member") == before
    assert member.updated_at == LATER


def test_a_permission_that_is_not_there_cannot_be_taken() -> None:
    account = with_billing()

    with pytest.raises(ClerkError) as caught:
        organizations.remove_permission(
            account.instance,
            role(account, "org:member"),
            permission(account, "org:sys_domains:read"),
            LATER,
        )

    assert caught.value.status == 404


@pytest.mark.parametrize("needed", sorted(CREATOR_NEEDS))
def test_the_creators_role_keeps_what_it_needs(needed: str) -> None:
    account = with_billing()
    admin, dear = role(account, "org:admin"), permission(account, needed)
    before = account.clerk.dump()
    left = [each for each in admin.permissions if each != dear.id]

    with pytest.raises(ClerkError) as taken:
        organizations.remove_permission(account.instance, admin, dear, LATER)
    with pytest.raises(ClerkError) as changed:
        organizations.update_role(account.instance, admin, {"permissions": left}, LATER)

    codes = {taken.value.code, changed.value.code}
    assert codes == {"organization_missing_creator_role_permissions"}
    assert account.clerk.dump() == before


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("org:admin", "organization_role_default_creator_role"),
        ("org:member", "organization_role_domain_default_role"),
    ],
)
def test_a_role_the_settings_name_stays(key: str, code: str) -> None:
    account = with_billing()
    account.write({"organization_settings": {"domains_default_role": "org:member"}})

    with pytest.raises(ClerkError) as caught:
        organizations.delete_role(account.instance, role(account, key))

    assert (caught.value.status, caught.value.code) == (422, code)


def test_the_standard_roles_do_not_count() -> None:
    account = with_billing()
    for number in range(organizations.MOST_ROLES):
        form = {"key": f"org:r{number}", "name": f"R{number}"}
        organizations.create_role(account.instance, form, LATER)

    with pytest.raises(ClerkError) as caught:
        organizations.create_role(account.instance, {"key": "org:more", "name": "M"}, LATER)

    assert caught.value.code == "organization_instance_roles_quota_exceeded"
