"""The documents name only what exists, and their tables match the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from clerkstack.catalog.models import Feature, Plan
from clerkstack.cli import app
from clerkstack.settings.models import Settings
from local.reference.pages import REFERENCE, sections
from local.world.operations import APIS, answered_table
from policies.registry import POLICIES

TOP = Path(__file__).parents[2]
PAGES = ["README.md", *(str(page.relative_to(TOP)) for page in (TOP / "docs").rglob("*.md"))]


def settings(model: type[BaseModel], at: str = "") -> Iterator[str]:
    """Every setting as `group.name`; a group by keys of its own (roles, oauth) is one."""
    for name, field in model.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if inner and field.annotation is inner[0]:
            yield from settings(inner[0], f"{at}{to_camel(name)}.")
        else:
            yield at + (field.alias if field.alias and ":" in field.alias else to_camel(name))


def test_every_setting_is_described() -> None:
    text = (TOP / "docs" / "settings.md").read_text()
    named = set()
    for row in re.findall(r"^\| (.*?) \|", text, re.MULTILINE):
        words = re.findall(r"`([^`]+)`", row)
        for word in words:
            group = words[0].rsplit(".", 1)[0] if word.startswith(".") else ""
            named.add(group + word)

    missing = {name for name in settings(Settings) if name not in named} - {"vercel:apiToken"}

    assert missing == set()


@pytest.mark.parametrize("model", [Plan, Feature])
def test_every_field_of_the_catalog_is_described(model: type[BaseModel]) -> None:
    text = (TOP / "docs" / "settings.md").read_text()

    for name in model.model_fields.keys() - {"slug"}:
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_document_names_are_there(page: str) -> None:
    text = (TOP / page).read_text()
    linked = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    folders = ("clerkstack", "components", "policies", "local", "docs", "tests", "bin")
    named = re.findall(rf"`((?:{'|'.join(folders)})/[\w./-]*)`", text)

    for link in linked:
        assert ((TOP / page).parent / link).exists(), link
    for name in named:
        assert (TOP / name).exists(), name


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub makes links of them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES)
def test_headings_that_a_document_links_to_are_there(page: str) -> None:
    here = TOP / page

    for file, anchor in re.findall(r"\]\(([\w./-]*)#([^)]+)\)", here.read_text()):
        assert anchor in anchors(here.parent / file if file else here), f"{file}#{anchor}"


def test_places_in_the_documents_that_the_code_names_are_there() -> None:
    folders = ("clerkstack", "components", "policies", "local", ".github")
    files = [
        file
        for folder in folders
        for file in (TOP / folder).rglob("*")
        if file.suffix in (".py", ".yaml", ".yml", ".j2")
    ]
    named = {
        match.groups()
        for file in [*files, TOP / "Makefile", *TOP.glob("Pulumi*.yaml")]
        for match in re.finditer(r"(?<![\w/])(docs/[\w-]+\.md)(?:#([\w-]+))?", file.read_text())
    }

    for name, anchor in named - {("docs/page.md", "place")}:
        assert (TOP / name).exists(), name
        assert anchor is None or anchor in anchors(TOP / name), f"{name}#{anchor}"


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_a_document_names_are_there(page: str) -> None:
    makefile = (TOP / "Makefile").read_text()

    for target in set(
        re.findall(r"(?:`|^\$ )make ([a-z-]+)", (TOP / page).read_text(), re.MULTILINE)
    ):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def command_lines(text: str) -> Iterator[str]:
    """What follows `bin/clerkstack` in a page's code, each to the end of its code or line."""
    blocks = re.findall(r"^ *```[^\n]*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    for code in [*lines, *(" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose))]:
        yield from re.findall(r"bin/clerkstack ([a-z][^|]*)", code)


