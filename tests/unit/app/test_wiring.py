"""What an app's code does with webhook events and variables: the corpus's cases `says-…`.

A mark precedes the place: «handles event» and «reads NAME» are certain, «handles? …» and «reads? …»
are not; «browser NAME» is read in a file that goes to the browser, and «?name» is an unresolved
value that a type is compared with. The first line has the files that verify, each with the variable
of its secret.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clerkstack.app import expressions
from clerkstack.app.modules import Modules
from clerkstack.app.onepass import facts_of
from clerkstack.app.own_tests import is_script
from clerkstack.app.scan import scan
from clerkstack.app.wiring import Wiring, wiring
from clerkstack.app.words import NAME, RESOURCES
from clerkstack.settings.events import KNOWN_EVENTS
from clerkstack.settings.variable_names import all_names
from tests.clock import within
from tests.unit.app.test_corpus import named, written


def wired(folder: Path) -> Wiring:
    """Return what the code in a folder does."""
    modules = Modules(folder)
    found = scan(folder, modules=modules)
    return wiring(folder.resolve(), found.names, found.says, modules)


@named("says-")
def test_what_the_code_does_is_found_at_its_place(path: Path, tmp_path: Path) -> None:
    case = written(path, tmp_path)

    found = wired(tmp_path)

    assert {each.file: each.secret for each in found.handlers} == case.settings["handlers"]
    told = {
        (
            handled.file,
            handled.line,
            handled.column,
            f"handles{'' if handled.sure else '?'} {handled.event}",
        )
        for handler in found.handlers
        for handled in handler.handled
    }
    told |= {
        (each.file, each.line, each.column, f"{_word(each.sure, each.browser)} {each.name}")
        for each in found.reads
    }
    for handler in found.handlers:
        for each in handler.unresolved:
            place, _, message = each.partition(": ")
            file, line, column = place.split(":")
            told.add((file, int(line), int(column), f"?{message.split()[0]}"))
    assert sorted(told) == sorted(case.marks)  # type: ignore[type-var]
    through = {each.file for each in found.reads if each.through}
    assert sorted(through) == case.settings.get("through", [])


def _word(sure: bool, browser: bool) -> str:
    if browser and sure:
        return "browser"
    return "reads" if sure else "reads?"


def test_every_event_and_variable_that_is_known_is_looked_for() -> None:
    assert {event.partition(".")[0] for event in KNOWN_EVENTS} <= {*RESOURCES}
    assert all(re.fullmatch(NAME, name) for name in all_names())


def test_what_is_kept_says_the_same(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    app.mkdir()
    text = "import { verifyWebhook } from '@clerk/nextjs/webhooks'\nverifyWebhook(x)\n"
    (app / "a.ts").write_text(text + "on('user.created', f)\n")
    (app / "b.ts").write_text("import { auth } from '@clerk/nextjs/server'\n")

    first = scan(app, kept=kept)
    again = scan(app, kept=kept)

    assert first.says == again.says
    assert {*first.says} == {"a.ts", "b.ts"}
    assert "events" in first.says["a.ts"]


def test_a_file_with_too_much_for_checks_says_what_it_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expressions, "MOST", 1)

    facts = facts_of(b"const k = process.env.CLERK_SECRET_KEY; has({ plan: [k, k] })", ".ts")

    assert facts.stopped
    assert [name for name, *_ in facts.says["reads"]] == ["CLERK_SECRET_KEY"]


def test_a_script_is_one_by_its_place_only(tmp_path: Path) -> None:
    for folder in ("web", "docs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "package.json").write_text("{}")

    assert is_script("scripts/seed.ts", tmp_path)
    assert is_script("web/scripts/seed.ts", tmp_path)
    assert not is_script("src/scripts/run.ts", tmp_path)
    assert not is_script("web/app/tools/page.tsx", tmp_path)
    assert not is_script("docs/app/page.tsx", tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        b"process.env.CLERK_SECRET_KEY" + b"(" * 5000,
        b"switch (evt.type) { case 'user.created': " * 3000,
        b"['user.created'," * 4000,
        b"new Webhook(" * 4000 + b"process.env.CLERK_WEBHOOK_SECRET",
        b"import { a } from '@clerk/nextjs'\n" * 4000 + b"evt.type === 'user.created'",
        b"import {" + b" a," * 100_000 + b"} 'user.created' // evt",
        b"const a = process.env.CLERK_SECRET_KEY\n" * 8000,
        b"\xff\xfe evt 'user.created' CLERK_",
        b'"use client"\n' + b"//\n" * 50_000 + b"process.env.CLERK_SECRET_KEY",
        b"/*" * 50_000 + b"'use client' CLERK_SECRET_KEY",
    ],
)
@pytest.mark.limits
def test_no_file_takes_long(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_bytes(text)

    within(2, lambda: wired(tmp_path))
