"""All probes of a stack's account, and the note that they ran."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from clerkstack.intent_log import probe_log
from clerkstack.premises.table import PREMISES
from clerkstack.probe import reading, writing
from clerkstack.probe.account import Account, Probe, Result, State
from clerkstack.settings import Settings

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
    """What was found, by premise, in the order of the table; each probe is told as it begins. Of a
    premise that two probes tell, the worse counts."""
    found: dict[str, Result] = {}
    for probe in probes(account.settings, write=write):
        progress(", ".join(probe.premises))
        for result in probe.told(account):
            known = found.get(result.premise)
            if known is None or _gravity(result) > _gravity(known):
                found[result.premise] = result
    return {premise.id: found[premise.id] for premise in PREMISES if premise.id in found}


def _gravity(result: Result) -> int:
    return _GRAVITY.index(result.state)


def remember(application_id: str, found: dict[str, Result]) -> None:
    """Note when an application was probed, and what did not hold."""
    failing = [each.premise for each in found.values() if each.state is State.FAILS]
    time = datetime.now(UTC).isoformat(timespec="seconds")
    probe_log(application_id).record({"probed": time, "does not hold": failing})
