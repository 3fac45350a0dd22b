"""The JSON output of each command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from clerkstack import version
from clerkstack.checks.finding import Finding, Severity
from clerkstack.comparison.compare import Comparison, Row
from clerkstack.comparison.wired import EventRow, VariableRow, Wired
from clerkstack.parity.compare import Unread
from clerkstack.problems import Problem
from clerkstack.report.document import Document, Part
from clerkstack.report.report import status_of
from clerkstack.report.reports import APP, APPLICATION, INSTANCE

if TYPE_CHECKING:
    from clerkstack.app.code import AppCode
    from clerkstack.app.uses import UnresolvedCheck
    from clerkstack.comparison.of_stack import Compared
    from clerkstack.report.report import Report


class DriftDocument(Document):
    """`clerkstack drift --json`: the differences between what a stack declares and what is live.

    A finding's `expected` is what is declared, its `found` what is live; null means nothing.
    """

    stack: str
    application: str
    instance: str
    findings: tuple[Finding, ...]


class InstanceOfStack(Part):
    """The instance of a stack."""

    stack: str
    application: str
    instance: str


class ParityDocument(Document):
    """`clerkstack parity --json`: the differences between two live instances.

    A finding's `check` is the kind of the difference, `expected` what the instance of `--from` has,
    `found` what the instance of `--to` has. `unread` is what could not be compared.
    """

    reference: InstanceOfStack = Field(serialization_alias="from")
    target: InstanceOfStack = Field(serialization_alias="to")
    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]


class AppRead(Part):
    """Where the app's code was read."""

    path: str | None = None
    commit: str | None = None


class InstanceRead(Part):
    """Whether the live instance was read, and whether it exists."""

    read: bool = False
    exists: bool | None = None
    application: str | None = None
    instance: str | None = None


class CheckInCode(Part):
    """A check of a plan, feature, role or permission in the app's code. `payer` is null if it names
    none; `known` is whether anybody can have it."""

    kind: str
    slug: str
    payer: str | None = None
    file: str
    line: int
    column: int
    known: bool = True

    @property
    def where(self) -> str:
        """file:line:column."""
        return f"{self.file}:{self.line}:{self.column}"


class PlaceInCode(Part):
    """A place in the app's code, and a text about it."""

    file: str
    line: int
    column: int
    message: str

    @property
    def where(self) -> str:
        """file:line:column."""
        return f"{self.file}:{self.line}:{self.column}"


class ProblemRead(Part):
    """A problem in a file: what is wrong, where, and how to fix it."""

    file: str
    line: int | None
    path: str
    message: str
    mend: str

    @classmethod
    def of(cls, problem: Problem) -> ProblemRead:
        """From a problem in a file."""
        return cls(
            file=problem.file,
            line=problem.line,
            path=problem.path,
            message=problem.message,
            mend=problem.remedy,
        )


