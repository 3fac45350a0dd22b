"""Features that no plan has are found beside those that one has, and by their name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from clerkstack.app.declaration import AppDeclaration, read_declaration
from clerkstack.problems import InputError


def read(folder: Path, text: str, others: Mapping[str, str]) -> AppDeclaration:
    """The declaration in plans.ts with this text, beside other files."""
    for name, content in {**others, "plans.ts": text}.items():
        (folder / name).write_text(content)
    return read_declaration(folder / "plans.ts")


# What precedes the plans, what the only plan includes, and all features.
FOUND = {
    "spread into what is exported": (
        "const BASE = { A: 'a', B: 'b' } as const\n"
        "export const BILLING_FEATURES = { ...BASE, C: 'c' } as const",
        "BILLING_FEATURES.A, BILLING_FEATURES.B",
        "abc",
    ),
    "spread into a list of another name": (
        "const BASE = ['a', 'b']\nexport const ALL = [...BASE, 'c']",
        "...BASE",
        "abc",
    ),
    "referred to by what is exported": (
        "const BASE = { A: 'a', B: 'b' }\nexport const KNOWN = { one: BASE.A, other: 'c' }",
        "BASE.A",
        "abc",
    ),
    "attached by another constant": (
        "const BASIC = ['a', 'b']\nexport const BILLING_FEATURES = { A: 'a', B: 'b', UNUSED: 'c' }",
        "...BASIC",
        "abc",
    ),
    "more features by name": (
        "export const CORE_FEATURES = { A: 'a', B: 'b' }\nexport const ADDON_FEATURES = { X: 'x' }",
        "CORE_FEATURES.A",
        "abx",
    ),
    "nested by name": (
        "export const BILLING_FEATURES = { core: { A: 'a' }, extra: { C: 'c' } }",
        "'a'",
        "ac",
    ),
    "records by name": (
        "export const FEATURES = [{ id: 'a', name: 'The a' }, { id: 'b', name: 'The b' }]",
        "'a'",
        "ab",
    ),
    "records with slug by name": (
        "export const ADDON_FEATURES = [{ slug: 'x', name: 'The x' }]",
        "'a'",
        "ax",
    ),
    "groups": (
        "const F = { core: { A: 'a', B: 'b' }, extra: { C: 'c' } }",
        "F.core.A",
        "abc",
    ),
    "lists in groups": ("const F = { core: ['a', 'b'], extra: ['c'] }", "F.core[0]", "abc"),
    "a list of records": ("const F = [{ slug: 'a' }, { slug: 'b' }]", "F[0].slug", "ab"),
    "records": (
        "const F = { A: { slug: 'a', name: 'Feature A' }, B: { slug: 'b', name: 'B' } }",
        "F.A.slug",
        "ab",
    ),
    "records with a field of another name": (
        "const F = { A: { is: 'a', name: 'Feature A' }, B: { is: 'b', name: t('B') } }",
        "F.A.is",
        "ab",
    ),
    "a list of records with a field of another name": (
        "const F = [{ is: 'a', name: 'A' }, { is: 'b', name: 'B' }]",
        "F[0].is",
        "ab",
    ),
    "one record": ("const A = { slug: 'a', name: 'B' }", "A.slug", "a"),
    "beside plans and limits": (
        "export const BILLING = { tiers: { PRO: 'pro' }, features: { A: 'a', B: 'b' } }",
        "BILLING.features.A",
        "ab",
    ),
    "features of what a plan is made from": (
        "const BASE = { name: 'Pro', claims: ['Unlimited users'], features: ['a', 'b'] }",
        "BASE.features[0]",
        "ab",
    ),
    "a matrix": (
        "export const MATRIX = { basic: ['a'], pro: ['a', 'b'] }",
        "...MATRIX.basic",
        "ab",
    ),
    "texts to be read": (
        "export const MARKETING_FEATURES = ['Unlimited users', 'Support']\n"
        "export const proFeatures = [{ title: 'Support', icon: 'bell' }]\n"
        "export const HERO_FEATURES = [t('a'), t('b')]",
        "'a'",
        "a",
    ),
    "texts to be read beside a feature": (
        "const F = { A: 'a' }\n"
        "export const UPSELL = { gate: F.A, title: 'Upgrade now' }\n"
        "export const HINT = { gate: F.A, title: t('x') }\n"
        "export const LABELS = { [F.A]: 'The a' }\n"
        "export const TABLE = [{ gate: F.A, label: 'Single sign-on', tier: 'pro' }]",
        "F.A",
        "a",
    ),
    "functions and what is made from features": (
        "export const BILLING_FEATURES = { A: 'a', B: 'b' }\n"
        "export const ALL_FEATURES = Object.values(BILLING_FEATURES).filter(Boolean)\n"
        "export const SET_OF_FEATURES = new Set(Object.values(BILLING_FEATURES))\n"
        "export const useFeatures = create(() => ({}))\n"
        "export const getFeatures = (plan) => plan.features",
        "BILLING_FEATURES.A",
        "ab",
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_all_features_are_found(tmp_path: Path, case: str) -> None:
    before, attached, features = FOUND[case]

    declared = read(
        tmp_path,
        f"{before}\nexport const PLANS = {{ pro: {{ slug: 'pro', features: [{attached}] }} }}",
        {},
    )

    assert declared.features == set(features)


def test_features_of_another_file_are_found(tmp_path: Path) -> None:
    declared = read(
        tmp_path,
        "import { FEATURES } from './features'\n"
        "export const PLANS = { pro: { slug: 'pro', features: [FEATURES.A] } }",
        {
            "features.ts": "const BASE = { A: 'a' }\n"
            "export const FEATURES = { ...BASE, C: 'c' }\nexport const ADDON_FEATURES = ['x']"
        },
    )

    assert declared.features == {"a", "c", "x"}


@pytest.mark.parametrize(
    ("before", "attached"),
    [
        ("const F = { core: { A: 'a' }, extra: { C: »name() } }", "F.core.A"),
        ("const F = { core: { A: 'a' }, extra: »group() }", "F.core.A"),
        ("const F = { A: { slug: 'a' }, B: { slug: »name() } }", "F.A.slug"),
        ("const B = { A: 'a' }\nexport const FEATURES = { ...B, C: »name() }", "B.A"),
        ("export const FEATURES = { A: 'a', C: »name() }", "'a'"),
        ("export const addonFeatures = »define({ X: 'x' })", "'a'"),
        ("»export { ADDON_FEATURES } from 'elsewhere'", "'a'"),
        ("export const ADDON_FEATURES = »define({ X: 'x' })", "'a'"),
        ("export const ADDON_FEATURES = ['x', »name()]", "'a'"),
        ("export const ADDON_FEATURES = ['x']\n»ADDON_FEATURES.push('y')", "'a'"),
    ],
)
def test_an_uncertain_feature_is_refused_with_its_place(
    tmp_path: Path, before: str, attached: str
) -> None:
    place = before[: before.index("»")]
    plans = f"\nexport const PLANS = {{ pro: {{ slug: 'pro', features: [{attached}] }} }}"

    with pytest.raises(InputError) as caught:
        read(tmp_path, before.replace("»", "") + plans, {})

    assert [(problem.line, problem.path) for problem in caught.value.problems] == [
        (place.count("\n") + 1, f"column {len(place) - place.rfind(chr(10))}")
    ]
