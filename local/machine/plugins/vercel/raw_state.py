"""Emulates what the official, bridged provider stores in addition to a variable's properties.

Its states show two things. The outputs have ``id``, which it sends to Vercel whatever the
resource's own id is. And they have a delta, from which it restores its own form of the state: if
the delta covers a property, an edit of that property in an exported state is undone; without the
delta, the properties are used as they are.

Unknown, so taken strictly: the delta covers every value, and if a state lacks ``id``, an update and
a removal use the empty id, as a refresh does. The inner form of the delta is private; a delta of
another form is ignored.
"""

from __future__ import annotations

import json
from typing import Any

from local.machine.plugins.wire import Properties, Secret, reveal

DELTA = "__pulumi_raw_state_delta"


def with_delta(outputs: Properties, name: str) -> Properties:
    """Return the outputs with a delta that fixes the current value of the property ``name``."""
    raw = json.dumps(reveal(outputs.get(name)))
    return outputs | {DELTA: {"obj": {"ps": {name: {"replace": {"raw": Secret(raw)}}}}}}


def raw_state(outputs: Properties) -> Properties:
    """Return the outputs as the provider sees them: with the delta applied and removed."""
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
    """Return the id that is sent to Vercel; empty if the outputs have none."""
    return str(reveal(state.get("id")) or "")


def _properties(delta: Any) -> dict[str, Any]:
    plain = reveal(delta)
    try:
        return dict(plain["obj"]["ps"])
    except (KeyError, TypeError, ValueError):
        return {}
