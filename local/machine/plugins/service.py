# ruff: noqa: ARG002  (the protocol fixes the signatures)
"""Serves the engine's provider protocol with plain resource classes.

A resource class knows its vendor and nothing about gRPC; this module turns its results, changes and
errors into the messages of Pulumi's ``provider.proto``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, cast

import grpc
from google.protobuf import any_pb2, empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from local.machine.plugins.changes import Change, Kind
from local.machine.plugins.wire import Properties, decode, encode

DETAILS = "grpc-status-details-bin"


class PluginError(Exception):
    """An operation failed; the message is for the person who runs the deployment."""


class PartialFailure(PluginError):
    """A resource exists but is incomplete: the state must keep what exists."""

    def __init__(self, resource_id: str, outputs: Properties, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.resource_id = resource_id
        self.outputs = outputs
        self.reasons = reasons


@dataclass(frozen=True)
class Failure:
    """One declared property that cannot be accepted."""

    property: str
    reason: str


@dataclass(frozen=True)
class Live:
    """A live resource: its id, its complete state and the inputs that would declare it."""

    resource_id: str
    outputs: Properties
    inputs: Properties = field(default_factory=dict)


class Resource(Protocol):
    """One resource type of a plugin. Any method may raise ``PluginError``."""

    def check(self, news: Properties) -> list[Failure]:
        """List what is wrong with the declared inputs; unknown parts pass."""

    def diff(self, olds: Properties, news: Properties) -> list[Change]:
        """List what would change."""

    def preview(self, olds: Properties | None, news: Properties) -> Properties:
        """Predict the outputs of a create (no olds) or an update, without any effect."""

    def create(self, name: str, news: Properties, urn: str) -> Live:
        """Make the resource."""

    def read(self, resource_id: str, state: Properties, inputs: Properties) -> Live | None:
        """Read the resource, or None when it is gone; empty state means an import."""

    def update(self, resource_id: str, olds: Properties, news: Properties, urn: str) -> Properties:
        """Change the resource in place."""

    def delete(self, resource_id: str, olds: Properties, urn: str) -> None:
        """Remove the resource; one that is already gone is no error."""


class Provider(Protocol):
    """A plugin's own configuration and its resource types."""

    name: str
    version: str
    detailed_diff: bool
    """Whether a diff says how each property changes, or only which ones change."""
    resources: Mapping[str, Resource]

    def configure(self, config: Properties) -> None:
        """Take the provider's configuration."""

    def checked(self, news: struct_pb2.Struct) -> struct_pb2.Struct:
        """Return the declared inputs as the engine gets them from a check."""

    def cancel(self) -> None:
        """Stop whatever is running, as soon as possible."""


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine for one provider."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        """Return the official version that this plugin stands in for."""
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def GetSchema(self, request: Any, context: Any) -> NoReturn:
        """Refuse: only generating code asks for a schema, and `pulumi import` does that last."""
        _refuse(
            context,
            f"the stand-in {self._provider.name} plugin has no schema to generate code from; "
            "`pulumi import` has imported all the same; give it --generate-code=false",
        )

    def CheckConfig(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        """Accept the provider's configuration as it is."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        """A changed configuration never replaces a resource."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_UNKNOWN)

    def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:
        """Configure the provider and return what this plugin supports."""
        try:
            self._provider.configure(decode(request.args))
        except PluginError as error:
            _refuse(context, str(error))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Check(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        """Check the declared inputs."""
        resource = self._resource(request.urn, context)
        try:
            failures = resource.check(decode(request.news))
        except PluginError as error:
            _refuse(context, str(error))
        return provider_pb2.CheckResponse(
            inputs=self._provider.checked(request.news),
            failures=[
                provider_pb2.CheckFailure(property=failure.property, reason=failure.reason)
                for failure in failures
            ],
        )

    def Diff(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        """Name every property that will change."""
        resource = self._resource(request.urn, context)
        ignored = set(request.ignoreChanges)
        changes = [
            change
            for change in resource.diff(decode(request.olds), decode(request.news))
            if not _is_ignored(change.path, ignored)
        ]
        return _diff_response(changes, detailed=self._provider.detailed_diff)

    def Invoke(self, request: Any, context: Any) -> NoReturn:
        """Refuse: neither this plugin nor its official one has a function that we need."""
        _refuse(context, f"Invoke {request.tok!r} not found", grpc.StatusCode.NOT_FOUND)

    def Create(self, request: Any, context: Any) -> provider_pb2.CreateResponse:
        """Create, or in a preview predict."""
        resource = self._resource(request.urn, context)
        news = decode(request.properties)
        try:
            if request.preview:
                return provider_pb2.CreateResponse(properties=encode(resource.preview(None, news)))
            live = resource.create(_name(request.urn), news, request.urn)
        except PartialFailure as partial:
            _refuse_partial(context, partial)
        except PluginError as error:
            _refuse(context, str(error))
        return provider_pb2.CreateResponse(id=live.resource_id, properties=encode(live.outputs))

    def Read(self, request: Any, context: Any) -> provider_pb2.ReadResponse:
        """Read what is live; an empty answer tells the engine that it is gone."""
        resource = self._resource(request.urn, context)
        try:
            live = resource.read(request.id, decode(request.properties), decode(request.inputs))
        except PluginError as error:
            _refuse(context, str(error))
        if live is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=live.resource_id, properties=encode(live.outputs), inputs=encode(live.inputs)
        )

    def Update(self, request: Any, context: Any) -> provider_pb2.UpdateResponse:
        """Update, or in a preview predict."""
        resource = self._resource(request.urn, context)
        olds, news = decode(request.olds), decode(request.news)
        try:
            if request.preview:
                outputs = resource.preview(olds, news)
            else:
                outputs = resource.update(request.id, olds, news, request.urn)
        except PartialFailure as partial:
            _refuse_partial(context, partial)
        except PluginError as error:
            _refuse(context, str(error))
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    def Delete(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Delete."""
        resource = self._resource(request.urn, context)
        try:
            resource.delete(request.id, decode(request.properties), request.urn)
        except PluginError as error:
            _refuse(context, str(error))
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Stop what is running."""
        self._provider.cancel()
        return empty_pb2.Empty()

    def _resource(self, urn: str, context: Any) -> Resource:
        token = urn.split("::")[2].split("$")[-1]
        resource = self._provider.resources.get(token)
        if resource is None:
            _refuse(
                context,
                f"the stand-in {self._provider.name} plugin has no resource type {token}; "
                f"it has {', '.join(sorted(self._provider.resources))}. "
                "Install the official plugin for anything else",
            )
        return resource


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _is_ignored(path: str, ignored: set[str]) -> bool:
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in ignored)


def _diff_response(changes: list[Change], *, detailed: bool) -> provider_pb2.DiffResponse:
    kinds = {
        (Kind.ADD, False): provider_pb2.PropertyDiff.ADD,
        (Kind.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
        (Kind.DELETE, False): provider_pb2.PropertyDiff.DELETE,
        (Kind.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
        (Kind.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
        (Kind.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
    }
    response = provider_pb2.DiffResponse
    return provider_pb2.DiffResponse(
        changes=response.DIFF_SOME if changes else response.DIFF_NONE,
        replaces=[change.path for change in changes if change.replace],
        diffs=sorted({change.path.split(".")[0].split("[")[0] for change in changes}),
        detailedDiff={
            change.path: provider_pb2.PropertyDiff(kind=kinds[change.kind, change.replace])
            for change in changes
            if detailed
        },
        hasDetailedDiff=detailed,
    )


def _refuse(
    context: Any, message: str, code: grpc.StatusCode = grpc.StatusCode.UNKNOWN
) -> NoReturn:
    context.abort(code, message)
    raise AssertionError("abort never returns")


def _refuse_partial(context: Any, partial: PartialFailure) -> NoReturn:
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=partial.resource_id, properties=encode(partial.outputs), reasons=partial.reasons
        )
    )
    code = cast(int, grpc.StatusCode.UNKNOWN.value[0])
    status = status_pb2.Status(code=code, message=str(partial), details=[detail])
    context.set_trailing_metadata(((DETAILS, status.SerializeToString()),))
    _refuse(context, str(partial))
