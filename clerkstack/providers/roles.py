"""Organization roles with their permissions (Clerk Backend API)."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clerkstack.clients.errors import NotFound
from clerkstack.providers.base import (
    ClerkProvider,
    inputs_of,
    resource_id,
    stop_unless_previewed,
)
from clerkstack.providers.errors import ResourceFailed, plainly
from clerkstack.providers.made import Note, made_here
from clerkstack.reconcile import Json, JsonObject
from clerkstack.reconcile.changes import changes_between, object_at
from clerkstack.reconcile.ownership import found_before, joined, ways_back
from clerkstack.reconcile.roles import RoleChange, role_changes, role_view
from clerkstack.settings.names import BUILT_IN_ROLES

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient, Role


LEDGER = ("made", "before")


class OrganizationRolesProvider(ClerkProvider):
    """Reconciles declared roles; every other role is left alone."""

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the roles that are missing, mend those that differ. Safe to repeat."""
        inputs = inputs_of(props)
        return CreateResult(resource_id(inputs, "roles"), self._bring(inputs, {}))

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
            with self.backend(props) as backend:
                live = {role.key: role for role in backend.list_roles()}
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
        # The instance is left behind: should it come back, what is on it is not this stack's own.
        Note(resource_id(props)).forget()

    def _bring(self, inputs: JsonObject, olds: JsonObject) -> JsonObject:
        """Bring the roles from what the state declares (and an interrupted run declared) to what
        the inputs declare."""
        with self.backend(inputs) as backend:
            return self._brought(backend, inputs, olds)

    def _brought(self, backend: BackendClient, inputs: JsonObject, olds: JsonObject) -> JsonObject:
        declared = object_at(inputs, "roles")
        note = Note(resource_id(inputs, "roles"))
        state: JsonObject = {key: olds[key] for key in LEDGER if key in olds}
        noted = note.pending(state)
        live = backend.list_roles()
        views: JsonObject = {role.key: role_view(role) for role in live}
        stated = (object_at(olds, "roles"), object_at(noted, "roles"))
        stop_unless_previewed(inputs, changes_between(declared, views), *stated)
        known = dict.fromkeys(key for run in (olds, noted) for key in _made(run))
        kept = [key for key in known if key in views]
        if not olds and made_here(resource_id(inputs)):
            kept = [key for key in declared if key in views and key not in BUILT_IN_ROLES]
        made = kept + [key for key in declared if key not in views]
        before = found_before(
            joined(object_at(olds, "before"), object_at(noted, "before")),
            joined(*stated),
            declared,
            views,
        )
        before = {key: fields for key, fields in before.items() if key not in made}
        back = ways_back((olds, noted), "roles", declared, views)
        back = {key: fields for key, fields in back.items() if key not in kept}
        changes = role_changes(_with(declared, back), live)
        tried = list(kept)

        def facts(there: Container[str]) -> JsonObject:
            owned = [key for key in tried if key in there]
            return {"made": cast(Json, owned), "before": before, "roles": declared}

        def left() -> JsonObject:
            # What was refused was not made: somebody else may make it before the next run.
            return facts({role.key for role in backend.list_roles()})

        with note.intent(facts(kept), since=state, left=left):
            for change, fields in self._sent(backend, changes, live):
                if change.id is not None:
                    backend.update_role(change.id, **fields)
                    continue
                # Should the answer be lost, a role that is there next time was made by this run.
                tried.append(change.key)
                note.write(facts(tried), since=state)
                backend.create_role(key=change.key, **fields)
            gone = self._remove(backend, [key for key in made if key not in declared], live)
        if changes or gone:
            there = backend.list_roles()
            kept_on = ", ".join(role.key for role in there if role.key in gone)
            if kept_on:
                raise ResourceFailed(
                    f"Clerk accepted that these roles are removed and still shows them: {kept_on}. "
                    "Look at the dashboard page Roles and Permissions, then run again."
                )
            lacking = role_changes(declared, there)
            if lacking:
                lost = ", ".join(f"{change.key} ({', '.join(change.fields)})" for change in lacking)
                raise ResourceFailed(
                    f"Clerk accepted these roles but does not show them as declared: {lost}. "
                    "Compare them on the dashboard page Roles and Permissions, then run again."
                )
        made = [key for key in made if key in declared]
        return {**inputs, "made": cast(Json, made), "before": before}

    def _sent(
        self, backend: BackendClient, changes: Iterable[RoleChange], live: Iterable[Role]
    ) -> Iterator[tuple[RoleChange, dict[str, Any]]]:
        """Each change with the fields as they are sent: permissions by their ids."""
        permissions = _permission_ids(backend, live, changes)
        for change in changes:
            fields: dict[str, Any] = dict(change.fields)
            if fields.get("permissions") is not None:
                fields["permissions"] = [permissions[key] for key in fields["permissions"]]
            yield change, fields

    def _remove(
        self, backend: BackendClient, keys: Iterable[str], live: Iterable[Role]
    ) -> list[str]:
        """Remove those of the roles that are live; which they were."""
        ids = {role.key: role.id for role in live}
        there = [key for key in keys if key in ids]
        for key in there:
            with contextlib.suppress(NotFound):
                backend.delete_role(ids[key])
        return there


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


def _made(run: JsonObject) -> list[str]:
    return cast(list[str], run.get("made") or [])


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
