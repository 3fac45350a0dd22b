"""An update after an unfinished abort, once the old secret has ended."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from clerkstack.desired.rolling_out import ROLL_OUT
from clerkstack.program import refuse_ended_secrets
from clerkstack.rotation.journal import Journal, Running, now
from clerkstack.rotation.unfinished import ended_meanwhile
from clerkstack.state.own import state_of

HOUR = 3_600_000  # milliseconds


def left(*, ends_in: int | None, new: str | None = "sk_live_new", **how: bool) -> dict[str, Any]:
    """A state whose journal has an unfinished rotation."""
    ends = None if ends_in is None else now() + ends_in
    side = {"overlap_hours": 24, "old": "sk_live_old", "new": new, "old_ends": ends}
    running = Running.model_validate(
        {"id": "r1", "who": "ana", "reason": "left", "overlap_hours": 24, "started": 1}
        | {"sides": {"clerk": side}}
        | how
    )
    journal = Journal(running=running).text()
    return {
        "urn:pulumi:prod::clerkstack::x::other": {"type": "x", "outputs": {}},
        "urn:pulumi:prod::clerkstack::x::rotations": {
            "type": "pulumi-python:dynamic/clerkstack:Rotations",
            "outputs": {"journal": journal},
        },
    }


@pytest.mark.parametrize("how", ["aborting", "returning"])
def test_a_way_back_that_has_closed_stops_every_update_but_the_rotations(
    monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(pulumi, "get_stack", lambda: "prod")
    state = left(ends_in=-HOUR, **{how: True})

    with pytest.raises(pulumi.RunError, match="rotate --stack prod") as refused:
        refuse_ended_secrets(state_of(state))

    assert "old secret key" in str(refused.value)
    assert "sk_live" not in str(refused.value)
    monkeypatch.setenv(ROLL_OUT, "urn")
    refuse_ended_secrets(state_of(state))


@pytest.mark.parametrize(
    "state",
    [
        {},
        left(ends_in=HOUR, aborting=True),
        left(ends_in=-HOUR),
        left(ends_in=None, new=None, aborting=True),
        {"u": {"type": "pulumi-python:dynamic/clerkstack:Rotations", "outputs": {"journal": "{}"}}},
    ],
    ids=["nothing yet", "still counts", "forward", "nothing minted", "no rotation"],
)
def test_any_other_state_is_updated(state: dict[str, Any]) -> None:
    assert ended_meanwhile(state_of(state), "prod") is None
