"""Clerk's API keys feature: for organizations, for users.

No live instance has shown a config key for these switches. So they are set only if the instance's
own config/schema has them, and always verified through the public Frontend API (getEnvironment).
Otherwise the error says which switch a person must set.

A switch has no effect while the feature itself is off. So declaring one on declares the feature on
too; if all are declared off, the feature may be on or off.

A removal reverts what the stack changed; switches that a person had to set were found as they are.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

import pulumi

from clerkstack.failures import ResourceFailed
from clerkstack.live.instance import LiveInstance
from clerkstack.notices import notice
from clerkstack.providers.base import Noted
from clerkstack.providers.neighbours import report_kept
from clerkstack.providers.write_protocol import Run, Write, WritingProvider
from clerkstack.reconcile.api_keys import (
    FEATURE,
    FEATURE_SWITCH,
    GROUP,
    SECTION,
    SWITCHES,
    declared_switches,
    effective,
    needed_switches,
    past_of,
    written_switches,
)
from clerkstack.reconcile.changes import Change, changes_between
from clerkstack.reconcile.danger import Danger, api_key_dangers
from clerkstack.reconcile.ownership import reverts
from clerkstack.reconcile.previewed import unpreviewed
from clerkstack.reconcile.sharing import Holding, shared_of
from clerkstack.reconcile.write import WritePlan
from clerkstack.shapes import Json, JsonObject, as_object

PAGE = "API keys (https://dashboard.clerk.com/last-active?path=platform/api-keys)"
# Seconds between reads after a write: the public environment shows it after fifteen at most.
PAUSES = (1.0, 2.0, 4.0, 8.0)


class ApiKeysProvider(WritingProvider):
    """Sets the switches if the instance allows it, and always verifies them."""

    kind: ClassVar[str] = "ApiKeys"
    part: ClassVar[str] = "api-keys"

    def holding(self, stack: str, since: str, props: JsonObject) -> Holding:
        """The switches, with the feature itself; no stack creates them."""
        declared, before = past_of(props)
        return Holding(stack, since, declared, before=before, shared=shared_of(props))

    def group_name(self, group: str) -> str:
        """What they decide, in messages."""
        return "the setting of API keys" if group == GROUP else group

    def dangers(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[Danger]:
        """Switches that this stack declared on and would turn off."""
        return api_key_dangers(declared_switches(_olds), declared_switches(_inputs))

    @contextmanager
    def planned(self, run: Run) -> Iterator[Write]:
        """See `WritingProvider`."""
        yield _SwitchesWrite(self, run)

    def refreshed(self, props: JsonObject) -> JsonObject:
        """See `ClerkProvider`."""
        live = self.live(props)
        switches = {key: live[key] for key in SWITCHES}
        if True in switches.values() and not live[FEATURE]:
            # Always a difference: such a switch is neither on nor off.
            switches[FEATURE] = False
        return {**props, "switches": switches}

    def remove(self, props: JsonObject) -> None:
        """Revert the switches that this stack changed and nobody changed since. In production, none
        is turned off unless the stack's config allows it: keys in use would stop working."""
        ref = self.ref(props)
        pasts = (past_of(props), past_of(self.pending(ref, props)))
        known = [past for past in pasts if GROUP in past.before]
        if not known:
            return
        document, others = self.document(ref.instance), self.sharing(ref, props, removing=True)
        # The public environment may still show an earlier state.
        live = as_object(document.sections().get(SECTION), SECTION)
        back = reverts(known, {}, {GROUP: live})
        report_kept(others.kept_for(back, {GROUP: live}), self.group_name)
        reverted = others.spared(back).get(GROUP, {})
        if any(live.get(switch) is True for switch in SWITCHES if switch not in reverted):
            # Somebody else turned it on: without the feature it would have no effect.
            reverted.pop(FEATURE, None)
        ending = api_key_dangers(effective(live), effective({**live, **reverted}))
        kept = []
        if ending and ref.instance.is_production:
            kept = [danger.name for danger in ending if danger.name not in self._allowed.toggles]
        if kept:
            notice(
                f"the production instance keeps {' and '.join(kept)} on: keys in use would stop "
                "working. To have a removal turn that off, list it in clerkstack:allow.toggles; to "
                f"turn it off now, use the dashboard page {PAGE}"
            )
        else:
            changed = bool(changes_between(reverted, live))
            document.reconcile(lambda sections: _plan(reverted, sections))
            if changed:
                # An `up` that follows at once must not take the earlier state for the live one.
                self.not_shown(props, reverted)

    def not_shown(self, inputs: JsonObject, switches: JsonObject) -> list[Change]:
        """What the public environment does not show of switches that were written, after waiting
        for it."""
        for pause in PAUSES:
            if not changes_between(switches, self.live(inputs)):
                return []
            time.sleep(pause)
        return changes_between(switches, self.live(inputs))

    def live(self, inputs: JsonObject) -> JsonObject:
        """The switches that the public environment shows, and the feature itself."""
        key = str(inputs["publishable_key"])
        with LiveInstance(self.session, self.ref(inputs).instance, publishable_key=key) as live:
            settings = live.environment().api_keys
        return {key: getattr(settings, key) for key in (FEATURE, *SWITCHES)}


