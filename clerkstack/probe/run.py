"""Runs all probes of a stack's account, and records it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from clerkstack.intent_log import probe_log
from clerkstack.premises.table import PREMISES
from clerkstack.probe import reading, writing
from clerkstack.probe.account import Account, Probe, Result, State
from clerkstack.settings.models import Settings

_GRAVITY = (State.UNRESOLVED, State.HOLDS, State.UNASKED, State.FAILS)


def probes(settings: Settings, *, write: bool) -> Iterator[Probe]:
    """The probes for what a stack declares."""
    use = settings.components
    yield from reading.OF_CLERK
    if write:
        yield writing.OF_CONFIG
    if use.webhook:
        yield reading.OF_SVIX
        if write:
            yield writing.OF_SVIX
    if use.environment:
        yield from reading.OF_VERCEL
        if write:
            yield writing.OF_VERCEL


def probed(account: Account, *, write: bool, progress: Callable[[str], None]) -> dict[str, Result]:
    """Run the probes; returns the results by premise, in the order of the table. `progress` is
    called as each probe starts. If two probes check a premise, the worse result counts."""
    results: dict[str, Result] = {}
    for probe in probes(account.settings, write=write):
        progress(", ".join(probe.premises))
        for result in probe.results(account):
            known = results.get(result.premise)
            if known is None or _gravity(result) > _gravity(known):
                results[result.premise] = result
    return {premise.id: results[premise.id] for premise in PREMISES if premise.id in results}


def _gravity(result: Result) -> int:
    return _GRAVITY.index(result.state)


def remember(application_id: str, results: dict[str, Result]) -> None:
    """Record when an application was probed, and which premises did not hold."""
    failing = [result.premise for result in results.values() if result.state is State.FAILS]
    time = datetime.now(UTC).isoformat(timespec="seconds")
    probe_log(application_id).record({"probed": time, "does not hold": failing})
