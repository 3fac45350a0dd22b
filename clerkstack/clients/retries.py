"""When a request is retried, after which wait, and for how long."""

from __future__ import annotations

import datetime
import email.utils
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from tenacity import RetryCallState, Retrying, wait_exponential_jitter

from clerkstack.clients.errors import Unreachable

ATTEMPTS = 6
SECONDS_IN_ALL = 60.0  # no attempt starts later than this after the first one
REPEATED_STATUS = frozenset({429, 500, 502, 503, 504})
SAFE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})

_back_off = wait_exponential_jitter(multiplier=0.5, max=15, jitter=0.5)


@dataclass(frozen=True)
class NoAnswer:
    """An attempt without an answer. `passing` is False if the next one must fail too."""

    failure: Unreachable
    passing: bool


Outcome = httpx.Response | NoAnswer


def repeated(
    attempt: Callable[[], Outcome],
    *,
    repeatable: bool,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    wait: Callable[[httpx.Response], float | None] = lambda _response: None,
) -> Outcome:
    """Attempt until the outcome is final, and return it.

    A repeatable request is retried after 429, 500, 502, 503, 504 and a lost connection; any other
    only after 429, after a 403 that names a wait, and if there was no connection. Waits grow and
    have jitter; Retry-After takes precedence, then what `wait` reads from the service's answer. A
    wait that would end too late is not started.
    """
    started = clock()

    def asked(response: httpx.Response) -> float | None:
        named = retry_after(response)
        return wait(response) if named is None else named

    def again(state: RetryCallState) -> bool:
        outcome = _outcome(state)
        if isinstance(outcome, NoAnswer):
            return outcome.passing and (repeatable or not outcome.failure.sent)
        status = outcome.status_code
        limited = status == 429 or (status == 403 and asked(outcome) is not None)
        return limited or (repeatable and status in REPEATED_STATUS)

    def pause(state: RetryCallState) -> float:
        outcome = _outcome(state)
        named = None if isinstance(outcome, NoAnswer) else asked(outcome)
        return named or _back_off(state)

    def spent(state: RetryCallState) -> bool:
        passed = max(clock() - started, state.idle_for)
        late = passed + state.upcoming_sleep > SECONDS_IN_ALL
        return late or state.attempt_number >= ATTEMPTS

    retrying = Retrying(
        sleep=sleep, retry=again, wait=pause, stop=spent, retry_error_callback=_outcome
    )
    return retrying(attempt)


def retry_after(response: httpx.Response) -> float | None:
    """The wait in seconds that the answer asks for (Retry-After, in seconds or as a date), or
    None."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.UTC)
    return max(0.0, (when - datetime.datetime.now(datetime.UTC)).total_seconds())


def _outcome(state: RetryCallState) -> Outcome:
    assert state.outcome is not None
    outcome: Outcome = state.outcome.result()
    return outcome
