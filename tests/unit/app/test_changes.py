"""A constant that the code changes later has no certain value; a possible change that cannot be
seen is a note."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkstack.app.declaration import read_declaration
from clerkstack.app.foreign_changes import refuse_changes
from clerkstack.app.modules import Modules
from clerkstack.app.uses import UnresolvedCheck
from clerkstack.problems import InputError

PLANS = """\
const F = { SSO: 'sso', AUDIT: 'audit' } as const
export const PLANS: any = {
  basic: { slug: 'basic', features: [F.SSO] },
  pro: { slug: 'pro', features: [F.SSO, F.AUDIT] },
}
"""
CHANGED = [
    "const p = PLANS.basic; »(p as any).slug = 'professional'",
    "const { basic } = PLANS; »basic.features.push('x')",
    "const { basic: { features } } = PLANS; »features.push('x')",
    "const [first] = Object.values(PLANS); »first.slug = 'x'",
    "for (const p of Object.values(PLANS)) »p.slug = 'x_' + p.slug",
    "for (const [key, p] of Object.entries(PLANS)) { »p.slug = key }",
    "for (const key in PLANS) »PLANS[key].slug = key",
    "Object.values(PLANS).forEach((p) => { »p.slug = 'x' })",
    "Object.values(PLANS).forEach(p => p.features.forEach((f, i) => { »p.features[i] = 'x' }))",
    "Object.values(PLANS).forEach(function ({ features }) { »features.length = 0 })",
    "Object.keys(PLANS).forEach((key) => { »PLANS[key].slug = key })",
    "const sorted = Object.values(PLANS); »sorted[0].slug = 'x'",
    "const sorted = Object.values(PLANS).sort(); »sorted[0].slug = 'x'",
    "const found = Object.values(PLANS).find((p) => p.slug === 'pro')!; »found.slug += 'x'",
    "const chosen = flag ? PLANS.basic : PLANS.pro; »chosen.slug = 'x'",
    "const chosen = PLANS[key] ?? {}; »chosen.slug = 'x'",
    "const p = PLANS.basic; »Object.assign(p, { slug: 'x' })",
    "const p = PLANS.basic; »Reflect.set(p, 'slug', 'x')",
    "const { basic, ...others } = PLANS; »others.pro.slug = 'x'",
    "Object.entries(PLANS).filter(([k]) => k).map(([k, p]) => { »p.slug = k; return p })",
    "const copy = { ...PLANS.basic }; »copy.features.push('x')",
    "Object.values(PLANS).reduce((all, p) => { »p.slug = 'x'; return all }, [])",
    "const copy = { ...PLANS.basic, slug: 'x' }; »copy.features.push('x')",
    "const copy = { features: [], ...PLANS.basic }; »copy.features.push('x')",
    "const all = [{ ...PLANS.basic, slug: 'x' }]; »all[0].features.push('x')",
    "const box = { all: [PLANS] }; »box.all[0].basic.slug = 'x'",
    "let chosen = PLANS.basic; »chosen.slug = 'x'",
]
# Where a part is passed to code that could change it.
HANDED_ON = [
    "_.forEach(PLANS, (p) => { p.slug = 'x' })",
    "const map = new Map(Object.entries(PLANS)); map.get('pro')!.slug = 'x'",
    "const by: any = {}; by.first = PLANS.basic; by.first.slug = 'x'",
    "let p; p = PLANS.basic; p.slug = 'x'",
    "if (flag) { var p = PLANS.basic } p.slug = 'x'",
    "function rename(p) { p.slug = 'x' }\nrename(PLANS.basic)",
    "const rename = (...all) => { all[0].slug = 'x' }\nrename(PLANS.basic)",
    "const rename = (p) => { p.slug = 'x' }\nObject.values(PLANS).forEach(rename)",
    "const planOf = (key) => PLANS[key]\nplanOf('basic').slug = 'x'",
    "function planOf(key) { return PLANS[key] }\nconst p = planOf('basic'); p.slug = 'x'",
    "const a = Object.values(PLANS).reduce((l, p) => [...l, p], []); a[0].slug = 'x'",
    "const copy = { ...PLANS.basic, ['features']: [] }; copy.features.push('x')",
    "function visit(p) { visit(p.next); p.slug = 'x' }\nvisit(PLANS)",
]
UNCHANGED = [
    "const sorted = Object.values(PLANS); sorted.sort()",
    "export const sorted = Object.values(PLANS); sorted.sort((a, b) => a.n - b.n)",
    "const all = [...PLANS.pro.features].sort(); all.push('x'); all[0] = 'y'",
    "const all = PLANS.pro.features.filter(Boolean); all.push('x')",
    "const all = Object.values(PLANS).map((p) => p.slug); all.sort(); all.push('x')",
    "const all = Object.values(PLANS).map((p) => ({ ...p })); all[0].slug = 'x'",
    "const all = Object.values(PLANS).flatMap((p) => p.features); all.push('x'); all.reverse()",
    "const names: string[] = []; for (const p of Object.values(PLANS)) names.push(p.slug)\n"
    "names.sort(); names[0] = 'x'",
    "const total = sum(PLANS); total.x = 1",
    "const copy = structuredClone(PLANS); copy.basic.slug = 'x'",
    "const copy = JSON.parse(JSON.stringify(PLANS)); copy.basic.slug = 'x'",
    "const copy = { ...PLANS }; copy.basic = null; delete copy.pro",
    "const copy = { ...PLANS.basic, slug: 'x' }; copy.slug = 'y'",
    "const copy = Object.assign({}, PLANS.basic); copy.slug = 'y'",
    "const { basic, ...others } = PLANS; delete others.pro",
    "const map = new Map(Object.entries(PLANS)); map.set('x', 1)",
    "const set = new Set(PLANS.pro.features); set.add('x')",
    "Object.values(PLANS).reduce((by, p) => { by[p.slug] = p; by.n = 1; return by }, {} as any)",
    "const by = Object.values(PLANS).reduce((acc, p) => ({ ...acc, [p.slug]: p }), {}); by.x = 1",
    "const by: any = {}; Object.values(PLANS).forEach((p) => { by[p.slug] = p })",
    "const parts = PLANS.basic.slug.split('_'); parts.push('x')",
    "function f() { const p = PLANS.basic; return p }\nfunction g() { const p = {}; p.x = 1 }",
    "function add(PLANS: string[]) { PLANS.push('x') }",
    "const count = (p) => { const seen = {}; seen[p.slug] = true; return seen }\n"
    "const counted = count(PLANS.basic); counted.x = 1",
    "let current = PLANS.basic; current = PLANS.pro",
    "let n = PLANS.basic.amount; n += 1; n++",
    "for (const key of Object.keys(PLANS)) { let k = key; k += 'x'; seen.push(k) }",
    "Object.freeze(PLANS); Object.values(PLANS).forEach((p) => Object.freeze(p))",
    "const copy = { ...PLANS.basic, features: [...PLANS.basic.features] }; copy.features.push('x')",
    "const copy = { ...PLANS.basic, features: [] as string[] }; copy.features.push('x')",
    "const all = Object.values(PLANS).map((p) => ({ ...p, features: [...p.features] }))\n"
    "all[0].features.push('x'); for (const p of all) p.features.sort()",
    "const features = ['x']; const copy = { ...PLANS.basic, features }; copy.features[0] = 'y'",
    "for (let i = 0; i < PLANS.pro.features.length; i++) console.log(PLANS.pro.features[i])",
]


@pytest.mark.parametrize("change", CHANGED)
def test_a_change_by_an_alias_is_reported_with_its_place(tmp_path: Path, change: str) -> None:
    before = (PLANS + change)[: (PLANS + change).index("»")]
    (tmp_path / "plans.ts").write_text(PLANS + change.replace("»", ""))

    with pytest.raises(InputError) as caught:
        read_declaration(tmp_path / "plans.ts")

    found = caught.value.problems[0]
    assert found.message == "PLANS may have another value here"
    assert found.line == before.count("\n") + 1
    assert found.path == f"column {len(before) - before.rfind(chr(10))}"


@pytest.mark.parametrize("code", HANDED_ON)
@pytest.mark.parametrize("file", ["plans.ts", "other.ts"])
def test_what_a_part_is_handed_to_is_a_note(tmp_path: Path, file: str, code: str) -> None:
    imported = "" if file == "plans.ts" else "import { PLANS } from './plans'\n"
    (tmp_path / "plans.ts").write_text(PLANS)
    with (tmp_path / file).open("a") as there:
        there.write(imported + code)

    (note,) = notes(tmp_path)

    assert note.file == file
    assert note.line >= (tmp_path / file).read_text().count("\n", 0, -len(code)) + 1
    assert "PLANS of the app's declaration is passed on here" in note.message


@pytest.mark.parametrize(
    "plans",
    [
        PLANS.replace("}\n", "} as const\n"),
        PLANS.replace(": any = {", " = Object.freeze({").replace("\n}\n", "\n})\n"),
        PLANS.replace("}\n", "} satisfies Plans\n"),
        PLANS.replace(": any", ": Readonly<Plans>"),
    ],
)
def test_what_is_written_as_a_constant_may_be_handed_on(tmp_path: Path, plans: str) -> None:
    (tmp_path / "plans.ts").write_text(plans + "export const all = list(PLANS)\n")

    assert notes(tmp_path) == []


def notes(folder: Path) -> list[UnresolvedCheck]:
    modules = Modules(folder)
    return refuse_changes(read_declaration(folder / "plans.ts", modules=modules), folder, modules)


@pytest.mark.parametrize("code", UNCHANGED)
def test_what_changes_only_a_copy_is_no_change(tmp_path: Path, code: str) -> None:
    (tmp_path / "plans.ts").write_text(PLANS + code)

    declared = read_declaration(tmp_path / "plans.ts")

    assert {slug: plan.features for slug, plan in declared.plans.items()} == {
        "basic": ("sso",),
        "pro": ("sso", "audit"),
    }
