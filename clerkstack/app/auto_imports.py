"""Names that a framework imports automatically: components of Nuxt and of Vite plugins, named after
their files, and functions in certain folders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clerkstack.app.facts_of_files import FileFacts

_FUNCTIONS = frozenset({"composables", "utils", "hooks"})
_LAZY = "Lazy"


def names_of(path: str, facts: FileFacts) -> Iterator[tuple[str, str]]:
    """Yield (name in other files, exported name) for each export that needs no import.

    Args:
        path: the file's path within the app.
        facts: the facts of that file.
    """
    if path.endswith(".vue"):
        yield from ((name, "default") for name in component_names(path))
    elif not _FUNCTIONS.isdisjoint(path.split("/")[:-1]):
        yield from ((name, name) for name, *_ in facts.exported() if name != "default")


def component_names(path: str) -> list[str]:
    """Return the automatic names of a Vue component: `components/billing/Gate.vue` is `Gate` and
    `BillingGate`, each also with the prefix `Lazy`."""
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
    """Convert `plan-gate` to `PlanGate`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("-"))


def kebab(name: str) -> str:
    """Convert `PlanGate` to `plan-gate`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
