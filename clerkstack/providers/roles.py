"""Organization roles with their permissions (Clerk Backend API)."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clerkstack.clients.errors import ApiError, NotFound
from clerkstack.providers.base import ClerkProvider, inputs_of, resource_id
from clerkstack.providers.errors import ResourceFailed, plainly
from clerkstack.providers.made import Note, made_here
from clerkstack.reconcile import Json, JsonObject
from clerkstack.reconcile.changes import object_at
from clerkstack.reconcile.ownership import found_before, undeclared, way_back
from clerkstack.reconcile.roles import RoleChange, role_changes, role_view
from clerkstack.settings import BUILT_IN_ROLES

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient, Role


LEDGER = ("made", "before")


class OrganizationRolesProvider(ClerkProvider):
    """Reconciles declared roles; every other role is left alone."""

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the roles that are missing, mend those that differ. Safe to repeat."""
        inputs = inputs_of(props)
        name = resource_id(inputs, "roles")
        return CreateResult(name, self._bring(inputs, Note(name).read(), first=True))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the roles to the new inputs; one that was made here and is not declared any more
        goes, one that was there before goes back."""
        return UpdateResult(self._bring(inputs_of(_news), inputs_of(_olds)))

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """The live roles among those that the state declares, for `pulumi refresh`."""
        props = inputs_of(_props)
        declared = object_at(props, "roles")
        try:
            live = {role.key: role for role in self.backend(props).list_roles()}
        except NotFound:
            return ReadResult(None, {})
        view: JsonObject = {}
        for key, fields in declared.items():
            if key in live:
                there = role_view(live[key])
                same = not role_changes({key: fields}, [live[key]])
                managed = cast(JsonObject, fields)
                view[key] = fields if same else {k: there[k] for k in managed}
        inputs = {k: v for k, v in props.items() if k not in LEDGER} | {"roles": view}
        return ReadResult(_id, {**props, "roles": view}, inputs)

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove the roles that this resource made, put back those that it changed."""
        props = inputs_of(_props)
        with contextlib.suppress(NotFound):
            self._bring({**props, "roles": {}}, props)
        Note(_id).forget()

    def _bring(self, inputs: JsonObject, was: JsonObject, *, first: bool = False) -> JsonObject:
        """Bring the roles from what `was` declared (state or note) to what `inputs` declare."""
        declared, olds = object_at(inputs, "roles"), object_at(was, "roles")
        backend = self.backend(inputs)
        live = backend.list_roles()
        views: JsonObject = {role.key: role_view(role) for role in live}
        kept = [key for key in cast(list[str], was.get("made") or []) if key in views]
        if first and made_here(resource_id(inputs)):
            kept = [key for key in declared if key in views and key not in BUILT_IN_ROLES]
        made = kept + [key for key in declared if key not in views]
        before = found_before(object_at(was, "before"), olds, declared, views)
        before = {key: fields for key, fields in before.items() if key not in made}
        gone = [key for key in made if key not in declared]
        back = way_back(
            object_at(was, "before"),
            {k: v for k, v in undeclared(olds, declared).items() if k not in kept},
            views,
        )
        ledger: JsonObject = {"made": cast(Json, made), "before": before}
        note = Note(resource_id(inputs, "roles"))
        note.write({**ledger, "roles": declared})
        changes = role_changes(_with(declared, back), live)
        try:
            self._write(backend, changes, live)
        except ApiError as error:
            if error.status < 500:
                # What was refused was not made: somebody else may make it before the next run.
                note.write({**ledger, "made": cast(Json, kept), "roles": olds})
            raise
        self._remove(backend, gone, live)
        if changes:
            left = role_changes(declared, backend.list_roles())
            if left:
                lost = ", ".join(f"{change.key} ({', '.join(change.fields)})" for change in left)
                raise ResourceFailed(
                    f"Clerk accepted these roles but does not show them as declared: {lost}. "
                    "Compare them on the dashboard page Roles and Permissions, then run again."
                )
        made = [key for key in made if key not in gone]
        return {**inputs, "made": cast(Json, made), "before": before}

    def _write(
        self, backend: BackendClient, changes: Iterable[RoleChange], live: Iterable[Role]
    ) -> None:
        permissions = _permission_ids(backend, live, changes)
        for change in changes:
            fields: dict[str, Any] = dict(change.fields)
            if fields.get("permissions") is not None:
                fields["permissions"] = [permissions[key] for key in fields["permissions"]]
            if change.id is None:
                backend.create_role(key=change.key, **fields)
            else:
                backend.update_role(change.id, **fields)

    def _remove(self, backend: BackendClient, keys: Iterable[str], live: Iterable[Role]) -> None:
        ids = {role.key: role.id for role in live}
        for key in keys:
            if key in ids:
                with contextlib.suppress(NotFound):
                    backend.delete_role(ids[key])


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


def _with(declared: JsonObject, back: JsonObject) -> JsonObject:
    """What is declared, and the fields that go back (a role has none that is null)."""
    whole = dict(declared)
    for key, fields in back.items():
        going = {k: v for k, v in cast(JsonObject, fields).items() if v is not None}
        whole[key] = {**going, **object_at(declared, key)}
    return whole


def _permission_ids(
    backend: BackendClient, live: Iterable[Role], changes: Iterable[RoleChange]
) -> dict[str, str]:
    """Ids of the permissions that the changes name; roles already carry most of them."""
    wanted = {
        key for change in changes for key in cast(list[str], change.fields.get("permissions") or [])
    }
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