class _SwitchesWrite:
    """The one write to the switches, if any; see `Write`."""

    def __init__(self, provider: ApiKeysProvider, run: Run) -> None:
        self._provider, self._run = provider, run
        self._declared, live = declared_switches(run.inputs), provider.live(run.inputs)
        pasts = past_of(run.state), past_of(run.pending)
        self._known = pasts[0].declared, pasts[1].declared
        written = {GROUP: written_switches(self._declared)}
        _, self._before = run.owned(pasts, written, {GROUP: live})
        self._needed = needed_switches(self._declared)
        self._wrong = changes_between(self._needed, live, at=(GROUP,))
        self._document = provider.document(run.ref.instance)
        self._section: Json = None

    @property
    def surprises(self) -> list[str]:
        return [*map(str, unpreviewed(self._wrong, *self._known))]

    @property
    def unmet(self) -> Iterable[str]:
        fields = self._document.advertised().get(SECTION, {}) if self._wrong else {}
        if self._wrong and not written_switches(self._declared).keys() <= fields.keys():
            yield _move_by_hand(self._wrong, self._run.inputs, written=False)

    @property
    def facts(self) -> JsonObject:
        return {"before": {**self._before}, "switches": self._declared}

    def left(self) -> JsonObject | None:
        now = self._document.sections(fresh=True).get(SECTION)
        return None if now == self._section else self.facts

    def send(self) -> None:
        if self._wrong:
            self._section = self._document.sections().get(SECTION)
            written = written_switches(self._declared)
            self._document.reconcile(lambda sections: _plan(written, sections))

    def outputs(self) -> JsonObject:
        wrong = self._wrong and self._provider.not_shown(self._run.inputs, self._needed)
        if wrong:
            raise ResourceFailed(_move_by_hand(wrong, self._run.inputs, written=True))
        return {"before": {**self._before}}


def _plan(switches: JsonObject, sections: Mapping[str, Json]) -> WritePlan:
    live = as_object(sections.get(SECTION), SECTION)
    return WritePlan(tuple(changes_between(switches, live, at=(SECTION,))))


def _move_by_hand(wrong: list[Change], inputs: JsonObject, *, written: bool) -> str:
    names = {FEATURE: FEATURE_SWITCH, **SWITCHES}
    moves = "\n".join(
        f"  {names[change.path[-1]]}: switch it {'ON' if change.after else 'OFF'}"
        for change in wrong
    )
    if not written:
        why = "Clerk's config API has no key for these switches on this instance"
    elif {change.path[-1] for change in wrong} == {FEATURE}:
        why = f"the switches in the config section {SECTION} leave the feature itself off"
    else:
        why = f"Clerk accepted them in the config section {SECTION} but does not apply them"
    return (
        f"The API key switches of the {inputs['environment']} instance of "
        f"{inputs['application_id']} are not as declared, and {why}. A person must set them, "
        f"on the dashboard page {PAGE}:\n{moves}\nThen run the same command again."
    )


class ApiKeys(Noted, module="clerkstack", name="ApiKeys"):
    """Who may create API keys: organizations, users."""

    def __init__(
        self,
        resource_name: str,
        *,
        application_id: str,
        environment: str,
        publishable_key: pulumi.Input[str],
        switches: JsonObject,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the two switches; the publishable key says where to verify them."""
        props = {
            "application_id": application_id,
            "environment": environment,
            "publishable_key": publishable_key,
            "switches": switches,
        }
        super().__init__(ApiKeysProvider(), resource_name, props, opts)
