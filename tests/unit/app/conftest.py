"""What is found in an app's code depends on no clock, but where a test is about it."""

from __future__ import annotations

import pytest

from clerkstack.app import looking, onepass, uses


@pytest.fixture(autouse=True)
def _unhurried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("limits") is None:
        for module in (looking, onepass, uses):
            monkeypatch.setattr(module, "SECONDS", 100.0)
