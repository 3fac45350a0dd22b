"""What frameworks import by themselves: components of Nuxt and of plugins for Vite, by the names
of their files, and functions in folders that are known for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clerkstack.app.facts_of_files import FileFacts

_FUNCTIONS = frozenset({"composables", "utils", "hooks"})
_LAZY = "Lazy"


def names_of(path: str, facts: FileFacts) -> Iterator[tuple[str, str]]:
    """The names by which other files have what a file exports, each with its name there.

    Args:
        path: of the file, within the app.
        facts: what the file says.
    """
    if path.endswith(".vue"):
        yield from ((name, "default") for name in component_names(path))
    elif not _FUNCTIONS.isdisjoint(path.split("/")[:-1]):
        yield from ((name, name) for name, *_ in facts.exported() if name != "default")


def component_names(path: str) -> list[str]:
    """What a component of Vue is called where nothing imports it: `components/billing/Gate.vue` is
    `Gate`, `BillingGate`, and both with `Lazy`."""
    *folders, file = path.split("/")
    if "components" not in folders:
        return []
    *folders, last = [*folders[folders.index("components") + 1 :], file.partition(".")[0]]
    if last == "index" and folders:
        last = folders.pop()
    short = long = pascal(last)
    for folder in reversed(folders):
        long = long if long.startswith(pascal(folder)) else pascal(folder) + long
    names = dict.fromkeys((short, long))
    return [*names, *(_LAZY + name for name in names)]


def pascal(name: str) -> str:
    """`plan-gate` as `PlanGate`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("-"))


def kebab(name: str) -> str:
    """`PlanGate` as `plan-gate`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
