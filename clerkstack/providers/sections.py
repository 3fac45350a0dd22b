"""Sections of the instance config that are plain settings: organizations, sign-in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi

from clerkstack.live.config_document import ConfigDocument
from clerkstack.notices import notice
from clerkstack.providers.base import (
    InstanceRef,
    Noted,
    fingerprint_of,
)
from clerkstack.providers.neighbours import report_kept
from clerkstack.providers.write_protocol import Run, Write, WritingProvider
from clerkstack.reconcile.changes import Change, changes_between, live_view
from clerkstack.reconcile.danger import Danger, toggle_dangers
from clerkstack.reconcile.fields import is_unset, same_value
from clerkstack.reconcile.names import OAUTH_PREFIX, section_name
from clerkstack.reconcile.ownership import Past, joined, reverts
from clerkstack.reconcile.previewed import unpreviewed
from clerkstack.reconcile.sections import (
    FORCED,
    ORGANIZATIONS,
    SECRET_INPUT,
    DeclaredSections,
    oauth_section,
    with_defaults,
    with_nothing_to_select,
    without_moved,
)
from clerkstack.reconcile.sharing import CLIENT_SECRET, Holding, Sharing, shared_of
from clerkstack.reconcile.write import WritePlan
from clerkstack.shapes import Groups, Json, JsonObject, as_object, groups_in

TOKEN = "session"
"""The section with the session token's template, null if there is none."""


@dataclass(frozen=True)
class Reverting:
    """The earlier values of fields that are no longer desired; decided once, since the write itself
    changes what is live.

    Attributes:
        found: the sections as they were when it was decided.
        fields: the earlier values by section.
        gone: sections that are removed as a whole.
        kept: the other stacks that a section's fields stay for, by section.
        switched_off: connections that are switched off because their earlier secret cannot be read.
    """

    found: Groups
    fields: dict[str, JsonObject]
    gone: Collection[str] = ()
    kept: Mapping[str, list[Holding]] = field(default_factory=dict)
    switched_off: Collection[str] = ()

    def plan(self, sections: Mapping[str, Json]) -> WritePlan:
        """The write that reverts them. A client secret is removed with its client id."""
        reverted = {**self.fields, **dict.fromkeys(self.gone)}
        changes, unseen = changes_between(reverted, sections), []
        for section, fields in self.fields.items():
            if _leaves(fields, self.found.get(section, {})):
                path, now = (section, "client_secret"), as_object(sections.get(section), section)
                shown = now.get("client_secret")
                if "client_secret" not in now:
                    unseen.append(Change(path, None, None))
                elif not is_unset("client_secret", shown):
                    changes.append(Change(path, shown, None))
        return WritePlan(tuple(changes), tuple(unseen))

    def report(self) -> None:
        """Report what stays for other stacks, and what is switched off."""
        report_kept(self.kept, section_name)
        for section in self.switched_off:
            notice(
                f"{section_name(section)} is switched off: its earlier client id is restored, "
                "but its client secret cannot be read. Enter the secret on the dashboard "
                "page SSO connections, then switch it on."
            )


def reverting(
    ref: InstanceRef,
    pasts: Iterable[Past],
    desired: Groups,
    sections: Mapping[str, Json],
    others: Sharing,
) -> Reverting:
    """What to revert of what earlier runs declared. Fields that other stacks declare stay.

    Args:
        ref: the instance.
        pasts: what the state has, and what an interrupted run recorded since.
        desired: the sections that are declared now.
        sections: the live sections.
        others: what other stacks have of them.
    """
    pasts, live = tuple(pasts), groups_in(sections)
    whole = reverts(pasts, desired, live)
    back = others.spared(whole)
    if live.get("billing", {}).get("organization_enabled"):
        # Clerk refuses it; this stack's own billing, if any, has already been removed.
        back.get(ORGANIZATIONS, {}).pop("enabled", None)
    if not others.holders(ORGANIZATIONS, FORCED):
        with_nothing_to_select(back)
    gone = []
    had_template = any(TOKEN in past.before for past in pasts)
    if "claims" in back.get(TOKEN, {}) and not (had_template or others.holders(TOKEN, "claims")):
        del back[TOKEN]  # the session token had no template before this stack set its claims
        gone.append(TOKEN)
    off = []
    if ref.is_production:
        # Clerk refuses a connection without a secret, and nobody can read the earlier one.
        off = [
            section
            for section, fields in back.items()
            if _leaves(fields, live.get(section, {})) and fields["client_id"]
        ]
        for section in off:
            back[section]["enabled"] = False
    return Reverting(live, back, gone, others.kept_for(whole, live), off)


