"""Clerk's errors for roles in use, role sets and permissions, with the codes of its catalogue."""

from __future__ import annotations

from local.world.clerk.errors import ClerkError


def has_members(key: str) -> ClerkError:
    """Somebody has the role."""
    message = f"Members of organizations have the role {key}."
    return ClerkError(422, "organization_role_assigned_members", message)


def in_invitations(key: str) -> ClerkError:
    """An invitation names the role."""
    message = f"Invitations name the role {key}."
    return ClerkError(422, "organization_role_exists_in_invitations", message)


def sets_quota(most: int) -> ClerkError:
    """The instance has as many role sets as it may."""
    message = f"An instance has {most} role sets at most."
    return ClerkError(403, "organization_instance_role_sets_quota_exceeded", message)


def initial_set_stays() -> ClerkError:
    """New organizations need a role set."""
    message = "The initial role set can't be replaced."
    return ClerkError(403, "cannot_delete_initial_role_set", message)


def mappings_missing(keys: list[str]) -> ClerkError:
    """Members have roles that the destination lacks."""
    message = f"There are members with {', '.join(keys)}: say which roles they get."
    code = "organization_role_set_reassignment_mappings_missing"
    return ClerkError(422, code, message, meta={"role_keys": keys})


def mapping_invalid(key: str) -> ClerkError:
    """A mapping is from a role that the source lacks, or to a role that the destination lacks."""
    message = f"The mapping with {key} is not valid."
    code = "organization_role_set_reassignment_mappings_invalid"
    return ClerkError(422, code, message, meta={"role_key": key})


def system_permission() -> ClerkError:
    """Clerk's own permissions can't be changed."""
    message = "A system permission can't be changed."
    return ClerkError(403, "organization_system_permission_not_modifiable", message)
