"""Whether Vercel's plugin goes where `clerkstack:urls.vercel` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkstack.settings.models import Components, Settings, Urls
from clerkstack.settings.vercel_plugin import ADDRESS, PLUGIN, VERCEL, led_astray
from local.machine.engine.places import Places

HERE = "http://127.0.0.1:4874"
STAND_INS = Places().stand_ins
COMPANY = ("proxy.company.example", "proxy.corp.internal", "10.0.0.1")
FOLLOWING = {"PATH": f"/nowhere:{STAND_INS}"}


def found(
    declared: str, leads: str | None, shell: dict[str, str] = FOLLOWING, **components: bool
) -> list[str]:
    settings = Settings.model_construct(
        urls=Urls(vercel=declared), components=Components(**components)
    )
    shell = shell if leads is None else {**shell, ADDRESS: leads}
    return [f"{broken.message}. {broken.remedy}" for broken in led_astray(settings, shell)]


def official(folder: Path) -> str:
    """A PATH with a plugin that is a native program, as the official one is."""
    program = folder / PLUGIN
    program.write_bytes(b"\x7fELF" + b"VERCEL_API_TOKEN" + bytes(100_000) + ADDRESS.encode())
    program.chmod(0o755)
    return str(folder)


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
    assert f"without {ADDRESS} in this shell, Vercel's plugin sends the token to {VERCEL}" in told
    assert "source .local/env.sh" in told


@pytest.mark.parametrize("declared", [VERCEL, "https://vercel.example"])
def test_a_shell_that_leads_elsewhere_is_refused(declared: str) -> None:
    (told,) = found(declared, "http://user:hush@127.0.0.1:1")

    assert f"{ADDRESS} in this shell sends Vercel's plugin to http://127.0.0.1:1." in told
    assert f"Unset {ADDRESS}" in told
    assert "hush" not in told


def test_a_stack_without_variables_has_no_plugin_to_lead() -> None:
    assert found(HERE, None, environment=False) == []


def test_an_official_plugin_that_does_not_follow_is_refused(tmp_path: Path) -> None:
    local = {"HTTPS_PROXY": "http://127.0.0.1:4880"}
    shells = [
        {},
        {"PATH": "/nowhere"},
        {"PATH": official(tmp_path)},
        {"PATH": f"{official(tmp_path)}:{STAND_INS}"},
        {**FOLLOWING, "PULUMI_IGNORE_AMBIENT_PLUGINS": "true"},
        *({"HTTPS_PROXY": f"http://{host}:3128"} for host in COMPANY),
        {**local, "NO_PROXY": "127.0.0.1,.vercel.com"},
        {**local, "no_proxy": "*"},
    ]

    for shell in shells:
        (told,) = found(HERE, HERE, shell)
        assert f"does not follow {ADDRESS}: it sends the token to {VERCEL}" in told, shell
        assert "source .local/env.sh" in told
        assert found(VERCEL, None, shell) == []
        assert found(HERE, HERE, shell, environment=False) == []


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_an_official_plugin_behind_the_local_worlds_proxy_is_right(
    tmp_path: Path, name: str
) -> None:
    shell = {"PATH": official(tmp_path), name: "http://127.0.0.1:4880", "NO_PROXY": "127.0.0.1"}

    assert found(HERE, HERE, shell) == []
