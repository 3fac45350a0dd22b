"""The pack as a process: both ways to start it, and what it reports about itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from ruamel.yaml import YAML

from policies import view
from policies.analyzer import _properties
from policies.registry import POLICIES

TOP = Path(__file__).resolve().parents[3]
# As the executable, and as a folder with PulumiPolicy.yaml, which the SDK's starter runs.
FORMS = {
    "file": ["policies/pack", "127.0.0.1:1"],
    "folder": [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "policies"],
}


@contextmanager
def started(*words: str) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The pack in its own process."""
    with subprocess.Popen(words, cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def pack() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    with started(*FORMS["file"]) as stub:
        yield stub


@pytest.mark.parametrize("form", FORMS)
def test_it_starts_as_a_file_and_as_a_folder(form: str) -> None:
    with started(*FORMS[form]) as stub:
        info = stub.GetAnalyzerInfo(empty_pb2.Empty())

    assert info.name == "clerkstack"
    assert [policy.name for policy in info.policies] == [policy.id for policy in POLICIES]
    told = {each.name for each in info.policies if each.enforcementLevel == analyzer_pb2.ADVISORY}
    assert told == {policy.id for policy in POLICIES if policy.advisory}


def test_the_folder_names_a_runtime_that_has_the_packages() -> None:
    pack = YAML(typ="safe").load((TOP / "policies" / "PulumiPolicy.yaml").read_text())

    assert pack["runtime"]["name"] == "python"
    assert pack["runtime"]["options"]["virtualenv"] == "../.venv"


def test_every_policy_says_why_and_what_to_do(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    for policy in pack.GetAnalyzerInfo(empty_pb2.Empty()).policies:
        assert policy.description
        assert policy.message
        assert policy.remediation_steps
        assert policy.url == f"docs/policies.md#{policy.name}"


def test_what_can_be_configured_has_a_schema(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    schemas = {
        policy.name: MessageToDict(policy.configSchema.properties)
        for policy in pack.GetAnalyzerInfo(empty_pb2.Empty()).policies
    }

    assert schemas["secret-age"]["max_days"]["type"] == "integer"
    assert schemas["webhook-events"]["events"]["type"] == "array"
    assert schemas["trial-card"]["development"]["enum"] == ["mandatory", "advisory", "disabled"]
    assert "development" not in schemas["protected"]


def test_a_resource_and_then_the_stack(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    config = {"clerkstack:instance": "production", "clerkstack:components": '{"billing": false}'}
    pack.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack="prod", config=config))
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    inputs = {"key": "CLERK_SECRET_KEY", "targets": ["production"], "sensitive": True}
    props = ParseDict({**inputs, "value": {**secret, "value": "sk_test_hidden"}}, Struct())
    about = {"type": view.VARIABLE, "name": "key", "urn": "urn:key"}

    one = pack.Analyze(analyzer_pb2.AnalyzeRequest(**about, properties=props))
    whole = pack.AnalyzeStack(
        analyzer_pb2.AnalyzeStackRequest(resources=[analyzer_pb2.AnalyzerResource(**about)])
    )

    assert {diagnostic.policyName for diagnostic in one.diagnostics} == {"live-keys", "protected"}
    assert {diagnostic.policyName for diagnostic in whole.diagnostics} == {
        "app-code",
        "billing-managed",
        "complete",
    }
    said = " ".join(diagnostic.message for diagnostic in whole.diagnostics)
    assert "the instance is not declared" in said
    assert "billing, with every plan" not in said
    assert "CLERK_SECRET_KEY would be missing" not in said
    assert "hidden" not in said + " ".join(diagnostic.message for diagnostic in one.diagnostics)


def test_a_whole_number_of_the_wire_is_an_integer() -> None:
    sent = {"amount": 6000, "part": 0.5, "large": 1e300, "of": [{"days": 14}]}

    read = _properties(ParseDict(sent, Struct()))

    assert json.dumps(read, sort_keys=True) == json.dumps(sent, sort_keys=True)
