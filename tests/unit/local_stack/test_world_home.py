"""The folder of the world if two worlds start in it or somebody removes it."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from local.world import background
from local.world.store import Home, Urls, WorldError
from tests.unit.local_stack.conftest import UP, Project

URLS = Urls(*(f"http://127.0.0.1:{port}" for port in range(1, 6)))


def test_two_that_come_at_once_share_one_world_and_one_stack(project: Project) -> None:
    pipe = project.root / "pipe"
    os.mkfifo(pipe)
    first = project.start("up", INIT_WAITS=str(pipe))
    with pipe.open("w"):  # opened at both ends: the first one makes the stack
        second = project.start("up")
        assert second.stderr is not None
        said = second.stderr.readline()
    for process in (first, second):
        process.communicate(timeout=180)

    assert "another set-up is at work in this folder; waiting for it" in said
    assert (first.returncode, second.returncode) == (0, 0)
    assert sorted(project.journal()) == ["pulumi stack init local", UP, UP]


def test_a_start_waits_for_the_world_another_one_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "PATIENCE_SECONDS", 180)
    first = Home(tmp_path)
    first.hold(pid=1)
    ready = threading.Timer(0.5, lambda: first.write_urls(URLS))
    ready.start()

    found = background.start(Home(tmp_path), 0)

    ready.join()
    first.release()
    assert found == URLS


def test_a_world_that_never_gets_ready_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "PATIENCE_SECONDS", 0)
    held = Home(tmp_path)
    held.hold(pid=1)

    with pytest.raises(WorldError, match="another process serves"):
        background.start(Home(tmp_path), 0)
    held.release()


@pytest.mark.parametrize("again", [True, False])
def test_a_world_whose_folder_was_removed_leaves_the_next_ones_alone(
    tmp_path: Path, again: bool
) -> None:
    old, new = Home(tmp_path / "world"), Home(tmp_path / "world")
    old.hold(pid=1)
    old.write_state("old")
    shutil.rmtree(old.folder)
    if again:
        new.hold(pid=2)
        new.write_state("new")
        new.write_urls(URLS)

    old.write_state("old")
    old.write_urls(Urls(*"abcde"))
    old.release()

    assert new.state_file.exists() is again
    assert new.urls() == (URLS if again else None)
    assert not again or new.state_file.read_text() == "new"
    new.release()
