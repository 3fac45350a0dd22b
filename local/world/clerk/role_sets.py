"""Role sets of one instance: the roles that members of an organization can have.

A set has a creator's and a default role; those of the initial set are also in the config section
`organization_settings`, and both are always equal. Undocumented, so decided here, always
strictly: a role that is in the set is not added again; a creator's or default role is not replaced;
a role of a set is taken out of it when it is deleted; members are reassigned at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from local.world.clerk import errors, role_errors
from local.world.clerk.models import CREATOR_NEEDS, Instance, Role, RoleSet, identifier
from local.world.clerk.schema import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ROLE_SETS = 30
MOST_KEYS = 10
"""The most roles in one request."""
KEY = re.compile(r"^role_set:[a-z0-9_]+$")
SETTINGS = "organization_settings"


def role_set_json(instance: Instance, held: RoleSet) -> Document:
    """Return it as RoleSet."""
    items = {id_: _item(instance, held, instance.roles[id_]) for id_ in held.roles}
    return {
        "object": "role_set",
        "id": held.id,
        "name": held.name,
        "key": held.key,
        "description": held.description,
        "roles": list(items.values()),
        "default_role": items[held.default_role],
        "creator_role": items[held.creator_role],
        "type": held.type,
        "role_set_migration": None,
        "created_at": held.created_at,
        "updated_at": held.updated_at,
    }


def find_role_set(instance: Instance, key_or_id: str) -> RoleSet:
    """Return the role set.

    Raises:
        ClerkError: there is none with this key or id.
    """
    for held in instance.role_sets.values():
        if key_or_id in (held.id, held.key):
            return held
    raise errors.not_found("role set", key_or_id)


def initial_set(instance: Instance) -> RoleSet:
    """Return the set that new organizations get."""
    return next(role_set for role_set in instance.role_sets.values() if role_set.type == "initial")


def set_of(instance: Instance, organization: Document) -> RoleSet:
    """Return the role set of an organization; older organizations have the initial one."""
    key = organization.get("role_set_key")
    return initial_set(instance) if key is None else find_role_set(instance, key)


def role_of(instance: Instance, organization: Document, key: str) -> Role:
    """Return a role that a member of the organization can have; `admin` of Clerk's SDKs is
    `org:admin`.

    Raises:
        ClerkError: it does not exist, or is not in the organization's role set. Clerk's code for
            the latter is unknown.
    """
    for id_ in set_of(instance, organization).roles:
        if instance.roles[id_].key in (key, f"org:{key}"):
            return instance.roles[id_]
    raise errors.not_found("organization role", key)


def create_role_set(instance: Instance, form: Document, now: int) -> RoleSet:
    """Make a role set.

    Raises:
        ClerkError: a key is taken or malformed, a role does not exist or can't be the creator's,
            organizations are off, or there are too many sets.
    """
    if not instance.config[SETTINGS]["enabled"]:
        raise errors.organizations_off()
    roles = _roles(instance, "roles", form["roles"])
    named = re.sub(r"[^a-z0-9]+", "_", form["name"].lower()).strip("_")
    key = form.get("key", f"role_set:{named or 'role_set'}")
    _check(instance, None, key=key, name=form["name"])
    default = _among(roles, "default_role_key", form["default_role_key"])
    creator = _among(roles, "creator_role_key", form["creator_role_key"])
    _check_creator(instance, creator)
    if len(instance.role_sets) >= MOST_ROLE_SETS:
        raise role_errors.sets_quota(MOST_ROLE_SETS)
    made = RoleSet(
        id=identifier("role_set"),
        key=key,
        name=form["name"],
        roles=[role.id for role in roles],
        default_role=default.id,
        creator_role=creator.id,
        created_at=now,
        updated_at=now,
        description=form.get("description"),
    )
    instance.role_sets[made.id] = made
    if form.get("type") == "initial":
        _make_initial(instance, made)
    return made


def update_role_set(instance: Instance, held: RoleSet, form: Document, now: int) -> None:
    """Change the given fields; a new key also changes the organizations with this set.

    Raises:
        ClerkError: as for ``create_role_set``.
    """
    _check(instance, held, key=form.get("key", held.key), name=form.get("name", held.name))
    default, creator = _ends(instance, held.roles, form)
    if "key" in form:
        _rename(instance, held, form["key"])
    held.name = form.get("name", held.name)
    held.description = form.get("description", held.description)
    held.default_role = default or held.default_role
    held.creator_role = creator or held.creator_role
    held.updated_at = now
    if form.get("type") == "initial":
        _make_initial(instance, held)
    to_config(instance)


def add_roles(instance: Instance, held: RoleSet, form: Document, now: int) -> None:
    """Add roles to the set.

    Raises:
        ClerkError: a role does not exist, is in the set already, or can't be the creator's.
    """
    new = [role.id for role in _roles(instance, "role_keys", form["role_keys"])]
    if set(new) & set(held.roles):
        raise errors.duplicate("role_keys")
    default, creator = _ends(instance, new, form)
    held.roles = [*held.roles, *new]
    held.default_role = default or held.default_role
    held.creator_role = creator or held.creator_role
    held.updated_at = now
    to_config(instance)


def replace_role(instance: Instance, held: RoleSet, form: Document, now: int) -> None:
    """Remove a role from the set; members of its organizations get the other one.

    Raises:
        ClerkError: a role is not in the set, both are the same, or it is the creator's or default
            one.
    """
    source = _held(instance, held, form["role_key"])
    target = _held(instance, held, form["to_role_key"])
    if source is target:
        raise errors.param_invalid("to_role_key", "must be another role")
    _check_ends([held], source)
    for membership in _members(instance, held):
        if membership["role"] == source.key:
            membership["role"] = target.key
            membership["updated_at"] = now
    held.roles = [role for role in held.roles if role != source.id]
    held.updated_at = now


def replace_role_set(instance: Instance, held: RoleSet, form: Document, now: int) -> Document:
    """Remove a set and return its DeletedObject; its organizations get the other one.

    Raises:
        ClerkError: it is the initial set, the other one does not exist, or roles of members are not
            mapped to roles of the other set.
    """
    target = find_role_set(instance, form["dest_role_set_key"])
    if target is held:
        raise errors.param_invalid("dest_role_set_key", "must be another role set")
    if held.type == "initial":
        raise role_errors.initial_set_stays()
    before, after = _keys(instance, held), _keys(instance, target)
    mappings: dict[str, Any] = form.get("reassignment_mappings", {})
    for source, end in mappings.items():
        if source not in before or end not in after:
            raise role_errors.mapping_invalid(source)
    members = list(_members(instance, held))
    given = {member["role"] for member in members}
    missing = sorted(given - after - mappings.keys())
    if missing:
        raise role_errors.mappings_missing(missing)
    for membership in members:
        membership["role"] = mappings.get(membership["role"], membership["role"])
        membership["updated_at"] = now
    _rename(instance, held, target.key)
    del instance.role_sets[held.id]
    return {"object": "role_set", "id": held.id, "deleted": True}


def check_unused(instance: Instance, role: Role) -> None:
    """Check that a role may be deleted.

    Raises:
        ClerkError: it is a set's creator's or default role, a member has it, or an invitation of
            any status names it.
    """
    _check_ends(instance.role_sets.values(), role)
    people = instance.people
    if any(membership["role"] == role.key for membership in people.memberships.values()):
        raise role_errors.has_members(role.key)
    if any(invitation["role"] == role.key for invitation in people.invitations.values()):
        raise role_errors.in_invitations(role.key)


def take_out(instance: Instance, role: Role) -> None:
    """Remove a deleted role from all sets."""
    for held in instance.role_sets.values():
        held.roles = [each for each in held.roles if each != role.id]


def check_permissions(instance: Instance, role: Role, held: list[str]) -> None:
    """Check that a role may have exactly these permissions (ids).

    Raises:
        ClerkError: it is a creator's role and would lack a permission that it needs.
    """
    if any(role_set.creator_role == role.id for role_set in instance.role_sets.values()):
        _check_needs(instance, held)


def settle_config(instance: Instance, after: Document) -> None:
    """Check the roles of a new config against the initial set; domains without a default role get
    that of the set.

    Raises:
        ClerkError: a role is not in the set, or can't be the creator's.
    """
    section, before = after[SETTINGS], instance.config[SETTINGS]
    there = {instance.roles[id_].key: instance.roles[id_] for id_ in initial_set(instance).roles}
    for name in ("creator_role", "domains_default_role"):
        key = section[name]
        if key == before[name] or not key:
            continue
        if key not in there:
            where = f"properties/{SETTINGS}/properties/{name}"
            message = "is no role of the initial role set"
            raise errors.config_validation_error(SETTINGS, f"{SETTINGS}.{name}", where, message)
        if name == "creator_role":
            _check_creator(instance, there[key])
    if section["domains_enabled"] and not section["domains_default_role"]:
        section["domains_default_role"] = instance.roles[initial_set(instance).default_role].key


def from_config(instance: Instance) -> None:
    """Update the initial set from the config."""
    held, section = initial_set(instance), instance.config[SETTINGS]
    ids = {instance.roles[id_].key: id_ for id_ in held.roles}
    held.creator_role = ids.get(section["creator_role"], held.creator_role)
    held.default_role = ids.get(section["domains_default_role"], held.default_role)
    to_config(instance)


def to_config(instance: Instance) -> None:
    """Update the config from the initial set; the default role only while there are domains that
    need one."""
    held, section = initial_set(instance), instance.config[SETTINGS]
    said = {"creator_role": instance.roles[held.creator_role].key}
    if section["domains_enabled"] or section["domains_default_role"]:
        said["domains_default_role"] = instance.roles[held.default_role].key
    if "initial_role_set_key" in section:
        said["initial_role_set_key"] = held.key
    if any(section[name] != value for name, value in said.items()):
        section.update(said)
        instance.version += 1


def _item(instance: Instance, held: RoleSet, role: Role) -> Document:
    count = sum(member["role"] == role.key for member in _members(instance, held))
    return {
        "object": "role_set_item",
        "id": role.id,
        "name": role.name,
        "key": role.key,
        "description": role.description,
        "members_count": count,
        "has_members": count > 0,
        "created_at": role.created_at,
        "updated_at": role.updated_at,
    }


def _members(instance: Instance, held: RoleSet) -> Iterator[Document]:
    people = instance.people
    for membership in people.memberships.values():
        organization = people.organizations[membership["organization_id"]]
        if set_of(instance, organization) is held:
            yield membership


def _keys(instance: Instance, held: RoleSet) -> set[str]:
    return {instance.roles[id_].key for id_ in held.roles}


def _held(instance: Instance, held: RoleSet, key: str) -> Role:
    for id_ in held.roles:
        if instance.roles[id_].key == key:
            return instance.roles[id_]
    raise errors.not_found("organization role", key)


def _roles(instance: Instance, name: str, keys: list[Any]) -> list[Role]:
    if not 1 <= len(keys) <= MOST_KEYS or len({str(each) for each in keys}) < len(keys):
        raise errors.param_invalid(name, f"must be from 1 to {MOST_KEYS} keys, each once")
    there = {role.key: role for role in instance.roles.values()}
    for key in keys:
        if not isinstance(key, str):
            raise errors.param_invalid(name, "must be keys of roles")
        if key not in there:
            raise errors.not_found("organization role", key)
    return [there[key] for key in keys]


def _among(roles: Iterable[Role], name: str, key: str) -> Role:
    for role in roles:
        if role.key == key:
            return role
    raise errors.param_invalid(name, "must be one of the roles")


def _ends(instance: Instance, ids: Iterable[str], form: Document) -> tuple[str | None, str | None]:
    """Return the ids of the default and the creator's role that a form names, among these."""
    roles = [instance.roles[id_] for id_ in ids]
    default = creator = None
    if "default_role_key" in form:
        default = _among(roles, "default_role_key", form["default_role_key"]).id
    if "creator_role_key" in form:
        role = _among(roles, "creator_role_key", form["creator_role_key"])
        _check_creator(instance, role)
        creator = role.id
    return default, creator


