"""The report files that a command with findings can write: --html, --junit, --sarif."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from clerkstack.cli.say import say
from clerkstack.files import replace_file
from clerkstack.problems import ClerkstackError
from clerkstack.report.html import html_page
from clerkstack.report.junit import junit_xml
from clerkstack.report.report import Report, as_shown
from clerkstack.report.sarif import sarif_text

HtmlFile = Annotated[Path | None, typer.Option("--html", help="Write the report as one HTML page.")]
JunitFile = Annotated[
    Path | None, typer.Option("--junit", help="Write the report as JUnit XML, for CI.")
]
SarifFile = Annotated[
    Path | None, typer.Option("--sarif", help="Write the report as SARIF 2.1.0, for CI.")
]


class ReportFiles:
    """The requested report files. `began` is the time of creation: create it before the first
    request.

    Raises:
        ClerkstackError: a file cannot be written.
    """

    def __init__(self, html: Path | None, junit: Path | None, sarif: Path | None) -> None:
        self.began = datetime.now(UTC)
        self._html, self._junit, self._sarif = html, junit, sarif
        for file in (html, junit, sarif):
            if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
                raise ClerkstackError(f"{file} cannot be written: create its folder first")

    def write(self, report: Report) -> None:
        """Write the requested files, without secrets."""
        if any((self._html, self._junit, self._sarif)):
            for file, text in self._texts(as_shown(report)):
                replace_file(file, text)
                say(f"wrote {file}", err=True)

    def _texts(self, report: Report) -> Iterator[tuple[Path, str]]:
        if self._html is not None:
            yield self._html, html_page(report)
        if self._junit is not None:
            yield self._junit, junit_xml(report)
        if self._sarif is not None:
            yield self._sarif, sarif_text(report, Path.cwd())
