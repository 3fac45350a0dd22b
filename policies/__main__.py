"""The policy pack. Building it serves the engine and never returns."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pulumi_policy import PolicyPack

from policies.binding import policies

PolicyPack(name="clerkstack", policies=policies())
