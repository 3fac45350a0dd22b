"""The queries of the lists of messages and attempts, checked before the backend sees them.

Source: Svix API description, parameters of v1.message.list, v1.message-attempt.list-by-endpoint,
v1.message-attempt.list-by-msg and v1.endpoint.get-stats.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from starlette.datastructures import QueryParams

from local.world.svix.errors import Invalid
from local.world.svix.inputs import MOMENT
from local.world.svix.messages import STATUSES, Wanted
from local.world.wire import number

LARGEST_PAGE = 250
DEFAULT_PAGE = 50
CODE_CLASSES = frozenset({0, 100, 200, 300, 400, 500})
WORD = re.compile(r"[a-zA-Z0-9\-_.]{1,256}")
CHANNEL = re.compile(r"[a-zA-Z0-9\-_.:+]{1,128}")
TAG = re.compile(r"[a-zA-Z0-9\-_./\\#]{1,128}")
Read = TypeVar("Read")


def wanted(query: QueryParams, prefix: str) -> Wanted:
    """Read the filters of a list; ``prefix`` is that of the ids in its iterator.

    Raises:
        Invalid: a parameter is wrong.
    """
    return Wanted(
        limit=page_size(query),
        iterator=iterator(query, f"{prefix}[A-Za-z0-9]{{27}}"),
        before=moment(query, "before"),
        after=moment(query, "after"),
        event_types=_event_types(query),
        channel=_one(query, "channel", _matching(CHANNEL)),
        tag=_one(query, "tag", _matching(TAG)),
        status=_one(query, "status", _among(range(len(STATUSES)))),
        code_class=_one(query, "status_code_class", _among(CODE_CLASSES)),
        endpoint_id=_one(query, "endpoint_id", _matching(WORD)),
    )


def page_size(query: QueryParams) -> int:
    """Read the size of a page, which may be 0; raises ``Invalid``."""
    found = _one(query, "limit", _among(range(LARGEST_PAGE + 1)))
    return DEFAULT_PAGE if found is None else found


def iterator(query: QueryParams, form: str) -> str | None:
    """Read where a list continues, or with a minus goes back from; raises ``Invalid``."""
    return _one(query, "iterator", _matching(re.compile(f"-?{form}")))


def descending(query: QueryParams, *, default: bool) -> bool:
    """Read the order of a list; raises ``Invalid``."""
    found = _one(query, "order", {"ascending": False, "descending": True}.get)
    return default if found is None else found


def moment(query: QueryParams, name: str) -> float | None:
    """Read a time as seconds since the epoch; raises ``Invalid``."""

    def read(text: str) -> float | None:
        if not MOMENT.fullmatch(text):
            return None
        try:
            return seconds(text)
        except (ValueError, OverflowError):
            return None

    return _one(query, name, read)


def seconds(moment: str) -> float:
    """Return a time as seconds since the epoch."""
    return datetime.fromisoformat(moment.upper()).timestamp()


def switch(query: QueryParams, name: str, *, default: bool) -> bool:
    """Read a true or false; raises ``Invalid``."""
    found = _one(query, name, {"true": True, "false": False}.get)
    return default if found is None else found


def _one(query: QueryParams, name: str, read: Callable[[str], Read | None]) -> Read | None:
    text = query.get(name)
    if text is None:
        return None
    found = read(text)
    if found is None:
        raise Invalid([(["query", name], "not of the described form", "value_error")])
    return found


def _matching(form: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: text if form.fullmatch(text) else None


def _among(numbers: range | frozenset[int]) -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        found = number(text)
        return found if found is not None and found in numbers else None

    return read


def _event_types(query: QueryParams) -> frozenset[str]:
    given = query.getlist("event_types")
    if len({*given}) < len(given) or not all(WORD.fullmatch(each) for each in given):
        raise Invalid([(["query", "event_types"], "not distinct event types", "value_error")])
    return frozenset(given)
