"""Reads the settings of a stack for the commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from clerkstack.backend import project_name
from clerkstack.cli.say import say
from clerkstack.safe import hide
from clerkstack.state.engine import pulumi

if TYPE_CHECKING:
    from clerkstack.settings.models import Settings


def stack_settings(stack: str) -> Settings:
    """Return the settings of a stack; secrets are decrypted in this process only.

    Raises:
        InputError: the settings are wrong.
        ClerkstackError: the engine cannot be run or does not know the stack.
    """
    from clerkstack.settings.load import load_settings

    raw, encrypted = stack_config(stack)
    file = Path(f"Pulumi.{stack.rpartition('/')[2]}.yaml")
    settings = load_settings(
        raw, stack=stack, file=file, encrypted=encrypted, project=project_name()
    )
    hide(settings.secrets)
    return settings


def stack_config(stack: str) -> tuple[dict[str, str], list[str]]:
    """Return the config of a stack, with secrets decrypted in this process only, and the keys of
    the secrets.

    Raises:
        ClerkstackError: the engine cannot be run or does not know the stack.
    """
    say(f"reading the settings of {stack}", err=True)
    shown = json.loads(pulumi("config", "--json", "--show-secrets", "--stack", stack))
    raw = {key: each["value"] for key, each in shown.items() if "value" in each}
    return raw, [key for key, each in shown.items() if each.get("secret")]
