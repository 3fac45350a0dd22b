"""Checks an organization's name, slug, limit of members and role set.

Undocumented, so decided here: while slugs are disabled none can be asked for, and each
organization has one all the same, made of its name.
"""

from __future__ import annotations

import re

from local.world.clerk import errors
from local.world.clerk.http import LARGEST_NUMBER
from local.world.clerk.models import Instance, RoleSet
from local.world.clerk.role_sets import find_role_set
from local.world.clerk.schema import Document

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def need_organizations(instance: Instance) -> None:
    """Require organizations.

    Raises:
        ClerkError: they are off.
    """
    if not instance.config["organization_settings"]["enabled"]:
        raise errors.organizations_off()


def check_name(name: str) -> str:
    """Return a valid name of an organization, without blanks at its ends."""
    if not 1 <= len(name.strip()) <= 256:
        raise errors.param_invalid("name", "must have from 1 to 256 characters")
    return name.strip()


def check_limit(most: int) -> int:
    """Return a valid limit of an organization's members; 0 is no limit."""
    if not 0 <= most <= LARGEST_NUMBER:
        raise errors.param_invalid("max_allowed_memberships", "must not be negative")
    return most


def check_slug(instance: Instance, slug: str, *, own: Document | None = None) -> str:
    """Return a valid slug of an organization; ``own`` is the organization that is being changed.

    Raises:
        ClerkError: slugs are off, or the slug is malformed or taken.
    """
    if instance.config["organization_settings"]["slug_disabled"]:
        message = "Slugs of organizations are disabled on this instance."
        raise errors.ClerkError(403, "organization_slugs_disabled", message)
    if not SLUG.fullmatch(slug):
        raise errors.param_invalid("slug", "has lowercase letters, digits and - only")
    if any(
        organization["slug"] == slug
        for organization in instance.people.organizations.values()
        if organization is not own
    ):
        raise errors.taken("slug")
    return slug


def chosen_set(instance: Instance, key: str) -> RoleSet:
    """Return the role set with the key."""
    if key not in {role_set.key for role_set in instance.role_sets.values()}:
        raise errors.param_invalid("role_set_key", "must be the key of a role set")
    return find_role_set(instance, key)


def slug_of(instance: Instance, name: str, given: str | None) -> str:
    """Return the requested slug, or one made from the name."""
    if given is not None:
        return check_slug(instance, given)
    there = {organization["slug"] for organization in instance.people.organizations.values()}
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "organization"
    tries = (stem if n == 0 else f"{stem}-{n}" for n in range(len(there) + 1))
    return next(trie for trie in tries if trie not in there)
