"""Sections of the instance config that are plain settings: organizations, sign-in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from clerkstack.clients.errors import NotFound
from clerkstack.failures import plainly
from clerkstack.intent_log import IntentLog
from clerkstack.notices import notice
from clerkstack.providers.base import (
    ClerkProvider,
    Noted,
    fingerprint_of,
    inputs_of,
    kept_out,
    mark_of,
    resource_id,
    stack_of,
    stop_unless_previewed,
)
from clerkstack.providers.neighbours import tell_left
from clerkstack.reconcile import Change, Json, JsonObject, WritePlan, changes_between, live_view
from clerkstack.reconcile.changes import object_at
from clerkstack.reconcile.danger import Danger, toggle_dangers
from clerkstack.reconcile.fields import is_unset, same_value
from clerkstack.reconcile.names import OAUTH_PREFIX, section_name
from clerkstack.reconcile.ownership import found_before, joined, ways_back
from clerkstack.reconcile.sections import (
    FORCED,
    ORGANIZATIONS,
    with_defaults,
    with_nothing_to_select,
    without_moved,
)
from clerkstack.reconcile.sharing import CLIENT_SECRET, Holding, Sharing

SECRET_INPUT = "client_secret_"
TOKEN = "session"
"""The section that is the session token's template, null where there is none."""


