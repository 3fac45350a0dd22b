"""The headers of a webhook endpoint: what is declared of them, and what Svix shows (Svix API,
EndpointHeadersOut).

Svix takes them one by one, shows the values of most, and of some (authorization, …) the names
alone. Names are the same whatever their letters' case. Headers that nobody declares stay. Values
are secrets: no text that is made here holds one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from clerkstack.reconcile.changes import Json, JsonObject
from clerkstack.reconcile.shapes import as_objects, as_texts_by_name

Headers = Mapping[str, str]
Writes = dict[str, str | None]
"""Values to set by name; None takes a header away."""
HEADERS_BEFORE = "headers_before"
"""The property of a state that has what headers_before gives."""
VALUE, MASKED = "value", "masked"


@dataclass(frozen=True)
class LiveHeaders:
    """The headers that an endpoint has: values by name, and names whose values are not shown."""

    values: Headers = field(default_factory=dict)
    masked: tuple[str, ...] = ()

    def spelled(self, name: str) -> str | None:
        """A header's name as it is live, None where there is none."""
        return {header.lower(): header for header in (*self.values, *self.masked)}.get(name.lower())

    def value(self, name: str) -> str | None:
        """The value of a header, None where it is not there or not shown."""
        return self.values.get(self.spelled(name) or "")


def headers_of(inputs: Mapping[str, Json]) -> dict[str, str]:
    """The declared headers, out of a resource's inputs."""
    return as_texts_by_name(inputs.get("headers"), "headers")


def header_writes(declared: Headers, known: Headers, live: LiveHeaders) -> Writes:
    """What brings the declared headers. `known` are those that the state has: a value that is not
    shown is written where it is another one there."""
    return {
        live.spelled(name) or name: value
        for name, value in declared.items()
        if _differs(name, value, known, live)
    }


def headers_not_kept(declared: Headers, live: LiveHeaders) -> list[str]:
    """The declared headers that are not live as they were sent, as far as that is shown."""
    return [name for name, value in declared.items() if _differs(name, value, {name: value}, live)]


def edited_headers(declared: Headers, known: Headers, live: LiveHeaders) -> list[str]:
    """The headers that somebody changed since the state was brought up to date, and that a write
    would change back although no preview showed that."""
    found = []
    for name, value in declared.items():
        was = _at(known, name)
        now = live.value(name)
        hidden = now is None and live.spelled(name) is not None
        if was is not None and not hidden and now not in (was, value):
            found.append(name)
    return found


def headers_before(
    before: Mapping[str, Json],
    olds: Headers,
    declared: Headers,
    live: LiveHeaders,
    absent: Iterable[str] = (),
) -> JsonObject:
    """What there was of each declared header before it was declared: `{"value": …}`,
    `{"masked": true}` where it is not shown, nothing where there was none.

    Args:
        before: the same of the state.
        olds: the headers that the state declares.
        declared: those that are declared now.
        live: those that there are.
        absent: those that were not there, as an interrupted run recorded.
    """
    found: JsonObject = {}
    made = {name.lower() for name in absent}
    for name in declared:
        low = name.lower()
        if _at(olds, name) is not None:
            if low in before:
                found[low] = before[low]
        elif (spelled := live.spelled(name)) is not None and low not in made:
            shown = spelled in live.values
            found[low] = {VALUE: live.values[spelled]} if shown else {MASKED: True}
    return found


def header_reverts(before: Mapping[str, Json], gone: Headers, live: LiveHeaders) -> Writes:
    """What reverts headers that are not declared any more; whoever changed one since keeps what
    they set. One whose value was not shown before stays as it is."""
    back: Writes = {}
    found = as_objects({**before}, HEADERS_BEFORE)
    for name, mine in gone.items():
        was, spelled = found.get(name.lower(), {}), live.spelled(name)
        if spelled is None or was.get(MASKED) or live.values.get(spelled, mine) != mine:
            continue
        value = was.get(VALUE)
        back[spelled] = None if value is None else str(value)
    return back


def undeclared_headers(olds: Headers, declared: Headers) -> dict[str, str]:
    """The headers that the state declares and nothing else any more."""
    return {name: value for name, value in olds.items() if _at(declared, name) is None}


def live_headers_view(declared: Headers, live: LiveHeaders) -> dict[str, str]:
    """The declared headers as they are live; those that are gone are left out, and one that is not
    shown is taken to be as declared."""
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
