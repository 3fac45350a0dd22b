"""Gives the engine work while the program is still importing.

A Python program sends its first declaration after its last line. Only then would the engine start
the plugins, one after the other, and the resources would wait for them. So a thread asks the engine
earlier: for the stack's state, and for a function of each plugin that the resources will need. To
pass the question on, the engine starts the plugin.

No plugin has this function. Those of Vercel and of commands refuse an unknown name before they do
anything; ours loads its providers meanwhile (`clerkstack.dynamic`). If a plugin is missing, the
update ends before anything is written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import grpc
import pulumi
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_monitor

# The engine's built-in provider returns the state at the start of the update, without resources
# about to be removed (pulumi/pulumi, pkg/resource/deploy/builtins.go, pkg/backend/backend.go).
STATE = "pulumi:pulumi:readStackResourceOutputs"
START = "clerkstack:start"
"""The name of that function, without its package."""


def begin() -> Future[Any]:
    """Ask for the stack's state, and then start the plugin of the dynamic providers.

    Call this before anything is declared; the earlier, the more of the imports it overlaps with.

    Returns:
        The engine's answer about the state (a `ResourceInvokeResponse`), or its refusal.
    """
    answer: Future[Any] = Future()
    monitor: Any = get_monitor()
    state = resource_pb2.ResourceInvokeRequest(tok=STATE)
    state.args.update({"stackName": pulumi.get_stack()})

    def ask() -> None:
        try:
            answer.set_result(monitor.Invoke(state))
        except grpc.RpcError as failure:
            answer.set_exception(failure)
        _start(monitor, "pulumi-python")

    _in_background(ask)
    return answer


def start(resources: Iterable[pulumi.Resource]) -> None:
    """Start the plugins of declared resources, which are sent only after what they depend on.

    Args:
        resources: only what the program declares, since the engine puts every plugin that it has
            started into the state. Each package's plugin is started once.
    """
    monitor: Any = get_monitor()
    plugins = {
        resource.pulumi_resource_type.partition(":")[0]: (
            resource._version,
            resource._plugin_download_url,
        )
        for resource in resources
    }

    def ask() -> None:
        for package, (version, url) in plugins.items():
            _start(monitor, package, version, url)

    _in_background(ask)


def _start(monitor: Any, package: str, version: str | None = None, url: str | None = None) -> None:
    # The engine itself reports a plugin that does not start.
    with suppress(grpc.RpcError):
        monitor.Invoke(
            resource_pb2.ResourceInvokeRequest(
                tok=f"{package}:{START}", version=version or "", pluginDownloadURL=url or ""
            )
        )


def _in_background(work: Callable[[], None]) -> None:
    # A daemon, because a refused program ends while its question is still open.
    threading.Thread(target=work, name="early", daemon=True).start()
