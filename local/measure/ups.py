"""Measures an `up`, compared with an empty program and with one of each kind on the same engine,
and counts its requests.

Each ratio is the median of the rounds' ratios, which a slow machine does not affect.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from clerkstack.catalog.load import load_catalog
from local.large_catalog import large_catalog
from local.measure.operations import (
    EMPTY_FIRST,
    EMPTY_UNCHANGED,
    FIRST,
    FIRST_KIND,
    LARGE_PRICE,
    LARGE_UNCHANGED,
    LARGE_UP,
    LEAST_FIRST,
    LEAST_UNCHANGED,
    ONE_PRICE,
    PREVIEW,
    SIZE,
    UNCHANGED,
    UNCHANGED_KIND,
    WITH_PACK,
)
from local.measure.projects import (
    PACK,
    STACK,
    UP,
    empty_program,
    one_of_each,
    pulumi,
    whole_project,
)
from local.measure.results import Cost, Large, Requests, Rounds, Ups
from local.project import Project
from local.world import World


class Kept:
    """The rounds so far, by name."""

    def __init__(self) -> None:
        self._costs: dict[tuple[str, str], list[Cost]] = {}
        self.requests: dict[str, Counter[str]] = {}

    def keep(self, name: str, kind: str, cost: Cost) -> None:
        """Add a round's cost."""
        self._costs.setdefault((name, kind), []).append(cost)

    def rounds(self, *names: str) -> tuple[Rounds, ...]:
        """Return all rounds, or the named ones."""
        return tuple(
            Rounds(name=name, kind=kind, costs=tuple(costs))
            for (name, kind), costs in self._costs.items()
            if not names or name in names
        )


def ups(count: int, say: Callable[[str], None], *, large: bool) -> tuple[Ups, Large | None]:
    """Run the rounds, with the large catalog on request.

    Args:
        count: how many rounds.
        say: called with each command's name as it begins.
        large: whether to measure the large catalog too.

    Raises:
        command.Failed: a command failed.
    """
    kept, kept_large = Kept(), Kept()
    for number in range(count):
        head = f"ups, round {number + 1} of {count}"
        with tempfile.TemporaryDirectory() as folder:
            _round(Path(folder), kept, kept_large, partial(_after, head, say), large)
    made = Ups(
        rounds=kept.rounds(),
        requests=tuple(Requests(name=n, sent=dict(c)) for n, c in kept.requests.items()),
    )
    if not large:
        return made, None
    base = kept.rounds(LEAST_FIRST, LEAST_UNCHANGED)
    return made, Large(size=SIZE, rounds=kept_large.rounds(), base=base)


def _after(head: str, say: Callable[[str], None], name: str) -> None:
    say(f"{head}: {name}")


def _round(
    folder: Path, kept: Kept, kept_large: Kept, say: Callable[[str], None], large: bool
) -> None:
    def measure(project: Project, name: str, kind: str, *words: str, into: Kept = kept) -> None:
        say(name)
        into.keep(name, kind, pulumi(project, words or UP))

    with World(folder / "world") as world:
        say("the empty program and one of each")
        empty = empty_program(folder / "empty", world)
        measure(empty, EMPTY_FIRST, FIRST_KIND)
        measure(empty, EMPTY_UNCHANGED, UNCHANGED_KIND)
        least = one_of_each(folder / "one-of-each", world)
        measure(least, LEAST_FIRST, FIRST_KIND)
        measure(least, LEAST_UNCHANGED, UNCHANGED_KIND)
        project = whole_project(folder / "project", world)
        for name, kind, words in (
            (FIRST, FIRST_KIND, UP),
            (UNCHANGED, UNCHANGED_KIND, UP),
            (WITH_PACK, UNCHANGED_KIND, (*UP, *PACK)),
            (PREVIEW, UNCHANGED_KIND, ("preview", "--stack", STACK)),
        ):
            world.clear_journal()
            measure(project, name, kind, *words)
            kept.requests[name] = _requests(world)
        project.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
        world.clear_journal()
        measure(project, ONE_PRICE, UNCHANGED_KIND)
        kept.requests[ONE_PRICE] = _requests(world)
        if large:
            _replace_catalog(project)
            measure(project, LARGE_UP, UNCHANGED_KIND, into=kept_large)
            measure(project, LARGE_UNCHANGED, UNCHANGED_KIND, into=kept_large)
            project.edit("catalog.yaml", ("amount: 1000\n", "amount: 1001\n"))
            measure(project, LARGE_PRICE, UNCHANGED_KIND, into=kept_large)


def _replace_catalog(project: Project) -> None:
    """Replace the project's catalog by the large one. This removes plans and features, which the
    stack must allow."""
    file = project.folder / "catalog.yaml"
    catalog = load_catalog(file)
    gone = {"plans": list(catalog.plans), "features": list(catalog.features)}
    project.set("allow", {part: {slug: ["remove"] for slug in of} for part, of in gone.items()})
    file.write_text(large_catalog())


def _requests(world: World) -> Counter[str]:
    return Counter(
        f"{entry.service}, {'read' if entry.method in ('GET', 'HEAD') else 'write'}"
        for entry in world.journal()
    )
