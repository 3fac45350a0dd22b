"""Headers of the webhook in the settings: what Svix would refuse is refused first, without its
value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clerkstack.problems import InputError
from clerkstack.settings.load import load_settings
from clerkstack.settings.models import Settings

VALUE = "value-9f8Kq2Lm7XwZr4"
BYPASS = "x-vercel-protection-bypass"
URL = "https://acme.example/api/hook"


def load(webhook: dict[str, Any], encrypted: bool = True, file: Path | None = None) -> Settings:
    raw = {
        "clerkstack:instance": "development",
        "clerkstack:applicationId": "app_1",
        "clerkstack:platformKey": "ak_platform_key_123",
        "clerkstack:appUrl": "https://acme.example",
        "clerkstack:environment": '{"projectId": "prj_1"}',
        "vercel:apiToken": "vercel-token-1234567890",
        "clerkstack:webhook": json.dumps(webhook),
    }
    secret = ["clerkstack:platformKey", "vercel:apiToken"]
    secret += ["clerkstack:webhook"] if encrypted else []
    return load_settings(raw, stack="dev", encrypted=secret, file=file)


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({f"x {VALUE}": "1"}, "has an invalid header name"),
        ({"": VALUE}, "has an invalid header name"),
        ({"__x": VALUE}, "starts with __"),
        ({"Svix-Id": VALUE}, "is a header that Svix sets itself"),
        ({"content-type": VALUE}, "is a header that Svix sets itself"),
        ({"x-goog-key": VALUE}, "is a header that Svix sets itself"),
        ({"x-own": VALUE, "X-Own": VALUE}, "is the same header as x-own"),
        ({"x-own": ""}, "is empty"),
        ({"x-own": f"{VALUE}\n"}, "outer white space"),
        ({"x-own": f"{VALUE}\r\nx: y"}, "that a header cannot have"),
        ({"x-own": f"{VALUE}€"}, "that a header cannot have"),
    ],
)
def test_what_no_endpoint_takes_is_reported_without_its_value(
    headers: dict[str, str], why: str
) -> None:
    with pytest.raises(InputError, match=why) as told:
        load({"headers": headers})

    assert VALUE not in str(told.value)


def test_a_value_in_the_clear_is_reported_with_the_command_that_hides_it(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    text = f"config:\n  clerkstack:webhook:\n    headers:\n      {BYPASS}: {VALUE}\n"
    file.write_text(text)

    for encrypted, at in ((False, None), (True, file)):
        with pytest.raises(InputError, match="is a secret but is not encrypted") as told:
            load({"headers": {BYPASS: VALUE}}, encrypted, at)
        assert VALUE not in str(told.value)
        command = f"--path --secret 'clerkstack:webhook.headers[\"{BYPASS}\"]'"
        assert command in str(told.value)


@pytest.mark.parametrize(
    ("webhook", "encrypted", "address"),
    [
        ({"url": URL}, False, None),
        ({"url": f"{URL}?x={VALUE}"}, False, f"{URL}?…"),
        ({"path": f"/hook?x={VALUE}"}, False, "https://acme.example/hook?…"),
        ({"url": f"{URL}/{VALUE}"}, True, "https://acme.example/…"),
        ({"path": f"/hook/{VALUE}"}, True, "https://acme.example/…"),
        ({"headers": {BYPASS: VALUE}}, True, None),
    ],
)
def test_an_address_that_holds_a_secret_or_is_set_as_one_is_one(
    webhook: dict[str, Any], encrypted: bool, address: str | None
) -> None:
    found = load(webhook, encrypted)

    assert found.webhook_address == address
    assert (VALUE in " ".join(found.secrets)) is encrypted
    assert VALUE not in repr(found.webhook.headers)


def test_a_plain_url_beside_secret_headers_is_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(
        "config:\n  clerkstack:webhook:\n"
        f"    url: {URL}\n    headers:\n      {BYPASS}:\n        secure: v1:x\n"
    )

    assert load({"url": URL, "headers": {BYPASS: VALUE}}, True, file).webhook_address is None
