"""The base of the project's dynamic providers: check, diff, credentials, ids."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from clerkstack.clients.errors import ApiError, NotFound, Unreachable
from clerkstack.desired.rolling_out import refusal, rolls_out
from clerkstack.failures import ResourceFailed, plainly
from clerkstack.intent_log import IntentLog
from clerkstack.live.roles import NoRoles
from clerkstack.notices import notice
from clerkstack.providers.allowances import Subscribers, refused
from clerkstack.providers.neighbours import refusals, report_kept, report_shared, sharing
from clerkstack.providers.shared import ProviderSession, provider_session
from clerkstack.reconcile.changes import same_document
from clerkstack.reconcile.danger import Danger
from clerkstack.reconcile.sharing import Holding, Sharing
from clerkstack.safe import hide
from clerkstack.settings.names import ALLOW_KEY, CONNECTION_KEYS, SECRET_KEYS
from clerkstack.shapes import JsonObject, whole_numbers

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient
    from clerkstack.live.config_document import ConfigDocument
    from clerkstack.settings.models import Allowed, Connection

PROVIDER_KEY = "__provider"
STACK = "stack"
KEPT = frozenset({"noted", "shared"})
"""What a resource's state may have in addition: the mark of its intent record, and the fields that
other stacks declared first."""
Props = Mapping[str, Any]


class ClerkProvider(ResourceProvider):
    """Base of the project's dynamic providers.

    The object that is pickled into the state has no data: credentials come in `configure`,
    everything else in the inputs.
    """

    # The pickle has no secrets, so the state does not have to encrypt it.
    serialize_as_secret_always: bool = False

    # Properties that only the provider sets: declared without a value, never compared.
    outputs: ClassVar[frozenset[str]] = frozenset()

    # The properties that only the state has: what the resource created, and what it found.
    ledger: ClassVar[Collection[str]] = ()

    # The resource's type name and the end of its id, if other stacks may declare it too.
    kind: ClassVar[str] = ""
    part: ClassVar[str] = ""

    # Whether an update that only rolls out rotated secrets may write it.
    rolled_out: ClassVar[bool] = False

    _config: dict[str, str]

    def configure(self, req: ConfigureRequest) -> None:
        """Take the credentials and base URLs from the stack's config."""
        config = {key: req.config.get(key) for key in (*CONNECTION_KEYS, ALLOW_KEY)}
        self._config = {key: value for key, value in config.items() if value is not None}
        hide(self._config[key] for key in SECRET_KEYS if key in self._config)

    # Both are read on first use: a run that changes nothing needs neither, and does not import the
    # models of settings.
    @property
    def _connection(self) -> Connection:
        from clerkstack.settings.load import load_connection

        return load_connection(self._config)

    @property
    def _allowed(self) -> Allowed:
        from clerkstack.settings.load import load_allowed

        return load_allowed(self._config)

    @property
    def session(self) -> ProviderSession:
        """The clients and cached reads that this run shares.

        Raises:
            ResourceFailed: this run rolls out rotated secrets, and this resource is not one of
                them. Without a session nothing is sent. That also stops removals, which no `check`
                precedes.
        """
        if rolls_out() and not self.rolled_out:
            raise ResourceFailed(refusal(self._what))
        return provider_session(self._connection)

    def document(self, ref: InstanceRef) -> ConfigDocument:
        """The config of an instance."""
        return self.session.config(*ref)

    def backend(self, ref: InstanceRef) -> BackendClient:
        """A Backend API client for an instance."""
        return self.session.backend(*ref)

    @plainly
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse what must not be deployed, before anything is sent."""
        inputs = inputs_of(news)
        if rolls_out() and not self.rolled_out:
            return CheckResult(inputs, [CheckFailure("", refusal(self._what))])
        failures = [CheckFailure(name, reason) for name, reason in self.refusals(inputs)]
        failures += moved(_olds, inputs)
        olds = inputs_of(_olds)
        if not failures and not (olds and self._same(inputs, olds)):
            reasons = self._contradicted(inputs, olds) or self._refused(inputs, olds)
            failures += [CheckFailure("", why) for why in reasons]
        elif not failures:
            failures += [CheckFailure("", why) for why in self.unchanged(inputs)]
        return CheckResult({**inputs, PROVIDER_KEY: news.get(PROVIDER_KEY)}, failures)

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take over what exists, create what is missing. Safe to repeat."""
        inputs = inputs_of(props)
        return CreateResult(self.id_of(inputs), self.bring(inputs, {}))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Write the new inputs; what they no longer declare is removed or reverted."""
        return UpdateResult(self.bring(inputs_of(_news), inputs_of(_olds)))

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """The live values of what the state declares, for `pulumi refresh`."""
        live = None
        with suppress(NotFound, NoRoles):
            live = self.refreshed(inputs_of(_props))
        if live is None:
            return ReadResult(None, {})
        own = {*self.ledger, *self.outputs, *KEPT}
        return ReadResult(_id, live, {key: live[key] for key in live if key not in own})

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove what this resource made, and revert what it changed."""
        with suppress(NotFound, NoRoles):
            self.remove(inputs_of(_props))

    def bring(self, inputs: JsonObject, state: JsonObject) -> JsonObject:
        """Change what is live from what the state declares to what the inputs declare; returns the
        resource's new properties. `state` is empty if the state does not have the resource."""
        raise NotImplementedError

    def refreshed(self, props: JsonObject) -> JsonObject | None:
        """The properties with the live values of what they declare; None if the resource is gone.

        Raises:
            NotFound, NoRoles: it is gone.
        """
        return props

    def remove(self, props: JsonObject) -> None:
        """Remove what the resource created, and revert what it changed."""

    def id_of(self, inputs: JsonObject) -> str:
        """The resource's id."""
        return self.ref(inputs).id

    def refusals(self, _inputs: JsonObject) -> Iterable[tuple[str, str]]:
        """Inputs that this resource refuses, as (property, reason and remedy)."""
        return ()

    def dangers(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[Danger]:
        """Dangerous changes that the inputs would cause; `_olds` are the inputs before, or
        empty."""
        return ()

    def unmet(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[str]:
        """What the instance lacks for the inputs; checked if they changed, before anything is
        sent. Writes check it again."""
        return ()

    def unchanged(self, _inputs: JsonObject) -> Iterable[str]:
        """What is wrong on the instance although the declaration has not changed. Sends nothing:
        checked only if this run has already read the instance."""
        return ()

    def taken_away(self, _inputs: JsonObject, _state: JsonObject) -> Iterable[str]:
        """What the app checks and the update removes; `_state` are the resource's properties in the
        state, with its ledger, which `check` does not get. Writes check it again."""
        return ()

    def holding(self, stack: str, since: str, props: JsonObject) -> Holding:
        """What a stack has of this resource, by its properties in the state or in a record."""
        raise NotImplementedError

    def recorded_since(self, _props: JsonObject) -> JsonObject:
        """How an intent record names the state that it builds on, from the properties there."""
        return {}

    def pending(self, ref: ResourceRef, state: JsonObject) -> JsonObject:
        """What an interrupted run recorded on top of a state of the resource, empty if none."""
        return ref.log.pending(self.recorded_since(state) if state else {})

    def group_name(self, group: str) -> str:
        """The name of a shared group in messages."""
        return group

    def ref(self, props: Props) -> ResourceRef:
        """The reference of the resource with these properties."""
        instance = InstanceRef(str(props["application_id"]), str(props["environment"]))
        stack = props.get(STACK)
        return ResourceRef(instance, None if stack is None else str(stack), self.part)

    def sharing(self, ref: ResourceRef, olds: JsonObject, *, removing: bool = False) -> Sharing:
        """What other stacks have of this resource; `olds` are its properties in the state.

        Inputs always name their stack; only the state of an older version may not, at a removal.
        """
        if not self.kind or (ref.stack is None and not removing):
            return Sharing()
        return sharing(
            self.session.neighbourhood.stacks(*ref.instance),
            self.kind,
            ref.id,
            ref.stack,
            olds,
            self.holding,
            self.recorded_since,
        )

    def refuse_contradictions(self, others: Sharing, inputs: JsonObject) -> None:
        """Raise ResourceFailed if another stack owns a field and declares it differently."""
        reasons = self._contradictions(others, inputs)
        if reasons:
            raise ResourceFailed("\n".join(reasons))

    def _contradicted(self, inputs: JsonObject, olds: JsonObject) -> list[str]:
        others = self.sharing(self.ref(inputs), olds) if self.kind else Sharing()
        reasons = self._contradictions(others, inputs) if others else []
        if others and not reasons:
            declared = self.holding("", "", inputs).declared
            before = self.holding("", "", olds).declared
            new = [group for group in declared if not olds or group not in before]
            report_shared(others, declared, self.group_name, new=new)
            no_longer_declared = [group for group in before if group not in declared]
            left = {
                group: holders for group in no_longer_declared if (holders := others.holders(group))
            }
            report_kept(left, self.group_name)
        return reasons

    def _contradictions(self, others: Sharing, inputs: JsonObject) -> list[str]:
        contradictions = others.contradictions(self.holding("", "", inputs).declared)
        return list(refusals(contradictions, self.group_name, str(self.ref(inputs).instance)))

    def refuse_danger(
        self, ref: ResourceRef, dangers: Iterable[Danger], *, named: bool = True
    ) -> list[str]:
        """Why dangerous changes are refused: those that the stack's config does not allow. What
        this run accepted is not judged again. If the preview could not name them (`named`), a
        sandbox does not allow them by itself either."""
        session = self.session
        pending = [danger for danger in dangers if danger not in session.asking.accepted]
        if not pending:
            return []
        session.asking.stack = (ref.stack or "").rpartition("/")[2] or None
        reasons = refused(
            pending,
            self._allowed,
            Subscribers(session, *ref.instance),
            f"the {ref.instance.environment} instance",
            session.asking,
            sandbox=not ref.instance.is_production and named,
        )
        if not reasons:
            session.asking.accepted.update(pending)
        return reasons

    def stop_for_danger(
        self, ref: ResourceRef, dangers: Iterable[Danger], *, named: bool = True
    ) -> None:
        """Refuse dangers that are not allowed.

        Raises:
            ResourceFailed: the stack's config does not allow one of them.
        """
        reasons = self.refuse_danger(ref, dangers, named=named)
        if reasons:
            raise ResourceFailed("\n".join(reasons))

    def refuse_unjudged(self, inputs: JsonObject, olds: JsonObject) -> None:
        """Before a write: judge its dangers if `check` could not.

        Raises:
            ResourceFailed: the stack's config does not allow one of them.
        """
        ref = self.ref(inputs)
        if ref.id in self.session.unjudged:
            self.stop_for_danger(ref, self.dangers(inputs, olds))

    def _refused(self, inputs: JsonObject, olds: JsonObject) -> list[str]:
        try:
            dangers = list(self.dangers(inputs, olds))
            reasons = self.refuse_danger(self.ref(inputs), dangers) if dangers else []
            return [*reasons, *self.unmet(inputs, olds)]
        except NotFound:
            return []  # there is no instance yet, so nothing can be lost
        except (ApiError, Unreachable) as failure:
            notice(f"the instance cannot be read now; it will be read before a write. {failure}")
            self.session.unjudged.add(self.ref(inputs).id)
            return []

    @property
    def _what(self) -> str:
        return type(self).__name__.removesuffix("Provider")

    @plainly
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare declared inputs with the state, and refuse an update that removes what the app
        checks. Sends nothing if the app checks none of it."""
        outputs = self.outputs | KEPT
        inputs = {k: v for k, v in inputs_of(_news).items() if k not in outputs}
        # The state has outputs too; only what is declared is compared.
        was = {key: value for key, value in inputs_of(_olds).items() if key in inputs}
        changes = not self._same(inputs, was)
        if changes and (reasons := self._taken_away(inputs, inputs_of(_olds))):
            raise ResourceFailed("\n".join(reasons))
        return DiffResult(changes=changes)

    def _taken_away(self, inputs: JsonObject, state: JsonObject) -> list[str]:
        try:
            return [*self.taken_away(inputs, state)]
        except NotFound:
            return []  # there is nothing to remove
        except (ApiError, Unreachable) as failure:
            notice(
                "what the app asks for cannot be checked now; it will be checked before a "
                f"write. {failure}"
            )
            return []

    def compared(self, inputs: JsonObject) -> JsonObject:
        """The part of the inputs that is compared with the state."""
        return inputs

    def _same(self, inputs: JsonObject, olds: JsonObject) -> bool:
        # The stack's name is not compared: a renamed stack is the same stack.
        mine, theirs = ({k: v for k, v in props.items() if k != STACK} for props in (inputs, olds))
        return same_document(self.compared(mine), self.compared(theirs))


class Noted(Resource):
    """Base of the resources whose writes are recorded in an intent log."""

    noted: pulumi.Output[str | None]
    of_stack: str

    def __init__(
        self,
        provider: ResourceProvider,
        resource_name: str,
        props: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare it for this stack; once the state has what a record says, remove the record."""
        self.of_stack = "/".join(
            (pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack())
        )
        every = {**props, STACK: self.of_stack, "noted": None}
        super().__init__(provider, resource_name, every, opts)

        def known(end: Sequence[Any]) -> None:
            IntentLog(end[0], self.of_stack).forget_known(end[1])

        if not pulumi.runtime.is_dry_run():
            # A resource's outputs resolve after the engine has written its state.
            pulumi.Output.all(self.id, self.noted).apply(known)


class InstanceRef(NamedTuple):
    """The instance that a resource is on."""

    application_id: str
    environment: str

    @property
    def is_production(self) -> bool:
        """Whether it is a production instance: any instance that is not a development one."""
        return self.environment != "development"

    def __str__(self) -> str:
        return f"the {self.environment} instance of {self.application_id}"


class ResourceRef(NamedTuple):
    """One resource of one stack. `stack` is its full name, None in a state of an older version;
    `part` is the end of the resource's id, empty for the instance itself."""

    instance: InstanceRef
    stack: str | None
    part: str

    @property
    def id(self) -> str:
        """The resource's id."""
        return "/".join(filter(None, (*self.instance, self.part)))

    @property
    def log(self) -> IntentLog:
        """The resource's intent log."""
        return IntentLog(self.id, self.stack)

    @property
    def instance_log(self) -> IntentLog:
        """The intent log of the instance itself."""
        return self._replace(part="").log

    def made_instance(self) -> bool:
        """Whether this stack created the instance, in this run or in a killed one before it."""
        return bool(self.instance_log.read().get("made"))


def inputs_of(props: Props) -> JsonObject:
    """The declared properties without the engine's own, with floats made integers again."""
    return {key: whole_numbers(value) for key, value in props.items() if key != PROVIDER_KEY}


def moved(olds: Props, inputs: JsonObject) -> list[CheckFailure]:
    """Refuse to change a stack's instance: the old one would stay half managed."""
    failures = []
    for name in ("application_id", "environment"):
        before, now = olds.get(name), inputs.get(name)
        if before is not None and now is not None and before != now:
            failures.append(
                CheckFailure(
                    name,
                    f"this stack manages {before}, but the settings now name {now}. Create a "
                    "new stack for the other one (pulumi stack init), or destroy this one "
                    "first.",
                )
            )
    return failures


def refuse_surprises(ref: InstanceRef, surprises: Sequence[str]) -> None:
    """Refuse to undo somebody's changes that no preview showed.

    Raises:
        ResourceFailed: there are such changes; names each.
    """
    if surprises:
        shown = "\n".join(f"  {surprise}" for surprise in surprises)
        raise ResourceFailed(
            f"Somebody changed {ref} after the last refresh of the state, and no preview "
            f"showed that this would be undone (live → declared):\n{shown}\nNothing was "
            "written. To keep a change, declare it. Then review everything and continue: "
            "pulumi preview --refresh --diff, pulumi up --refresh"
        )


def fingerprint_of(application_id: str, environment: str, secret: str) -> str:
    """A fingerprint that shows whether a secret of an instance changed; inputs have it in the
    clear."""
    return hashlib.sha256(f"{application_id}/{environment}/{secret}".encode()).hexdigest()[:8]


def mark_of(props: JsonObject) -> JsonObject:
    """The mark of a state's record, by which later records name that state; empty in a state of an
    older version."""
    return {"noted": props["noted"]} if props.get("noted") else {}
