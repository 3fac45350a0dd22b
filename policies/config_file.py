"""Reads `policies/config.yaml`.

Its models (`config_models`) are loaded only for a file that holds something.
"""

from __future__ import annotations

from pathlib import Path

from clerkstack.handwritten import is_blank
from policies.rules import Rules

FILE = "policies/config.yaml"


def load_rules(file: Path, shown: str = FILE) -> Rules:
    """Read the pack's configuration; without the file, everything has its default.

    Raises:
        InputError: every problem, with file, line and remedy.
    """
    if is_blank(file):
        return Rules()
    from policies.config_models import read_config

    return read_config(file, shown)
