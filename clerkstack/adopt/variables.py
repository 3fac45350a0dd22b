"""Splits a shared variable at Vercel: every place gets its own, none loses its value.

Vercel has no request that takes a place out of one variable and creates another for it. Between the
two requests, for a tenth of a second, the place is without the variable, and only a build that
starts then would notice. The intent log first records what to create, without values: the shared
variable keeps the value until the last place has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from clerkstack.adopt.splitting import Own, Split, places, value_of
from clerkstack.clients.errors import ApiError
from clerkstack.intent_log import IntentLog
from clerkstack.problems import ClerkstackError
from clerkstack.settings.names import VARIABLE_COMMENT

if TYPE_CHECKING:
    from clerkstack.clients.vercel import EnvironmentVariable, VercelClient

TARGETS = ("production", "preview", "development")


def split(
    client: VercelClient,
    project: str,
    wanted: Split,
    read: Callable[[], Sequence[EnvironmentVariable]],
) -> dict[str, str]:
    """Split a variable and read it back; returns the ids of the resulting declared variables, by
    name. `read` reads the project's variables again.

    Raises:
        ClerkstackError: Vercel does not show what was written.
        ApiError, Unreachable: the next run continues.
    """
    shared = wanted.variable
    log = _log(project, shared.id)
    others = {own.place: own.kind for own in wanted.own if not own.name}
    if others:
        log.record({"places": others})
    left = list(places(shared))
    for own in wanted.own:
        _move(client, project, shared, own, left)
        left.remove(own.place)
    live = read()
    _verify(live, wanted, left)
    log.forget()
    variables = {own.name: _at(live, shared.key, own.place) for own in wanted.own if own.name}
    ids = {name: variable.id for name, variable in variables.items() if variable is not None}
    return {**ids, wanted.stays: shared.id} if wanted.stays else ids


def finish(client: VercelClient, project: str, live: Sequence[EnvironmentVariable]) -> bool:
    """Create the variables of places that a killed run took out of a shared one. Returns whether
    there were any."""
    any_found = False
    for shared in live:
        log = _log(project, shared.id)
        noted = log.read().get("places")
        if not isinstance(noted, dict):
            continue
        value = value_of(shared)
        for place, kind in noted.items():
            if value is not None and _at(live, shared.key, place) is None:
                _create(client, project, shared, Own(place, str(kind)), value)
                any_found = True
        log.forget()
    return any_found


def _move(
    client: VercelClient,
    project: str,
    shared: EnvironmentVariable,
    own: Own,
    left: Sequence[str],
) -> None:
    """Take a place out of the shared variable and create its own; if that is refused, put it
    back."""
    value = own.value if own.value is not None else value_of(shared)
    if value is None:
        raise ClerkstackError(f"The value of {shared.key} for {own.place} is unknown.")
    _narrow(client, project, shared, [place for place in left if place != own.place])
    try:
        _create(client, project, shared, own, value)
    except ApiError:
        _narrow(client, project, shared, left)
        raise


def _narrow(
    client: VercelClient, project: str, shared: EnvironmentVariable, left: Sequence[str]
) -> None:
    client.narrow_variable(
        project,
        shared.id,
        targets=[place for place in left if place in TARGETS],
        custom_environments=[place for place in left if place not in TARGETS],
    )


def _create(
    client: VercelClient, project: str, shared: EnvironmentVariable, own: Own, value: str
) -> None:
    target = own.place in TARGETS
    client.create_variable(
        project,
        shared.key,
        value,
        targets=[own.place] if target else [],
        custom_environments=[] if target else [own.place],
        comment=VARIABLE_COMMENT if own.name else shared.comment or "",
        kind=own.kind,
    )


def _at(live: Sequence[EnvironmentVariable], key: str, place: str) -> EnvironmentVariable | None:
    return next(
        (
            variable
            for variable in live
            if variable.key == key and place in places(variable) and not variable.git_branch
        ),
        None,
    )


def _verify(live: Sequence[EnvironmentVariable], wanted: Split, left: Sequence[str]) -> None:
    """Check that each place has its own variable, with its earlier value."""
    shared, wrong = wanted.variable, []
    for place in (*left, *(own.place for own in wanted.own)):
        variable = _at(live, shared.key, place)
        others = set(left) if place in left else {place}
        if variable is None or set(places(variable)) != others:
            wrong.append(place)
            continue
        written = next((own.value for own in wanted.own if own.place == place), None)
        expected, live_value = written or value_of(shared), value_of(variable)
        if expected is not None and live_value is not None and live_value != expected:
            wrong.append(place)
    if wrong:
        raise ClerkstackError(
            f"Vercel does not show {shared.key} as clerkstack split it, for "
            f"{', '.join(wrong)}. Check the project's settings, Environment Variables, then "
            "run the same command again."
        )


def _log(project: str, variable_id: str) -> IntentLog:
    return IntentLog(f"split of {project}/{variable_id}")
