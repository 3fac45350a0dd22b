"""Compares the declared headers of a webhook endpoint with those that Svix shows (Svix API,
EndpointHeadersOut).

Svix accepts single headers. It shows the values of most, but only the names of some (authorization,
…). Names are case insensitive. Headers that nobody declares stay. Values are secrets: no text made
here contains one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from clerkstack.shapes import Json, JsonObject, as_objects, as_texts_by_name

Headers = Mapping[str, str]
Writes = dict[str, str | None]
"""Values to set by name; None removes a header."""
HEADERS_BEFORE = "headers_before"
"""The property of a state with the result of `headers_before`."""
VALUE, MASKED = "value", "masked"


@dataclass(frozen=True)
class LiveHeaders:
    """An endpoint's headers: values by name, and the names whose values are not shown."""

    values: Headers = field(default_factory=dict)
    masked: tuple[str, ...] = ()

    def spelled(self, name: str) -> str | None:
        """A header's name as it is spelled live, None if it is missing."""
        return {header.lower(): header for header in (*self.values, *self.masked)}.get(name.lower())

    def value(self, name: str) -> str | None:
        """The value of a header, None if it is missing or not shown."""
        return self.values.get(self.spelled(name) or "")


def headers_of(inputs: Mapping[str, Json]) -> dict[str, str]:
    """The declared headers in a resource's inputs."""
    return as_texts_by_name(inputs.get("headers"), "headers")


def header_writes(declared: Headers, known: Headers, live: LiveHeaders) -> Writes:
    """The writes for the declared headers. `known` are those in the state: a value that is not
    shown is written if it differs from the state's."""
    return {
        live.spelled(name) or name: value
        for name, value in declared.items()
        if _differs(name, value, known, live)
    }


def headers_not_kept(declared: Headers, live: LiveHeaders) -> list[str]:
    """The declared headers that are not live as sent, as far as Svix shows them."""
    return [name for name, value in declared.items() if _differs(name, value, {name: value}, live)]


def edited_headers(declared: Headers, known: Headers, live: LiveHeaders) -> list[str]:
    """The headers that somebody changed since the last refresh of the state, and that a write would
    change back although no preview showed that."""
    missing = []
    for name, value in declared.items():
        was = _at(known, name)
        now = live.value(name)
        hidden = now is None and live.spelled(name) is not None
        if was is not None and not hidden and now not in (was, value):
            missing.append(name)
    return missing


def headers_before(
    before: Mapping[str, Json],
    olds: Headers,
    declared: Headers,
    live: LiveHeaders,
    absent: Iterable[str] = (),
) -> JsonObject:
    """The earlier value of each declared header: `{"value": …}`, `{"masked": true}` if Svix does
    not show it, no entry if there was none.

    Args:
        before: the result that the state keeps.
        olds: the headers that the state declares.
        declared: the headers that are declared now.
        live: the live headers.
        absent: the headers that were missing, as an interrupted run recorded.
    """
    result: JsonObject = {}
    made = {name.lower() for name in absent}
    for name in declared:
        low = name.lower()
        if _at(olds, name) is not None:
            if low in before:
                result[low] = before[low]
        elif (spelled := live.spelled(name)) is not None and low not in made:
            shown = spelled in live.values
            result[low] = {VALUE: live.values[spelled]} if shown else {MASKED: True}
    return result


def header_reverts(before: Mapping[str, Json], gone: Headers, live: LiveHeaders) -> Writes:
    """The writes that revert headers that are no longer declared. A header that somebody changed
    since stays, and so does one whose earlier value was not shown."""
    back: Writes = {}
    earlier = as_objects({**before}, HEADERS_BEFORE)
    for name, mine in gone.items():
        was, spelled = earlier.get(name.lower(), {}), live.spelled(name)
        if spelled is None or was.get(MASKED) or live.values.get(spelled, mine) != mine:
            continue
        value = was.get(VALUE)
        back[spelled] = None if value is None else str(value)
    return back


def undeclared_headers(olds: Headers, declared: Headers) -> dict[str, str]:
    """The headers that the state declares and that are no longer declared."""
    return {name: value for name, value in olds.items() if _at(declared, name) is None}


def live_headers_view(declared: Headers, live: LiveHeaders) -> dict[str, str]:
    """The live values of the declared headers, without missing ones; a value that is not shown is
    assumed to be as declared."""
    view = {}
    for name, value in declared.items():
        spelled = live.spelled(name)
        if spelled is not None:
            view[name] = live.values.get(spelled, value)
    return view


def _differs(name: str, value: str, known: Headers, live: LiveHeaders) -> bool:
    spelled = live.spelled(name)
    if spelled is None:
        return True
    if spelled in live.values:
        return live.values[spelled] != value
    return _at(known, name) != value


def _at(headers: Headers, name: str) -> str | None:
    return {header.lower(): value for header, value in headers.items()}.get(name.lower())
