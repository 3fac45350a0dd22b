"""Whether Vercel's plugin goes where `clerkstack:urls.vercel` says."""

from __future__ import annotations

import pytest

from clerkstack.settings import Settings
from clerkstack.settings.models import Components, Urls
from clerkstack.settings.vercel_plugin import ADDRESS, VERCEL, led_astray

HERE = "http://127.0.0.1:4874"


def found(declared: str, leads: str | None, **components: bool) -> list[str]:
    settings = Settings.model_construct(
        urls=Urls(vercel=declared), components=Components(**components)
    )
    shell = {} if leads is None else {ADDRESS: leads}
    return [f"{each.message}. {each.mend}" for each in led_astray(settings, shell)]


@pytest.mark.parametrize(
    ("declared", "leads"),
    [(VERCEL, None), (VERCEL, ""), (f"{VERCEL}/", None), (HERE, HERE), (HERE, f"{HERE}/")],
)
def test_the_same_address_is_right(declared: str, leads: str | None) -> None:
    assert found(declared, leads) == []


@pytest.mark.parametrize("leads", [None, ""])
def test_an_address_that_nothing_follows_is_refused(leads: str | None) -> None:
    (told,) = found(HERE, leads)

    assert HERE in told
    assert f"without {ADDRESS} in this shell Vercel's plugin takes the token to {VERCEL}" in told
    assert "source .local/env.sh" in told


@pytest.mark.parametrize("declared", [VERCEL, "https://vercel.example"])
def test_a_shell_that_leads_elsewhere_is_refused(declared: str) -> None:
    (told,) = found(declared, "http://user:hush@127.0.0.1:1")

    assert f"{ADDRESS} in this shell leads Vercel's plugin to http://127.0.0.1:1." in told
    assert f"Unset {ADDRESS}" in told
    assert "hush" not in told


def test_a_stack_without_variables_has_no_plugin_to_lead() -> None:
    assert found(HERE, None, environment=False) == []
