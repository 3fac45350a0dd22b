"""Clerk's API keys feature: for organizations, for users.

No live instance has shown a config key for these switches. So they are set only if the instance's
own config/schema has them, and always verified through the public Frontend API (getEnvironment).
Otherwise the error says which switch a person must set.

A switch has no effect while the feature itself is off. So declaring one on declares the feature on
too; if all are declared off, the feature may be on or off.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from clerkstack.clients.errors import NotFound
from clerkstack.failures import ResourceFailed, plainly
from clerkstack.live.instance import LiveInstance
from clerkstack.providers.base import (
    ClerkProvider,
    Noted,
    inputs_of,
    kept_out,
)
from clerkstack.reconcile.api_keys import (
    FEATURE,
    FEATURE_SWITCH,
    SECTION,
    SWITCHES,
    needed_switches,
    written_switches,
)
from clerkstack.reconcile.changes import Change, changes_between
from clerkstack.reconcile.danger import Danger, api_key_dangers
from clerkstack.reconcile.sharing import Holding, shared_of
from clerkstack.reconcile.write import WritePlan
from clerkstack.shapes import Json, JsonObject, as_object

PAGE = "API keys (https://dashboard.clerk.com/last-active?path=platform/api-keys)"
GROUP = "the API key switches"
# Seconds between reads after a write: the public environment shows it after fifteen at most.
PAUSES = (1.0, 2.0, 4.0, 8.0)


class ApiKeysProvider(ClerkProvider):
    """Sets the switches if the instance allows it, and always verifies them."""

    kind: ClassVar[str] = "ApiKeys"
    part: ClassVar[str] = "api-keys"

    def holding(self, stack: str, since: str, props: JsonObject) -> Holding:
        """The switches; they stay whatever happens to the stack."""
        return Holding(stack, since, {GROUP: _switches(props)}, shared=shared_of(props))

    def dangers(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[Danger]:
        """Switches that this stack declared on and would turn off."""
        return api_key_dangers(_switches(_olds), _switches(_inputs))

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Set the switches as declared. Safe to repeat."""
        inputs = inputs_of(props)
        return CreateResult(self.ref(inputs).id, self._bring(inputs, {}))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Set the switches to the new inputs."""
        return UpdateResult(self._bring(inputs_of(_news), inputs_of(_olds)))

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """The live switches, for `pulumi refresh`."""
        props = inputs_of(_props)
        try:
            live = self._live(props)
        except NotFound:
            return ReadResult(None, {})
        switches = {key: live[key] for key in SWITCHES}
        if True in switches.values() and not live[FEATURE]:
            # Always a difference: such a switch is neither on nor off.
            switches[FEATURE] = False
        outputs = {**props, "switches": switches}
        return ReadResult(_id, outputs, kept_out(outputs))

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """The switches stay: turning them off would cut off every key that is in use."""

    def _bring(self, inputs: JsonObject, olds: JsonObject) -> JsonObject:
        others = self.sharing(self.ref(inputs), olds)
        self.refuse_contradictions(others, inputs)
        declared = _switches(inputs)
        needed = needed_switches(declared)
        wrong = changes_between(needed, self._live(inputs))
        if wrong:
            written = self._write(inputs, written_switches(declared))
            if written:
                wrong = self._wrong_after_write(inputs, needed)
            if wrong:
                raise ResourceFailed(_move_by_hand(wrong, inputs, written=written))
        return {**inputs, **others.shared({GROUP: declared})}

    def _write(self, inputs: JsonObject, switches: JsonObject) -> bool:
        """Set the switches if the schema has them; returns whether it does."""
        document = self.document(self.ref(inputs).instance)
        if not switches.keys() <= document.advertised().get(SECTION, {}).keys():
            return False

        def plan(sections: Mapping[str, Json]) -> WritePlan:
            live = as_object(sections.get(SECTION), SECTION)
            return WritePlan(tuple(changes_between(switches, live, at=(SECTION,))))

        document.reconcile(plan)
        return True

    def _wrong_after_write(self, inputs: JsonObject, needed: JsonObject) -> list[Change]:
        wrong = changes_between(needed, self._live(inputs))
        for seconds in PAUSES:
            if not wrong:
                break
            time.sleep(seconds)
            wrong = changes_between(needed, self._live(inputs))
        return wrong

    def _live(self, inputs: JsonObject) -> JsonObject:
        key = str(inputs["publishable_key"])
        with LiveInstance(self.session, self.ref(inputs).instance, publishable_key=key) as live:
            settings = live.environment().api_keys
        return {key: getattr(settings, key) for key in (FEATURE, *SWITCHES)}


def _switches(props: JsonObject) -> JsonObject:
    return as_object(props.get("switches"), "switches")


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
