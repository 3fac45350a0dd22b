"""Who changes an instance by the one write protocol, and who writes in another way, and why."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from clerkstack import providers
from clerkstack.providers.base import ClerkProvider
from clerkstack.providers.write_protocol import WritingProvider

OTHERWISE = {
    "InstanceProvider": "finds an instance or makes it once, and never changes or removes it",
    "RotationsProvider": "keeps what is in the state and sends nothing",
    "VercelProjectProvider": "reads",
    "WrittenVariablesProvider": "writes again what Vercel's own resource has written",
}
STEPS = ("create", "update", "read")
"""What the base class has to itself."""


def providers_of_the_project() -> set[type[ClerkProvider]]:
    for module in iter_modules(providers.__path__):
        import_module(f"{providers.__name__}.{module.name}")
    return {*_below(ClerkProvider)}


def _below(kind: type[ClerkProvider]) -> set[type[ClerkProvider]]:
    own = {one for one in kind.__subclasses__() if one.__module__.startswith(providers.__name__)}
    return own.union(*map(_below, own))


def test_a_provider_follows_the_protocol_or_says_why_not() -> None:
    others = {one for one in providers_of_the_project() if not issubclass(one, WritingProvider)}

    assert {one.__name__ for one in others} == set(OTHERWISE)


def test_no_provider_has_steps_of_its_own() -> None:
    own = [
        f"{one.__name__}.{step}"
        for one in _below(ClerkProvider)
        for step in (*STEPS, *(["bring"] if issubclass(one, WritingProvider) else []))
        if step in vars(one) and one is not WritingProvider
    ]

    assert own == ["InstanceProvider.read"], "its inputs have a secret, which a refresh leaves out"
