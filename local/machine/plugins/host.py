"""Runs one provider as the engine expects: prints the port on the first line, then serves gRPC."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from local.machine.plugins import OUTLIVES
from local.machine.plugins.service import Provider, Servicer

PARENT_CHECK_SECONDS = 1.0
OUTLIVES_SECONDS = 300.0
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

Log = Callable[[str, str], None]


def engine_log() -> Log:
    """Return a function that shows a line under a resource in the engine's output.

    The engine passes its own address as the plugin's first argument; without one (a plugin
    started by hand) lines are dropped.
    """
    if len(sys.argv) < 2:
        return lambda _urn, _line: None
    engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(sys.argv[1], options=UNLIMITED))

    def log(urn: str, line: str) -> None:
        # If the engine is ending, the operation's own result is enough.
        with contextlib.suppress(grpc.RpcError):
            engine.Log(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=line, urn=urn))

    return log


def serve(provider: Provider) -> None:
    """Serve the provider on a free loopback port until the engine ends it.

    A killed engine does not end it: like the official plugins, this one continues its work, and
    outlives the engine by minutes.
    """
    server = grpc.server(ThreadPoolExecutor(max_workers=32), options=UNLIMITED)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    finished = threading.Event()

    def stop(_signum: int, _frame: object) -> None:
        finished.set()

    # The engine ends its plugins with SIGINT. Ctrl-C arrives as Cancel instead, because plugins
    # have their own process group.
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # If the engine is killed, this process gets another parent.
    parent = os.getppid()
    while not finished.wait(PARENT_CHECK_SECONDS) and os.getppid() == parent:
        pass
    if not finished.is_set():
        finished.wait(float(os.environ.get(OUTLIVES, OUTLIVES_SECONDS)))
    provider.cancel()
    server.stop(grace=None).wait(PARENT_CHECK_SECONDS)
    os._exit(0)
