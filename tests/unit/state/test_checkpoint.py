"""Attributes of a checkpoint that a kill cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkstack.state.checkpoint import drop_cut_off_attributes


def attributes(folder: Path, name: str, text: str) -> Path:
    file = folder / ".pulumi" / "stacks" / "clerkstack" / f"{name}.attrs"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


@pytest.mark.parametrize("name", ["dev.json", "dev.json.gz", "dev.json.zst"])
@pytest.mark.parametrize("text", ["", '{"user.cache_con'])
def test_what_cannot_be_read_is_removed(tmp_path: Path, name: str, text: str) -> None:
    file = attributes(tmp_path, name, text)

    assert drop_cut_off_attributes(f"file://{tmp_path}", "dev") == [file]
    assert not file.exists()


def test_whole_attributes_and_those_of_other_stacks_are_left(tmp_path: Path) -> None:
    whole = attributes(tmp_path, "dev.json", "{}")
    another = attributes(tmp_path, "prod.json", "")

    assert drop_cut_off_attributes(f"file://{tmp_path}", "dev") == []
    assert whole.exists()
    assert another.exists()


def test_a_folder_in_the_home_and_with_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = attributes(tmp_path / "our state", "dev.json", "")

    assert drop_cut_off_attributes("file://~/our%20state?no_tmp_dir=true", "dev") == [file]


@pytest.mark.parametrize("backend", ["s3://bucket", "https://api.example.com", ""])
def test_another_backend_has_none(backend: str) -> None:
    assert drop_cut_off_attributes(backend, "dev") == []
