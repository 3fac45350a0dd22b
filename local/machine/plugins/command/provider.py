# ruff: noqa: ARG002  (a resource class takes what the engine sends, used or not)
"""The command plugin: ``command:local:Command`` as the official provider 1.2.1 behaves.

Not reproduced: ``archivePaths``, ``remote`` commands and the ``run`` function.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from google.protobuf import struct_pb2

from local.machine.plugins import host
from local.machine.plugins.changes import Change, compare
from local.machine.plugins.command.assets import collect
from local.machine.plugins.command.process import SHELL, Finished, Order, Runner
from local.machine.plugins.service import Failure, Live, PluginError, Resource
from local.machine.plugins.wire import UNKNOWN, Properties, reveal, without_unknown_secrets

INPUTS = (
    "addPreviousOutputInEnv",
    "assetPaths",
    "create",
    "delete",
    "dir",
    "environment",
    "interpreter",
    "logging",
    "stdin",
    "triggers",
    "update",
)
RESULTS = ("stdout", "stderr", "assets")
LOGGING = {
    "stdout": (True, False),
    "stderr": (False, True),
    "stdoutAndStderr": (True, True),
    "none": (False, False),
}


class Command:
    """A command that runs when the resource is created, changed or removed."""

    def __init__(self, runner: Runner, log: host.Log) -> None:
        self._runner = runner
        self._log = log

    def check(self, news: Properties) -> list[Failure]:
        """Refuse what the stand-in cannot do or the official provider would refuse."""
        failures = []
        if news.get("archivePaths"):
            failures.append(
                Failure("archivePaths", "the stand-in plugin makes no archives; use assetPaths")
            )
        unknown = sorted(set(news) - {*INPUTS, "archivePaths"})
        failures += [Failure(name, "local.Command has no such property") for name in unknown]
        logging = reveal(news.get("logging"))
        if logging is not None and logging != UNKNOWN and logging not in LOGGING:
            failures.append(Failure("logging", f"must be one of {', '.join(LOGGING)}"))
        return failures

    def diff(self, olds: Properties, news: Properties) -> list[Change]:
        """Any changed input runs the command again; changed triggers make a new resource."""
        return [
            change
            for name in INPUTS
            for change in compare(name, olds.get(name), news.get(name), replace=name == "triggers")
        ]

    def preview(self, olds: Properties | None, news: Properties) -> Properties:
        """Outputs are not known before the command has run."""
        command = news.get("create") if olds is None else news.get("update", news.get("create"))
        if command is None:
            return _outputs(news, olds or {})
        names = RESULTS if news.get("assetPaths") else RESULTS[:2]
        return _outputs(news, dict.fromkeys(names, UNKNOWN))

    def create(self, name: str, news: Properties, urn: str) -> Live:
        """Run ``create``."""
        results = self._run(news.get("create"), news, {}, urn)
        return Live(f"{name}{secrets.token_hex(4)}", _outputs(news, results))

    def read(self, resource_id: str, state: Properties, inputs: Properties) -> Live | None:
        """Return the state: a command has nothing live to read."""
        if not state and not inputs:
            raise PluginError("a command cannot be imported")
        return Live(resource_id, state, inputs)

    def update(self, resource_id: str, olds: Properties, news: Properties, urn: str) -> Properties:
        """Run ``update``, or ``create`` if there is none."""
        command = news.get("update", news.get("create"))
        return _outputs(news, self._run(command, news, olds, urn))

    def delete(self, resource_id: str, olds: Properties, urn: str) -> None:
        """Run ``delete``, if there is one."""
        self._run(olds.get("delete"), olds, olds, urn)

    def _run(self, command: Any, inputs: Properties, previous: Properties, urn: str) -> Properties:
        if command is None:
            return {name: previous.get(name) for name in RESULTS}
        plain = reveal(inputs)
        to_stdout, to_stderr = LOGGING[plain.get("logging") or "stdoutAndStderr"]
        show = self._shower(urn)
        finished = self._runner.run(
            Order(
                command=reveal(command),
                interpreter=plain.get("interpreter") or SHELL,
                directory=plain.get("dir"),
                environment=_environment(plain, reveal(previous)),
                stdin=plain.get("stdin"),
            ),
            on_stdout=show if to_stdout else None,
            on_stderr=show if to_stderr else None,
        )
        return _results(finished, plain)

    def _shower(self, urn: str) -> Callable[[str], None]:
        return lambda line: self._log(urn, line)


def _environment(plain: Properties, previous: Properties) -> Mapping[str, str]:
    environment = dict(plain.get("environment") or {})
    if plain.get("addPreviousOutputInEnv", True):
        for name in ("stdout", "stderr"):
            if previous.get(name):
                environment[f"PULUMI_COMMAND_{name.upper()}"] = previous[name]
    return environment


def _results(finished: Finished, plain: Properties) -> Properties:
    results: Properties = {"stdout": finished.stdout, "stderr": finished.stderr}
    if plain.get("assetPaths"):
        directory = Path(plain.get("dir") or Path.cwd())
        results["assets"] = collect(directory, plain["assetPaths"])
    return results


def _outputs(news: Properties, results: Properties) -> Properties:
    """Join inputs and results; results are in the clear, even if inputs are secret."""
    known = {name: news[name] for name in INPUTS if name in news}
    found = {name: results[name] for name in RESULTS if results.get(name) is not None}
    return known | {"stdout": "", "stderr": ""} | found


class CommandProvider:
    """The plugin: no configuration, and commands to stop."""

    name = "command"
    version = "1.2.1"
    detailed_diff = True

    def __init__(self, log: host.Log) -> None:
        self._runner = Runner()
        self.resources: Mapping[str, Resource] = {
            "command:local:Command": Command(self._runner, log)
        }

    def configure(self, config: Properties) -> None:
        """Take no configuration."""

    def checked(self, news: struct_pb2.Struct) -> struct_pb2.Struct:
        """Return the inputs as the official provider does.

        It loses the value of an unknown secret in a list, and the engine then refuses the property.
        """
        return without_unknown_secrets(news)

    def cancel(self) -> None:
        """End the running commands."""
        self._runner.stop()


def serve() -> None:
    """Run the plugin until the engine ends it."""
    host.serve(CommandProvider(host.engine_log()))
