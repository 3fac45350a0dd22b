"""The report as one page for people: no script, nothing from outside, good on paper."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from clerkstack import version
from clerkstack.cutover.model import Line, Report
from clerkstack.report.values import one_line

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "cutover.html.j2"
# Name of the status in a class, and the sign beside its word: colour alone says nothing.
SIGNS = {
    "passed": ("passed", "✓"),
    "signed off": ("signed", "✎"),
    "failed": ("failed", "✗"),
    "warning": ("warning", "!"),
    "manual": ("manual", "?"),
    "not checked": ("unjudged", "–"),
}


def html_page(report: Report) -> str:
    """The page."""
    first = [line for line in report.lines if line.point.number is not None]
    further = [line for line in report.lines if line.point.number is None]
    groups = (
        ("The checklist", "What has to be right before production gets traffic.", first),
        ("Beyond it", "What bites on launch day all the same.", further),
    )
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            report=report,
            groups=[each for each in groups if each[2]],
            done=sum(line.done for line in report.lines),
            signed=[line for line in report.lines if line.signed is not None],
            version=version(),
            signs=SIGNS,
        )
    )


def _open(line: Line) -> bool:
    """Whether a point's details are unfolded from the beginning."""
    return not line.done


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("clerkstack.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["unfolded"] = _open
    made.filters["one_line"] = one_line
    return made
