"""Sections of the instance config that are plain settings: organizations, sign-in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clerkstack.clients.errors import NotFound
from clerkstack.providers.base import ClerkProvider, inputs_of, resource_id
from clerkstack.providers.config_document import ConfigDocument
from clerkstack.providers.errors import plainly
from clerkstack.providers.made import Note
from clerkstack.reconcile import Change, Json, JsonObject, WritePlan, changes_between, live_view
from clerkstack.reconcile.changes import object_at, way_back

# Fields that the config takes and never shows again (`x-clerk-sensitive` in config/schema).
UNSEEN = frozenset({"client_secret"})
# What Clerk does where the config does not name the field at all: no write is owed for it.
DEFAULTS: JsonObject = {"organization_settings": {"force_organization_selection": False}}


class SectionsProvider(ClerkProvider):
    """Reconciles the sections its inputs name, all in one write."""

    name: ClassVar[str] = "sections"

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take over what is there and bring it to what is declared. Safe to repeat."""
        inputs = inputs_of(props)
        resource = resource_id(inputs, self.name)
        note = Note(resource)
        declared = object_at(inputs, "sections")
        before = object_at(note.read(), "before") or live_view(
            declared, self._document(inputs).sections()
        )
        note.write({"before": before})
        self._bring(inputs, unseen=_unseen(declared))
        return CreateResult(resource, {**inputs, "before": before})

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the sections to the new inputs; a client secret is sent only when it is new."""
        inputs, olds = inputs_of(_news), inputs_of(_olds)
        known = {change.path: change.after for change in _unseen(object_at(olds, "sections"))}
        fresh = [
            change
            for change in _unseen(object_at(inputs, "sections"))
            if known.get(change.path) != change.after
        ]
        self._bring(inputs, unseen=fresh)
        return UpdateResult({**inputs, "before": olds.get("before")})

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """The live values of what the state declares, for `pulumi refresh`."""
        props = inputs_of(_props)
        declared = object_at(props, "sections")
        try:
            live = self._document(props).sections(fresh=True)
        except NotFound:
            return ReadResult(None, {})
        view = live_view(_seen(declared), _with_defaults(live))
        for change in _unseen(declared):
            _object_in(view, change.path[0])[change.path[1]] = change.after
        inputs = {k: v for k, v in props.items() if k != "before"} | {"sections": view}
        return ReadResult(_id, {**props, "sections": view}, inputs)

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Put back the settings that this resource changed and nobody changed since."""
        props = inputs_of(_props)
        declared, before = object_at(props, "sections"), object_at(props, "before")

        def plan(sections: Mapping[str, Json]) -> WritePlan:
            back = way_back(_seen(before), declared, sections)
            return WritePlan(tuple(changes_between(back, sections)))

        with contextlib.suppress(NotFound):
            self._document(props).reconcile(plan)
        Note(_id).forget()

    def _bring(self, inputs: JsonObject, *, unseen: Iterable[Change]) -> None:
        declared = _seen(object_at(inputs, "sections"))
        also = tuple(unseen)

        def plan(sections: Mapping[str, Json]) -> WritePlan:
            changes = changes_between(declared, _with_defaults(sections))
            return WritePlan(tuple(changes), also)

        self._document(inputs).reconcile(plan)

    def _document(self, inputs: JsonObject) -> ConfigDocument:
        return self.session.config(str(inputs["application_id"]), str(inputs["environment"]))


class OrganizationSettingsProvider(SectionsProvider):
    """The section `organization_settings`."""

    name = "organization-settings"


class SignInProvider(SectionsProvider):
    """The sections `connection_oauth_<provider>` and `session`."""

    name = "sign-in"


class OrganizationSettings(Resource, module="clerkstack", name="OrganizationSettings"):
    """Organizations on one instance: on or off, limits, personal workspaces."""

    def __init__(
        self,
        resource_name: str,
        *,
        application_id: str,
        environment: str,
        settings: JsonObject,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the section; keys of `settings` are the config's own."""
        props = {
            "application_id": application_id,
            "environment": environment,
            "sections": {"organization_settings": settings},
        }
        super().__init__(OrganizationSettingsProvider(), resource_name, props, opts)


class SignIn(Resource, module="clerkstack", name="SignIn"):
    """OAuth connections with the stack's own credentials, and the session token's claims."""

    def __init__(
        self,
        resource_name: str,
        *,
        application_id: str,
        environment: str,
        sections: Mapping[str, pulumi.Input[Any]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the sections; a client secret must be a secret output."""
        props = {
            "application_id": application_id,
            "environment": environment,
            "sections": dict(sections),
        }
        super().__init__(SignInProvider(), resource_name, props, opts)


def _unseen(sections: Mapping[str, Json]) -> list[Change]:
    return [
        Change((section, key), None, value)
        for section, fields in sections.items()
        if isinstance(fields, dict)
        for key, value in fields.items()
        if key in UNSEEN
    ]


def _seen(sections: Mapping[str, Json]) -> JsonObject:
    return {
        section: {key: value for key, value in fields.items() if key not in UNSEEN}
        for section, fields in sections.items()
        if isinstance(fields, dict)
    }


def _with_defaults(sections: Mapping[str, Json]) -> JsonObject:
    whole = dict(sections)
    for section, fields in DEFAULTS.items():
        whole[section] = {**cast(JsonObject, fields), **object_at(sections, section)}
    return whole


def _object_in(view: JsonObject, key: str) -> JsonObject:
    return cast(JsonObject, view.setdefault(key, {}))
