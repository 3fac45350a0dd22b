"""What every dynamic provider of the project does alike: check, diff, credentials, ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    DiffResult,
    ResourceProvider,
)

from clerkstack.clients.errors import ApiError, NotFound, Unreachable
from clerkstack.providers.allowances import Subscribers, refused
from clerkstack.providers.errors import ResourceFailed, plainly
from clerkstack.providers.made import tell
from clerkstack.providers.session import Session, session_for
from clerkstack.reconcile import Change, Json, JsonObject
from clerkstack.reconcile.changes import same_document, whole_numbers
from clerkstack.reconcile.danger import Danger
from clerkstack.reconcile.previewed import unpreviewed
from clerkstack.settings.names import ALLOW_KEY, CONNECTION_KEYS

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient
    from clerkstack.providers.config_document import ConfigDocument
    from clerkstack.settings import Allowed, Connection

PROVIDER_KEY = "__provider"
Props = Mapping[str, Any]


class ClerkProvider(ResourceProvider):
    """Base of the project's dynamic providers.

    The object that is pickled into the state holds nothing: credentials come in `configure`,
    everything else in the inputs.
    """

    # Nothing secret is in the pickle, so that the state stays readable where it can be.
    serialize_as_secret_always: bool = False

    # Properties that only the provider fills in: declared without a value, never compared.
    outputs: ClassVar[frozenset[str]] = frozenset()

    stack: str | None = None
    """The stack's name, for commands that messages show. The engine does not tell it to a provider:
    it is part of what the program pickles."""

    _config: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        # None in a test, and where nothing was declared.
        self.stack = pulumi.get_stack() or None

    def configure(self, req: ConfigureRequest) -> None:
        """Take the credentials and base URLs from the stack's config."""
        found = {key: req.config.get(key) for key in (*CONNECTION_KEYS, ALLOW_KEY)}
        self._config = {key: value for key, value in found.items() if value is not None}

    # Both are read when they are asked for: a run that changes nothing asks for neither, and does
    # not wait for the models of settings.
    @property
    def _connection(self) -> Connection:
        from clerkstack.settings import load_connection

        return load_connection(self._config)

    @property
    def _allowed(self) -> Allowed:
        from clerkstack.settings import load_allowed

        return load_allowed(self._config)

    @property
    def session(self) -> Session:
        """The clients and cached reads that this run shares."""
        return session_for(self._connection)

    def document(self, inputs: Props) -> ConfigDocument:
        """The config of the instance that the inputs name."""
        return self.session.config(inputs["application_id"], inputs["environment"])

    def backend(self, inputs: Props) -> BackendClient:
        """A Backend API client for the instance that the inputs name."""
        return self.session.backend(inputs["application_id"], inputs["environment"])

    @plainly
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse what may not be deployed before anything is sent."""
        inputs = inputs_of(news)
        failures = [CheckFailure(name, reason) for name, reason in self.refusals(inputs)]
        failures += moved(_olds, inputs)
        olds = inputs_of(_olds)
        if not failures and not (olds and self._same(inputs, olds)):
            failures += [CheckFailure("", why) for why in self._refused(inputs, olds)]
        return CheckResult({**inputs, PROVIDER_KEY: news.get(PROVIDER_KEY)}, failures)

    def refusals(self, _inputs: JsonObject) -> Iterable[tuple[str, str]]:
        """Inputs this resource will not take, as (property, reason and mend)."""
        return ()

    def dangers(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[Danger]:
        """What bringing the inputs would do that has to be asked for; `_olds` are what was
        declared before, or nothing."""
        return ()

    def unmet(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[str]:
        """What the instance lacks for the inputs; asked where they changed, before anything is
        sent. Writes look again."""
        return ()

    def refuse_danger(self, inputs: JsonObject, dangers: Iterable[Danger]) -> list[str]:
        """Why dangerous changes are not made: those that the stack's config does not allow."""
        found = list(dangers)
        if not found:
            return []
        application, environment = str(inputs["application_id"]), str(inputs["environment"])
        session = self.session
        session.asking.stack = self.stack
        return refused(
            found,
            self._allowed,
            Subscribers(session, application, environment),
            f"the {environment} instance",
            session.asking,
            sandbox=environment == "development",
        )

    def stop_for_danger(self, inputs: JsonObject, dangers: Iterable[Danger]) -> None:
        """Go on only where each danger is allowed.

        Raises:
            ResourceFailed: the stack's config does not allow one of them.
        """
        reasons = self.refuse_danger(inputs, dangers)
        if reasons:
            raise ResourceFailed("\n".join(reasons))

    def refuse_unjudged(self, inputs: JsonObject, olds: JsonObject) -> None:
        """Before a write: judge its dangers where `check` could not.

        Raises:
            ResourceFailed: the stack's config does not allow one of them.
        """
        if self._name(inputs) in self.session.unjudged:
            self.stop_for_danger(inputs, self.dangers(inputs, olds))

    def _refused(self, inputs: JsonObject, olds: JsonObject) -> list[str]:
        try:
            dangers = self.refuse_danger(inputs, self.dangers(inputs, olds))
            return [*dangers, *self.unmet(inputs, olds)]
        except NotFound:
            return []  # there is no instance yet: nothing can be lost
        except (ApiError, Unreachable) as failure:
            tell(f"what is live can't be seen; it is looked at before a write. {failure}")
            self.session.unjudged.add(self._name(inputs))
            return []

    def _name(self, inputs: JsonObject) -> str:
        return f"{type(self).__name__} {inputs.get('application_id')}/{inputs.get('environment')}"

    @plainly
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare declared inputs with what the state says is there. Sends nothing."""
        inputs = {k: v for k, v in inputs_of(_news).items() if k not in self.outputs}
        # The state also holds outputs; only what is declared is compared.
        was = {key: value for key, value in inputs_of(_olds).items() if key in inputs}
        return DiffResult(changes=not self._same(inputs, was))

    def compared(self, inputs: JsonObject) -> JsonObject:
        """What of the inputs is compared with those of the state."""
        return inputs

    def _same(self, inputs: JsonObject, olds: JsonObject) -> bool:
        return same_document(self.compared(inputs), self.compared(olds))


def inputs_of(props: Props) -> JsonObject:
    """The declared properties, without the engine's own, numbers whole again."""
    return {
        key: whole_numbers(cast(Json, value)) for key, value in props.items() if key != PROVIDER_KEY
    }


