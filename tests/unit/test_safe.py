"""What may be shown, and what every output omits."""

from __future__ import annotations

import ast
import json
import re

import pytest

from clerkstack import safe as module
from clerkstack.safe import hide, may_hold_secret, safe, shown_url, visible
from tests.sources import TOP, files, nodes

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

    assert shown == {"https://a.example/?…": ["sk_test_…", 5, None, {"x": "\\u001b[2J"}]}


RUNNER = re.compile(r"^\s*::.*::|##\[[\w-]+", re.MULTILINE)
"""What GitHub's runner takes for a command to it."""


@pytest.mark.parametrize(
    "hostile",
    [
        "::error::pwned",
        "  \t::add-mask::x",
        "fine\n::set-env name=PATH::/evil",
        "fine\r\n::error::x",
        "fine\r::error::x",
        "fine\u2028::error::x",
        "\ufeff::error::x",
        "\u3000::error::x",
        "\u00a0::error file=a::x",
        ":::error::x",
        "::::stop-commands::x",
        "as said ##[error]pwned",
        "###[set-env name=A]b",
        "##[group]\n::endgroup::",
        "\u200b::error::x",
    ],
)
def test_nothing_shown_commands_githubs_runner(hostile: str) -> None:
    for told in (hostile, f"x\n{hostile}", f"{hostile}\n{hostile}"):
        shown = safe(told)

        assert not RUNNER.search(shown), shown
        assert not any(RUNNER.search(line) for line in shown.splitlines())
        # Nothing is lost, and the same again changes nothing more.
        assert json.loads(f'"{visible(told, line=True)}"') == told
        assert safe(shown) == shown


def test_what_only_looks_alike_stays() -> None:
    text = "urn:pulumi:dev::clerkstack::x\n  a::b and #1, ##2 [x]\nC:: \n\tend 🙂 ü ✅ │ … →"

    assert visible(text) == text


@pytest.mark.parametrize(
    "unseen",
    [
        *("\u200b", "\u200d", "\u2060", "\ufeff", "\u202e", "\u2066", "\u00ad", "\u034f"),
        *("\u3164", "\ufe01", "\U000e0041", "\U000e0101", "\u2028", "\u2029", "\x85", "\x9b"),
        *("\x00", "\x7f", "\u115f", "\u180e", "\u2800", "\ud800", "\ue000"),
    ],
)
def test_what_can_not_be_seen_is_written_out_and_hides_no_key(unseen: str) -> None:
    assert safe(f"a{unseen}b").isascii()
    assert unseen not in visible(unseen)
    shown = safe(
        f"it was sk_li{unseen}ve_9f8Kq2{unseen}Lm7XwZr4 and {SECRET[:9]}{unseen}{SECRET[9:]}",
        hidden=[SECRET],
    )
    for part in ("9f8Kq2", "Lm7XwZr4", SECRET[9:]):
        assert part not in shown


def test_a_name_in_one_line_begins_no_other() -> None:
    assert visible("pro\n  all is well\tx", line=True) == "pro\\u000a  all is well\\u0009x"


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
    for file in files("clerkstack"):
        for node in nodes(file, naming=("print", "typer", "sys")):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in ("print", "typer.echo", "typer.secho", "sys.stdout.write"):
                    found.append(f"{file.relative_to(TOP)}: {called}")

    assert sorted(found) == [
        "clerkstack/cli/say.py: typer.echo",
        "clerkstack/cli/say.py: typer.echo",
        "clerkstack/notices.py: print",
        "clerkstack/report/table.py: print",
    ]
