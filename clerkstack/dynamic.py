"""The engine's plugin for dynamic providers, that runs this project's own providers alone.

The engine starts it in the place of `pulumi.dynamic`, since Pulumi.yaml names `bin` for the plugin
`pulumi-python`. All that is different: a provider that is pickled in a state, or in what a program
declares, is looked at before it is unpickled, and one that is not ours byte for byte is not.
`pulumi refresh`, `up --refresh` and `destroy` take what the state has, and run no program that
could look. So they do with the addresses of the services: the state has those that the last update
had, in the clear, and the keys beside them.
"""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import dill  # type: ignore[import-untyped]

from clerkstack.failures import ResourceFailed, plainly
from clerkstack.settings.names import PREFIX
from clerkstack.state.code import is_ours

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
    "somebody wrote into the state. To see what to do: bin/clerkstack doctor --stack <stack>. If "
    'the code is your own: docs/team.md, "A state is code".'
)


class Refused:
    """Stands where code of others would: whatever it is asked, it refuses."""

    def configure(self, _request: Any) -> None:
        """Asked for first, of no resource."""

    @plainly
    def refuse(self, *_asked: Any) -> NoReturn:
        """Refuse.

        Raises:
            ResourceFailed: always; the engine says of which resource.
        """
        raise ResourceFailed(REFUSED)

    check = diff = create = read = update = delete = refuse


def only_ours(load: Any) -> Any:
    """`dill.loads` that unpickles our own providers only."""

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
        urls: the setting, as the engine gives it: JSON, or nothing.
        project: the project's folder.
    """
    if not urls:
        return []
    try:
        asked = [str(each) for each in json.loads(urls).values() if each is not None]
    except (ValueError, AttributeError):
        return [urls]
    # No library for YAML: each process that runs a provider would wait for it.
    files = (file.read_text(errors="replace") for file in project.glob("Pulumi.*.yaml"))
    named = {
        word for text in files for block in _BLOCK.findall(text) for word in _WORD.findall(block)
    }
    return [each for each in asked if each not in named]


def main() -> None:
    """Serve, until the engine ends it."""
    dill.loads = only_ours(dill.loads)
    import_module("pulumi.dynamic.__main__")


if __name__ == "__main__":
    main()
