"""The enforcement level of policies, and their values."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkstack.problems import InputError
from policies.config_file import load_rules
from policies.policy import Policy
from policies.registry import BY_ID, POLICIES
from policies.rules import Level, Rules
from policies.view import DEVELOPMENT, PRODUCTION

TOP = Path(__file__).resolve().parents[3]


def rules(folder: Path, text: str) -> Rules:
    file = folder / "config.yaml"
    file.write_text(text)
    return load_rules(file)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        rules(folder, text)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_as_they_come(policy: Policy) -> None:
    found = load_rules(TOP / "policies" / "config.yaml")

    strict = Level.ADVISORY if policy.advisory else Level.MANDATORY
    assert found.level(policy, PRODUCTION) is strict
    expected = Level.DISABLED if policy.production_only else Level.ADVISORY
    assert found.level(policy, DEVELOPMENT) is expected


def test_levels_and_values(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        "policies:\n"
        "  secret-age:\n    production: advisory\n    max_days: 60\n"
        "  trial-card:\n    development: mandatory\n"
        "  app-url:\n    hosts: [app.example]\n"
        "waivers:\n  max_days: 30\n",
    )

    assert found.level(BY_ID["secret-age"], PRODUCTION) is Level.ADVISORY
    assert found.level(BY_ID["secret-age"], DEVELOPMENT) is Level.ADVISORY
    assert found.level(BY_ID["trial-card"], DEVELOPMENT) is Level.MANDATORY
    assert found.of(BY_ID["secret-age"]) == {"max_days": 60}
    assert found.of(BY_ID["app-url"]) == {"hosts": ["app.example"]}
    assert found.max_waiver_days == 30


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "policies:\n  trial-crad: {}\n",
            "config.yaml:2: policies.trial-crad: is not a known field",
        ),
        (
            "policies:\n  roles:\n    producton: advisory\n",
            "config.yaml:3: policies.roles.producton: is not a known field. Did you mean "
            "production?",
        ),
        ("policies:\n  roles:\n    production: off\n", "config.yaml:3: policies.roles.production"),
        (
            "policies:\n  roles:\n    roles: org:x\n",
            "config.yaml:3: policies.roles.roles: is not a",
        ),
        (
            "policies:\n  trial-card:\n    <<: {production: advisory}\n",
            "config.yaml:3: policies.trial-card: merges with <<, which is not YAML 1.2.",
        ),
        (
            "policies:\n  trial-card:\n    production: advisory\n",
            "config.yaml:3: policies.trial-card.production: must stay mandatory in production",
        ),
        (
            "waivers:\n  max_days: 99999999999\n",
            "config.yaml:2: waivers.max_days: is not a number of days. Write a whole number from",
        ),
        (
            "policies:\n  secret-age:\n    max_days: 0\n",
            "config.yaml:3: policies.secret-age.max_days: is not a number of days",
        ),
        ("policies: [a]\n", "config.yaml:1: policies: is not a group of fields"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    (problem,) = problems(tmp_path, text)

    assert problem.startswith(f"policies/{says}")


@pytest.mark.parametrize("policy", ["trial-card", "billing-slugs"])
@pytest.mark.parametrize("level", ["advisory", "disabled"])
def test_a_non_overridable_policy_is_not_switched_off(
    tmp_path: Path, policy: str, level: str
) -> None:
    (problem,) = problems(tmp_path, f"policies:\n  {policy}:\n    production: {level}\n")

    assert "a waiver does not help either. " in problem
    assert problem.endswith(BY_ID[policy].remedy.rstrip("."))
    assert "write a waiver" not in problem.lower()
    with pytest.raises(InputError, match=r"a waiver does not help either\. "):
        Rules().overlaid({policy: level}, {})


def test_the_engines_configuration_goes_before_the_files(tmp_path: Path) -> None:
    found = rules(tmp_path, "policies:\n  secret-age:\n    max_days: 60\n").overlaid(
        {"roles": "advisory"}, {"secret-age": {"max_days": 5, "development": "mandatory"}}
    )

    assert found.level(BY_ID["roles"], PRODUCTION) is Level.ADVISORY
    assert found.level(BY_ID["secret-age"], PRODUCTION) is Level.MANDATORY
    assert found.level(BY_ID["secret-age"], DEVELOPMENT) is Level.MANDATORY
    assert found.of(BY_ID["secret-age"]) == {"max_days": 5}


def test_the_engines_configuration_names_what_there_is() -> None:
    with pytest.raises(InputError) as caught:
        Rules().overlaid({"trial-crad": "advisory"}, {"roles": {"role": ["x"]}})

    said = [str(problem) for problem in caught.value.problems]
    assert len(said) == 2
    assert "roles.role: is not known" in said[0]
    assert "trial-crad: is not a policy" in said[1]


def test_the_name_of_the_limit_before_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("excuses:\n  max_days: 30\n")

    assert load_rules(file).max_waiver_days == 30
