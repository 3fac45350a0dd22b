"""The kinds of secrets that are rotated, and what they are called."""

from __future__ import annotations

from typing import Literal

Kind = Literal["clerk", "webhook"]
KINDS: tuple[Kind, ...] = ("clerk", "webhook")
VARIABLES: dict[Kind, str] = {"clerk": "CLERK_SECRET_KEY", "webhook": "CLERK_WEBHOOK_SECRET"}
"""The app's variable that holds a secret."""
WORDS: dict[Kind, str] = {"clerk": "secret key", "webhook": "signing secret"}
