"""The engine's plugin for dynamic providers, which runs only this project's own providers.

The engine starts it instead of `pulumi.dynamic`, since Pulumi.yaml names `bin` for the plugin
`pulumi-python`. It loads our providers early, and differs in two checks. A pickled provider, from a
state or from a program, is unpickled only if it is one of ours, byte for byte. And keys are sent
only to addresses that a stack's file names. `pulumi refresh`, `up --refresh` and `destroy` take
providers and addresses from the state and run no program that could check them; the addresses there
are in the clear, and the keys are sent to them.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import dill  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from clerkstack.failures import ResourceFailed, plainly
from clerkstack.settings.names import PREFIX
from clerkstack.short_lived import be_short_lived
from clerkstack.state.code import PROVIDERS, is_ours

URLS = f"{PREFIX}urls"
_BLOCK = re.compile(rf"^[ \t]+[\"']?{URLS}[\"']?:(.*(?:\n[ \t]{{3,}}.*)*)", re.MULTILINE)
_WORD = re.compile(r"[^\s\"'{},]+")
LED = (
    "The state would send the stack's keys to {addresses}, which no Pulumi.<stack>.yaml here has "
    "under clerkstack:urls. Nothing was sent. If you have changed the setting, run `pulumi up`, "
    "which uses the new one; if not, somebody wrote it into the state: "
    'docs/team.md, "A state is code".'
)
REFUSED = (
    "The provider of this resource is not one of this project's, and was not run: it is code that "
    "somebody wrote into the state. For what to do, run bin/clerkstack doctor --stack <stack>. If "
    'the code is your own, see docs/team.md, "A state is code".'
)


class Refused:
    """Takes the place of foreign code, and refuses every call."""

    def configure(self, _request: Any) -> None:
        """Accept the call that comes first, for no resource."""

    @plainly
    def refuse(self, *_asked: Any) -> NoReturn:
        """Refuse.

        Raises:
            ResourceFailed: always; the engine names the resource.
        """
        raise ResourceFailed(REFUSED)

    check = diff = create = read = update = delete = refuse


def only_ours(load: Any) -> Any:
    """Wrap `dill.loads` so that it unpickles only our own providers."""

    def loads(pickle: bytes, *rest: Any, **options: Any) -> Any:
        if not is_ours(pickle):
            return Refused()
        provider = load(pickle, *rest, **options)
        provider.configure = _where_it_is_to_go(provider.configure)
        return provider

    return loads


def _where_it_is_to_go(configure: Any) -> Any:
    @plainly
    def checked(request: Any) -> None:
        elsewhere = led_elsewhere(request.config.get(URLS) or "", Path())
        if elsewhere:
            raise ResourceFailed(LED.format(addresses=", ".join(elsewhere)))
        configure(request)

    return checked


def led_elsewhere(urls: str, project: Path) -> list[str]:
    """The addresses that no stack's file of the project names under `clerkstack:urls`.

    Args:
        urls: the setting as the engine passes it: JSON, or empty.
        project: the project's folder.
    """
    if not urls:
        return []
    try:
        addresses = [str(address) for address in json.loads(urls).values() if address is not None]
    except (ValueError, AttributeError):
        return [urls]
    # No YAML library: every process that runs a provider would wait for its import.
    files = (file.read_text(errors="replace") for file in project.glob("Pulumi.*.yaml"))
    named = {
        word for text in files for block in _BLOCK.findall(text) for word in _WORD.findall(block)
    }
    return [address for address in addresses if address not in named]


def load_providers(_request: Any, _context: Any) -> Any:
    """Answer the program's early question (`clerkstack.early`): load our providers meanwhile."""
    for module, _ in PROVIDERS.values():
        # One that only states of older versions have is no longer there.
        with suppress(ModuleNotFoundError):
            import_module(module)
    return provider_pb2.InvokeResponse()


def answering_early(add: Any) -> Any:
    """Wrap the function that adds a service to a server, so that the service answers it. It has no
    other function."""

    def added(service: Any, server: Any) -> None:
        service.Invoke = load_providers
        add(service, server)

    return added


def main() -> None:
    """Serve, until the engine ends it."""
    be_short_lived()
    dill.loads = only_ours(dill.loads)
    name = "add_ResourceProviderServicer_to_server"
    setattr(provider_pb2_grpc, name, answering_early(getattr(provider_pb2_grpc, name)))
    import_module("pulumi.dynamic.__main__")


if __name__ == "__main__":
    main()
