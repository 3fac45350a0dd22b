"""The review for the renderers of reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from clerkstack.checks.finding import Finding, Rule
from clerkstack.report.report import Group, Report
from clerkstack.report.reports import STOPS, THREE_WAY
from clerkstack.review.stacks import Review, Verdict
from policies.registry import BY_ID


def report_of(reviews: Sequence[Review], commit: str, began: datetime) -> Report:
    """The report of `clerkstack review`: what blocks the change, stack by stack."""
    groups = [
        Group(
            review.stack,
            "What blocks the change, and notes.",
            _findings(review),
            review.stack,
        )
        for review in reviews
    ]
    policies = {id_: Rule(id_, policy.summary, policy.reason) for id_, policy in BY_ID.items()}
    blocked = any(finding.severity in STOPS for group in groups for finding in group.findings)
    return Report(
        "review",
        ", ".join(review.stack for review in reviews),
        "Blocked" if blocked else "Nothing blocks",
        "Nothing was written for this review.",
        tuple(groups),
        began,
        datetime.now(UTC),
        blocking=STOPS,
        facts={"Commit": commit},
        rules={**THREE_WAY, **policies},
    )


def _findings(review: Review) -> tuple[Finding, ...]:
    failed = review.verdict is Verdict.SERVICE_FAILED
    found = [replace(trouble, service_failed=failed) for trouble in review.troubles]
    if review.preview is not None:
        preview = review.preview
        found += [*preview.violations, *preview.errors, *preview.warnings]
    if review.agreement is not None:
        found += review.agreement.findings
    return tuple(found)
