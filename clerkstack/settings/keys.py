"""The forms of Clerk's keys, and what each key is for.

`pk_` and `sk_` belong to one instance, `ak_` to the platform (all applications of a workspace),
`whsec_` signs webhooks. A publishable key holds the address of its instance's Frontend API.
"""

from __future__ import annotations

import base64
import binascii
import re

from clerkstack.problems import ClerkstackError

STRAY = "there is a space, a line break or another stray character in it"
INSTANCES = {"test": "development", "live": "production"}
_INSTANCE_KEY = re.compile(r"^(pk|sk)_(test|live)_(.+)$")
_HOST = re.compile(r"^[A-Za-z0-9.-]+(:\d+)?$")


def instance_of_key(key: str) -> str | None:
    """`development` or `production` for a pk_/sk_ key, None for anything else."""
    match = _INSTANCE_KEY.match(key)
    return INSTANCES[match.group(2)] if match else None


def frontend_host(publishable_key: str) -> str:
    """The host of the Frontend API inside a publishable key.

    Raises:
        ClerkstackError: it is not a publishable key.
    """
    match = _INSTANCE_KEY.match(publishable_key)
    if match is None or match.group(1) != "pk":
        raise ClerkstackError("not a publishable key: it starts with pk_test_ or pk_live_")
    encoded = match.group(3)
    try:
        held = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        held = ""
    host = held.removesuffix("$")
    if not held.endswith("$") or not _HOST.match(host):
        raise ClerkstackError(
            "not a complete publishable key: its second half does not contain the address of "
            "an instance"
        )
    return host


def stray(key: str) -> bool:
    """Whether a stray character was pasted with it: a line break would end up in a header, and in
    the error about that header."""
    return not key.isascii() or not key.isprintable() or " " in key


def wrong_vercel_token(token: str) -> str | None:
    """Why this is not a Vercel token, or None. Vercel documents no form for its tokens."""
    if not token or stray(token):
        return STRAY if token else "it is empty"
    for form in ("pk_", "sk_", "ak_", "whsec_"):
        if token.startswith(form):
            return f"this is a Clerk key ({form}…), not a Vercel token"
    return None


def wrong_platform_key(key: str) -> str | None:
    """Why this is not a platform key, or None. Shows only the kind of the key."""
    if stray(key):
        return STRAY
    if key.startswith("ak_") and len(key) > len("ak_"):
        return None
    if instance_of_key(key):
        return f"this is a key of one instance ({key[:3]}…); the platform key starts with ak_"
    if key.startswith("whsec_"):
        return "this is a webhook signing secret (whsec_…); the platform key starts with ak_"
    return "the platform key starts with ak_"


def wrong_secret_key(key: str, instance: str) -> str | None:
    """Why this is not the secret key of such an instance, or None."""
    form = "sk_test_" if instance == "development" else "sk_live_"
    if stray(key):
        return STRAY
    if key.startswith("ak_"):
        return (
            "this is the platform key (ak_…), but CLERK_SECRET_KEY takes the instance's secret "
            f"key ({form}…). A guide that puts ak_ there is wrong"
        )
    if key.startswith("whsec_"):
        return f"this is a webhook signing secret; the instance's secret key starts with {form}"
    if key.startswith("pk_"):
        return f"this is a publishable key; the instance's secret key starts with {form}"
    other = instance_of_key(key)
    if not key.startswith("sk_") or other is None:
        return f"the secret key of the {instance} instance starts with {form}"
    if other != instance:
        return f"this is a key of a {other} instance, but this stack is {instance} ({form}…)"
    return None


def wrong_publishable_key(key: str, instance: str) -> str | None:
    """Why this is not the publishable key of such an instance, or None."""
    form = "pk_test_" if instance == "development" else "pk_live_"
    if stray(key):
        return STRAY
    if key.startswith(("sk_", "ak_", "whsec_")):
        return (
            "this is a secret, but the publishable key is sent to every browser. Rotate that "
            f"secret; the publishable key starts with {form}"
        )
    other = instance_of_key(key)
    if not key.startswith("pk_") or other is None:
        return f"the publishable key of the {instance} instance starts with {form}"
    if other != instance:
        return f"this is a key of a {other} instance, but this stack is {instance} ({form}…)"
    try:
        frontend_host(key)
    except ClerkstackError as error:
        return str(error)
    return None
