"""Whether production may get traffic: `clerkstack cutover`."""

from __future__ import annotations

from clerkstack.cutover.judge import judge
from clerkstack.cutover.model import Line, Point, Report
from clerkstack.cutover.points import POINTS, point_named
from clerkstack.cutover.read import Readings

__all__ = ["POINTS", "Line", "Point", "Readings", "Report", "judge", "point_named"]
