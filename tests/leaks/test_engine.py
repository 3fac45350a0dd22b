"""What the engine writes of a deployment: state, history, logs, events.

What its debugging settings write is not checked: docs/secrets.md names them. A passphrase encrypts
the secrets here, and no process is a fork.
"""

from __future__ import annotations

import json
import shutil

import pytest

from tests.kept import notes_of
from tests.leaks.scene import Scene
from tests.leaks.watch import files_of, in_files

pytestmark = [pytest.mark.engine, pytest.mark.passphrase]

PROD = ("--stack", "prod")
UP = ("up", "--yes", "--skip-preview", "--refresh", *PROD)
WORDS: dict[str, tuple[str, ...]] = {
    "update, all logs flowing": (*UP, "--diff", "-v=7", "--logtostderr", "--logflow"),
    "preview, as JSON": ("preview", "--json", *PROD),
    "preview, all shown": ("preview", "--diff", "--show-sames", "--show-full-output", *PROD),
    "export": ("stack", "export", *PROD),
    "history": ("stack", "history", "--json", *PROD),
    "outputs": ("stack", "output", "--json", *PROD),
    "config": ("config", "--json", *PROD),
    "stack": ("stack", "--show-urns", "--show-ids", *PROD),
    "logs": ("logs", *PROD),
}
LOUD = {
    "TF_LOG": "TRACE",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONDEVMODE": "1",
    "GRPC_VERBOSITY": "DEBUG",
    "HTTPX_LOG_LEVEL": "trace",
    "PULUMI_DEBUG_COMMANDS": "true",
}


@pytest.mark.parametrize("name", WORDS)
def test_the_engine_shows_no_secret(scene: Scene, name: str) -> None:
    ended = scene.run("pulumi", *WORDS[name], "--non-interactive", variables=LOUD)

    assert ended.leaks == [], f"it ended with {ended.code}"
    assert ended.stdout or ended.stderr


@pytest.mark.parametrize(
    "words",
    [("adopt", *PROD, "--dry-run"), ("move", "--stack", "local", "--to", "file://./moved")],
    ids=" ".join,
)
def test_a_command_that_needs_the_passphrase_shows_no_secret(
    scene: Scene, words: tuple[str, ...]
) -> None:
    (scene.project.folder / "moved").mkdir(exist_ok=True)
    ended = scene.run("bin/clerkstack", *words)

    assert ended.leaks == [], f"it ended with {ended.code}"
    assert ended.code in (0, 1), ended.stdout + ended.stderr
    assert scene.left() == []


def test_an_update_as_json_and_the_engine_s_events_hold_no_secret(scene: Scene) -> None:
    """The file lies in the project's folder, which is searched."""
    events = scene.project.folder / "events.json"
    ended = scene.run(
        *("pulumi", *UP, "--json", "--non-interactive", "--event-log", str(events)), variables=LOUD
    )

    assert ended.code == 0, ended.stdout + ended.stderr
    assert all(json.loads(line) for line in ended.stdout.splitlines())
    assert '"resOutputsEvent"' in events.read_text()
    assert ended.leaks == []


def test_the_state_and_what_stands_beside_it_hold_no_secret_in_the_clear(scene: Scene) -> None:
    folder = scene.project.folder / "state" / ".pulumi"
    kinds = {each.name for each in folder.iterdir() if each.is_dir()}

    assert {"stacks", "history", "backups"} <= kinds
    assert in_files(scene.planted(), [folder]) == []


def test_what_the_engine_notes_of_its_calls_holds_no_secret(scene: Scene) -> None:
    scene.project.pulumi("stack", "export", *PROD)
    notes = notes_of(scene.project)

    assert any(file.stat().st_size for file in files_of(notes))
    assert in_files(scene.planted(), [notes]) == []


def test_the_state_does_hold_them_so_that_the_search_means_something(scene: Scene) -> None:
    opened = scene.project.pulumi("stack", "export", "--show-secrets", *PROD).stdout

    held = scene.planted().names_in(opened)
    assert {"the OAuth client secret", "a secret key", "a signing secret"} <= set(held)


def test_a_secret_in_the_clear_in_state_or_history_is_found(scene: Scene) -> None:
    """Put there as the engine would if it did not know that it is a secret."""
    stack = json.loads(scene.project.pulumi("stack", "export", "--show-secrets", *PROD).stdout)
    folder = scene.temporary.parent / "broken"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "history").mkdir(parents=True)
    (folder / "history" / "prod.json").write_text(json.dumps(stack))

    assert in_files(scene.planted(), [folder])
