"""Finds code in a state that is not this project's.

A state is more than data. The engine unpickles its dynamic providers under `__provider`
(pulumi.dynamic), starts Node's in the same way, runs the `delete` of a command, and fetches and
starts the plugins that the state names. So whoever can write a state can run code wherever the next
update runs, with the stack's secrets.

A provider of this project has no data: its pickle has only the names of a module and a class, and
is known byte for byte. Everything else is reported.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clerkstack.desired.resource_types import DYNAMIC

if TYPE_CHECKING:
    from clerkstack.state.model import State

PROVIDER_KEY = "__provider"
NODE = "pulumi-nodejs:"  # prefix of a type, and of a reference to the plugin
PLUGIN = "pulumi:providers:"
COMMAND = "command:"

_MODULES = {
    "ApiKeys": "api_keys",
    "Billing": "billing",
    "Instance": "instance",
    "OrganizationRoles": "roles",
    "OrganizationSettings": "sections",
    "Rotations": "rotations",
    "SignIn": "sections",
    "VercelProject": "vercel_project",
    "WebhookEndpoint": "webhook",
    "WrittenVariables": "written_variables",
    # In states of older versions: a resource that is only removed.
    "SensitiveVariables": "sensitive_variables",
}
OWN: dict[str, tuple[str, str]] = {}
"""Add your own dynamic providers here: the resource's type, then module and class. Each needs its
own module, no data, and `serialize_as_secret_always = False`."""

PROVIDERS = OWN | {
    f"{DYNAMIC}{name}": (f"clerkstack.providers.{module}", f"{name}Provider")
    for name, module in _MODULES.items()
}
"""Module and class of each resource's provider, by the resource's type."""

DELETES: frozenset[str] = frozenset()
"""What commands of the program run when they are removed, word for word. Ours run nothing; add your
own here."""

# The default pickle protocols of Python: 4 up to 3.13, 5 from 3.14.
_PROTOCOLS = (4, 5)
_SERVERS = {"vercel": frozenset({"github://api.github.com/pulumiverse"})}
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class Foreign:
    """Code in a state that is not this project's: the resource, and what it is."""

    urn: str
    why: str

    def __str__(self) -> str:
        return f"{self.urn}: {self.why}"


def pickled(module: str, name: str, protocol: int = 4) -> bytes:
    """The pickle that the engine's library makes of an instance without data.

    (`dill.dumps` without memoization: a frame with the two names, the class, an empty call.)
    """
    body = b"".join(
        b"\x8c" + bytes([len(word)]) + word.encode() + b"\x94" for word in (module, name)
    )
    body += b"\x93\x94)\x81\x94."
    return b"\x80" + bytes([protocol]) + b"\x95" + len(body).to_bytes(8, "little") + body


@cache
def _known() -> Mapping[str, frozenset[bytes]]:
    return {
        kind: frozenset(pickled(*names, protocol) for protocol in _PROTOCOLS)
        for kind, names in PROVIDERS.items()
    }


def is_ours(pickle: bytes) -> bool:
    """Whether a pickle is that of one of this project's providers, byte for byte."""
    return any(pickle in pickles for pickles in _known().values())


def foreign_code(resources: Iterable[Mapping[str, Any]]) -> list[Foreign]:
    """Foreign code among the resources of a state, including those about to be removed.

    Args:
        resources: as in an exported state; inputs or outputs may be missing.
    """
    return [
        Foreign(str(resource.get("urn", "")), why)
        for resource in resources
        for why in dict.fromkeys(_foreign(resource))
    ]


def foreign_in(state: State) -> list[Foreign]:
    """Foreign code in a state, including what a killed update left half-done."""
    half_made = (operation.resource.entry for operation in state.pending)
    return foreign_code([*state.entries, *half_made])


