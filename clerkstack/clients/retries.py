"""When a request is sent again, after how long, and when that ends."""

from __future__ import annotations

import datetime
import email.utils
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from tenacity import RetryCallState, Retrying, wait_exponential_jitter

from clerkstack.clients.errors import Unreachable

ATTEMPTS = 6
SECONDS_IN_ALL = 60.0  # no new attempt starts later than this after the first one
REPEATED_STATUS = frozenset({429, 500, 502, 503, 504})
SAFE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})

_back_off = wait_exponential_jitter(multiplier=0.5, max=15, jitter=0.5)


@dataclass(frozen=True)
class Lost:
    """An attempt without an answer. `passing` is False where the next one must fail as well."""

    failure: Unreachable
    passing: bool


Outcome = httpx.Response | Lost


def repeated(
    attempt: Callable[[], Outcome],
    *,
    repeatable: bool,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    wait: Callable[[httpx.Response], float | None] = lambda _response: None,
) -> Outcome:
    """Attempt until there is something final, and return that.

    What is repeatable is attempted again after 429, 500, 502, 503, 504 and a lost connection;
    anything else only after 429, after 403 that names a time to wait, and where the connection was
    never made. Waits grow and carry jitter, Retry-After goes before that, then what `wait` reads
    in the service's own way, and a wait that would end too late is not begun.
    """
    started = clock()

    def asked(response: httpx.Response) -> float | None:
        named = retry_after(response)
        return wait(response) if named is None else named

    def again(state: RetryCallState) -> bool:
        outcome = _outcome(state)
        if isinstance(outcome, Lost):
            return outcome.passing and (repeatable or not outcome.failure.sent)
        status = outcome.status_code
        limited = status == 429 or (status == 403 and asked(outcome) is not None)
        return limited or (repeatable and status in REPEATED_STATUS)

    def pause(state: RetryCallState) -> float:
        outcome = _outcome(state)
        named = None if isinstance(outcome, Lost) else asked(outcome)
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
    """Seconds that the answer asks to wait (Retry-After, as seconds or as a date), or None."""
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
