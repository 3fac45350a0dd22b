"""The engine's plugin for dynamic providers, that runs this project's own providers alone.

The engine starts it in the place of `pulumi.dynamic`, since Pulumi.yaml names `bin` for the plugin
`pulumi-python`. All that is different: a provider that is pickled in a state, or in what a program
declares, is looked at before it is unpickled, and one that is not ours byte for byte is not.
`pulumi refresh`, `up --refresh` and `destroy` take what the state has, and run no program that
could look.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NoReturn

import dill  # type: ignore[import-untyped]

from clerkstack.providers.errors import ResourceFailed, plainly
from clerkstack.state_code import is_ours

REFUSED = (
    "The provider of this resource is not one of this project's, and was not run: it is code that "
    "somebody wrote into the state. bin/clerkstack doctor --stack <stack> says what to do. Where "
    'it is your own: docs/team.md, "A state is code".'
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
        return load(pickle, *rest, **options) if is_ours(pickle) else Refused()

    return loads


def main() -> None:
    """Serve, until the engine ends it."""
    dill.loads = only_ours(dill.loads)
    import_module("pulumi.dynamic.__main__")


if __name__ == "__main__":
    main()
