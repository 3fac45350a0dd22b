"""Organization roles with their permissions (Clerk Backend API)."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clerkstack.clients.errors import NotFound
from clerkstack.providers.base import ClerkProvider, inputs_of, resource_id
from clerkstack.providers.errors import ResourceFailed, plainly
from clerkstack.providers.made import Note
from clerkstack.reconcile import Json, JsonObject
from clerkstack.reconcile.changes import object_at
from clerkstack.reconcile.roles import role_changes, role_view

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient, Role


class OrganizationRolesProvider(ClerkProvider):
    """Reconciles declared roles; every other role is left alone."""

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the roles that are missing, mend those that differ. Safe to repeat."""
        inputs = inputs_of(props)
        name = resource_id(inputs, "roles")
        noted = cast(list[str], Note(name).read().get("made") or [])
        return CreateResult(name, self._bring(inputs, noted))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the roles to the new inputs; a role made here and no longer declared goes."""
        made = cast(list[str], inputs_of(_olds).get("made") or [])
        return UpdateResult(self._bring(inputs_of(_news), made))

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """The live roles among those that the state declares, for `pulumi refresh`."""
        props = inputs_of(_props)
        declared = object_at(props, "roles")
        try:
            live = {role.key: role for role in self._backend(props).list_roles()}
        except NotFound:
            return ReadResult(None, {})
        view: JsonObject = {}
        for key, fields in declared.items():
            if key in live:
                there = role_view(live[key])
                same = not role_changes({key: fields}, [live[key]])
                managed = cast(JsonObject, fields)
                view[key] = fields if same else {k: there[k] for k in managed}
        inputs = {k: v for k, v in props.items() if k != "made"} | {"roles": view}
        return ReadResult(_id, {**props, "roles": view}, inputs)

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove the roles that this resource made."""
        props = inputs_of(_props)
        made = cast(list[str], props.get("made") or [])
        if made:
            backend = self._backend(props)
            self._remove(backend, made, backend.list_roles())
        Note(_id).forget()

    def _bring(self, inputs: JsonObject, made: list[str]) -> JsonObject:
        declared = object_at(inputs, "roles")
        backend = self._backend(inputs)
        live = backend.list_roles()
        changes = role_changes(declared, live)
        there = {role.key for role in live}
        new = [change.key for change in changes if change.id is None]
        made = [key for key in made if key in there] + [key for key in new if key not in made]
        Note(resource_id(inputs, "roles")).write({"made": made})
        gone = [key for key in made if key not in declared]
        if not changes and not gone:
            return {**inputs, "made": cast(Json, made)}
        permissions = _permission_ids(backend, live, changes)
        for change in changes:
            fields: dict[str, Any] = dict(change.fields)
            if fields.get("permissions") is not None:
                fields["permissions"] = [permissions[key] for key in fields["permissions"]]
            if change.id is None:
                backend.create_role(key=change.key, **fields)
            else:
                backend.update_role(change.id, **fields)
        self._remove(backend, gone, live)
        left = role_changes(declared, backend.list_roles())
        if left:
            lost = ", ".join(f"{change.key} ({', '.join(change.fields)})" for change in left)
            raise ResourceFailed(
                f"Clerk accepted these roles but does not show them as declared: {lost}. "
                "Compare them on the dashboard page Roles and Permissions, then run again."
            )
        return {**inputs, "made": cast(Json, [key for key in made if key not in gone])}

    def _remove(self, backend: BackendClient, keys: Iterable[str], live: Iterable[Role]) -> None:
        ids = {role.key: role.id for role in live}
        for key in keys:
            if key in ids:
                with contextlib.suppress(NotFound):
                    backend.delete_role(ids[key])

    def _backend(self, inputs: JsonObject) -> BackendClient:
        return self.session.backend(str(inputs["application_id"]), str(inputs["environment"]))


class OrganizationRoles(Resource, module="clerkstack", name="OrganizationRoles"):
    """The roles the app relies on, and what each may do."""

    def __init__(
        self,
        resource_name: str,
        *,
        application_id: str,
        environment: str,
        roles: JsonObject,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare roles as {key: {name, description?, permissions?}}; no permissions = as is."""
        props = {"application_id": application_id, "environment": environment, "roles": roles}
        super().__init__(OrganizationRolesProvider(), resource_name, props, opts)


def _permission_ids(
    backend: BackendClient, live: Iterable[Role], changes: Iterable[Any]
) -> dict[str, str]:
    """Ids of the permissions that the changes name; roles already carry most of them."""
    wanted = {key for change in changes for key in change.fields.get("permissions") or []}
    ids = {permission.key: permission.id for role in live for permission in role.permissions}
    if not wanted <= ids.keys():
        ids |= {permission.key: permission.id for permission in backend.list_permissions()}
    unknown = sorted(wanted - ids.keys())
    if unknown:
        guesses = [f"{key}{_meant(key, ids)}" for key in unknown]
        raise ResourceFailed(
            f"This instance has no permission {', '.join(guesses)}. Correct it under "
            "clerkstack:organizations.roles, or make it on the dashboard page "
            "Roles and Permissions. Nothing was written."
        )
    return ids


def _meant(key: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
