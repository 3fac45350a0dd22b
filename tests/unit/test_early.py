"""What the program asks the engine before it has declared anything."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, resource_pb2

from clerkstack import early
from clerkstack.state import own
from local.machine.plugins.command.provider import CommandProvider
from local.machine.plugins.service import Servicer
from tests.sources import TOP

URN = "urn:pulumi:prod::clerkstack::pulumi-python:dynamic/clerkstack:Instance::instance"


class Refusal(grpc.RpcError):  # type: ignore[misc]
    """What the engine answers where it cannot."""


class Question(Future[Any]):
    """What gRPC returns at once."""

    def code(self) -> grpc.StatusCode:
        if self.cancelled():
            return grpc.StatusCode.CANCELLED
        return grpc.StatusCode.UNKNOWN if self.exception() else grpc.StatusCode.OK


@dataclass
class Monitor:
    """The engine's monitor, with what it was asked. It answers when the test says so."""

    asked: list[resource_pb2.ResourceInvokeRequest] = field(default_factory=list)

    @property
    def Invoke(self) -> Any:
        return SimpleNamespace(future=self._future)

    def _future(self, request: resource_pb2.ResourceInvokeRequest) -> Question:
        self.asked.append(request)
        return Question()

    @property
    def tokens(self) -> list[str]:
        return [request.tok for request in self.asked]


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> Monitor:
    made = Monitor()
    monkeypatch.setattr(early, "get_monitor", lambda: made)
    monkeypatch.setattr(early, "questions", [])
    monkeypatch.setattr(pulumi, "get_stack", lambda: "prod")
    return made


def answer(outputs: dict[str, Any]) -> resource_pb2.ResourceInvokeResponse:
    made = resource_pb2.ResourceInvokeResponse()
    getattr(made, "return").update({"name": "prod", "outputs": outputs})
    return made


@pytest.fixture
def invoked_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the program asks once more, by the SDK's own function."""
    tokens: list[str] = []

    def invoke(token: str, _given: object) -> Any:
        tokens.append(token)
        return SimpleNamespace(value={"outputs": {URN: {"type": "again"}}})

    monkeypatch.setattr(pulumi.runtime, "invoke", invoke)
    return tokens


def test_the_plugin_of_the_dynamic_providers_is_started_after_the_state_is_read(
    monitor: Monitor,
) -> None:
    stored = early.begin()
    assert monitor.tokens == [early.STATE]
    assert dict(monitor.asked[0].args) == {"stackName": "prod"}

    stored.set_result(answer({}))

    assert monitor.tokens == [early.STATE, "pulumi-python:clerkstack:start"]
    assert len(early.questions) == 2  # gRPC cancels one that nobody holds


def test_it_is_started_too_if_the_state_cannot_be_read(monitor: Monitor) -> None:
    early.begin().set_exception(Refusal())

    assert monitor.tokens == [early.STATE, "pulumi-python:clerkstack:start"]


def test_a_program_that_has_ended_asks_for_nothing_more(monitor: Monitor) -> None:
    early.begin().cancel()

    assert monitor.tokens == [early.STATE]


def test_the_program_takes_the_early_answer(monitor: Monitor, invoked_again: list[str]) -> None:
    stored = early.begin()
    stored.set_result(answer({URN: {"type": "early", "outputs": {"id": "ins_1"}}}))

    state = own.own_state(stored)

    assert [entry["type"] for entry in state.entries] == ["early"]
    assert state.entries[0]["outputs"] == {"id": "ins_1"}
    assert invoked_again == []


def test_a_stack_that_was_never_deployed_is_not_asked_for_again(
    monitor: Monitor, invoked_again: list[str]
) -> None:
    stored = early.begin()
    stored.set_result(answer({}))

    assert own.own_state(stored).entries == []
    assert invoked_again == []


def test_a_state_that_could_not_be_read_early_is_asked_for_again(
    monitor: Monitor, invoked_again: list[str]
) -> None:
    stored = early.begin()
    stored.set_exception(Refusal())

    state = own.own_state(stored)

    assert [entry["type"] for entry in state.entries] == ["again"]
    assert invoked_again == [early.STATE]


def test_secrets_in_the_answer_are_read_as_by_the_sdk() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "s"}
    stored = Question()
    stored.set_result(answer({URN: {"type": "t", "outputs": {"key": secret}}}))

    assert own.own_state(stored).entries[0]["outputs"] == {"key": "s"}


def declared(kind: str, version: str | None, url: str | None = None) -> Any:
    return SimpleNamespace(pulumi_resource_type=kind, _version=version, _plugin_download_url=url)


def test_each_package_is_started_once_in_the_version_of_its_resources(monitor: Monitor) -> None:
    early.start(
        [
            declared(
                "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable", "5.0", "u"
            ),
            declared(
                "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable", "5.0", "u"
            ),
            declared("command:local:Command", "1.2.1"),
        ]
    )

    assert [(each.tok, each.version, each.pluginDownloadURL) for each in monitor.asked] == [
        ("vercel:clerkstack:start", "5.0", "u"),
        ("command:clerkstack:start", "1.2.1", ""),
    ]


def test_without_resources_nothing_is_started(monitor: Monitor) -> None:
    early.start([])

    assert monitor.asked == []


@pytest.fixture
def dynamic() -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """Our plugin for dynamic providers, as the engine starts it."""
    process = subprocess.Popen(
        [str(TOP / "bin" / "pulumi-resource-pulumi-python"), "127.0.0.1:1"],
        cwd=TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    try:
        port = process.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        process.terminate()
        assert process.stderr.read() == ""
        process.stdout.close()
        process.stderr.close()
        process.wait()


def test_our_plugin_answers_and_complains_of_nothing(
    dynamic: provider_pb2_grpc.ResourceProviderStub,
) -> None:
    answer = dynamic.Invoke(provider_pb2.InvokeRequest(tok=f"pulumi-python:{early.START}"))

    assert answer == provider_pb2.InvokeResponse()


def test_meanwhile_it_loads_every_provider() -> None:
    script = (
        "import sys; from clerkstack.dynamic import load_providers\n"
        "from clerkstack.state.code import PROVIDERS\n"
        "load_providers(None, None)\n"
        "print(*sorted({module for module, _ in PROVIDERS.values()} - set(sys.modules)))"
    )

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    # Only states of older versions have it.
    assert ran.stdout.split() == ["clerkstack.providers.sensitive_variables"]


def test_a_stand_in_refuses_the_function_as_the_official_plugin_does() -> None:
    class Aborted(Exception):
        pass

    class Context:
        def abort(self, code: grpc.StatusCode, message: str) -> None:
            raise Aborted(code, message)

    with pytest.raises(Aborted) as refusal:
        Servicer(CommandProvider(lambda _urn, _line: None)).Invoke(
            provider_pb2.InvokeRequest(tok="command:clerkstack:start"), Context()
        )
    assert refusal.value.args[0] is grpc.StatusCode.NOT_FOUND
