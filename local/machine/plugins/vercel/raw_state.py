"""What the official provider, a bridged one, keeps beside a variable's properties in the state.

Two things that are seen in its states: the outputs hold ``id``, with which it asks Vercel whatever
the resource's own id is; and they hold a delta by which it makes its own form of the state out of
the others. Where the delta says something of a property, an edit of that property in an exported
state is undone; without the delta the properties are taken as they stand.

Not known, and taken strictly: the delta says something of every value, and the empty ``id`` of a
state that lacks it is asked for in an update and a removal as it is in a refresh. What the delta
looks like inside is nobody's business: one of another form is passed over.
"""

from __future__ import annotations

import json
from typing import Any

from local.machine.plugins.wire import Properties, Secret, reveal

DELTA = "__pulumi_raw_state_delta"


def with_delta(outputs: Properties, name: str) -> Properties:
    """The outputs with a delta that keeps the property ``name`` as it is now."""
    raw = json.dumps(reveal(outputs.get(name)))
    return outputs | {DELTA: {"obj": {"ps": {name: {"replace": {"raw": Secret(raw)}}}}}}


def raw_state(outputs: Properties) -> Properties:
    """The outputs as the provider sees them: what the delta keeps is put back, the delta gone."""
    state = dict(outputs)
    for name, delta in _properties(state.pop(DELTA, None)).items():
        try:
            kept = json.loads(delta["replace"]["raw"])
        except (KeyError, TypeError, ValueError):
            continue
        state.pop(name, None)
        if kept is not None:
            state[name] = kept
    return state


def id_of(state: Properties) -> str:
    """The id that Vercel is asked for; empty if the outputs have none."""
    return str(reveal(state.get("id")) or "")


def _properties(delta: Any) -> dict[str, Any]:
    plain = reveal(delta)
    try:
        return dict(plain["obj"]["ps"])
    except (KeyError, TypeError, ValueError):
        return {}
