"""The service `Analyzer` of Pulumi's plugin protocol, through which the engine runs the policies.

At preview and again in `up`, the engine calls it for each resource before it is written
(`Analyze`), and for the whole stack at the end (`AnalyzeStack`). docs/decisions/0005 says why this
project implements the service itself.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

from clerkstack.checks.finding import Finding
from clerkstack.desired.rolling_out import rolls_out
from clerkstack.problems import InputError
from clerkstack.safe import safe
from clerkstack.shapes import whole_numbers
from policies.config_file import load_rules
from policies.judge import FOLDER, WAIVERS, Judge, level_of, text_of, waivers_of
from policies.policy import Policy
from policies.registry import BY_ID, PACK, POLICIES
from policies.rules import Level, Rules
from policies.settings import Declared
from policies.view import DEVELOPMENT, PRODUCTION, Resource, Stack, plain

VERSION = "0.1.0"
PARENT_CHECK_SECONDS = 1.0
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
LEVELS = {
    Level.MANDATORY: analyzer_pb2.MANDATORY,
    Level.ADVISORY: analyzer_pb2.ADVISORY,
    Level.DISABLED: analyzer_pb2.DISABLED,
}


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """One run of the engine."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._declared = Declared("")
        self._rules = Rules()
        self._judge = Judge("", self._rules, (), datetime.now(UTC))
        # The inputs of each resource: the engine shows stack policies only outputs.
        self._inputs: dict[str, Mapping[str, Any]] = {}

    def ConfigureStack(
        self, request: analyzer_pb2.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerStackConfigureResponse:
        """Take the stack's name and settings, and read the pack's own files."""
        now = datetime.now(UTC)
        try:
            self._declared = Declared.of(request.stack, request.config)
            self._rules = load_rules(FOLDER / "config.yaml")
            waivers = waivers_of(FOLDER, WAIVERS, now, self._rules)
        except InputError as error:
            _refuse(context, error)
        self._judge = Judge(request.stack, self._rules, waivers, now, rolls_out())
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def GetAnalyzerInfo(
        self, _request: empty_pb2.Empty, _context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerInfo:
        """Name the policies, their levels in production and what can be configured."""
        return analyzer_pb2.AnalyzerInfo(
            name=PACK,
            displayName=PACK,
            version=VERSION,
            description="Rules that block a bad deploy.",
            supportsConfig=True,
            policies=[self._info(policy) for policy in POLICIES],
        )

    def GetPluginInfo(
        self, _request: empty_pb2.Empty, _context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """The pack's version."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def Configure(
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Take Pulumi's own policy configuration. The engine fills in what is not configured."""
        levels: dict[str, str] = {}
        values: dict[str, Mapping[str, Any]] = {}
        for name, config in request.policyConfig.items():
            policy = BY_ID.get(name)
            options = {
                key: whole_numbers(value) for key, value in MessageToDict(config.properties).items()
            }
            default = LEVELS[self._rules.level(policy, PRODUCTION)] if policy else None
            if config.enforcementLevel == default and not options:
                continue
            if name == "all" and not options:
                continue  # the engine has given its level to every policy
            if config.enforcementLevel != default:
                levels[name] = _level(config.enforcementLevel)
            values[name] = options
        try:
            self._rules = self._rules.overlaid(levels, values)
        except InputError as error:
            _refuse(context, error)
        self._judge = replace(self._judge, rules=self._rules)
        return empty_pb2.Empty()

    def Analyze(
        self, request: analyzer_pb2.AnalyzeRequest, _context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge a resource as it is about to be written."""
        resource = Resource(
            type=request.type,
            name=request.name,
            inputs=_properties(request.properties),
            protect=request.options.protect,
            urn=request.urn,
        )
        with self._lock:
            self._inputs[resource.urn] = resource.inputs
            return _answer(self._judge.one(resource))

    def AnalyzeStack(
        self, request: analyzer_pb2.AnalyzeStackRequest, _context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge all resources together."""
        with self._lock:
            # Sorted, since the engine's order changes from run to run.
            ordered = sorted(request.resources, key=lambda resource: resource.urn)
            resources = [self._known(resource) for resource in ordered]
            declared = self._declared
            stack = Stack(
                declared.stack,
                resources,
                declared.instance,
                declared.parts,
                declared.projects,
                self._judge.now,
                declared.names_app,
            )
            return _answer(self._judge.all(stack))

    def Remediate(
        self, _request: analyzer_pb2.AnalyzeRequest, _context: grpc.ServicerContext
    ) -> analyzer_pb2.RemediateResponse:
        """No policy changes what is declared."""
        return analyzer_pb2.RemediateResponse()

    def _known(self, sent: analyzer_pb2.AnalyzerResource) -> Resource:
        outputs = _properties(sent.properties)
        return Resource(
            type=sent.type,
            name=sent.name,
            # A resource that this update skips (`--target`) was not shown before.
            inputs=self._inputs.get(sent.urn, outputs),
            outputs=outputs,
            protect=sent.options.protect,
            urn=sent.urn,
        )

    def _info(self, policy: Policy) -> analyzer_pb2.PolicyInfo:
        levels = {"type": "string", "enum": [str(level) for level in Level]}
        properties = {name: option.schema for name, option in policy.options.items()}
        if not policy.production_only:
            properties[DEVELOPMENT] = levels
        schema = analyzer_pb2.PolicyConfigSchema()
        schema.properties.update(properties)
        kind = (
            analyzer_pb2.POLICY_TYPE_RESOURCE
            if policy.check_resource
            else analyzer_pb2.POLICY_TYPE_STACK
        )
        return analyzer_pb2.PolicyInfo(
            name=policy.id,
            displayName=policy.id,
            description=policy.summary,
            message=policy.reason,
            enforcementLevel=LEVELS[self._rules.level(policy, PRODUCTION)],
            configSchema=schema,
            policy_type=kind,
            remediation_steps=policy.remedy,
            url=policy.doc,
        )


def serve() -> NoReturn:
    """Serve until the engine ends this process; the port is the first line it prints."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4), options=UNLIMITED)
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    parent = os.getppid()
    with contextlib.suppress(KeyboardInterrupt):
        # A killed engine can't end its child, but the child then gets another parent.
        while server.wait_for_termination(PARENT_CHECK_SECONDS) and os.getppid() == parent:
            pass
    server.stop(None)
    sys.exit(0)


def _properties(properties: struct_pb2.Struct) -> dict[str, Any]:
    return dict(plain(whole_numbers(MessageToDict(properties))))


def _answer(findings: Iterable[Finding]) -> analyzer_pb2.AnalyzeResponse:
    return analyzer_pb2.AnalyzeResponse(
        diagnostics=[
            analyzer_pb2.AnalyzeDiagnostic(
                policyName=finding.check,
                policyPackName=PACK,
                policyPackVersion=VERSION,
                description=BY_ID[finding.check].summary if finding.check in BY_ID else "",
                message=safe(text_of(finding)),
                enforcementLevel=LEVELS[level_of(finding)],
                urn=finding.where,
            )
            for finding in findings
        ]
    )


def _level(number: int) -> str:
    """A level of the protocol; nothing here is remediated, so that is mandatory."""
    return str(
        next(
            (name for name, number_of_level in LEVELS.items() if number_of_level == number),
            Level.MANDATORY,
        )
    )


def _refuse(context: grpc.ServicerContext, error: InputError) -> NoReturn:
    lines = "\n".join(f"  {problem}" for problem in error.problems)
    context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the policies cannot be applied:\n{lines}")
    raise AssertionError("abort raises")
