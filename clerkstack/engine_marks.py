"""How the engine marks a secret, in exported states and in its own JSON.

The marks are those of pulumi/pulumi, sdk/go/common/resource/properties.go.
"""

from __future__ import annotations

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The name that an object has which is no plain one: a secret, a file, a reference."""

SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
"""What stands under it in a secret."""


def shown_secret(plaintext: str) -> dict[str, str]:
    """A secret as `pulumi stack export --show-secrets` shows it; an import encrypts it again.

    `plaintext` is the value as JSON.
    """
    return {SIGNATURE: SECRET_SIGNATURE, "plaintext": plaintext}
