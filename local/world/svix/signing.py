"""Signs messages, so that the receiver can verify the sender.

Source: Svix's guide to verifying webhooks manually; the official library verifies these signatures
(see tests/world).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable


def signed_headers(
    secrets: Iterable[str], *, message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the three headers; each secret signs, so that an old one works during an overlap."""
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = (hmac.digest(_key(secret), content, hashlib.sha256) for secret in secrets)
    return {
        "svix-id": message_id,
        "svix-timestamp": str(timestamp),
        "svix-signature": " ".join(
            f"v1,{base64.b64encode(signature).decode()}" for signature in signatures
        ),
    }


def _key(secret: str) -> bytes:
    text = secret.partition("_")[2] if secret.startswith("wh") else secret
    try:
        return base64.b64decode(text)
    except binascii.Error:  # a given secret that no receiver can use either
        return text.encode()