def moved(olds: Props, inputs: JsonObject) -> list[CheckFailure]:
    """A stack stays with its instance: moving it would leave the old one half-managed."""
    failures = []
    for name in ("application_id", "environment"):
        before, now = olds.get(name), inputs.get(name)
        if before is not None and now is not None and before != now:
            failures.append(
                CheckFailure(
                    name,
                    f"this stack manages {before}, and the settings now say {now}. "
                    "Make a new stack for the other one (pulumi stack init), or destroy this "
                    "one first.",
                )
            )
    return failures


def stop_unless_previewed(
    inputs: Props, changes: Iterable[Change], *known: Mapping[str, Json]
) -> None:
    """Write nothing that the preview did not show. `known` is as `unpreviewed` takes it.

    Raises:
        ResourceFailed: the preview could not show some of the changes; names each.
    """
    refuse_surprises(inputs, [str(change) for change in unpreviewed(changes, *known)])


def refuse_surprises(inputs: Props, surprises: Sequence[str]) -> None:
    """Write nothing where an update would undo what somebody changed and no preview showed it.

    Raises:
        ResourceFailed: there are surprises; names each.
    """
    if surprises:
        shown = "\n".join(f"  {surprise}" for surprise in surprises)
        raise ResourceFailed(
            f"Somebody changed the {inputs['environment']} instance of "
            f"{inputs['application_id']} since the state was last brought up to date, and no "
            f"preview showed that this would be undone (live → declared):\n{shown}\n"
            "Nothing was written. To keep a change, declare it. Then see all of it and go on: "
            "pulumi preview --refresh --diff, pulumi up --refresh"
        )


def fingerprint_of(application_id: str, environment: str, secret: str) -> str:
    """Tells whether a secret of an instance changed, in the clear among a resource's inputs."""
    return hashlib.sha256(f"{application_id}/{environment}/{secret}".encode()).hexdigest()[:8]


def resource_id(inputs: Props, *rest: str) -> str:
    """The id of a resource: application, environment, then its own name."""
    return "/".join((inputs["application_id"], inputs["environment"], *rest))
