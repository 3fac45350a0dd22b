"""Organization roles with their permissions, and the initial role set (Clerk Backend API)."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi

from clerkstack.clients.clerk_errors import NO_ORGANIZATIONS
from clerkstack.clients.errors import ApiError, NotFound, Unreachable
from clerkstack.desired.afterwards import Access
from clerkstack.desired.refusals import undeclared_access, unknown_access, without_places
from clerkstack.failures import ResourceFailed
from clerkstack.live.instance import LiveInstance
from clerkstack.live.roles import NoRoles, read_roles, with_permissions
from clerkstack.notices import notice
from clerkstack.providers.base import (
    Noted,
    mark_of,
)
from clerkstack.providers.neighbours import report_kept
from clerkstack.providers.write_protocol import Run, Write, WritingProvider
from clerkstack.reconcile.changes import changes_between
from clerkstack.reconcile.ownership import Past, reverts
from clerkstack.reconcile.previewed import unpreviewed
from clerkstack.reconcile.roles import (
    IN_SET,
    SET,
    DeclaredRoles,
    GroupChange,
    LiveRoles,
    creator_lacks,
    is_permission,
    kind_of,
    permissions_of,
    role_changes,
)
from clerkstack.reconcile.sharing import Holding, Sharing, shared_of
from clerkstack.settings.names import BUILT_IN_ROLES
from clerkstack.shapes import Groups, Json, JsonObject, as_texts

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient


LEDGER = ("made", "before")
MOST_ADDED = 10
"""The most roles that AddRolesToRoleSet accepts."""


class OrganizationRolesProvider(WritingProvider):
    """Reconciles declared roles, permissions and the initial role set; all else is unmanaged.

    Clerk requires this order: permissions, roles, the roles in the set, its creator's and default
    roles. Removals follow in reverse order.
    """

    kind: ClassVar[str] = "OrganizationRoles"
    part: ClassVar[str] = "roles"
    ledger: ClassVar[Collection[str]] = LEDGER
    asks_made_here: ClassVar[bool] = True

    def holding(self, stack: str, since: str, props: JsonObject) -> Holding:
        """Permissions and roles by key, and the initial role set."""
        declared = DeclaredRoles.of(props)
        made = frozenset(declared.made)
        return Holding(stack, since, declared.document, made, declared.before, shared_of(props))

    def recorded_since(self, _props: JsonObject) -> JsonObject:
        """The ledger, and the mark of the earlier record."""
        return {**{key: _props[key] for key in LEDGER if key in _props}, **mark_of(_props)}

    def group_name(self, group: str) -> str:
        """`role org:finance`, `permission …`, the initial role set."""
        return kind_of(group)

    def refusals(self, _inputs: JsonObject) -> Iterable[tuple[str, str]]:
        """Checks in production's code that would be false for everybody."""
        if _inputs["environment"] != "production" or not undeclared_access(_inputs):
            return []
        try:
            with LiveInstance(self.session, self.ref(_inputs).instance) as live:
                return [("", why) for why in unknown_access(_inputs, live.access())]
        except (ApiError, Unreachable) as failure:
            notice(f"the app's checks of roles cannot be verified: {failure}")
            return []

    def compared(self, inputs: JsonObject) -> JsonObject:
        """All inputs; a check that only moved in the app's code is not a change."""
        return without_places(inputs)

    def unmet(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[str]:
        """Missing permissions, an unsuitable creator's role, an instance without roles."""
        ref = self.ref(_inputs).instance
        try:
            with LiveInstance(self.session, ref) as instance:
                if instance.found() is None:
                    return []  # its permissions are unknown until it is created
                live = read_roles(instance, _wanted(_inputs, _olds))
        except NoRoles as failure:
            return [str(failure)]
        except ApiError as failure:
            if failure.code == NO_ORGANIZATIONS:
                return []  # organizations are turned on first
            raise
        self.session.recent_roles.keep(ref, live)
        return _unmet(DeclaredRoles.of(_inputs).document, live)

    def taken_away(self, _inputs: JsonObject, _state: JsonObject) -> Iterable[str]:
        """Roles and permissions that production's code checks."""
        if _inputs.get("environment") != "production" or not undeclared_access(_inputs):
            return []
        try:
            with LiveInstance(self.session, self.ref(_inputs).instance) as instance:
                live = read_roles(instance, _wanted(_inputs, _state))
        except NoRoles:
            return []
        others, known = self.sharing(self.ref(_inputs), _state), DeclaredRoles.of(_state)
        declared, made = DeclaredRoles.of(_inputs).document, known.made
        back = reverts((known.past,), declared, live.view())
        back = others.spared({key: of for key, of in back.items() if key not in made})
        gone = [key for key in made if key not in declared and not _needed_by_others(key, others)]
        return _asked_in_vain(_inputs, _with(declared, back, live), live, gone)

    @contextmanager
    def planned(self, run: Run) -> Iterator[Write]:
        """See `WritingProvider`."""
        with self.backend(run.ref.instance) as backend:
            permissions = {*_wanted(run.inputs, run.state), *_wanted({}, run.pending)}
            recent = self.session.recent_roles.take(run.ref.instance)
            if recent is None:
                live = read_roles(backend, permissions)
            else:
                live = with_permissions(backend, recent, permissions)
            yield _RolesWrite(run, backend, live, permissions)

    def refreshed(self, props: JsonObject) -> JsonObject:
        """See `ClerkProvider`."""
        with LiveInstance(self.session, self.ref(props).instance) as instance:
            live = read_roles(instance, _wanted(props, {})).view()
        declared = DeclaredRoles.of(props)
        seen: JsonObject = {}
        for name, groups in (("permissions", declared.permissions), ("roles", declared.roles)):
            if name in props:
                seen[name] = {key: _seen(groups, live, key) for key in groups if key in live}
        if "role_set" in props:
            seen["role_set"] = _seen({SET: declared.role_set}, live, SET)
        return {**props, **seen}

    def remove(self, props: JsonObject) -> None:
        """Remove what this resource made, and revert what it changed."""
        # The app's checks are not compared: they must not stop a destroy, and Clerk deletes no role
        # that somebody has.
        nothing: JsonObject = {"permissions": {}, "roles": {}, "role_set": {}, "app": {}}
        self.bring({**props, **nothing}, props, removing=True)


class _RolesWrite:
    """The writes to roles, permissions and the initial set; see `Write`."""

    def __init__(
        self, run: Run, backend: BackendClient, live: LiveRoles, wanted: Collection[str]
    ) -> None:
        self._run, self._backend, self._live, self._wanted = run, backend, live, wanted
        self._desired, self._views = DeclaredRoles.of(run.inputs).document, live.view()
        others = run.others
        known = DeclaredRoles.of(run.state), DeclaredRoles.of(run.pending)
        pasts = known[0].past, known[1].past
        self._known = pasts[0].declared, pasts[1].declared
        self._made, self._before = self._owned(pasts, (*known[0].made, *known[1].made))
        self._kept = [key for key in self._made if key in self._views]
        back = reverts(pasts, self._desired, self._views)
        back = {key: fields for key, fields in back.items() if key not in self._kept}
        self._stays = others.kept_for(back, self._views)
        back = others.spared(back)
        undeclared = [key for key in self._made if key not in self._desired]
        self._left_alone = {key: of for key in undeclared if (of := _needed_by_others(key, others))}
        back |= {key: handed for key in self._left_alone if (handed := others.handed_over(key))}
        self._whole = _with(self._desired, back, live)
        self._going = [key for key in undeclared if key not in self._left_alone]
        self._tried = list(self._kept)
        self._changes = role_changes(self._whole, self._views)
        self._writing = _Writing(backend, live, self._making)
        self._gone: list[str] = []

    def _owned(
        self, pasts: tuple[Past, Past], known: Iterable[str]
    ) -> tuple[list[str], dict[str, JsonObject]]:
        """What this stack created (`known`) or creates, and what it found of the rest."""
        run, desired, views = self._run, self._desired, self._views
        made = [key for key in dict.fromkeys(known) if key in views]
        if not run.state and run.ref.made_instance():
            made = [key for key in desired if key in views and key not in (*BUILT_IN_ROLES, SET)]
        made += [key for key in desired if key not in views]
        return run.owned(pasts, desired, views, made)

    @property
    def surprises(self) -> list[str]:
        owed = changes_between(self._desired, self._views)
        return [*map(str, unpreviewed(owed, *self._known))]

    @property
    def unmet(self) -> Iterable[str]:
        yield from _unmet(self._whole, self._live)
        yield from _asked_in_vain(self._run.inputs, self._whole, self._live, self._going)

    @property
    def facts(self) -> JsonObject:
        return self._facts(self._tried)

    def left(self) -> JsonObject:
        # A refused group was not created: somebody else may create it before the next run.
        return self._facts(read_roles(self._backend, self._wanted).view())

    def send(self) -> None:
        report_kept(self._stays, kind_of)
        if not self._desired:  # otherwise a preview shows what stays
            report_kept({k: of for k, of in self._left_alone.items() if k in self._views}, kind_of)
        self._writing.write(self._changes)
        self._gone = self._writing.remove(self._going)

    def outputs(self) -> JsonObject:
        if self._changes or self._gone:
            self._read_back(self._writing, self._gone)
        stays = self._left_alone.keys() - self._run.others.made
        made: list[Json] = [key for key in self._made if key in self._desired or key in stays]
        return {"made": made, "before": {**self._before}}

    def _facts(self, live_keys: Container[str]) -> JsonObject:
        owned: list[Json] = [key for key in self._tried if key in live_keys]
        return {"made": owned, "before": {**self._before}, "roles": {**self._desired}}

    def _making(self, key: str) -> None:
        # If the answer is lost, what exists next time was created by this run.
        self._tried.append(key)
        self._run.log.record(self.facts, since=self._run.since)

    def _read_back(self, writing: _Writing, gone: Collection[str]) -> None:
        """Check that Clerk shows what was written; add a new role to the initial set if Clerk did
        not do so.

        Raises:
            ResourceFailed: Clerk does not show it.
        """
        for key in writing.left_in_set:
            self._whole[key].pop(IN_SET, None)
        live = read_roles(self._backend, self._wanted)
        lacking = role_changes(self._whole, live.view())
        outside = [change.key for change in lacking if change.fields == {IN_SET: True}]
        if outside:
            writing.add_to_set(outside)
            live = read_roles(self._backend, self._wanted)
            lacking = role_changes(self._whole, live.view())
        kept_on = ", ".join(key for key in live.view() if key in gone)
        if kept_on:
            raise ResourceFailed(
                f"Clerk accepted the removal of these but still shows them: {kept_on}. "
                "Check the dashboard page Roles and Permissions, then run again."
            )
        if lacking:
            raise ResourceFailed(
                "Clerk accepted these but does not show them as declared: "
                f"{', '.join(map(str, lacking))}. "
                "Compare them on the dashboard page Roles and Permissions, then run again."
            )


class _Writing:
    """The writes of one run, in their order.

    Args:
        backend: the client.
        live: what the instance had before.
        making: called with the key of a permission or role before it is created.
    """

    def __init__(self, backend: BackendClient, live: LiveRoles, making: Any) -> None:
        self._backend = backend
        self._making = making
        self._live = live
        self._roles = {role.key: role.id for role in live.roles}
        self._permissions = {permission.key: permission.id for permission in live.permissions}
        self.left_in_set: list[str] = []
        """Roles that should have been taken out of the set but were not."""

    def write(self, changes: Iterable[GroupChange]) -> None:
        """Send the changes; they come in the order of `role_changes`."""
        changes = list(changes)
        roles = [
            change for change in changes if change.key != SET and not is_permission(change.key)
        ]
        ends: dict[str, Any] = {}
        for change in changes:
            if change.key == SET:
                ends |= change.fields
        for change in changes:
            if is_permission(change.key):
                self._permission(change)
        creator = self._live.initial and self._live.initial.creator_role
        # While a role is the creator's, Clerk keeps the permissions that it needs.
        last = creator.key if creator is not None and "creator_role" in ends else None
        for change in roles:
            if change.key != last:
                self._role(change)
        self.add_to_set(
            [
                change.key
                for change in roles
                if not change.missing and change.fields.get(IN_SET) is True
            ]
        )
        if ends:
            self._backend.update_role_set(self._set, **ends)
        for change in roles:
            if change.key == last:
                self._role(change)
        for change in roles:
            if change.fields.get(IN_SET) is False:
                self._take_out(change.key, str(ends.get("default_role") or ""))

    def remove(self, keys: Iterable[str]) -> list[str]:
        """Remove those that are live, roles before their permissions; returns their keys."""
        gone = sorted(
            (key for key in keys if key in self._roles or key in self._permissions),
            key=is_permission,
        )
        for key in gone:
            with suppress(NotFound):
                if is_permission(key):
                    self._backend.delete_permission(self._permissions[key])
                else:
                    self._backend.delete_role(self._roles[key])
        return gone

    def add_to_set(self, keys: list[str]) -> None:
        """Add the roles to the initial set."""
        for start in range(0, len(keys), MOST_ADDED):
            self._backend.add_to_role_set(self._set, keys[start : start + MOST_ADDED])

    @property
    def _set(self) -> str:
        assert self._live.initial is not None  # `read_roles` has checked it
        return self._live.initial.key

    def _permission(self, change: GroupChange) -> None:
        fields: dict[str, Any] = dict(change.fields)
        if not change.missing:
            self._backend.update_permission(self._permissions[change.key], **fields)
            return
        self._making(change.key)
        made = self._backend.create_permission(key=change.key, **fields)
        self._permissions[change.key] = made.id

    def _role(self, change: GroupChange) -> None:
        fields: dict[str, Any] = dict(change.fields)
        in_set = fields.pop(IN_SET, None)
        if fields.get("permissions") is not None:
            fields["permissions"] = self._ids(fields["permissions"])
        if change.missing:
            self._making(change.key)
            self._backend.create_role(key=change.key, in_initial_role_set=in_set, **fields)
        elif fields:
            self._backend.update_role(self._roles[change.key], **fields)

    def _ids(self, keys: Iterable[str]) -> list[str]:
        """The ids of permissions, without those that were removed meanwhile."""
        keys = list(keys)
        if not set(keys) <= self._permissions.keys():
            self._permissions |= {
                permission.key: permission.id for permission in self._backend.list_permissions()
            }
        return [self._permissions[key] for key in keys if key in self._permissions]

    def _take_out(self, key: str, default: str) -> None:
        """Take a role out of the set unless members have it: Clerk would give them another role."""
        initial = self._live.initial
        if not default and initial is not None and initial.default_role is not None:
            default = initial.default_role.key
        if key in self._live.held or not default or default == key:
            why = "members have it" if key in self._live.held else "new members get it"
            notice(f"the role {key} stays in the initial role set: {why}")
            self.left_in_set.append(key)
        else:
            self._backend.replace_in_role_set(self._set, role=key, by=default)


class OrganizationRoles(Noted, module="clerkstack", name="OrganizationRoles"):
    """The roles that the app relies on, their permissions, and their place in the initial set."""

    def __init__(
        self,
        resource_name: str,
        *,
        application_id: str,
        environment: str,
        roles: Groups,
        permissions: Groups,
        role_set: JsonObject,
        app: JsonObject | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the roles: {key: {name, description?, permissions?, in_initial_role_set}}
        (without permissions, they stay as they are); permissions: {key: {name, description?}}; the
        initial role set: {creator_role?, default_role?}; and what the app checks
        (`access_asked`)."""
        props = {
            "application_id": application_id,
            "environment": environment,
            "roles": roles,
            "permissions": permissions,
            "role_set": role_set,
            "app": app or {},
        }
        super().__init__(OrganizationRolesProvider(), resource_name, props, opts)


def _needed_by_others(key: str, others: Sharing) -> list[Holding]:
    """The other stacks that declare a role or permission, or a role with that permission."""
    return [
        holding
        for holding in others.others
        if key in holding.declared
        or key in permissions_of(holding.declared)
        or key in holding.declared.get(SET, {}).values()
    ]


def _wanted(inputs: JsonObject, olds: JsonObject) -> set[str]:
    """The permissions to read: declared, in declared roles, or created by this stack."""
    new, old = DeclaredRoles.of(inputs), DeclaredRoles.of(olds)
    keys = {*new.document, *old.document, *new.made, *old.made}
    named = permissions_of(new.document) | permissions_of(old.before)
    return named | {key for key in keys if is_permission(key)}


def _seen(declared: Groups, live: Groups, key: str) -> JsonObject:
    """The live values of a group's declared fields, in the declared form if they mean the same."""
    fields = declared[key]
    same = not role_changes({key: fields}, live)
    return fields if same else {name: live[key][name] for name in fields}


def _with(declared: Groups, back: Groups, live: LiveRoles) -> dict[str, JsonObject]:
    """What is declared, with the reverted fields (a role has none that is null), as far as the
    permissions and roles that they name still exist."""
    whole = {key: dict(fields) for key, fields in declared.items()}
    known = {permission.key for permission in live.permissions}
    for key, fields in back.items():
        going = {k: v for k, v in fields.items() if v is not None}
        if key == SET:
            going = {k: v for k, v in going.items() if v in live.given}
        elif "permissions" in going:
            held = as_texts(going["permissions"], f"{key}.permissions")
            going["permissions"] = [permission for permission in held if permission in known]
        if going or key in declared:
            whole[key] = {**going, **declared.get(key, {})}
    return whole


def _asked_in_vain(
    inputs: JsonObject, whole: Groups, live: LiveRoles, gone: Collection[str]
) -> list[str]:
    """Why checks in production's code can never be true after an update: `whole` is what is
    declared and reverted, `gone` what is removed. Only the initial role set was read: a role
    outside it may be in another set."""
    if inputs.get("environment") != "production":
        return []
    groups = {key: fields for key, fields in whole.items() if key != SET}
    document: JsonObject = {
        "app": inputs.get("app"),
        "roles": {key: of for key, of in groups.items() if not is_permission(key)},
        "permissions": {key: of for key, of in groups.items() if is_permission(key)},
    }
    roles = {role.key: {permission.key for permission in role.permissions} for role in live.roles}
    return unknown_access(document, Access(roles), gone=gone)


def _unmet(declared: Groups, live: LiveRoles) -> list[str]:
    """Why this instance cannot have the document; empty if it can."""
    return [*_unknown_permissions(declared, live), *_no_creator(declared, live)]


def _unknown_permissions(declared: Groups, live: LiveRoles) -> Iterator[str]:
    known = {*(permission.key for permission in live.permissions), *filter(is_permission, declared)}
    unknown = sorted(permissions_of(declared) - known)
    if unknown:
        guesses = [f"{key}{_meant(key, known)}" for key in unknown]
        yield (
            f"This instance has no permission {', '.join(guesses)}. Correct it under "
            "clerkstack:organizations.roles, or declare it under "
            "clerkstack:organizations.permissions. Nothing was written."
        )


def _no_creator(declared: Groups, live: LiveRoles) -> Iterator[str]:
    lacking = creator_lacks(declared, live.view())
    if lacking:
        creator = declared[SET]["creator_role"]
        yield (
            f"The creator's role {creator} lacks {', '.join(lacking)}. Add it under "
            f"clerkstack:organizations.roles.{creator}.permissions, or name another role in "
            "clerkstack:organizations.creatorRole. Nothing was written."
        )


def _meant(key: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
