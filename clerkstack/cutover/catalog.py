"""Findings on plans and features from the comparisons of `clerkstack check` and `clerkstack
parity`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from clerkstack.app.facts import PAYER, in_words
from clerkstack.checks.finding import Finding
from clerkstack.comparison.compare import Comparison, Row, kind_of, same
from clerkstack.cutover.model import fact
from clerkstack.parity.compare import compare as compare_instances
from clerkstack.parity.entities import of_config
from clerkstack.parity.snapshot import Snapshot
from clerkstack.reconcile.names import BILLING_KINDS

if TYPE_CHECKING:
    from clerkstack.shapes import JsonObject

THERE, MISSING = "there", "missing"


def catalog_facts(compared: Comparison) -> Iterator[Finding]:
    """Yield a finding on each plan and feature of the catalog: whether the instance has it, what a
    plan includes, and who pays for it."""
    wrong = {
        (finding.subject, finding.field)
        for finding in compared.findings
        if not same([finding.found["catalog"], finding.found["instance"]])
    }
    for row in compared.features:
        if row.catalog is not None:
            yield _exists(f"feature {row.slug}", row, wrong)
    for row in compared.plans:
        name = f"plan {row.slug}"
        if row.catalog is None:
            continue
        yield _exists(name, row, wrong)
        if row.instance is not None:
            yield _includes(name, row.catalog, row.instance, (name, "features") not in wrong)
            mine, theirs = (
                in_words(PAYER, each.get(PAYER)) for each in (row.catalog, row.instance)
            )
            yield fact(name, mine, theirs, (name, PAYER) not in wrong)


def app_facts(compared: Comparison, kinds: Collection[str]) -> Iterator[Finding]:
    """Yield the differences of some kinds between the app's own code and catalog or instance."""
    for finding in compared.findings:
        app = finding.found["app"]
        if kind_of(finding) in kinds and app is not None:
            what = f"{finding.subject} of the app's code"
            # The app may not need what it does not declare: a person must judge.
            right = None if app is False else False
            yield fact(what, "as the app has it", f"{finding.message} ({finding.remedy})", right)


def reference_facts(theirs: JsonObject, mine: JsonObject) -> Iterator[Finding]:
    """Yield a finding on each plan and feature of the reference's section `billing`: whether this
    one has it."""
    reference, target = (
        Snapshot(stack, entities=tuple(of_config({"billing": billing})))
        for stack, billing in (("reference", theirs), ("production", mine))
    )
    compared = compare_instances(reference, target)
    missing = {
        finding.subject
        for finding in compared.findings
        if finding.found is None and not finding.field
    }
    for entity in reference.entities:
        if entity.what.startswith(tuple(f"{word} " for word in BILLING_KINDS.values())):
            there = entity.what not in missing
            yield fact(entity.what, THERE, THERE if there else MISSING, there)


def _exists(name: str, row: Row, wrong: Collection[tuple[str, str]]) -> Finding:
    there = row.instance is not None
    return fact(name, THERE, THERE if there else MISSING, there and (name, "exists") not in wrong)


def _includes(name: str, mine: dict[str, Any], theirs: dict[str, Any], right: bool) -> Finding:
    declared, live = {*mine["features"]}, {*theirs["features"]}
    count = f"{len(declared)} features"
    differing = ", ".join(sorted(declared ^ live))
    return fact(f"{name} includes", count, count if right else f"differs: {differing}", right)
