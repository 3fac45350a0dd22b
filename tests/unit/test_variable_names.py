"""The names of the app's variables: which, for whom, and that they are in one place."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from clerkstack.adopt.stack import _names
from clerkstack.desired.variables import Keys, Variable, variables
from clerkstack.settings import variable_names
from clerkstack.settings.models import EnvironmentSettings, Settings
from clerkstack.settings.variable_names import SETS, UNREAD, NameSet, all_names, unread_in
from tests import sendero

TOP = Path(__file__).resolve().parents[2]
KEYS = Keys[str]("pk_test_1", "sk_test_1", "whsec_1")
FALLBACKS = {
    "NEXT_PUBLIC_CLERK_SIGN_IN_FALLBACK_REDIRECT_URL": "/dashboard",
    "NEXT_PUBLIC_CLERK_SIGN_UP_FALLBACK_REDIRECT_URL": "/onboarding",
}


def of(environment: EnvironmentSettings, instance: str, keys: Keys[str]) -> list[Variable[str]]:
    """The variables of a stack's one project."""
    settings = Settings.model_construct(
        instance=instance, app_url="https://sendero.example", environment=environment
    )
    (project,) = settings.vercel_projects
    return variables(project, keys)


def declared(*names: NameSet, keys: Keys[str] = KEYS) -> dict[str, str]:
    """The variables of the preview target."""
    environment = EnvironmentSettings(project_id="prj_1")
    if names:
        environment = EnvironmentSettings(project_id="prj_1", names=[*names])
    found = [each for each in of(environment, "development", keys) if each.target == "preview"]
    assert len({each.key for each in found}) == len(found)
    return {each.key: each.value for each in found}


def test_a_stack_that_says_nothing_has_senderos_eight() -> None:
    assert set(declared()) == set(declared("guide")) == sendero.VARIABLES
    assert declared().items() >= sendero.PATHS.items()


def test_an_app_on_the_newest_nextjs_has_what_that_reads() -> None:
    found = declared("nextjs")

    assert found.items() >= FALLBACKS.items()
    assert found["CLERK_WEBHOOK_SIGNING_SECRET"] == "whsec_1"
    assert len(found) == 8
    assert not found.keys() & UNREAD.keys()


def test_names_stand_beside_each_other_where_the_app_reads_both() -> None:
    found = declared("guide", "nextjs")

    assert found == {**declared("guide"), **declared("nextjs")}
    assert len(found) == 11
    assert found["CLERK_WEBHOOK_SECRET"] == found["CLERK_WEBHOOK_SIGNING_SECRET"]


def test_secrets_are_secret_under_each_name() -> None:
    environment = EnvironmentSettings(project_id="prj_1", names=[*SETS])
    found = of(environment, "production", KEYS)
    secrets = {each.key for each in found if each.secret and each.sensitive}

    assert secrets == {
        *("CLERK_SECRET_KEY", "NUXT_CLERK_SECRET_KEY", "CLERK_WEBHOOK_SECRET"),
        *("CLERK_WEBHOOK_SIGNING_SECRET", "NUXT_CLERK_WEBHOOK_SIGNING_SECRET"),
    }


def test_what_no_sdk_reads_is_not_declared_for_it() -> None:
    found = declared("astro", keys=Keys[str]("pk_test_1", "sk_test_1", None))

    assert set(found) == {
        *("PUBLIC_CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY", "PUBLIC_APP_URL"),
        *("PUBLIC_CLERK_SIGN_IN_URL", "PUBLIC_CLERK_SIGN_UP_URL"),
    }


def test_what_no_current_sdk_reads() -> None:
    assert UNREAD == {
        "NEXT_PUBLIC_CLERK_AFTER_SIGN_IN_URL": "NEXT_PUBLIC_CLERK_SIGN_IN_FALLBACK_REDIRECT_URL",
        "NEXT_PUBLIC_CLERK_AFTER_SIGN_UP_URL": "NEXT_PUBLIC_CLERK_SIGN_UP_FALLBACK_REDIRECT_URL",
        "CLERK_WEBHOOK_SECRET": "CLERK_WEBHOOK_SIGNING_SECRET",
    }
    assert unread_in(all_names(["nextjs"])) == ""


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        ([], ("guide",)),
        (["OTHER"], ("guide",)),
        (sendero.VARIABLES, ("guide",)),
        (["NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY"], ("guide",)),
        (["CLERK_SECRET_KEY", *FALLBACKS], ("nextjs",)),
        ([*sendero.VARIABLES, *FALLBACKS], ("guide", "nextjs")),
        (["NUXT_CLERK_SECRET_KEY"], ("nuxt",)),
    ],
)
def test_adopt_finds_what_the_live_names_are(
    keys: Collection[str], chosen: tuple[str, ...]
) -> None:
    assert _names(keys) == chosen


def test_names_stand_in_one_place() -> None:
    """Apart from one that messages and docstrings use as an example."""
    word = re.compile(rf"\b(?:{'|'.join(all_names() - {'CLERK_SECRET_KEY', 'APP_URL'})})\b")
    found = [
        f"{file.relative_to(TOP)}: {match[0]}"
        for folder in ("clerkstack", "components", "policies")
        for file in (TOP / folder).rglob("*.py")
        if file.resolve() != Path(variable_names.__file__).resolve()
        for match in word.finditer(file.read_text())
    ]

    assert found == []


def test_the_page_of_settings_lists_every_name() -> None:
    page = (TOP / "docs" / "settings.md").read_text()

    assert [name for name in sorted(all_names()) if f"`{name}`" not in page] == []
    assert [each for each in SETS if f"`{each}`" not in page] == []
