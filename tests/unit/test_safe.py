"""What may be shown, and what is taken out of everything."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from clerkstack import safe as module
from clerkstack.safe import hide, may_hold_secret, safe, shown_url

TOP = Path(__file__).parents[2]
SECRET = "bypass-9f8Kq2Lm7XwZr4"


@pytest.fixture(autouse=True)
def _nothing_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_secrets", set())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://app.example/hook", "https://app.example/hook"),
        (f"https://app.example/hook?x={SECRET}", "https://app.example/hook?…"),
        (f"https://app.example/hook?a=1&x={SECRET}#{SECRET}", "https://app.example/hook?…#…"),
        (f"https://me:{SECRET}@app.example:8443/hook", "https://app.example:8443/hook"),
        (f"https://{SECRET}@app.example/", "https://app.example/"),
        (f"HTTPS://app.example/?{SECRET}", "https://app.example/?…"),
        (f"postgres://me:{SECRET}@db.example/x?sslmode=on", "postgres://db.example/x?sslmode=on"),
        ("s3://bucket?region=us-east-1&endpoint=x", "s3://bucket?region=us-east-1&endpoint=x"),
        ("https://[::1", "(not a URL)"),
        (f"/hook?{SECRET}", "/hook"),
    ],
)
def test_an_address_is_shown_without_what_can_hold_a_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    assert SECRET not in shown_url(url)


@pytest.mark.parametrize(
    "around", ["{}", "at {}.", "({})", '{{"url": "{}"}}', "<{}>", "a\n{}\nb", "`{}`, or", "→ {};"]
)
@pytest.mark.parametrize(
    "url", [f"https://me:{SECRET}@a.example/x", f"https://a.example/x?y={SECRET}&z=1"]
)
def test_addresses_inside_a_text_are_cut_and_the_text_stays(around: str, url: str) -> None:
    text = around.format(url)

    shown = safe(text)

    assert SECRET not in shown
    assert shown == around.format(shown_url(url))
    assert safe(text, addresses=True) == text


def test_it_goes_through_names_and_values_of_json() -> None:
    value = {f"https://a.example/?{SECRET}": [f"sk_test_{SECRET}", 5, None, {"x": "\x1b[2J"}]}

    shown = safe(value)

    assert shown == {"https://a.example/?…": ["sk_test_…", 5, None, {"x": "\\x1b[2J"}]}


@pytest.mark.parametrize("hostile", ["\x1b[2Jgone", "\x9b31m", "a\rb", "\u202egnp.exe", "\x00"])
def test_nothing_shown_commands_a_terminal(hostile: str) -> None:
    shown = safe(f"one\n\ttwo {hostile}")

    assert shown.startswith("one\n\ttwo ")
    assert shown.replace("\n", "").replace("\t", "").isprintable()


def test_what_is_hidden_stays_hidden_where_addresses_are_asked_for() -> None:
    hide([SECRET, "short"])

    shown = safe(f"https://a.example/{SECRET}?x={SECRET}&y=short", addresses=True)

    assert shown == "https://a.example/…?x=…&y=short"


def test_whether_an_address_can_hold_a_secret() -> None:
    assert may_hold_secret("https://a.example/x?y=1")
    assert may_hold_secret("https://me@a.example/")
    assert not may_hold_secret("https://a.example/x")


def test_commands_print_in_one_place() -> None:
    found = []
    for file in (TOP / "clerkstack").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in ("print", "typer.echo", "typer.secho", "sys.stdout.write"):
                    found.append(f"{file.relative_to(TOP)}: {called}")

    assert sorted(found) == [
        "clerkstack/cli/say.py: typer.echo",
        "clerkstack/cli/say.py: typer.echo",
        "clerkstack/cli/table.py: print",
        "clerkstack/providers/made.py: print",
    ]