class SectionsProvider(WritingProvider):
    """Reconciles the sections its inputs name, all in one write.

    The config shows a client secret only as a placeholder (`x-clerk-sensitive` in config/schema):
    it is sent if it is new, and the live value shows only whether one is set.
    """

    part: ClassVar[str] = "sections"

    def holding(self, stack: str, since: str, props: JsonObject) -> Holding:
        """The fields by section; the stack created a section that it did not find. Client secrets
        are fingerprints."""
        declared = DeclaredSections.of(props)
        made = frozenset(name for name in declared.sections if name not in declared.before)
        marks: Groups = {
            oauth_section(provider): {CLIENT_SECRET: fingerprint}
            for provider, fingerprint in declared.fingerprints.items()
        }
        fields = joined(declared.sections, marks)
        return Holding(stack, since, fields, made, declared.before, shared_of(props))

    def group_name(self, group: str) -> str:
        """The section's name in messages."""
        return section_name(group)

    def dangers(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[Danger]:
        """Toggles that would be turned off, by a declared or a reverted value."""
        ref, desired = self.ref(_inputs), DeclaredSections.of(_inputs).sections
        sections = self.document(ref.instance).sections()
        changes = changes_between(desired, with_defaults(sections))
        if _olds:
            others = self.sharing(ref, _olds)
            state = others.state or _olds
            pasts = _pasts(state, self.pending(ref, state))
            back = reverting(ref.instance, pasts, desired, sections, others)
            changes += back.plan(sections).changes
        return toggle_dangers(changes)

    @contextmanager
    def planned(self, run: Run) -> Iterator[Write]:
        """See `WritingProvider`."""
        self.refuse_unjudged(run.inputs, run.state)
        yield _SectionsWrite(self, run, self.document(run.ref.instance))

    def refreshed(self, props: JsonObject) -> JsonObject:
        """See `ClerkProvider`."""
        live = self.document(self.ref(props).instance).sections(fresh=True)
        view = live_view(DeclaredSections.of(props).sections, with_defaults(live))
        return _without_lost_secrets(props, live) | {"sections": view}

    def remove(self, props: JsonObject) -> None:
        """Revert the settings that this resource changed and nobody changed since."""
        ref = self.ref(props)
        others, pasts = (
            self.sharing(ref, props, removing=True),
            _pasts(props, self.pending(ref, props)),
        )
        document = self.document(ref.instance)
        back = reverting(ref.instance, pasts, {}, document.sections(), others)
        back.report()
        document.reconcile(back.plan)


class _SectionsWrite:
    """The one write to the sections; see `Write`."""

    def __init__(self, provider: SectionsProvider, run: Run, document: ConfigDocument) -> None:
        self._provider, self._run, self._document = provider, run, document
        self._live = document.sections()
        declared, known = DeclaredSections.of(run.inputs), DeclaredSections.of(run.state)
        self._desired = declared.sections
        pasts = _pasts(run.state, run.pending)
        _, self._before = run.owned(pasts, self._desired, groups_in(self._live))
        self._known = pasts[0].declared, pasts[1].declared
        self._back = reverting(run.ref.instance, pasts, self._desired, self._live, run.others)
        self._secrets = [change for change in declared.secrets if change not in known.secrets]

    @property
    def surprises(self) -> list[str]:
        owed = changes_between(self._desired, with_defaults(self._live))
        return [*map(str, unpreviewed(without_moved(owed, *self._known), *self._known))]

    @property
    def unmet(self) -> Iterable[str]:
        return ()

    @property
    def facts(self) -> JsonObject:
        return {"before": {**self._before}, "sections": {**self._desired}}

    def left(self) -> JsonObject | None:
        now = self._document.sections(fresh=True)
        written = (*self._desired, *self._back.fields, *self._back.gone)
        same = all(now.get(group) == self._live.get(group) for group in written)
        return None if same else self.facts

    def send(self) -> None:
        self._back.report()
        self._document.reconcile(self._plan, self._judge)

    def outputs(self) -> JsonObject:
        return {"before": {**self._before}}

    def _plan(self, sections: Mapping[str, Json]) -> WritePlan:
        changes = changes_between(self._desired, with_defaults(sections))
        back = self._back.plan(sections)
        return WritePlan((*changes, *back.changes), (*self._secrets, *back.unseen))

    def _judge(self, plan: WritePlan, _sections: Mapping[str, Json]) -> None:
        self._provider.stop_for_danger(self._run.ref, toggle_dangers(plan.changes))


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
        # The engine shows no difference between two secrets; the fingerprints show a change.
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


def _pasts(state: JsonObject, pending: JsonObject) -> tuple[Past, Past]:
    """What the state has, and what an interrupted run recorded since."""
    return DeclaredSections.of(state).past, DeclaredSections.of(pending).past


def _without_lost_secrets(props: JsonObject, live: Mapping[str, Json]) -> JsonObject:
    """The properties without client secrets that somebody removed, so that the next update sends
    them again."""
    declared = DeclaredSections.of(props)
    lost = {
        section.removeprefix(OAUTH_PREFIX)
        for section, _ in (change.path for change in declared.secrets)
        if as_object(live.get(section), section).get("client_secret") == ""
    }
    kept = {k: v for k, v in props.items() if k.removeprefix(SECRET_INPUT) not in lost}
    if lost:
        kept["fingerprints"] = {k: v for k, v in declared.fingerprints.items() if k not in lost}
    return kept


def _leaves(fields: JsonObject, now: JsonObject) -> bool:
    """Whether the client id that a stack set is removed, and its secret with it."""
    return "client_id" in fields and not same_value(
        "client_id", fields["client_id"], now.get("client_id")
    )