def command_of(words: list[str]) -> Any:
    """The command that the words begin with, `cutover sign` by both."""
    found: Any = typer.main.get_command(app).commands[words[0]]  # type: ignore[attr-defined]
    return getattr(found, "commands", {}).get(words[1] if words[1:] else "", found)


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_that_a_document_names_are_there(page: str) -> None:
    for line in command_lines((TOP / page).read_text()):
        command = command_of(line.split())
        options = {
            name
            for parameter in command.params
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
        assert set(re.findall(r"(?<!\S)(--[a-z-]+)", line)) <= {*options, "--help"}, line


def names_on(page: str) -> list[str]:
    text = (TOP / "docs" / page).read_text()
    return re.findall(r"^<!-- reference: (.*) -->$", text, re.MULTILINE)


# Read from the pages: making the sections takes long, and each test worker would do it.
MADE = ("settings.md", "policies.md", "commands.md")


@pytest.mark.parametrize(
    ("page", "name"), [(page, name) for page in MADE for name in names_on(page)]
)
def test_the_reference_is_what_the_code_says(page: str, name: str) -> None:
    text = (TOP / "docs" / page).read_text()

    found = REFERENCE.section_in(text, name)

    assert found == sections()[page][name], "Renew it: python -m local.reference"


def test_every_section_of_the_reference_is_made() -> None:
    made = {page: sorted(names) for page, names in sections().items()}

    assert made == {page: sorted(names_on(page)) for page in MADE}


@pytest.mark.parametrize("file", sorted((TOP / ".github").glob("*/**/*.yml")), ids=lambda f: f.name)
def test_actions_are_pinned_by_their_hash(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text())

    own = [each for each in used if each.startswith("./")]

    assert [each for each in own if not (TOP / each / "action.yml").exists()] == []
    assert [
        each
        for each in used
        if each not in own and not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", each)
    ] == []


def test_every_operation_of_the_emulators_is_described() -> None:
    text = (TOP / "docs" / "emulators.md").read_text()
    made = "Renew it: API_SPECS=... python -m local.world operations --write"

    tables = {
        title: "".join(re.findall(r"^\|.*\n", part, re.MULTILINE))
        for title, part in re.findall(r"^### (.*)\n((?:(?!### ).*\n)*)", text, re.MULTILINE)
    }

    assert tables == {api.title: answered_table(api) for api in APIS.values()}, made


def test_every_policy_is_described() -> None:
    text = (TOP / "docs" / "policies.md").read_text()
    anchors = re.findall(r"^### ([a-z-]+)$", text, re.MULTILINE)

    assert anchors == [policy.id for policy in POLICIES]
    for policy in POLICIES:
        assert f"| [{policy.id}](#{policy.id}) |" in text
        for option in policy.options:
            assert f"`{option}`" in text


# Quoted from the engine, its plugins or Vercel.
OTHERS_WORDS = (
    "the stack is currently locked",
    "pending operations",
    "failed to load checkpoint",
    "no stack named",
    "The Pulumi CLI does not support state migrations",
    "cannot be deleted because it is protected",
    "using pulumi-resource-vercel from $PATH",
    "503 Service Unavailable",
    "ENV_CONFLICT",
    "[mandatory]",
)


def test_messages_that_the_page_on_trouble_quotes_are_shown() -> None:
    rows = [line.split(" | ")[0] for line in (TOP / "docs/trouble.md").read_text().splitlines()]
    rows = [row for row in rows if row.startswith("| ")]
    quotes = [quote for row in rows for quote in re.findall("`([^`]+)`", row)]
    folders = [TOP / name for name in ("clerkstack", "policies", "local")]
    sources = "".join(file.read_text() for top in folders for file in top.rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", sources)
    gone = []

    for quote in quotes:
        parts = [part.strip(" .").split() for part in re.split("…|<[a-z]+>", quote)]
        runs = [part[start : start + 3] for part in parts for start in range(len(part) - 2)]
        if runs and not any(" ".join(run) in joined for run in runs):
            gone.append(quote)

    assert len(quotes) > 20
    assert [quote for quote in gone if not any(words in quote for words in OTHERS_WORDS)] == []
