"""The judges of what the stack declares against what is live, and of what the rules say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from clerkstack.cutover.app_code import code_facts
from clerkstack.cutover.model import Fact, Outcome, Verdict, of_facts
from clerkstack.cutover.read import TARGET, Readings
from clerkstack.drift import Difference, differences
from clerkstack.drift.difference import told
from clerkstack.reconcile import Json, JsonObject
from clerkstack.reconcile.changes import object_at
from clerkstack.settings.projects import Project

VARIABLE = ("variable ", "variables of ")
SHOWN = 40


def variables(readings: Readings) -> Verdict:
    """Each variable is there, for production only, with the value that it has to have."""
    if not readings.settings.components.environment:
        return _not_declared("no variables")
    found = [each for each in _differences(readings, variables=True) if _is_variable(each)]
    there = [each for project in readings.projects for each in readings.variables(project)]
    count = len([each for each in there if TARGET in each.target])
    return of_facts(
        [*(_fact(each) for each in found), *code_facts(readings, "variable")],
        passed=f"every variable is as declared ({count} for production)",
        otherwise="not as declared",
        mend="Run pulumi up --refresh on this stack.",
    )


def deployment(readings: Readings) -> Verdict:
    """The newest production deployment was built after the newest variable was written."""
    if not readings.settings.components.environment:
        return _not_declared("no deployment")
    verdicts = {project: _built(readings, project) for project in readings.projects}
    if len(verdicts) == 1:
        return next(iter(verdicts.values()))
    facts = [
        fact
        for project, each in verdicts.items()
        for fact in each.facts or (Fact(project.name, "deployed", each.summary, right=False),)
    ]
    return of_facts(
        facts,
        passed="; ".join(each.summary for each in verdicts.values()),
        otherwise="not every app was built with the newest variables",
        mend=" ".join(dict.fromkeys(each.mend for each in verdicts.values() if each.mend)),
    )


def _built(readings: Readings, project: Project) -> Verdict:
    newest = readings.deployment(project)
    if newest is None or newest.created_at is None:
        return Verdict(
            Outcome.FAILED,
            f"{project.prefix}there is no finished production deployment",
            mend="Deploy the app to production at Vercel.",
        )
    written = [
        (each.updated_at, each.key)
        for each in readings.variables(project)
        if TARGET in each.target and each.updated_at is not None
    ]
    if not written:
        reason = f"{project.prefix}production has no variables"
        return Verdict(Outcome.FAILED, reason, mend="Run pulumi up.")
    latest, key = max(written)
    fact = Fact(
        f"{project.prefix}newest deployment",
        f"after {_moment(latest)} ({key})",
        _moment(newest.created_at),
        newest.created_at >= latest,
    )
    built = f"{project.prefix}built at {_moment(newest.created_at)}, after the newest variable"
    return of_facts(
        [fact],
        passed=built,
        otherwise="it was built with older variables",
        mend=f"bin/clerkstack redeploy --project {project.project_id} --target production",
    )


def drift(readings: Readings) -> Verdict:
    """Nothing at Clerk and Svix is other than the stack declares."""
    found = [each for each in _differences(readings) if not _is_variable(each)]
    return of_facts(
        [_fact(each) for each in found[:SHOWN]],
        passed="what is live is what is declared",
        otherwise=f"{len(found)} differences",
        mend="bin/clerkstack drift lists them. To bring back what is declared: pulumi up --refresh",
    )


def reference(readings: Readings) -> Verdict:
    """Production has every slug that the reference has."""
    theirs = readings.reference_sections()
    if theirs is None:
        return Verdict(
            Outcome.NOT_JUDGED,
            "the reference has no instance",
            mend="Leave out --reference, or name a stack that is deployed.",
        )
    mine = object_at(readings.sections(), "billing")
    facts = list(_slugs(object_at(theirs, "billing"), mine))
    return of_facts(
        facts,
        passed="production has every plan and feature of the reference",
        otherwise="missing in production",
        mend="bin/clerkstack parity lists all differences. What shall be in both belongs into the "
        "catalog.",
    )


def _slugs(theirs: JsonObject, mine: JsonObject) -> Iterator[Fact]:
    for kind, section in (("plan", "plans"), ("feature", "features")):
        there = object_at(mine, section)
        for slug in object_at(theirs, section):
            found = slug in there
            yield Fact(f"{kind} {slug}", "there", "there" if found else "missing", found)


def policies(readings: Readings) -> Verdict:
    """What the policy pack says of the stack's resources."""
    judged = readings.policies
    if judged is None or not readings.resources:
        return Verdict(
            Outcome.NOT_JUDGED,
            "the stack has no state yet" if judged else "the policies are not at hand",
            mend="Run pulumi up --policy-pack policies/pack on this stack.",
        )
    found = [
        Fact(each.rule, "kept", f"{each.resource}: {each.message}", right=False)
        for each in judged(readings.resources)
    ]
    return of_facts(
        found,
        passed="every rule of the policy pack is kept",
        otherwise="broken",
        mend="Each rule says what to do: pulumi preview --policy-pack policies/pack",
    )


def _differences(readings: Readings, *, variables: bool = False) -> list[Difference]:
    live = readings.live_variables() if variables else readings.live()
    settings = readings.settings
    use = settings.components
    if variables:
        # The webhook says whether its secret is among the variables.
        only = {"organizations", "sign_in", "billing", "api_keys"}
        use = use.model_copy(update=dict.fromkeys(only, False))
    else:
        use = use.model_copy(update={"environment": False})
    narrowed = settings.model_copy(update={"components": use})
    return differences(narrowed, readings.catalog, live, readings.known)


def _is_variable(difference: Difference) -> bool:
    return difference.thing.startswith(VARIABLE)


def _fact(each: Difference) -> Fact:
    each = told(each)
    name = f"{each.thing} {each.field}".strip()
    return Fact(name, _text(each.declared), _text(each.live), right=False)


def _text(value: Json) -> str:
    import json

    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _not_declared(what: str) -> Verdict:
    return Verdict(
        Outcome.MANUAL,
        f"this stack declares {what}",
        mend="Look at Vercel yourself, and sign this point off.",
    )


def _moment(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
