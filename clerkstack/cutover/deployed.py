"""The judges that compare what the stack declares with what is live, and of the policies."""

from __future__ import annotations

from datetime import UTC, datetime

from clerkstack.checks.finding import Finding, shown
from clerkstack.cutover.app_code import code_facts
from clerkstack.cutover.catalog import reference_facts
from clerkstack.cutover.model import fact, failed, manual, not_checked, of_facts
from clerkstack.cutover.read import TARGET, Readings
from clerkstack.drift.compare import differences, variable_differences
from clerkstack.settings.projects import Project
from clerkstack.texts import counted

SHOWN = 40


def variables(readings: Readings) -> Finding:
    """Each variable exists, for production only, with the right value."""
    if not readings.settings.components.environment:
        return _not_declared("no variables")
    readings.live.instance()
    # The webhook's points read the signing secret anyway.
    found = variable_differences(readings.settings, readings.live, readings.known, signing=True)
    there = [
        variable for project in readings.projects for variable in readings.live.variables(project)
    ]
    count = len([each for each in there if TARGET in each.target])
    return of_facts(
        [*(shown(finding) for finding in found), *code_facts(readings, "variable")],
        well=f"every variable is as declared ({count} for production)",
        otherwise="not as declared",
        remedy="Run pulumi up --refresh on this stack.",
    )


def deployment(readings: Readings) -> Finding:
    """The newest production deployment was built after the newest variable was written."""
    if not readings.settings.components.environment:
        return _not_declared("no deployment")
    found = {project: _built(readings, project) for project in readings.projects}
    if len(found) == 1:
        return next(iter(found.values()))
    facts = [
        detail
        for project, each in found.items()
        for detail in each.details or (fact(project.name, "deployed", each.message, right=False),)
    ]
    return of_facts(
        facts,
        well="; ".join(each.message for each in found.values()),
        otherwise="not every app was built with the newest variables",
        remedy=" ".join(dict.fromkeys(each.remedy for each in found.values() if each.remedy)),
    )


def _built(readings: Readings, project: Project) -> Finding:
    newest = readings.live.deployment(project, TARGET)
    if newest is None or newest.created_at is None:
        return failed(
            f"{project.prefix}there is no finished production deployment",
            "Deploy the app to production at Vercel.",
        )
    written = [
        (variable.updated_at, variable.key)
        for variable in readings.live.variables(project)
        if TARGET in variable.target and variable.updated_at is not None
    ]
    if not written:
        reason = f"{project.prefix}production has no variables"
        return failed(reason, "Run pulumi up.")
    latest, key = max(written)
    newest_built = fact(
        f"{project.prefix}newest deployment",
        f"after {_moment(latest)} ({key})",
        _moment(newest.created_at),
        newest.created_at >= latest,
    )
    built = f"{project.prefix}built at {_moment(newest.created_at)}, after the newest variable"
    return of_facts(
        [newest_built],
        well=built,
        otherwise="it was built with older variables",
        remedy=f"bin/clerkstack redeploy --project {project.project_id} --target production",
    )


def drift(readings: Readings) -> Finding:
    """Nothing at Clerk and Svix differs from what the stack declares."""
    readings.live.instance()
    use = readings.settings.components.model_copy(update={"environment": False})
    settings = readings.settings.model_copy(update={"components": use})
    found = differences(settings, readings.catalog, readings.live, readings.known)
    return of_facts(
        [shown(each) for each in found[:SHOWN]],
        well="what is live is what is declared",
        otherwise=counted(len(found), "difference"),
        remedy="bin/clerkstack drift lists them. To restore what is declared: pulumi up --refresh",
    )


def reference(readings: Readings) -> Finding:
    """Production has every slug that the reference has."""
    if readings.reference is None:
        return not_checked("no reference was given", "Name one: --reference STACK.")
    if readings.reference.found() is None:
        return not_checked(
            "the reference has no instance",
            "Remove --reference, or name a stack that is deployed.",
        )
    return of_facts(
        reference_facts(readings.reference.section("billing"), readings.live.section("billing")),
        well="production has every plan and feature of the reference",
        otherwise="missing in production",
        remedy=(
            "bin/clerkstack parity lists all differences. Add to the catalog what both should have."
        ),
    )


def policies(readings: Readings) -> Finding:
    """The stack's resources have no violations."""
    judged = readings.policies
    if judged is None or not readings.resources:
        return not_checked(
            "the stack has no state yet" if judged else "the policies are not available",
            "Run pulumi up --policy-pack policies/pack on this stack.",
        )
    found = [
        fact(each.check, "kept", f"{each.subject}: {each.message}", right=False)
        for each in judged(readings.resources)
    ]
    return of_facts(
        found,
        well="the stack follows every rule of the policy pack",
        otherwise="broken",
        remedy="Each rule says what to do: pulumi preview --policy-pack policies/pack",
    )


def _not_declared(what: str) -> Finding:
    return manual(
        f"this stack declares {what}", "Check at Vercel yourself, and sign this point off."
    )


def _moment(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
