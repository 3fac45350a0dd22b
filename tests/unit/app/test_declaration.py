"""The app's TypeScript: a value is read exactly, or refused with its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from clerkstack.app.declaration import AppDeclaration, read_declaration
from clerkstack.catalog.load import load_catalog
from clerkstack.problems import InputError
from tests.sendero import APP_DECLARATION

TOP = Path(__file__).resolve().parents[3]

FEATURES = "export const BILLING_FEATURES = { SSO: 'sso', AUDIT: 'audit' } as const\n"
PRO = "export const PLANS = { pro: { slug: 'pro', features: [BILLING_FEATURES.SSO] } }\n"


def read(folder: Path, text: str, others: Mapping[str, str] | None = None) -> AppDeclaration:
    """The declaration in plans.ts with this text, beside other files."""
    for name, content in {"plans.ts": text, **(others or {})}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return read_declaration(folder / "plans.ts")


def problems(folder: Path, text: str) -> list[tuple[str, int | None, str, str]]:
    """File, line, column and message of each problem of such a file."""
    with pytest.raises(InputError) as caught:
        read(folder, text)
    return [(p.file, p.line, p.path, p.message) for p in caught.value.problems]


def test_the_apps_declaration_is_the_catalog(tmp_path: Path) -> None:
    declared = read(tmp_path, APP_DECLARATION)
    catalog = load_catalog(TOP / "catalog.yaml")

    assert declared.features == set(catalog.features)
    for slug, plan in catalog.plans.items():
        there = declared.plans[slug]
        assert there.features == plan.features
        assert there.monthly_cents == plan.amount
        assert there.annual_monthly_cents == plan.annual_monthly_amount
        assert there.publicly_listed == plan.publicly_visible
        assert there.trial_days == plan.free_trial_days
    assert list(declared.plans) == list(catalog.plans)
    assert (
        declared.plans["free"].where
        == f"plans.ts:{APP_DECLARATION[: APP_DECLARATION.index('free: {')].count(chr(10)) + 1}"
    )


@pytest.mark.parametrize(
    "pro",
    [
        "{ slug: 'pro', features: ['sso'] }",
        '{ slug: "pro", features: ["sso"] } as const',
        "{ slug: `pro`, features: [`sso`] } satisfies Plan",
        "({ 'slug': 'pro', ['features']: [('sso')] })",
        "<const>{ slug: 'pro', features: <const>['sso'] }",
        "{ slug: 'pr\\u006f', features: ['s\\u0073o'] }",
        "{ slug, features: ALL }",
        "{ slug: Tier.Pro, features: [Names.Sso] }",
        "{ slug: Tier['Pro'], features: [ALL[0]] }",
        "{ slug: slug!, features: [...ALL, ...ALL] }",
        "{ features: [], ...base }",
        "{ ...base, slug: 'pro' }",
        "Object.freeze({ slug: 'pro', features: Object.freeze(['sso']) })",
        "Object.freeze<Plan>({ slug: 'pro', features: Object.values(ONE) })",
        "{ slug: 'pro', features: Object.keys(KEYED) }",
        "{ slug: 'pro', features: ['sso', /* twice */ 'sso'] }",
    ],
)
def test_one_plan_in_many_forms(tmp_path: Path, pro: str) -> None:
    text = (
        "enum Tier { Free = 'free', Pro = 'pro' }\nconst enum Names { Sso = 'sso' }\n"
        "const slug = 'pro', ALL = ['sso'], ONE = { A: 'sso' }, KEYED = { sso: 1 }\n"
        "const base = { slug, features: ALL }\n"
        f"export const PLANS = {{ [Tier.Pro]: {pro} }}\n"
    )

    declared = read(tmp_path, text)

    assert declared.plans["pro"].features == ("sso",)


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("19", 1900),
        ("19.00", 1900),
        ("19.99", 1999),
        ("0.07", 7),
        ("1_500.50", 150050),
        ("1e3", 100000),
        ("0x10", 1600),
        ("+5", 500),
        (".5", 50),
        ("null", None),
        ("undefined", None),
    ],
)
def test_dollars_become_cents_exactly(tmp_path: Path, amount: str, cents: int | None) -> None:
    text = f"export const PLANS = {{ p: {{ slug: 'p', features: [], monthlyUsd: {amount} }} }}"

    assert read(tmp_path, text).plans["p"].monthly_cents == cents


@pytest.mark.parametrize(
    ("files", "plans"),
    [
        ({"features.ts": FEATURES}, "import { BILLING_FEATURES } from './features'\n"),
        ({"features.ts": FEATURES}, "import { BILLING_FEATURES } from './features.js'\n"),
        ({"features.tsx": FEATURES}, "import { BILLING_FEATURES } from './features'\n"),
        ({"features/index.ts": FEATURES}, "import { BILLING_FEATURES } from './features'\n"),
        (
            {"features.ts": FEATURES.replace("BILLING_FEATURES", "F")},
            "import { F as BILLING_FEATURES } from './features'\n",
        ),
        (
            {"features.ts": "export default { SSO: 'sso', AUDIT: 'audit' }"},
            "import BILLING_FEATURES from './features'\n",
        ),
        (
            {"features.ts": "export const SSO = 'sso', AUDIT = 'audit'"},
            "import * as BILLING_FEATURES from './features'\n",
        ),
        (
            {"features.ts": "export * from './inner'", "inner.ts": FEATURES},
            "import { BILLING_FEATURES } from './features'\n",
        ),
        (
            {"features.ts": "export { X as BILLING_FEATURES } from './inner'",
             "inner.ts": FEATURES.replace("BILLING_FEATURES", "X")},
            "import { BILLING_FEATURES } from './features'\n",
        ),
        (
            {"features.ts": "export enum BILLING_FEATURES { SSO = 'sso', AUDIT = 'audit' }"},
            "import { BILLING_FEATURES } from './features'\n",
        ),
    ],
)  # fmt: skip
def test_constants_of_imported_files(tmp_path: Path, files: dict[str, str], plans: str) -> None:
    declared = read(tmp_path, plans + PRO, files)

    assert declared.plans["pro"].features == ("sso",)
    # A feature that no plan has is found in the object with those that a plan has.
    assert declared.features == ({"sso"} if "* as" in plans else {"sso", "audit"})


@pytest.mark.parametrize(
    "text",
    [
        "export * from './inner'",
        "export { PLANS, BILLING_FEATURES } from './inner'",
        "import { PLANS } from './inner'\nexport { PLANS }",
        "export { default as ANY } from './inner'",
    ],
)
def test_plans_of_another_file_are_exported_here(tmp_path: Path, text: str) -> None:
    declared = read(tmp_path, text, {"inner.ts": FEATURES + PRO + "export default PLANS\n"})

    assert declared.plans["pro"].where == "inner.ts:2"
    assert declared.features == {"sso", "audit"}


def test_features_of_literals_are_known_by_their_name(tmp_path: Path) -> None:
    declared = read(
        tmp_path, FEATURES + "export const PLANS = { a: { slug: 'a', features: ['sso'] } }"
    )

    assert declared.features == {"sso", "audit"}


def test_names_can_be_given(tmp_path: Path) -> None:
    file = tmp_path / "plans.ts"
    file.write_text(
        "export const OLD = { a: { slug: 'a', features: [] } }\n"
        "export const NEW = { a: { slug: 'a', features: ['x'] } }\n"
        "const SLUGS = { X: 'x', Y: 'y' }\n"
    )

    declared = read_declaration(file, plans_name="NEW", features_name="SLUGS")

    assert declared.plans["a"].features == ("x",)
    assert declared.features == {"x", "y"}
    with pytest.raises(InputError, match=r"a second plan a: the first is in plans\.ts:1"):
        read_declaration(file)
    with pytest.raises(InputError, match="does not export GONE"):
        read_declaration(file, plans_name="GONE")


# The text after `export const PLANS = `, with » before the reported place, and a part of the only
# message.
MISTAKES = [
    ("{ a: { slug: »'a' + 'b', features: [] } }", "is a binary expression, not a constant"),
    ("{ a: { slug: »`a${1}`, features: [] } }", "is a template string with expressions"),
    ("{ a: { slug: »flag ? 'a' : 'b', features: [] } }", "is a ternary expression"),
    ("{ a: { slug: »nameOf(), features: [] } }", "calls nameOf, which is not run"),
    ("{ a: { slug: »process.env.A, features: [] } }", "process is not a constant"),
    ("{ a: { slug: »5, features: [] } }", "is not a slug"),
    ("{ a: { slug: »'', features: [] } }", "is not a slug"),
    ("{ 'é': { slug: »5, features: [] } }", "is not a slug"),
    ("{ a: { slug: 'a', features: »'sso' } }", "is not a list of features"),
    ("{ a: { slug: 'a', features: [»1] } }", "is not a slug"),
    ("{ a: { slug: 'a', features: [»{}] } }", "is not a slug"),
    ("{ a: { slug: 'a', features: [...»x] } }", "x is not a constant of this file"),
    ("{ a: { slug: 'a', features: [»F.NO] } }", "F has no NO"),
    ("{ a: { slug: 'a', features: [CHANGING] } }", "CHANGING may have another value here"),
    ("{ a: { slug: 'a', features: PUSHED } }", "PUSHED may have another value here"),
    ("{ a: { slug: 'a', features: LOOP } }", "LOOP refers to itself"),
    ("{ a: { slug: 'a', features: [»BARE.x] } }", "comes from 'bare', and clerkstack follows"),
    ("{ a: { slug: 'a', features: [»GONE] } }", "comes from './gone', which does not exist"),
    ("{ a: { slug: 'a', features: [], monthlyUsd: »1.999 } }", "not a whole number of cents"),
    ("{ a: { slug: 'a', features: [], monthlyUsd: »-1 } }", "is not an amount in dollars"),
    ("{ a: { slug: 'a', features: [], monthlyUsd: »'19' } }", "is not an amount in dollars"),
    ("{ a: { slug: 'a', features: [], monthlyUsd: »19n } }", "19n is not a number"),
    ("{ a: { slug: 'a', features: [], trialDays: »1.5 } }", "not a whole number of days"),
    ("{ a: { slug: 'a', features: [], publiclyListed: »1 } }", "is not true or false"),
    ("{ a: { slug: 'a', features: [] }, b: »{ slug: 'b' } }", "is a plan without features"),
    ("{ a: { slug: 'a', features: [] }, b: »'b' }", "is not a plan"),
    ("{ a: { slug: 'a', features: [] }, b: »make() }", "calls make, which is not run"),
    ("{ a: { slug: 'a', features: [] }, ...»more() }", "calls more, which is not run"),
    ("{ a: »make() }", "calls make, which is not run"),
    ("{ a: { slug: 'a', features: [] }, b: »{ slug: 'a', features: [] } }",
     "is a second plan a: the first is in plans.ts:1"),
    ("»make()", "calls make, which is not run"),
]  # fmt: skip
# The place is after the plans.
CHANGES = {
    "{ a: { slug: 'a', features: [CHANGING] } }": "let CHANGING",
    "{ a: { slug: 'a', features: PUSHED } }": "PUSHED.push",
    "{ a: { slug: 'a', features: LOOP } }": "LOOP]",
}
AROUND = """
const F = { SSO: 'sso' }
let CHANGING = 'x'
const PUSHED = ['sso']
PUSHED.push('more')
const LOOP = [...LOOP]
import BARE from 'bare'
import { GONE } from './gone'
"""


@pytest.mark.parametrize(("plans", "message"), MISTAKES)
def test_what_is_uncertain_is_refused_with_its_place(
    tmp_path: Path, plans: str, message: str
) -> None:
    text = f"export const PLANS = {plans}{AROUND}"
    place = text.index("»") if "»" in plans else text.index(CHANGES[plans])
    before = text[:place]

    found = problems(tmp_path, text.replace("»", ""))

    assert len(found) == 1
    assert found[0][:2] == ("plans.ts", before.count("\n") + 1)
    assert found[0][2] == f"column {len(before) - before.rfind(chr(10))}"
    assert message in found[0][3]


def test_all_plans_are_judged_at_once(tmp_path: Path) -> None:
    text = (
        "export const PLANS = {\n"
        "  a: { slug: f(), features: [] },\n"
        "  b: { slug: 'b', features: g(), monthlyUsd: h() },\n"
        "}\n"
    )

    assert [problem[1:3] for problem in problems(tmp_path, text)] == [
        (2, "column 14"),
        (3, "column 29"),
        (3, "column 46"),
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("export const EXTRA_PLANS = build()", "calls build"),
        ("export const MORE = [{ slug: 'x', features: [] }, ...build()]", None),
        ("export const MORE = { ...build(), x: { slug: 'x', features: [] } }", "calls build"),
        ("export * from './more-plans'", "which does not exist"),
    ],
)
def test_uncertain_plans_are_not_left_out(tmp_path: Path, more: str, message: str | None) -> None:
    message = message or "calls build"

    assert message in problems(tmp_path, FEATURES + PRO + more)[0][3]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("PLANS.pro.features.push('x')", True),
        ("PLANS.pro.features[0] = 'x'", True),
        ("PLANS['pro'].slug += 'x'", True),
        ("delete PLANS.pro", True),
        ("Object.assign(PLANS, {})", True),
        (";(PLANS as any).pro = 1", True),
        ("export const sorted = [...Object.values(PLANS)].sort()", False),
        ("console.log(PLANS)", False),
    ],
)
def test_plans_that_the_code_changes_later_are_uncertain(
    tmp_path: Path, change: str, told: bool
) -> None:
    text = FEATURES + PRO + change

    if told:
        assert problems(tmp_path, text)[0][1:4:2] == (3, "PLANS may have another value here")
    else:
        assert read(tmp_path, text).plans.keys() == {"pro"}


def test_an_uncertain_feature_is_not_left_out(tmp_path: Path) -> None:
    text = FEATURES.replace("'audit'", "auditName()") + PRO

    assert problems(tmp_path, text) == [
        (
            "plans.ts",
            1,
            f"column {FEATURES.index(chr(39) + 'audit') + 1}",
            "calls auditName, which is not run",
        )
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "exports no plans"),
        (b"export const x = 1", "exports no plans"),
        (b"const PLANS = { a: { slug: 'a', features: [] } }", "exports no plans"),
        (b"export const PLANS = {", "is not TypeScript"),
        (b"export { PLANS } from './plans'", "circular imports"),
        (b"export * from './plans'", "exports no plans"),
        (b"import { PLANS } from './plans'\nexport { PLANS }", "PLANS refers to itself"),
        (b"export const PLANS = " + b"[" * 3000 + b"]" * 3000, "is nested too deeply"),
        (b"export const PLANS = '\xe9'", "is not UTF-8 text"),
    ],
)
def test_a_file_without_a_declaration(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "plans.ts"
    file.write_bytes(content)

    with pytest.raises(InputError, match=message):
        read_declaration(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plans\.ts: there is no such file"):
        read_declaration(tmp_path / "plans.ts")


def test_nothing_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    text = f"require('fs').writeFileSync('{marker}', '')\n" + FEATURES + PRO

    assert read(tmp_path, text).plans.keys() == {"pro"}
    assert not marker.exists()


def test_a_byte_order_mark_and_other_line_ends_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "plans.ts"
    file.write_bytes(b"\xef\xbb\xbf" + (FEATURES + PRO).replace("\n", "\r\n").encode())

    assert read_declaration(file).plans["pro"].line == 2


def test_a_large_declaration_is_read_whole(tmp_path: Path) -> None:
    features = ", ".join(f"F{n}: 'f{n}'" for n in range(1000))
    plans = ", ".join(
        f"p{n}: {{ slug: 'p{n}', features: [F.F{n}, F.F{n + 500}] }}" for n in range(500)
    )

    declared = read(tmp_path, f"const F = {{ {features} }}\nexport const PLANS = {{ {plans} }}")

    assert (len(declared.plans), len(declared.features)) == (500, 1000)
