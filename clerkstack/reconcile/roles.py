"""Organization roles, custom permissions and the initial role set as one document.

Members can have only roles in their organization's role set; new organizations get the initial set.
The document has a group of fields for each permission and each role, by key, and one for the
initial set. (Clerk Backend API: ListOrganizationRoles, ListOrganizationPermissions, ListRoleSets.)
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from clerkstack.reconcile.changes import changes_between
from clerkstack.reconcile.ownership import Past
from clerkstack.settings.names import CREATOR_NEEDS
from clerkstack.shapes import Groups, Json, JsonObject, as_object, as_objects, as_texts, list_of

IN_SET = "in_initial_role_set"
SET = "initial role set"
"""The group of the initial set: its `creator_role` and `default_role`, by key."""


class LivePermission(Protocol):
    """A permission as the Backend API shows it."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def description(self) -> str | None: ...


class LiveRole(LivePermission, Protocol):
    """A role as the Backend API shows it."""

    @property
    def permissions(self) -> Iterable[LivePermission]: ...


class LiveItem(Protocol):
    """A role within a role set."""

    @property
    def key(self) -> str: ...
    @property
    def has_members(self) -> bool | None: ...


class LiveRoleSet(Protocol):
    """A role set as the Backend API shows it."""

    @property
    def key(self) -> str: ...
    @property
    def roles(self) -> Iterable[LiveItem]: ...
    @property
    def default_role(self) -> LiveItem | None: ...
    @property
    def creator_role(self) -> LiveItem | None: ...


@dataclass(frozen=True)
class LiveRoles:
    """The roles of an instance. `permissions` has all permissions of its roles, and the others too
    if they were `listed`. `initial` is None if nothing was read."""

    roles: tuple[LiveRole, ...] = ()
    initial: LiveRoleSet | None = None
    permissions: tuple[LivePermission, ...] = ()
    listed: bool = False

    @property
    def given(self) -> frozenset[str]:
        """The keys of the roles in the initial set."""
        return frozenset(item.key for item in self.initial.roles) if self.initial else frozenset()

    @property
    def held(self) -> frozenset[str]:
        """The keys of the roles in the initial set that members have."""
        items = self.initial.roles if self.initial else ()
        return frozenset(item.key for item in items if item.has_members)

    def view(self) -> dict[str, JsonObject]:
        """The roles in the shape of the document."""
        groups: dict[str, JsonObject] = {
            permission.key: {"name": permission.name, "description": permission.description or ""}
            for permission in self.permissions
        }
        groups |= {role.key: role_view(role, self.given) for role in self.roles}
        if self.initial is not None:
            creator, default = self.initial.creator_role, self.initial.default_role
            groups[SET] = {
                "creator_role": creator.key if creator else None,
                "default_role": default.key if default else None,
            }
        return groups


@dataclass(frozen=True)
class DeclaredRoles:
    """What the roles resource declares, read from its inputs, a state or an intent record.

    Attributes:
        roles, permissions: their fields by key.
        role_set: the fields of the initial set.
        made: the keys of what was created.
        before: what was found of the rest.
    """

    roles: dict[str, JsonObject]
    permissions: dict[str, JsonObject]
    role_set: JsonObject
    made: list[str]
    before: dict[str, JsonObject]

    @classmethod
    def of(cls, props: Mapping[str, Json]) -> DeclaredRoles:
        """Read properties; a record has the whole document as its roles.

        Raises:
            Malformed: a part does not have its shape; names the place.
        """
        return cls(
            as_objects(props.get("roles"), "roles"),
            as_objects(props.get("permissions"), "permissions"),
            as_object(props.get("role_set"), "role_set"),
            as_texts(props.get("made"), "made"),
            as_objects(props.get("before"), "before"),
        )

    @property
    def document(self) -> dict[str, JsonObject]:
        """The declaration as one document."""
        return document(self.roles, self.permissions, self.role_set)

    @property
    def past(self) -> Past:
        """What an earlier run declared and found."""
        return Past(self.document, self.before)


@dataclass(frozen=True)
class GroupChange:
    """A permission, a role or the initial set with the fields that differ; it is created if it is
    `missing`."""

    key: str
    missing: bool
    fields: JsonObject

    def __str__(self) -> str:
        return f"{kind_of(self.key)} ({', '.join(self.fields) or 'not there'})"


def document(
    roles: Groups, permissions: Groups, role_set: Mapping[str, Json]
) -> dict[str, JsonObject]:
    """The declared document; `role_set` are the fields of the initial set."""
    return {**permissions, **roles, **({SET: dict(role_set)} if role_set else {})}


def kind_of(key: str) -> str:
    """A group's kind and key; a permission's key has two colons, a role's one."""
    if key == SET:
        return SET
    return f"{'permission' if is_permission(key) else 'role'} {key}"


def is_permission(key: str) -> bool:
    """Whether a group of the document is a permission."""
    return key.count(":") == 2


def role_changes(declared: Groups, view: Groups) -> list[GroupChange]:
    """The differences between the document and the live view, in the order in which they must be
    written: permissions, roles, the initial set. Undeclared groups are unmanaged."""
    changes: list[GroupChange] = []
    for key, fields in sorted(declared.items(), key=lambda pair: _rank(pair[0])):
        declared_fields: JsonObject = {
            name: value for name, value in fields.items() if value is not None
        }
        if key not in view:
            changes.append(GroupChange(key, True, declared_fields))
            continue
        differing = {change.path[0] for change in changes_between(declared_fields, view[key])}
        if differing:
            fields_of: JsonObject = {
                name: value for name, value in declared_fields.items() if name in differing
            }
            changes.append(GroupChange(key, False, fields_of))
    return changes


def role_view(role: LiveRole, given: Container[str]) -> JsonObject:
    """A live role in the shape of a declared one. `given` are the keys of the roles in the initial
    set."""
    return {
        "name": role.name,
        "description": role.description or "",
        "permissions": [permission.key for permission in role.permissions],
        IN_SET: role.key in given,
    }


def permissions_of(declared: Groups) -> set[str]:
    """The permissions that the roles of a document name."""
    return {
        str(permission)
        for key, fields in declared.items()
        if not is_permission(key)
        for permission in list_of(fields.get("permissions"))
    }


def creator_lacks(declared: Groups, view: Groups) -> list[str]:
    """The permissions that the declared creator's role needs and would not have."""
    creator = declared.get(SET, {}).get("creator_role")
    if not isinstance(creator, str):
        return []
    whole = {**view.get(creator, {}), **declared.get(creator, {})}
    return sorted(
        CREATOR_NEEDS - {str(permission) for permission in list_of(whole.get("permissions"))}
    )


def _rank(key: str) -> int:
    return 2 if key == SET else 0 if is_permission(key) else 1
