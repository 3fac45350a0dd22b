"""The catalog: a clean file gives no problem, and each mistake gives one, with line and path."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from clerkstack.catalog.fields import Payer
from clerkstack.catalog.load import load_catalog
from clerkstack.catalog.models import Catalog
from clerkstack.problems import InputError
from tests.sendero import FEATURES, PLANS, features_of

TOP = Path(__file__).resolve().parents[3]

CLEAN = """\
currency: usd
features:
  sso:
    name: SSO
    description: One sign-on.
  audit:
    name: Audit log
    avatar_url: https://img.example/audit.png
plans:
  free:
    name: Free
    amount: 0
  pro:
    name: Pro
    amount: 6000
    annual_monthly_amount: 5000
    free_trial_days: 14
    features:
      - sso
  top:
    name: Top
    amount: 9000
    includes: pro
    features: [audit]
    publicly_visible: false
"""


def load(folder: Path, text: str) -> Catalog:
    """The catalog in a file with this text."""
    file = folder / "catalog.yaml"
    file.write_text(text)
    return load_catalog(file)


def problems(folder: Path, text: str) -> list[tuple[int | None, str, str]]:
    """Line, path, and message with remedy, of each problem of such a file."""
    with pytest.raises(InputError) as caught:
        load(folder, text)
    assert all(problem.file == "catalog.yaml" for problem in caught.value.problems)
    return [(p.line, p.path, f"{p.message}. {p.remedy}") for p in caught.value.problems]


def test_a_clean_catalog_has_no_problem(tmp_path: Path) -> None:
    catalog = load(tmp_path, CLEAN)

    assert catalog.currency == "usd"
    assert list(catalog.features) == ["sso", "audit"]
    assert catalog.plans["pro"].amount == 6000
    assert catalog.plans["pro"].annual_monthly_amount == 5000
    assert catalog.plans["pro"].free_trial_days == 14
    assert catalog.plans["top"].features == ("sso", "audit")
    assert catalog.plans["top"].publicly_visible is False
    assert catalog.plans["free"].features == ()
    assert catalog.plans["free"].payer_type is Payer.ORG
    assert catalog.plans["free"].is_recurring is None


def test_the_catalog_of_the_project_is_the_deployment() -> None:
    catalog = load_catalog(TOP / "catalog.yaml")

    assert tuple(catalog.features) == FEATURES
    assert {
        slug: (plan.amount, plan.annual_monthly_amount, plan.free_trial_days, plan.publicly_visible)
        for slug, plan in catalog.plans.items()
    } == {slug: plan[:4] for slug, plan in PLANS.items()}
    assert {slug: set(plan.features) for slug, plan in catalog.plans.items()} == {
        slug: features_of(slug) for slug in PLANS
    }


# What is replaced in the clean file, by what; line, path and a part of the one message.
MISTAKES = [
    # parts and fields
    ("currency:", "curency:", 1, "curency", "a section of the catalog. Did you mean currency?"),
    ("currency: usd", "currency: eur", 1, "currency", "is not a currency that Clerk"),
    ("currency: usd", "currency: USD", 1, "currency", "supports. Write usd, or leave it out"),
    ("name: SSO", r'name: "\ud83d"', 4, "features.sso.name", "contains half a character"),
    ("name: SSO", r'name: "a\0b"', 4, "features.sso.name", "contains a control character"),
    ("name: SSO", r'name: "a\nb"', 4, "features.sso.name", "has a line break"),
    (
        "https://img.example/audit.png",
        "https://",
        8,
        "features.audit.avatar_url",
        "is not an https URL",
    ),
    ("- sso", "- 123", 19, "plans.pro.features[0]", 'is not a slug. Write it in quotes: "123"'),
    ("includes: pro", "includes: [pro]", 23, "plans.top.includes", "is not text but a list"),
    ("currency: usd", "currency: !!x usd", 1, "currency", "has the tag"),
    (
        "    free_trial_days: 14",
        "    free_trail_days: 14",
        17,
        "plans.pro.free_trail_days",
        "is not a field of the catalog. Did you mean free_trial_days?",
    ),
    ("    name: SSO\n", "", 3, "features.sso.name", "is missing. Add it"),
    ("    name: SSO\n", "    name:\n", 4, "features.sso.name", "is missing. Add it"),
    ("name: SSO", "name: ' '", 4, "features.sso.name", "is empty. Write some text"),
    ("name: SSO", "name: 'a: b'", 4, "features.sso.name", "has a colon"),
    ("name: SSO", "name: 12", 4, "features.sso.name", 'is not text. Write it in quotes: "12"'),
    ("name: SSO", "name: true", 4, "features.sso.name", 'Write it in quotes: "true"'),
    ("name: SSO", "name: {a: b}", 4, "features.sso.name", "is not text"),
    ("https://img", "img", 8, "features.audit.avatar_url", "is not an https URL"),
    ("name: Audit log", "name: A\n    include_in_jwt: yes", 8, "features.audit.include_in_jwt",
     "is not a boolean. Write true or false"),
    ("publicly_visible: false", "publicly_visible: 'false'", 25, "plans.top.publicly_visible",
     "is not a boolean. Write true or false, without quotes"),
    ("    name: Free\n    amount: 0\n", "", 10, "plans.free", "is not a group of fields"),
    # slugs
    ("  free:", "  fr.ee:", 10, "plans.fr.ee", "is not a slug that Clerk accepts. Use letters"),
    ("  free:", '  "free ":', 10, "plans.free ", "is not a slug that Clerk accepts"),
    ("  free:", '  "free\\n":', 10, "plans.free\n", "is not a slug that Clerk accepts"),
    ("  free:", "  Pro:", 13, "plans.pro", "differs from Pro only in case"),
    ("  free:", "  pro:", 13, "plans.pro", "appears twice, first in line 10. Keep one"),
    ("  audit:", "  sso:\n    name: Other\n  audit:", 6, "features.sso",
     "appears twice, first in line 3"),
    ("    amount: 0", "    amount: 0\n    amount: 5", 13, "plans.free.amount",
     "appears twice, first in line 12"),
    ("  free:", "  1:", 10, "plans", '1 is not text. Write it in quotes: "1"'),
    ("  free:", "  null:", 10, "plans", "null is not text"),
    ("  free:", "  true:", 10, "plans", "true is not text"),
    ("  free:", "  ? [a]\n  :", 10, "plans", "has a key that is not text"),
    # amounts
    ("amount: 6000", "amount: 60.00", 15, "plans.pro.amount",
     "is 60.00; amounts are whole cents. If that is dollars, write cents: 6000"),
    ("amount: 6000", "amount: 59.999", 15, "plans.pro.amount", "Write whole cents a month"),
    ("amount: 6000", "amount: 6e3", 15, "plans.pro.amount", "Write whole cents a month"),
    ("amount: 6000", "amount: .inf", 15, "plans.pro.amount", "amounts are whole cents"),
    ("amount: 6000", "amount: .nan", 15, "plans.pro.amount", "amounts are whole cents"),
    ("amount: 6000", "amount: '6000'", 15, "plans.pro.amount",
     'is "6000", which is not a whole number. Write whole cents a month, without quotes'),
    ("amount: 6000", "amount: 6_000", 15, "plans.pro.amount", 'is "6_000", which is not'),
    ("amount: 6000", "amount: $60", 15, "plans.pro.amount", 'is "$60", which is not'),
    ("amount: 6000", "amount: true", 15, "plans.pro.amount", "is true, which is not"),
    ("amount: 6000", "amount: [60]", 15, "plans.pro.amount", "is a list, which is not"),
    ("amount: 6000", "amount: -1", 15, "plans.pro.amount", "is negative"),
    ("amount: 6000", "amount: !!int x", 15, "plans.pro.amount", "is x, not a number"),
    ("amount: 6000", "amount: " + "9" * 5000, 15, "plans.pro.amount", "too long for a number"),
    ("amount: 9000", "amount: 99999999", 22, "plans.top.amount", "below Clerk's limit of $999,9"),
    ("    amount: 9000\n", "", 20, "plans.top.amount", "is missing. Write whole cents a month"),
    ("_amount: 5000", "_amount: 6001", 16, "plans.pro.annual_monthly_amount",
     "is 6001, above the 6000 of a plan billed monthly"),
    ("_amount: 5000", "_amount: 50.5", 16, "plans.pro.annual_monthly_amount", "cents: 5050"),
    # trials
    ("free_trial_days: 14", "free_trial_days: 0", 17, "plans.pro.free_trial_days",
     "is 0 days. Write 1 to 365, or remove the field for no trial"),
    ("free_trial_days: 14", "free_trial_days: 366", 17, "plans.pro.free_trial_days", "1 to 365"),
    ("free_trial_days: 14", "free_trial_days: 1.5", 17, "plans.pro.free_trial_days", "is 1.5, wh"),
    ("amount: 0", "amount: 0\n    free_trial_days: 7", 13, "plans.free.free_trial_days",
     "is set on a free plan"),
    # attachments
    ("- sso", "- soo", 19, "plans.pro.features[0]", "no feature soo. Did you mean sso?"),
    ("- sso", "- SSO", 19, "plans.pro.features[0]", "no feature SSO. Did you mean sso?"),
    ("- sso", "- sso\n      - sso", 20, "plans.pro.features[1]", "names sso twice"),
    ("- sso", "- 7", 19, "plans.pro.features[0]", "is not a slug"),
    ("[audit]", "audit", 24, "plans.top.features", "is not a list"),
    ("includes: pro", "includes: por", 23, "plans.top.includes", "no plan por. Did you mean pro?"),
    ("includes: pro", "includes: top", 23, "plans.top.includes", "includes itself (top → top)"),
    ("includes: pro", "includes: pro\n    payer_type: user", 23, "plans.top.includes",
     "names pro, which has another payer"),
    # plans together
    ("name: Top", "name: Pro", 21, "plans.top.name", "is also the name of pro"),
    ("name: Top", "name: Top\n    payer_type: orgs", 22, "plans.top.payer_type",
     'is "orgs". Write org or user'),
    ("name: Top", "name: Top\n    default: true", 23, "plans.top.amount",
     "is not 0 on a default plan"),
    # YAML
    ("name: SSO", "name: !!python/object/apply:os.getcwd []", 4, "features.sso.name",
     "has the tag python/object/apply:os.getcwd. Write a plain value without a tag"),
    ("  sso:\n", "  sso: !!python/object:os.x\n", 3, "features.sso", "has the tag"),
    ("    amount: 0\n", "    amount: 0\n    <<: {}\n", 13, "plans.free", "merges with <<"),
    ("  free:\n", "\tfree:\n", 10, "", "is not YAML: found character '\\t'"),
    ("name: Free", "name: *nobody", 11, "", "is not YAML: found undefined alias"),
    ("plans:\n", "plans: &p\n  itself: *p\n", 9, "plans.itself", "contains itself"),
    ("plans:\n", "---\nplans:\n", 9, "", "is not YAML: but found another document"),
    ("name: Free", "name: \x01", 11, "", "contains a control character"),
    ("currency: usd\n", "%YAML 1.1\n---\n", 26, "plans.top.publicly_visible",
     "is no, a boolean of YAML 1.1 only"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "line", "path", "message"), MISTAKES)
def test_one_mistake_gives_one_message(
    tmp_path: Path, before: str, after: str, line: int, path: str, message: str
) -> None:
    assert before in CLEAN
    text = CLEAN.replace(before, after, 1)
    if "YAML 1.1" in after:
        text = text.replace("false", "no")

    found = problems(tmp_path, text)

    assert [each[:2] for each in found] == [(line, path)]
    assert message in found[0][2]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", None, "is empty. Write at least `features:` and `plans:`"),
        ("# nothing yet\n", None, "is empty"),
        ("- free\n- pro\n", 1, "is not a group of fields"),
        ("free", 1, "is not a group of fields"),
        ("[" * 600, None, "is nested too deeply"),
    ],
)
def test_a_file_that_is_no_catalog(
    tmp_path: Path, text: str, line: int | None, message: str
) -> None:
    found = problems(tmp_path, text)

    assert [each[:2] for each in found] == [(line, "")]
    assert message in found[0][2]


@pytest.mark.parametrize("text", ["features: {}\n", "plans:\n"])
def test_a_catalog_without_plans_says_so(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)[0][1:] == (
        "plans",
        "is missing. Write at least one plan, or `plans: {}`",
    )


def test_no_plan_on_purpose_is_fine(tmp_path: Path) -> None:
    assert load(tmp_path, "plans: {}").plans == {}


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"plans: \xe9")

    with pytest.raises(InputError, match="there is no such file"):
        load_catalog(tmp_path / "catalog.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        load_catalog(tmp_path)
    with pytest.raises(InputError, match="Save it as UTF-8 text"):
        load_catalog(tmp_path / "latin.yaml")


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        CLEAN.replace("name: SSO", "nam: SSO")
        .replace("amount: 6000", "amount: 60.5")
        .replace("includes: pro", "includes: nothing")
    )

    assert [problem[:2] for problem in problems(tmp_path, text)] == [
        (3, "features.sso.name"),
        (4, "features.sso.nam"),
        (15, "plans.pro.amount"),
        (23, "plans.top.includes"),
    ]


def test_a_circle_of_plans_is_reported_at_each_of_them(tmp_path: Path) -> None:
    text = CLEAN.replace("    amount: 6000", "    amount: 6000\n    includes: top")

    assert [problem[1:] for problem in problems(tmp_path, text)] == [
        ("plans.pro.includes", "includes itself (pro → top → pro). Break the cycle"),
        ("plans.top.includes", "includes itself (top → pro → top). Break the cycle"),
    ]


def test_one_default_plan_for_each_payer(tmp_path: Path) -> None:
    plan = "  {0}:\n    name: {0}\n    amount: 0\n    default: true\n    payer_type: {1}\n"
    two = plan.format("free_org", "org") + plan.format("free_user", "user")

    assert load(tmp_path, "plans:\n" + two).plans["free_user"].default is True
    assert problems(tmp_path, "plans:\n" + two + plan.format("third", "org")) == [
        (
            15,
            "plans.third.default",
            "is a second default plan for org, after free_org. Keep one of the two",
        )
    ]


@pytest.mark.parametrize(
    ("plan", "line", "path", "says"),
    [
        ("  free_org:\n    name: F\n    amount: 0\n", 2, "default", "is missing on the plan that"),
        (
            "  free_user:\n    name: F\n    amount: 0\n    default: true\n",
            2,
            "payer_type",
            "is not user, but Clerk creates free_user for that payer. Write user",
        ),
    ],
)
def test_what_clerk_makes_by_itself_is_marked_so(
    tmp_path: Path, plan: str, line: int, path: str, says: str
) -> None:
    [found] = problems(tmp_path, f"plans:\n{plan}")

    assert found[:2] == (line, f"plans.{plan.split(':')[0].strip()}.{path}")
    assert says in found[2]


def test_a_slug_that_a_preview_would_hide_is_refused(tmp_path: Path) -> None:
    [found] = problems(tmp_path, "plans:\n  __pro:\n    name: Pro\n    amount: 1\n")

    assert found[1] == "plans.__pro"
    assert "Pulumi's preview shows no change" in found[2]


def test_an_annual_price_of_nothing_is_none(tmp_path: Path) -> None:
    text = "plans:\n  a:\n    name: A\n    amount: 5\n    annual_monthly_amount: 0\n"

    assert load(tmp_path, text).plans["a"].annual_monthly_amount is None


def test_a_feature_that_two_plans_bring_is_there_once(tmp_path: Path) -> None:
    catalog = load(tmp_path, CLEAN.replace("[audit]", "[audit, sso]"))

    assert catalog.plans["top"].features == ("sso", "audit")


def test_words_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    text = CLEAN.replace("  free:", "  no:").replace("name: Free", "name: yes")
    text = text.replace("One sign-on.", "2026-01-01")

    catalog = load(tmp_path, text)

    assert catalog.plans["no"].name == "yes"
    assert catalog.features["sso"].description == "2026-01-01"


def test_anchors_a_byte_order_mark_and_other_line_ends_are_fine(tmp_path: Path) -> None:
    text = CLEAN.replace("- sso", "- sso\n").replace("features: [audit]", "features: *list")
    text = text.replace("features:\n      - sso", "features: &list\n      - sso")
    file = tmp_path / "catalog.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    assert load_catalog(file).plans["top"].features == ("sso",)


def test_aliases_of_aliases_take_no_time(tmp_path: Path) -> None:
    # Read one by one these would be ten to the power of thirty values.
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 31)]

    assert len(problems(tmp_path, "\n".join(lines))) == 32


def test_a_large_catalog_is_read_whole(tmp_path: Path) -> None:
    features = "".join(f"  f{n}:\n    name: F {n}\n" for n in range(2000))
    plans = "".join(
        f"  p{n}:\n    name: P {n}\n    amount: {n}\n    features: [f{n}, f{n + 1000}]\n"
        for n in range(500)
    )

    catalog = load(tmp_path, f"features:\n{features}plans:\n{plans}")

    assert (len(catalog.features), len(catalog.plans)) == (2000, 500)
    assert catalog.plans["p499"].features == ("f499", "f1499")


def test_nothing_of_a_catalog_can_be_changed(tmp_path: Path) -> None:
    plan = load(tmp_path, CLEAN).plans["pro"]

    with pytest.raises(ValidationError, match="frozen"):
        plan.amount = 1  # type: ignore[misc]


@given(
    at=st.integers(0, len(CLEAN)),
    cut=st.integers(0, 12),
    put=st.text(st.sampled_from(list("\n\t :-[]{}#&*!|>'\"%@`,?~.0x_aé")), max_size=6),
)
def test_any_edit_gives_a_catalog_or_problems(
    tmp_path_factory: pytest.TempPathFactory, at: int, cut: int, put: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "catalog.yaml"
    file.write_text(CLEAN[:at] + put + CLEAN[at + cut :])

    # Anything else that is raised fails the test.
    with contextlib.suppress(InputError):
        assert load_catalog(file).currency


def test_characters_beyond_the_first_plane_as_json_writes_them(tmp_path: Path) -> None:
    text = json.dumps({"plans": {"pro": {"name": "Pro 🚀", "amount": 100}}})

    assert load(tmp_path, text).plans["pro"].name == "Pro 🚀"


def test_a_name_may_be_there_once_for_each_payer(tmp_path: Path) -> None:
    plan = "  {0}: {{name: {1}, amount: 100, payer_type: {2}}}\n"
    text = "plans:\n" + plan.format("pro", "Pro", "org") + plan.format("pro_user", "Pro", "user")

    assert set(load(tmp_path, text).plans) == {"pro", "pro_user"}
    assert problems(tmp_path, text + plan.format("more", "Pro", "user")) == [
        (
            4,
            "plans.more.name",
            "is also the name of pro_user. Clerk refuses two plans of one name for the same "
            "payer; rename one",
        )
    ]


def test_the_plans_clerk_makes_are_named_alike(tmp_path: Path) -> None:
    text = """\
plans:
  free_org: {name: Free, amount: 0, default: true}
  free_user: {name: Free, amount: 0, default: true, payer_type: user}
  free: {name: Free, amount: 0}
"""

    assert len(load(tmp_path, text).plans) == 3


def test_the_fields_of_a_slug_that_is_wrong_are_read_as_well(tmp_path: Path) -> None:
    text = """\
features:
  a b: {name: 'x:y', bogus: 1}
plans:
  p q: {name: P, amount: bad, features: [nope]}
"""

    assert [problem[:2] for problem in problems(tmp_path, text)] == [
        (2, "features.a b"),
        (2, "features.a b.name"),
        (2, "features.a b.bogus"),
        (4, "plans.p q"),
        (4, "plans.p q.amount"),
        (4, "plans.p q.features[0]"),
    ]


def test_a_path_that_leads_nowhere_is_reported(tmp_path: Path) -> None:
    circle = tmp_path / "circle.yaml"
    circle.symlink_to(circle)

    for path in (circle, Path("a\0b")):
        with pytest.raises(InputError, match="cannot be read"):
            load_catalog(path)
