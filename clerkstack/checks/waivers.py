"""Waivers in `waivers.yaml`: findings that somebody takes responsibility for, until a date.

One file for the violations of policies and for the points of the cutover (`id: cutover/<point>`).
The files that it replaces, `policies/excuses.yaml` and `signoffs.yaml`, are still read.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from clerkstack.checks.finding import Waiver

FILE = "waivers.yaml"
EXCUSES = "policies/excuses.yaml"
"""The deprecated file with waivers of policies."""
SIGNOFFS = "signoffs.yaml"
"""The deprecated file with waivers of points."""
POINT = "cutover/"
"""The prefix of a cutover point's id."""
ANY = "*"
STACK = "stack"
"""The subject of a violation that names no resource."""


def of_stack(waivers: Collection[Waiver], stack: str) -> list[Waiver]:
    """The waivers of one stack."""
    return [waiver for waiver in waivers if waiver.stack == stack]


def of_points(waivers: Collection[Waiver], stack: str) -> dict[str, Waiver]:
    """The waivers of a stack's cutover points, by point."""
    mine = of_stack(waivers, stack)
    return {waiver.id.removeprefix(POINT): waiver for waiver in mine if waiver.id.startswith(POINT)}


def covers(waiver: Waiver, policy: str, subject: str, message: str) -> bool:
    """Whether a waiver covers a violation. A `*` in its subject matches anything."""
    parts = map(re.escape, waiver.subject.split(ANY))
    same = re.fullmatch(".*".join(parts), subject, re.DOTALL) is not None
    return waiver.id == policy and same and waiver.what in message
