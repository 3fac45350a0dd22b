"""Plans beside those of the one list: none is left out, and none is counted twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkstack.app.declaration import read_declaration
from clerkstack.problems import InputError

PLANS = "export const PLANS = { pro: { slug: 'pro', features: ['sso'] } }\n"
# The whole file, and the slugs of its plans.
FOUND = {
    "a plan of its own": (
        PLANS + "export const ENTERPRISE = { slug: 'enterprise', features: [] }",
        ["pro", "enterprise"],
    ),
    "a plan of its own that the list names": (
        "export const PRO = { slug: 'pro', features: [] } as const\nexport const PLANS = { PRO }",
        ["pro"],
    ),
    "a plan of its own that the list says more of": (
        "export const PRO = { slug: 'pro', features: [] }\n"
        "export const PLANS = { pro: { ...PRO, monthlyUsd: 5 } }",
        ["pro"],
    ),
    "one plan": ("export const PRO = { slug: 'pro', features: [] }", ["pro"]),
    "groups": (
        PLANS + "export const PLANS_BY_PAYER = { user: { solo: { slug: 'solo', features: [] } },\n"
        "  organization: [{ slug: 'team', features: [] }] }",
        ["pro", "solo", "team"],
    ),
    "a group beside a plan": (
        "export const PLANS = { free: { slug: 'free', features: [] },\n"
        "  paid: { pro: { slug: 'pro', features: [] } } }",
        ["free", "pro"],
    ),
    "groups with names": (
        "export const GROUPS = [{ title: 'Teams', plans: [{ slug: 'pro', features: [] }] }]",
        ["pro"],
    ),
    "all in one object": (
        PLANS + "export default { PLANS, version: pkg.version, load: () => 1, name: 'x' }",
        ["pro"],
    ),
    "what says more of plans": (
        PLANS + "export const DEFAULTS = { plan: PLANS.pro, days: 14, url: process.env.URL }\n"
        "export const NAV = { pricing: { current: PLANS.pro, title: 'Prices' } }\n"
        "export const DEFAULT_PLAN = PLANS.pro\n"
        "export const NAMED = { ...PLANS.pro, name: 'Pro' }",
        ["pro"],
    ),
    "what is made from plans": (
        PLANS + "export const PAID_PLANS = Object.values(PLANS).filter((p) => p.monthlyUsd)\n"
        "export const VIEW = Object.values(PLANS).map((p) => ({ slug: p.slug, features: [] }))\n"
        "export const fetchPlans = cache(async () => db.plans())\n"
        "export const getPlan = cache((slug) => PLANS[slug])\n"
        "export const bySlug = new Map(Object.entries(PLANS))\n"
        "export class Plans { slug = 'x'; features = [] }",
        ["pro"],
    ),
    "what only describes plans": (
        PLANS
        + "export const schema = z.object({ slug: z.string(), features: z.array(z.string()) })\n"
        "export const table = pgTable('t', { slug: text('slug'), features: text('f').array() })\n"
        "export const SLUGS = ['pro'].map((slug) => slug)\n"
        "export const post = define({ slug: 'a-post', title: 'x' })",
        ["pro"],
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_every_plan_is_found_once(tmp_path: Path, case: str) -> None:
    text, slugs = FOUND[case]
    (tmp_path / "plans.ts").write_text(text)

    assert sorted(read_declaration(tmp_path / "plans.ts").plans) == sorted(slugs)


# What stands behind PLANS.
MISSED = [
    "export const ENTERPRISE = »definePlan({ slug: 'enterprise', features: ['sso'] })",
    "export const ENTERPRISE = »definePlan({ slug: 'e', features: [...PLANS.pro.features] })",
    "export const ENTERPRISE = »new Plan({ 'slug': 'e', 'features': [] }).build()",
    "const more = [{ slug: 'x', features: [] }]\nexport const EXTRA = »more.map((x) => x)",
    "const x = { slug: 'x', features: [] }\nexport const EXTRA = »wrap({ x, pro: PLANS.pro })",
    "const x = definePlan({ slug: 'x', features: [] })\nexport const EXTRA = [...»f(x)]",
    "export const EXTRA = [...»Object.values(PLANS).filter(f), { slug: 'x', features: [] }]",
    "export const BY = { user: { solo: { slug: 'x', features: [] } }, team: »build() }",
    "export const BY = { user: { solo: { slug: 'x', features: [] }, duo: »{ slug: 'y' } } }",
    "const x = { slug: 'x', features: [] }\nexport const BOTH = { x, y: »{ slug: 'y' } }",
    "export { ENTERPRISE } from './enterprise'",
    "export * from './enterprise'",
]


@pytest.mark.parametrize("more", MISSED)
def test_an_uncertain_plan_is_refused_with_its_place(tmp_path: Path, more: str) -> None:
    enterprise = "export const ENTERPRISE = definePlan({ slug: 'e', features: [] })"
    (tmp_path / "enterprise.ts").write_text(enterprise)
    text = PLANS + more
    (tmp_path / "plans.ts").write_text(text.replace("»", ""))
    file, before = "plans.ts", text[: text.find("»")]
    if "./enterprise" in more:
        file, before = "enterprise.ts", enterprise[: enterprise.index("definePlan")]

    with pytest.raises(InputError) as caught:
        read_declaration(tmp_path / "plans.ts")

    assert [(problem.file, problem.line, problem.path) for problem in caught.value.problems] == [
        (file, before.count("\n") + 1, f"column {len(before) - before.rfind(chr(10))}")
    ]
