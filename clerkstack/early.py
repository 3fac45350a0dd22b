"""Gives the engine work before the program has sent anything.

A Python program sends its first declaration after its last line. Only then would the engine start
the plugins, one after the other, and the resources would wait for them. So the program asks early,
without waiting: for the stack's state, and for a function of each plugin that its resources will
need. To pass the question on, the engine starts the plugin.

The plugins of Vercel and of commands do not have this function, and refuse it before they do
anything. Ours answers it by loading its providers (`clerkstack.dynamic`). The engine starts one
plugin at a time, and no resource before the plugins that it was asked about earlier: without one of
them, the update ends before a provider has written anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc
import pulumi
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_monitor

# The engine's built-in provider returns what is stored, without resources about to be removed
# (pulumi/pulumi, pkg/resource/deploy/builtins.go, pkg/backend/backend.go).
STATE = "pulumi:pulumi:readStackResourceOutputs"
START = "clerkstack:start"
"""The function that each plugin is asked for, without its package."""

questions: list[Any] = []
"""What was asked so far (`grpc.Future`). gRPC cancels a question that nobody holds."""


def begin() -> Any:
    """Ask for the stack's state, and then start the plugin of the dynamic providers.

    Call this before the program declares anything; the earlier, the more of its imports it overlaps
    with.

    Returns:
        A `grpc.Future`: the engine's answer about the state, or its refusal.
    """
    monitor = get_monitor()
    state = resource_pb2.ResourceInvokeRequest(tok=STATE)
    state.args.update({"stackName": pulumi.get_stack()})
    answer = _ask(monitor, state)

    def go_on(answered: Any) -> None:
        # Cancelled, it is the program that has ended.
        if answered.code() is not grpc.StatusCode.CANCELLED:
            _ask(monitor, _starting("pulumi-python"))

    answer.add_done_callback(go_on)
    return answer


def start(resources: Iterable[pulumi.Resource]) -> None:
    """Start the plugins of declared resources, which are sent only after what they depend on.

    Args:
        resources: only what the program declares, since the engine puts every plugin that it has
            started into the state. Each package's plugin is started once.
    """
    plugins = {
        resource.pulumi_resource_type.partition(":")[0]: (
            resource._version,
            resource._plugin_download_url,
        )
        for resource in resources
    }
    for package, (version, url) in plugins.items():
        _ask(get_monitor(), _starting(package, version, url))


def _starting(package: str, version: str | None = None, url: str | None = None) -> Any:
    return resource_pb2.ResourceInvokeRequest(
        tok=f"{package}:{START}", version=version or "", pluginDownloadURL=url or ""
    )


def _ask(monitor: Any, request: Any) -> Any:
    answer = monitor.Invoke.future(request)
    questions.append(answer)
    return answer