class CheckDocument(Document):
    """`clerkstack check --json`: app, catalog and instance side by side.

    Without `--stack`, only the files are compared: `stack` is null and the instance is not read.
    `problems` are mistakes in these files. A finding's `found` has the value of app, catalog and
    instance; the finding has failed if the next update does not fix it. `unresolved` are checks
    whose slug is not known without running the code, `not_looked_at` files in other languages that
    name Clerk, `notes` checks in the app's own tests that can never be true. `events` and
    `variables` compare the app's code with the settings, `notes_on_code` are uncertain differences.
    """

    stack: str | None = None
    app: AppRead | None = None
    instance: InstanceRead = InstanceRead()
    plans: tuple[Row, ...] = ()
    features: tuple[Row, ...] = ()
    uses: tuple[CheckInCode, ...] = ()
    unresolved: tuple[PlaceInCode, ...] = ()
    notes_on_declaration: tuple[PlaceInCode, ...] = ()
    not_looked_at: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    events: tuple[EventRow, ...] = ()
    variables: tuple[VariableRow, ...] = ()
    notes_on_code: tuple[str, ...] = ()
    problems: tuple[ProblemRead, ...] = ()

    @classmethod
    def of(
        cls,
        found: Comparison,
        app: AppCode | None,
        path: str | None,
        *,
        stack: str | None = None,
        instance: InstanceRead | None = None,
        beside: Wired = Wired(),
        problems: tuple[Problem, ...] = (),
    ) -> CheckDocument:
        """From a comparison; `path` is the folder of the app's code, `beside` the comparison of
        events and variables."""
        return cls(
            stack=stack,
            app=None if app is None else AppRead(path=path, commit=app.commit),
            instance=instance or InstanceRead(),
            plans=found.plans,
            features=found.features,
            uses=tuple(
                CheckInCode(
                    kind=use.use.kind,
                    slug=use.use.slug,
                    payer=use.use.payer,
                    file=use.use.file,
                    line=use.use.line,
                    column=use.use.column,
                    known=use.known,
                )
                for use in found.uses
            ),
            unresolved=() if app is None else _places(app.unresolved),
            notes_on_declaration=() if app is None else _places(app.notes),
            not_looked_at=() if app is None else app.others,
            findings=found.findings,
            notes=found.notes,
            events=beside.events,
            variables=beside.variables,
            notes_on_code=beside.notes,
            problems=tuple(map(ProblemRead.of, problems)),
        )

    @classmethod
    def of_stack(cls, compared: Compared) -> CheckDocument:
        """From what a stack's settings name."""
        instance = InstanceRead(
            read=compared.instance is not None,
            exists=None if compared.instance is None else compared.instance.exists,
            application=compared.settings.application_id,
            instance=compared.settings.instance,
        )
        return cls.of(
            compared.found,
            compared.app,
            compared.path,
            stack=compared.stack,
            instance=instance,
            beside=compared.beside,
        )

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Plans, then features, each with its kind."""
        yield from (("plan", row) for row in self.plans)
        yield from (("feature", row) for row in self.features)

    @property
    def blocking(self) -> list[Finding]:
        """The findings that the next update does not fix."""
        return [finding for finding in self.findings if finding.severity is Severity.FAILED]

    @property
    def app_declares(self) -> bool:
        """Whether the app's declaration was read: checks alone can't show what is missing."""
        return self.app is not None and any(row.app is not None for _, row in self.rows())

    @property
    def live(self) -> bool:
        """Whether a live instance exists and was read."""
        return self.instance.read and self.instance.exists is not False


def _places(checks: Iterable[UnresolvedCheck]) -> tuple[PlaceInCode, ...]:
    return tuple(
        PlaceInCode(file=check.file, line=check.line, column=check.column, message=check.message)
        for check in checks
    )


class DoctorDocument(Document):
    """`clerkstack doctor --json`: the outcome of each check of this machine and of a stack."""

    stack: str | None
    host: str
    folder: str
    findings: tuple[Finding, ...]


class PointJudged(Part):
    """A point of the cutover. `done`: it passed, or somebody signed it off."""

    point: str
    number: int | None
    title: str
    status: str
    done: bool
    finding: Finding


class CutoverDocument(Document):
    """`clerkstack cutover --json`: whether production may get traffic, point by point.

    The `details` of a point's finding are the comparisons. Times are UTC.
    """

    clerkstack: str
    stack: str
    application: str
    instance: str
    app_url: str
    began: datetime
    ended: datetime
    ready: bool
    counts: dict[str, int]
    points: tuple[PointJudged, ...]

    @classmethod
    def of(cls, report: Report) -> CutoverDocument:
        """From the report of a stack."""
        return cls(
            clerkstack=version(),
            stack=report.stack,
            application=report.facts[APPLICATION],
            instance=report.facts[INSTANCE],
            app_url=report.facts[APP],
            began=report.began.replace(microsecond=0),
            ended=report.ended.replace(microsecond=0),
            ready=report.ready,
            counts=report.counts(),
            points=tuple(
                PointJudged(
                    point=finding.check,
                    number=report.rule(finding).number,
                    title=report.title(finding),
                    status=status_of(finding),
                    done=report.done(finding),
                    finding=finding,
                )
                for finding in report.findings
            ),
        )
