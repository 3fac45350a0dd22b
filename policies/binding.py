"""The rules as CrossGuard policies: all mandatory, all about production."""

from __future__ import annotations

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

from policies.rules import RULES, Rule
from policies.view import Resource


def policies() -> list[Policy]:
    """One policy for each rule."""
    return [_policy(rule) for rule in RULES]


def _policy(rule: Rule) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = Resource.of(args)
        if not resource.in_production:
            return
        for violation in rule.violations(resource):
            report(f"{violation}. {rule.mend}", None)

    return ResourceValidationPolicy(
        name=rule.id,
        description=rule.summary,
        # Stated, because the default is advisory.
        enforcement_level=EnforcementLevel.MANDATORY,
        remediation_steps=rule.mend,
        validate=validate,
    )
