"""A corpus of apps in TypeScript, each with what is read of it, or where it is refused.

A case is one file: a line of JSON, then files, each behind `//// path`. A mark stands right before
the reported place: «kind slug» a check of it, «?message» an unresolved check, «!message» the one
reason for which the declaration is refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from clerkstack.app.declaration import AppDeclaration, read_declaration
from clerkstack.app.facts import facts_of_code
from clerkstack.app.foreign_changes import refuse_changes
from clerkstack.app.modules import Modules
from clerkstack.app.scan import scan
from clerkstack.problems import InputError

CASES = sorted((Path(__file__).parent / "corpus").glob("*.txt"))
MARK = re.compile("«([^»]*)»")
# file, line and column, and what is reported there
Mark = tuple[str, int, int, str]


@dataclass
class Case:
    """The files of a case in a folder, without the marks."""

    settings: dict[str, Any]
    files: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    @property
    def declaration(self) -> str:
        """The file that declares the plans: the one named, or the first."""
        return str(self.settings.get("declaration", self.files[0]))


def written(path: Path, folder: Path) -> Case:
    """The case in a file, its files written into a folder."""
    first, *texts = re.split(r"^//// (.*)\n", path.read_text(), flags=re.MULTILINE)
    case = Case(json.loads(first))
    for name, text in zip(texts[::2], texts[1::2], strict=True):
        case.files.append(name)
        clean, end = "", 0
        for mark in MARK.finditer(text):
            clean, end = clean + text[end : mark.start()], mark.end()
            line = clean.count("\n") + 1
            case.marks.append((name, line, len(clean) - clean.rfind("\n"), mark.group(1)))
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(clean + text[end:])
    return case


def declared(case: Case, folder: Path) -> AppDeclaration:
    """What the case declares; if it is a checkout, no other file may change it."""
    settings = case.settings
    root = folder / settings.get("root", "")
    modules = Modules(root if settings.get("checkout") else None)
    found = read_declaration(
        folder / case.declaration,
        plans_name=settings.get("plans_name"),
        features_name=settings.get("features_name"),
        modules=modules,
    )
    if settings.get("checkout"):
        refuse_changes(found, root, modules)
    return found


def named(prefix: str) -> pytest.MarkDecorator:
    cases = [case for case in CASES if case.name.startswith(prefix)]
    return pytest.mark.parametrize("path", cases, ids=lambda path: path.stem)


def test_the_corpus_is_large_enough() -> None:
    refused = [case for case in CASES if case.name.startswith("refused-")]

    assert len(CASES) >= 60
    assert len(refused) >= 20


@named("read-")
def test_what_is_declared_is_read(path: Path, tmp_path: Path) -> None:
    case = written(path, tmp_path)

    found = declared(case, tmp_path)

    plans = {
        slug: {**facts_of_code(plan), "features": list(plan.features)}
        for slug, plan in found.plans.items()
    }
    assert plans == case.settings["plans"]
    assert sorted(found.features) == case.settings["features"]


@named("refused-")
def test_what_is_uncertain_is_refused_at_its_place(path: Path, tmp_path: Path) -> None:
    case = written(path, tmp_path)
    ((name, line, column, message),) = case.marks

    with pytest.raises(InputError) as caught:
        declared(case, tmp_path)

    (problem,) = caught.value.problems
    assert message.removeprefix("!") in problem.message
    assert Path(problem.file).name == Path(name).name
    if problem.line is not None:
        assert (problem.line, problem.path) == (line, f"column {column}")
    else:
        assert (line, column) == (1, 1)


@named("asks-")
def test_every_check_is_found_at_its_place(path: Path, tmp_path: Path) -> None:
    case = written(path, tmp_path)

    found = scan(tmp_path)

    expected = [mark for mark in case.marks if not mark[3].startswith("?")]
    unresolved = [mark for mark in case.marks if mark[3].startswith("?")]
    uses = [
        (use.file, use.line, use.column, f"{use.kind} {written_slug(use.payer, use.slug)}")
        for use in found.uses
    ]
    assert sorted(uses) == sorted(expected)
    places = [(each.file, each.line, each.column) for each in found.unresolved]
    assert sorted(places) == sorted(mark[:3] for mark in unresolved)
    messages = {(e.file, e.line, e.column): e.message for e in found.unresolved}
    for name, line, column, message in unresolved:
        assert message.removeprefix("?") in messages[name, line, column]


def written_slug(payer: str | None, slug: str) -> str:
    return slug if payer is None else f"{payer}:{slug}"
