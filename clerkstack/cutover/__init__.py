"""Whether production may get traffic: `clerkstack cutover`."""

from __future__ import annotations

from clerkstack.cutover.judge import judge
from clerkstack.cutover.model import Point
from clerkstack.cutover.points import POINTS, point_named
from clerkstack.cutover.read import Readings

__all__ = ["POINTS", "Point", "Readings", "judge", "point_named"]
