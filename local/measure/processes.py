"""Measures an `up` process by process: CPU seconds, start, end and memory of each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from local.measure import proc
from local.measure.operations import FIRST, UNCHANGED, WITH_PACK
from local.measure.projects import PACK, UP, pulumi, whole_project
from local.measure.results import Account, Accounts
from local.measure.roles import by_role
from local.measure.sampler import Sampler
from local.project import Project
from local.world import World

ACCOUNTED = ((FIRST, UP), (UNCHANGED, UP), (WITH_PACK, (*UP, *PACK)))


def processes(count: int, say: Callable[[str], None]) -> tuple[Accounts, ...]:
    """Account a first `up`, an unchanged one, and one with the policy pack.

    Args:
        count: how many rounds.
        say: called with each command's name as it begins.

    Raises:
        proc.NotHere: this system does not account for processes.
        command.Failed: a command failed.
    """
    proc.needed()
    accounts: dict[str, list[Account]] = {name: [] for name, _ in ACCOUNTED}
    for number in range(count):
        head = f"processes, round {number + 1} of {count}"
        with tempfile.TemporaryDirectory() as folder, World(Path(folder) / "world") as world:
            say(f"{head}: a stack")
            project = whole_project(Path(folder) / "project", world)
            for name, words in ACCOUNTED:
                say(f"{head}: {name}")
                accounts[name].append(_account(project, *words))
    return tuple(Accounts(name=name, rounds=tuple(each)) for name, each in accounts.items())


def _account(project: Project, *words: str) -> Account:
    sampler = Sampler()
    pulumi(project, words, sampler)
    return Account(
        seconds=sampler.seconds,
        sampling=sampler.sampling,
        roles=by_role(sampler.seen.values()),
    )
