"""Exit codes of every command."""

from __future__ import annotations

DONE = 0
FOUND = 1
BAD_INPUT = 2
REMOTE_FAILURE = 3