class SectionsProvider(ClerkProvider):
    """Reconciles the sections its inputs name, all in one write.

    A client secret is a field that the config takes and shows as a placeholder
    (`x-clerk-sensitive` in config/schema): it is sent when it is new, and what is live tells only
    whether one is set.
    """

    part: ClassVar[str] = "sections"

    def holding(self, stack: str, since: str, props: JsonObject) -> Holding:
        """The fields by section; a section that was not found is made. A client secret is there by
        its fingerprint."""
        before, sections = object_at(props, "before"), object_at(props, "sections")
        declared = {name: dict(object_at(sections, name)) for name in sections}
        made = frozenset(name for name in declared if name not in before)
        for provider, fingerprint in object_at(props, "fingerprints").items():
            declared.setdefault(f"{OAUTH_PREFIX}{provider}", {})[CLIENT_SECRET] = fingerprint
        return Holding(stack, since, declared, made, before, object_at(props, "shared"))

    def noted_since(self, _props: JsonObject) -> JsonObject:
        """What was found, and the mark of the note before."""
        before: JsonObject = {"before": _props["before"]} if "before" in _props else {}
        return {**before, **mark_of(_props)}

    def group_name(self, group: str) -> str:
        """The section as people know it."""
        return section_name(group)

    def dangers(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[Danger]:
        """Toggles that would be turned off, by what is declared or by what goes back."""
        sections = self.document(_inputs).sections()
        live = with_defaults(sections)
        changes = changes_between(object_at(_inputs, "sections"), live)
        if _olds:
            others = self.sharing(_inputs, _olds)
            state = others.state or _olds
            log = IntentLog(resource_id(_inputs, self.part), stack_of(_inputs))
            runs = (state, log.pending(self.noted_since(state)))
            declared = object_at(_inputs, "sections")
            back = self._back(_inputs, runs, declared, sections, others, quiet=True)
            changes += _returning(back, sections, sections).changes
        return toggle_dangers(changes)

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take over what is there and bring it to what is declared. Safe to repeat."""
        inputs = inputs_of(props)
        name = resource_id(inputs, self.part)
        return CreateResult(name, self._bring(name, inputs, {}, secrets=_secrets(inputs)))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the sections to the new inputs; what they no longer name goes back."""
        inputs, olds = inputs_of(_news), inputs_of(_olds)
        known = {change.path: change.after for change in _secrets(olds)}
        fresh = [each for each in _secrets(inputs) if known.get(each.path) != each.after]
        return UpdateResult(self._bring(_id, inputs, olds, secrets=fresh))

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """The live values of what the state declares, for `pulumi refresh`."""
        props = inputs_of(_props)
        try:
            live = self.document(props).sections(fresh=True)
        except NotFound:
            return ReadResult(None, {})
        view = live_view(object_at(props, "sections"), with_defaults(live))
        props = _without_lost_secrets(props, live) | {"sections": view}
        return ReadResult(_id, props, kept_out(props, "before"))

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Put back the settings that this resource changed and nobody changed since."""
        props = inputs_of(_props)
        log = IntentLog(_id, stack_of(props))
        with contextlib.suppress(NotFound):
            noted = log.pending({"before": {}, **self.noted_since(props)})
            live = self.document(props).sections()
            others = self.sharing(props, props, removing=True)
            back = self._back(props, (props, noted), {}, live, others)
            self.document(props).reconcile(lambda sections: _returning(back, sections, live))
        log.forget()

    def _bring(
        self, name: str, inputs: JsonObject, olds: JsonObject, *, secrets: Iterable[Change]
    ) -> JsonObject:
        """Bring the sections from what the state declares (and an interrupted run declared) to
        what the inputs declare."""
        self.refuse_unjudged(inputs, olds)
        others = self.sharing_to_write(inputs, olds)
        declared, also = object_at(inputs, "sections"), tuple(secrets)
        log, document = IntentLog(name, stack_of(inputs)), self.document(inputs)
        state = self.noted_since(olds)
        noted = log.pending(state)
        live = document.sections()
        owed = changes_between(declared, with_defaults(live))
        known = (object_at(olds, "sections"), object_at(noted, "sections"))
        stop_unless_previewed(inputs, without_moved(owed, *known), *known)
        before = found_before(
            joined(object_at(olds, "before"), object_at(noted, "before")),
            joined(*known),
            declared,
            live,
        )
        _, before = others.passed_on((), before, declared)
        back = self._back(inputs, (olds, noted), declared, live, others)

        def plan(sections: Mapping[str, Json]) -> WritePlan:
            changes = changes_between(declared, with_defaults(sections))
            going = _returning(back, sections, live)
            return WritePlan((*changes, *going.changes), (*also, *going.unseen))

        facts: JsonObject = {"before": before, "sections": declared}

        def left() -> JsonObject | None:
            now = document.sections(fresh=True)
            same = all(now.get(group) == live.get(group) for group in (*declared, *back))
            return None if same else facts

        def judge(wanted: WritePlan, _sections: Mapping[str, Json]) -> None:
            self.stop_for_danger(inputs, toggle_dangers(wanted.changes))

        with log.writing(facts, since=state, left=left):
            document.reconcile(plan, judge)
        shared = others.shared(self.holding("", "", inputs).declared)
        return {**inputs, "before": before, **shared, "noted": log.mark}

    def _back(
        self,
        props: JsonObject,
        runs: Iterable[JsonObject],
        declared: JsonObject,
        live: Mapping[str, Json],
        others: Sharing,
        *,
        quiet: bool = False,
    ) -> JsonObject:
        """What the fields that are not declared any more go back to; decided once, since the
        write itself changes what is live. Those that other stacks declare stay, which is told
        unless `quiet`."""
        runs = tuple(runs)
        whole = ways_back(runs, "sections", declared, live)
        back = others.spared(whole)
        if not quiet:
            tell_left(others.kept_for(whole, live), self.group_name)
        if object_at(live, "billing").get("organization_enabled"):
            # Clerk refuses it; this stack's own billing, if it had any, has gone before.
            object_at(back, ORGANIZATIONS).pop("enabled", None)
        if not others.holders(ORGANIZATIONS, FORCED):
            with_nothing_to_select(back)
        found = any(TOKEN in object_at(run, "before") for run in runs)
        theirs = others.holders(TOKEN, "claims")
        if "claims" in object_at(back, TOKEN) and not (found or theirs):
            back[TOKEN] = None  # there was no template of the token before its claims came
        if props["environment"] == "production":
            _switch_off_without_secret(back, live, quiet=quiet)
        return back


class OrganizationSettingsProvider(SectionsProvider):
    """The section `organization_settings`."""

    kind = "OrganizationSettings"
    part = "organization-settings"


class SignInProvider(SectionsProvider):
    """The sections `connection_oauth_<provider>` and `session`."""

    kind = "SignIn"
    part = "sign-in"


class OrganizationSettings(Noted, module="clerkstack", name="OrganizationSettings"):
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


class SignIn(Noted, module="clerkstack", name="SignIn"):
    """OAuth connections with the stack's own credentials, and the session token's claims."""

    def __init__(
        self,
        resource_name: str,
        *,
        application_id: str,
        environment: str,
        sections: JsonObject,
        client_secrets: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the sections, and the connections' client secrets by provider."""
        secrets: dict[str, Any] = {
            f"{SECRET_INPUT}{provider}": pulumi.Output.secret(secret)
            for provider, secret in client_secrets.items()
        }
        # The engine shows no difference between two secrets; these say that one changed.
        secrets["fingerprints"] = {
            provider: fingerprint_of(application_id, environment, secret)
            for provider, secret in client_secrets.items()
        }
        props = {
            "application_id": application_id,
            "environment": environment,
            "sections": sections,
            **secrets,
        }
        super().__init__(SignInProvider(), resource_name, props, opts)


def _secrets(inputs: JsonObject) -> list[Change]:
    """The client secrets among the inputs, as fields of their connections."""
    return [
        Change((f"{OAUTH_PREFIX}{name.removeprefix(SECRET_INPUT)}", "client_secret"), None, secret)
        for name, secret in inputs.items()
        if name.startswith(SECRET_INPUT)
    ]


def _without_lost_secrets(props: JsonObject, live: Mapping[str, Json]) -> JsonObject:
    """The properties without the client secrets that somebody has removed, so that the next
    update sends them again."""
    lost = {
        change.path[0].removeprefix(OAUTH_PREFIX)
        for change in _secrets(props)
        if object_at(live, change.path[0]).get("client_secret") == ""
    }
    kept = {k: v for k, v in props.items() if k.removeprefix(SECRET_INPUT) not in lost}
    fingerprints = object_at(props, "fingerprints")
    if lost:
        kept["fingerprints"] = {k: v for k, v in fingerprints.items() if k not in lost}
    return kept


def _leaves(back: Mapping[str, Json], live: Mapping[str, Json], section: str) -> bool:
    """Whether the id that a stack gave a connection goes, and its secret with it."""
    fields, now = object_at(back, section), object_at(live, section)
    return "client_id" in fields and not same_value(
        "client_id", fields["client_id"], now.get("client_id")
    )


def _switch_off_without_secret(back: JsonObject, live: Mapping[str, Json], *, quiet: bool) -> None:
    """Switch off what Clerk refuses in production: a connection whose id goes back to an earlier
    one, whose secret nobody can read back."""
    for section in back:
        fields = object_at(back, section)
        if _leaves(back, live, section) and fields["client_id"]:
            fields["enabled"] = False
            if quiet:
                continue
            notice(
                f"{section_name(section)} is switched off: its earlier client id is back, and "
                "its client secret can't be read. Enter the secret on the dashboard page SSO "
                "connections, then switch it on."
            )


def _returning(
    back: Mapping[str, Json], sections: Mapping[str, Json], found: Mapping[str, Json]
) -> WritePlan:
    """The write that brings fields back. A secret goes with the id that it came with.

    `found` are the sections as they were when it was decided what goes back.
    """
    changes = list(changes_between(back, sections))
    unseen = []
    for section in back:
        if _leaves(back, found, section):
            path, now = (section, "client_secret"), object_at(sections, section)
            shown = now.get("client_secret")
            if "client_secret" not in now:
                unseen.append(Change(path, None, None))
            elif not is_unset("client_secret", shown):
                changes.append(Change(path, shown, None))
    return WritePlan(tuple(changes), tuple(unseen))
