"""The stacks of a file backend, read from its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clerkstack.state import engine
from clerkstack.state.neighbours import neighbours
from clerkstack.state.stored import META, STACKS, Stored, stored_stacks, stored_state

AT = "2026-11-30T09:15:01.339704937Z"
PLACE = {"application_id": "app_1", "environment": "development"}
ENTRY = {
    "urn": "urn:pulumi:dev::p::Billing::billing",
    "type": "pulumi-python:dynamic/clerkstack:Billing",
    "inputs": PLACE,
}


def document(*entries: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a checkpoint as the engine writes it."""
    latest = {"manifest": {"time": AT, "magic": "x"}, "resources": list(entries)}
    return {"version": 3, "checkpoint": {"stack": "x", "latest": latest}, **fields}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a backend in a project called `mine`."""
    (tmp_path / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "state"
    (folder / STACKS).mkdir(parents=True)
    (folder / META).write_text("version: 1\n")
    return folder


def put(state: Path, name: str, content: dict[str, Any] | str) -> Path:
    file = state / STACKS / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def stored(state: Path) -> dict[str, Stored] | None:
    return stored_stacks(f"file://{state}")


def test_stacks_have_the_names_that_the_engine_gives_them_here(state: Path) -> None:
    put(state, "mine/dev.json", document(ENTRY))
    put(state, "theirs/dev.json", document(ENTRY, version=4, features=["hooks"]))
    put(state, "mine/dev.json.bak", "no state")
    put(state, "mine/dev.json.attrs", "{}")

    found = stored(state)

    assert found is not None
    assert [*found] == ["dev", "organization/theirs/dev"]
    deployment = document(ENTRY)["checkpoint"]["latest"]
    assert [stack.updated for stack in found.values()] == [AT, AT]
    assert [stack.state.exported for stack in found.values()] == [
        {"version": 3, "deployment": deployment},
        {"version": 4, "features": ["hooks"], "deployment": deployment},
    ]


def test_a_stack_that_was_never_deployed_has_nothing(state: Path) -> None:
    put(state, "mine/dev.json", {"version": 3, "checkpoint": {"stack": "x"}})

    found = stored(state)

    assert found is not None
    assert found["dev"].state.entries == []


@pytest.mark.parametrize("backend", ["s3://bucket", "https://api.pulumi.com", ""])
def test_another_backend_is_the_engines(backend: str) -> None:
    assert stored_stacks(backend) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mine/prod.json.gz", "packed"),
        ("mine/prod.yaml", "version: 3"),
        ("mine/prod__0x3a__.json", document()),
        ("mine/prod.json", ""),
        ("mine/prod.json", '{"version": 3, "checkpoint'),
        ("mine/prod.json", "[]"),
        ("mine/prod.json", document(version="3")),
        ("mine/prod.json", {"version": 3, "checkpoint": []}),
        ("mine/prod.json", {"version": 3, "checkpoint": {"latest": {"resources": ["x"]}}}),
        ("mine/prod.json", {"version": 3, "checkpoint": {"latest": {"resources": {"a": 1}}}}),
        ("mine/dev.json.attrs", ""),
        ("prod.json", document()),
    ],
)
def test_where_one_file_is_of_another_form_the_engine_is_asked_for_all(
    state: Path, name: str, content: dict[str, Any] | str
) -> None:
    put(state, "mine/dev.json", document(ENTRY))
    put(state, name, content)

    assert stored(state) is None


@pytest.mark.parametrize("meta", [None, "version: 0\n", "version: 2\n"])
def test_so_it_is_where_the_folder_is_laid_out_in_another_way(
    state: Path, meta: str | None
) -> None:
    put(state, "mine/dev.json", document(ENTRY))
    (state / META).unlink()
    if meta is not None:
        (state / META).write_text(meta)

    assert stored(state) is None


@pytest.mark.parametrize(
    ("stack", "there"),
    [
        ("dev", True),
        ("organization/mine/dev", True),
        ("organization/theirs/prod", True),
        ("prod", False),
        ("organization/theirs/dev", False),
        ("acme/mine/dev", False),
        ("mine/dev", False),
        ("../mine/dev", False),
    ],
)
def test_one_is_found_by_each_name_that_the_engine_takes(
    state: Path, stack: str, there: bool
) -> None:
    put(state, "mine/dev.json", document(ENTRY))
    put(state, "theirs/prod.json", document(ENTRY))
    put(state, "theirs/broken.json", "")

    found = stored_state(f"file://{state}", stack)

    assert (found is not None and found.entries == [ENTRY]) is there


def test_a_state_is_exported_without_the_engine(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{state}")
    monkeypatch.setenv("PATH", "")
    put(state, "mine/dev.json", document(ENTRY))

    assert engine.export("dev").entries == [ENTRY]


def test_neighbours_are_read_without_the_engine(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{state}")
    monkeypatch.setenv("PATH", "")
    put(state, "mine/dev.json", document(ENTRY))
    put(state, "mine/two.json", document(ENTRY))
    put(state, "mine/gone.json", document({**ENTRY, "delete": True}))
    put(state, "theirs/dev.json", document(ENTRY))
    put(state, "theirs/empty.json", document())

    found = neighbours("dev", PLACE["application_id"], PLACE["environment"])

    assert [neighbour.stack for neighbour in found] == ["two", "organization/theirs/dev"]
