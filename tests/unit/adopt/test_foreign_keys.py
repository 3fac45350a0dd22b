"""What `adopt` says of keys that are another instance's."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.adopt.stack import Existing, foreign_keys
from clerkstack.clients.platform import ApplicationInstance
from clerkstack.clients.svix import Endpoint
from clerkstack.clients.vercel import EnvironmentVariable
from clerkstack.settings.models import Settings
from tests.unit.live.given import GivenInstance

INSTANCE = ApplicationInstance.model_validate(
    {
        "instance_id": "ins_1",
        "environment_type": "development",
        "publishable_key": "pk_test_" + "Y2xlcmsuYS5kZXYk",
        "secret_key": "sk_test_own",
    }
)


def variable(key: str, value: str, *targets: str, **more: Any) -> EnvironmentVariable:
    body = {"id": key, "key": key, "type": "encrypted", "target": list(targets), "value": value}
    return EnvironmentVariable.model_validate({**body, "decrypted": True, **more})


def found(*there: EnvironmentVariable, **environment: Any) -> list[str]:
    settings = Settings.model_validate(
        {
            "instance": "development",
            "applicationId": "app_1",
            "platformKey": "ak_platform_key_123",
            "vercel:apiToken": "vercel-token-12345",
            "appUrl": "https://sendero.example",
            "environment": {"projectId": "prj_1", **environment},
        },
        by_alias=True,
        by_name=False,
    )
    live = GivenInstance(found=INSTANCE, variables={"prj_1": there}, signing_secret="whsec_own")
    endpoint = Endpoint.model_validate({"id": "ep_1", "url": "https://a", "eventTypes": None})
    return [
        foreign_key.thing
        for foreign_key in foreign_keys(settings, Existing(live, endpoint=endpoint))
    ]


@pytest.mark.parametrize(
    ("key", "own", "other"),
    [
        ("CLERK_SECRET_KEY", "sk_test_own", "sk_test_other"),
        ("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", INSTANCE.publishable_key, "pk_test_other"),
        ("CLERK_WEBHOOK_SECRET", "whsec_own", "whsec_other"),
    ],
)
def test_a_key_of_another_instance_is_said_left_alone_or_not(
    key: str, own: str, other: str
) -> None:
    assert found(variable(key, own, "preview")) == []
    assert found(variable(key, other, "preview")) == [f"variable preview/{key}"]
    alone = {"leaveAlone": [f"preview/{key}"]}
    assert found(variable(key, other, "preview"), **alone) == [f"variable preview/{key}"]
    shared = variable(key, other, "preview", "development", "production")
    assert found(shared) == [f"variable {each}/{key}" for each in ("preview", "development")]
    assert found(variable(key, other, "development", configurationId="icfg_1")) != []


def test_what_is_no_key_or_not_the_stacks_or_not_readable_is_not() -> None:
    assert found(variable("NEXT_PUBLIC_CLERK_SIGN_IN_URL", "/other", "preview")) == []
    assert found(variable("CLERK_SECRET_KEY", "sk_live_1", "production")) == []
    assert (
        found(variable("CLERK_SECRET_KEY", "", "preview", type="sensitive", decrypted=False)) == []
    )
    assert found(variable("CLERK_SECRET_KEY", "sk_test_2", "preview", gitBranch="next")) == []