def _check(instance: Instance, own: RoleSet | None, *, key: str, name: str) -> None:
    if not name.strip():
        raise errors.param_invalid("name", "must not be empty")
    if not KEY.fullmatch(key):
        raise errors.param_invalid("key", "must be role_set: and lowercase letters, digits or _")
    if any(role_set.key == key and role_set is not own for role_set in instance.role_sets.values()):
        raise errors.duplicate("key")


def _check_creator(instance: Instance, role: Role) -> None:
    _check_needs(instance, role.permissions)


def _check_needs(instance: Instance, held: Iterable[str]) -> None:
    missing = CREATOR_NEEDS - {instance.permissions[each].key for each in held}
    if missing:
        raise errors.creator_needs(sorted(missing))


def _check_ends(sets: Iterable[RoleSet], role: Role) -> None:
    for held in sets:
        if held.creator_role == role.id:
            raise errors.role_in_use("default_creator_role")
        if held.default_role == role.id:
            raise errors.role_in_use("domain_default_role")


def _make_initial(instance: Instance, chosen: RoleSet) -> None:
    for held in instance.role_sets.values():
        held.type = "initial" if held is chosen else "custom"
    to_config(instance)


def _rename(instance: Instance, held: RoleSet, key: str) -> None:
    """Let the organizations that have the set name it by another key."""
    for organization in instance.people.organizations.values():
        if organization.get("role_set_key") == held.key:
            organization["role_set_key"] = key
    held.key = key
