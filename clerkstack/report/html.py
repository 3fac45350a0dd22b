"""A report as one page for people: no script, nothing from outside, good on paper."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from clerkstack import version
from clerkstack.report.report import Report, compared, status_of
from clerkstack.report.values import one_line

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "report.html.j2"
# A status's CSS class, and a sign beside its word, so that colour is not the only mark.
SIGNS = {
    "passed": ("passed", "✓"),
    "signed off": ("signed", "✎"),
    "failed": ("failed", "✗"),
    "warning": ("warning", "!"),
    "manual": ("manual", "?"),
    "note": ("unjudged", "i"),
    "not checked": ("unjudged", "–"),
}
MOST_LINKS = 20


def html_page(report: Report) -> str:
    """The report as an HTML page."""
    names = _names(report)
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            report=report,
            groups=[group for group in report.groups if group.findings],
            names=names,
            open=report.open,
            links=report.open[:MOST_LINKS],
            signed=[finding for finding in report.findings if finding.waiver is not None],
            version=version(),
            signs=SIGNS,
        )
    )


def _names(report: Report) -> dict[int, str]:
    """The id of each finding's element, by the finding's identity, since two may be equal."""
    names = {}
    for number, finding in enumerate(report.findings, 1):
        named = report.by_rule and finding.check.replace("-", "").isalnum()
        names[id(finding)] = finding.check if named else f"finding-{number}"
    return names


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
    made.filters |= {"compared": compared, "one_line": one_line, "status": status_of, "key": id}
    return made
