"""What the pack takes from the stack's own settings."""

from __future__ import annotations

import json

import pytest

from policies.settings import Declared
from tests.unit.policies.deployments import PARTS


def test_a_stack_without_settings_says_nothing() -> None:
    assert Declared.of("prod", {"other:instance": "x"}) == Declared("prod")


def test_every_part_is_declared_unless_it_is_switched_off() -> None:
    config = {
        "clerkstack:instance": "production",
        "clerkstack:components": json.dumps({"webhook": False, "signIn": False}),
        "clerkstack:environment": json.dumps(
            {"leaveAlone": ["production/CLERK_SECRET_KEY"], "names": ["nextjs", "guide", "other"]}
        ),
    }

    found = Declared.of("prod", config)

    assert found.instance == "production"
    assert found.parts == frozenset(PARTS) - {"webhook", "sign_in"}
    assert found.leave_alone == {"production/CLERK_SECRET_KEY"}
    assert found.names == ("guide", "nextjs")
    assert Declared.of("prod", {"clerkstack:instance": "production"}).names is None


@pytest.mark.parametrize("text", ["[]", "true", '{"webhok": false}', "{"])
def test_settings_that_are_wrong_switch_no_part_off(text: str) -> None:
    config = {"clerkstack:instance": "production", "clerkstack:components": text}

    assert Declared.of("prod", config).parts == frozenset(PARTS)