def _foreign(resource: Mapping[str, Any]) -> Iterator[str]:
    urn, provider = str(resource.get("urn", "")), str(resource.get("provider", ""))
    # The reference to a plugin decides which plugin gets it, else the type does.
    kinds = {str(resource.get("type", "")), urn.partition("::")[2].partition("::")[2]}
    kinds = {type_.partition("::")[0].rpartition("$")[2] for type_ in kinds} - {""}
    requested = " ".join((*kinds, provider))
    sides = [side for name in ("inputs", "outputs") if isinstance(side := resource.get(name), dict)]
    if NODE in requested:
        yield "a Node dynamic provider; this project has none"
    for side in sides:
        if PROVIDER_KEY in side and not all(_is_of(kind, side[PROVIDER_KEY]) for kind in kinds):
            module, name = PROVIDERS.get(str(resource.get("type")), ("", ""))
            other = f"a provider other than {module}.{name}" if name else "a foreign provider"
            yield f"{other}, in {PROVIDER_KEY}"
        if COMMAND in requested and not _is_quiet(side):
            yield "a command that runs when it is removed, in delete"
        for kind in kinds:
            if kind.startswith(PLUGIN):
                yield from _plugin(kind.removeprefix(PLUGIN), side)


def _is_of(kind: str, provider: object) -> bool:
    """Whether this is the provider of the resource's type."""
    known = _known().get(kind, frozenset())
    return isinstance(provider, str) and any(
        provider == base64.b64encode(expected).decode() for expected in known
    )


def _is_quiet(command: Mapping[str, Any]) -> bool:
    delete = command.get("delete")
    return delete in (None, "") or (isinstance(delete, str) and delete in DELETES)


def _plugin(package: str, side: Mapping[str, Any]) -> Iterator[str]:
    """What a provider's resource would make the engine fetch and start."""
    internal = side.get("__internal") or {}
    if not _PACKAGE.fullmatch(package) or not isinstance(internal, dict):
        yield "a plugin that no package provides"
        return
    for place in (side, internal):
        url = place.get("pluginDownloadURL")
        if url and not _is_named(url, package):
            yield "a plugin from an address that no installed package names, in pluginDownloadURL"
    parameters = internal.get("parameterization")
    if parameters and not _is_named(parameters, package):
        yield "a plugin with parameters that no installed package names, in parameterization"
    if not parameters and internal.get("name") not in (None, package):
        yield "a plugin of another name, in __internal"


def _is_named(name: object, package: str) -> bool:
    return isinstance(name, str) and (
        name in _SERVERS.get(package, ()) or name in _of_packages(package)
    )


@cache
def _of_packages(package: str) -> Collection[str]:
    """The plugin addresses and parameters of the installed packages with a name."""
    values = set()
    for place in filter(None, sys.path):
        for file in Path(place).glob("*/pulumi-plugin.json"):
            try:
                plugin = json.loads(file.read_text())
                parameters = plugin.get("parameterization") or {}
                if package in (plugin.get("name"), parameters.get("name")):
                    values |= {plugin.get("server"), parameters.get("value")}
            except (OSError, ValueError, AttributeError):
                continue
    return values - {None, ""}


def refusal(found: Iterable[Foreign], stack: str) -> str:
    """Why nothing is run on a state with foreign code, and what to do."""
    resources = list(found)
    lines = "\n".join(f"  {resource}" for resource in resources)
    first, named = shlex.quote(resources[0].urn), shlex.quote(stack)
    return (
        f"The state of {stack} contains code that is not this project's, and an update would "
        f"run it with the stack's secrets. Nothing was run:\n{lines}\nFind out who wrote the "
        "state (the bucket's log and versions; who else may write there). Then restore an "
        f"earlier one:\n  bin/clerkstack recover --stack {named} --list\n  bin/clerkstack "
        f"recover --stack {named} --from-history --at N\nor remove only that resource from "
        "the state, so that the next update reads again what is live:\n  pulumi state delete "
        f"--stack {named} {first}\n"
        'If the code is your own: docs/team.md, "A state is code".'
    )
