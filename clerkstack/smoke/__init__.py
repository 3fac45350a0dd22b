"""The smoke run: what a new customer does, against a deployment, and nothing of it left behind."""

from __future__ import annotations

from clerkstack.smoke.cleanup import MARK, clean_up
from clerkstack.smoke.report import SmokeReport, SmokeStep
from clerkstack.smoke.run import run_on
from clerkstack.smoke.target import Target, target_of

__all__ = [
    "MARK",
    "SmokeReport",
    "SmokeStep",
    "Target",
    "clean_up",
    "run_on",
    "target_of",
]
