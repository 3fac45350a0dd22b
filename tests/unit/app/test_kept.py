"""What is found in files is cached by their content, for this version and this machine's user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from clerkstack.app import gathering, kept, looking, onepass, reading
from clerkstack.app.code import AppCode
from clerkstack.app.kept import Kept
from clerkstack.app.read import read_app
from clerkstack.app.scan import Scan, scan
from clerkstack.settings.models import AppSettings

CHECK = "export const f = ({ has }) => has({ plan: 'pro' })\n"


@pytest.fixture(autouse=True)
def _own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "a.ts").write_text(CHECK)
    (folder / "b.ts").write_text("export const g = ({ has }) => has({ feature: 'sso' })\n")
    return folder


def scanned(app: Path) -> Scan:
    return scan(app, kept=app.parent / "kept")


def file_of(app: Path) -> Path:
    (file,) = (app.parent / "kept").glob("*.json")
    return file


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The texts that are parsed."""
    texts: list[bytes] = []
    real = onepass.facts_of

    def counted(text: bytes, *words: object) -> object:
        texts.append(text)
        return real(text, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(onepass, "facts_of", counted)
    return texts


def test_a_file_is_parsed_once_until_it_changes(app: Path, parsed: list[bytes]) -> None:
    first = scanned(app)
    again = scanned(app)

    assert len(parsed) == 2
    assert again == first
    assert [use.slug for use in again.uses] == ["pro", "sso"]

    (app / "a.ts").write_text(CHECK.replace("pro", "max"))

    assert [use.slug for use in scanned(app).uses] == ["max", "sso"]
    assert len(parsed) == 3


def test_what_is_kept_needs_no_parser(app: Path, tmp_path: Path) -> None:
    scanned(app)
    script = (
        "import sys; from pathlib import Path; from clerkstack.app.scan import scan; "
        "found = scan(Path(sys.argv[1]), kept=Path(sys.argv[2])); "
        "print(len(found.uses), 'tree_sitter' in sys.modules)"
    )

    words = [sys.executable, "-c", script, str(app), str(tmp_path / "kept")]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["2", "False"]


def test_a_constant_of_a_file_that_asks_nothing_needs_no_parser(
    app: Path, parsed: list[bytes]
) -> None:
    (app / "plans.ts").write_text("export const PLANS = { max: 'max' }\n")
    (app / "c.ts").write_text(
        "import { PLANS } from './plans'\nexport const h = ({ has }) => has({ plan: PLANS.max })\n"
    )
    first = scanned(app)
    parsed.clear()

    assert scanned(app) == first
    assert [use.slug for use in first.uses] == ["pro", "sso", "max"]
    assert parsed == []

    (app / "plans.ts").write_text("export const PLANS = { max: 'other' }\n")

    assert [use.slug for use in scanned(app).uses] == ["pro", "sso", "other"]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are opened."""
    names: list[str] = []
    real = reading.Reader.read

    def counted(self: reading.Reader, name: str, *words: int) -> bytes:
        names.append(name)
        return real(self, name, *words)

    monkeypatch.setattr(reading.Reader, "read", counted)
    return names


def test_only_what_has_changed_is_opened(
    app: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_SETTLED", 0)
    (app / "c.ts").write_text("export const c = 1\n")
    first = scanned(app)
    opened.clear()

    assert scanned(app) == first
    assert opened == []

    facts = (app / "a.ts").stat()
    (app / "a.ts").write_text(CHECK.replace("pro", "max"))
    os.utime(app / "a.ts", ns=(facts.st_atime_ns, facts.st_mtime_ns))

    assert [use.slug for use in scanned(app).uses] == ["max", "sso"]
    assert set(opened) == {"a.ts"}

    # Another file in its place, and the one that was there under another name.
    (app / "b.ts").rename(app / "d.ts")
    (app / "c.ts").rename(app / "b.ts")
    opened.clear()

    assert [use.where for use in scanned(app).uses] == ["a.ts:1:43", "d.ts:1:46"]
    assert set(opened) == {"b.ts", "d.ts"}


def test_what_has_just_been_written_is_opened_again(app: Path, opened: list[str]) -> None:
    scanned(app)
    opened.clear()
    os.utime(app / "a.ts", ns=(0, time.time_ns() + 10**12))  # written when clocks went wrong

    scanned(app)

    assert "a.ts" in opened


def test_a_file_with_a_map_of_its_own_is_kept_as_one_that_asks_nothing(
    app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_SETTLED", 0)
    (app / "seen.ts").write_text(
        "const seen = new Map()\nexport const isKnown = (plan) => seen.has(plan)\n"
    )
    (app / "mine.ts").write_text(
        "const mine = new Checker()\nexport const may = (plan) => mine.has({ plan })\n"
    )
    (app / "a.ts").write_text(CHECK + "const s = new Set(['x']); s.has(plan)\n")

    assert len(scanned(app).uses) == 2

    held = json.loads(file_of(app).read_bytes().partition(b"\n")[2])
    found = {name: held["found"][digest][0] for name, (_, digest) in held["digests"].items()}
    assert found == {"a.ts": "facts", "b.ts": "facts", "mine.ts": "facts", "seen.ts": "nothing"}


def test_a_declaration_is_looked_for_changes_once(
    app: Path, tmp_path: Path, parsed: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    (app / "plans.ts").write_text("export const PLANS = { pro: { slug: 'pro', features: [] } }\n")
    (app / "c.ts").write_text("import { PLANS } from './plans'\nshow(PLANS)\n")
    monkeypatch.chdir(tmp_path)

    def read() -> AppCode | None:
        return read_app(AppSettings(path="app", declaration="plans.ts"), None)

    first = read()
    parsed.clear()

    assert read() == first
    assert len(parsed) == 1  # the declaration itself
    assert first is not None
    assert [note.file for note in first.notes] == ["c.ts"]


def test_the_same_text_elsewhere_is_reported_there(app: Path) -> None:
    scanned(app)
    (app / "a.ts").rename(app / "z.ts")

    assert [use.where for use in scanned(app).uses] == ["b.ts:1:46", "z.ts:1:43"]


@pytest.mark.parametrize(
    "text",
    [b"", b"\n", b"{}", b"\0" * 100, b"abc\n{}", b"[" * 100_000, b"\xff\xfe", b"x" * 70 + b"\n{}"],
)
def test_what_is_cut_or_made_up_is_as_if_it_were_not_there(
    app: Path, text: bytes, parsed: list[bytes]
) -> None:
    first = scanned(app)
    file_of(app).write_bytes(text)

    assert scanned(app) == first
    assert len(parsed) == 4


def test_a_made_up_file_without_the_users_key_says_nothing(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scanned(app)
    file = file_of(app)
    _, _, body = file.read_bytes().partition(b"\n")
    held = json.loads(body)
    held["found"] = {digest: ["nothing"] for digest in held["found"]}
    forged = json.dumps(held, separators=(",", ":")).encode()
    file.write_bytes(kept._signed(b"another key".ljust(32), forged) + b"\n" + forged)

    assert scanned(app) == first

    # Another user's, or another machine's.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    assert Kept(app, tmp_path / "kept")._there == {}


def test_another_version_of_the_reader_says_nothing(
    app: Path, parsed: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scanned(app)
    monkeypatch.setattr(kept, "_version", lambda: "another")

    assert scanned(app) == first
    assert len(parsed) == 4


def test_no_link_is_followed_and_no_file_of_others_believed(app: Path, tmp_path: Path) -> None:
    scanned(app)
    file = file_of(app)
    moved = tmp_path / "elsewhere.json"
    file.rename(moved)
    file.symlink_to(moved)

    assert Kept(app, tmp_path / "kept")._there == {}

    file.unlink()
    moved.rename(file)
    assert Kept(app, tmp_path / "kept")._there != {}
    file.chmod(0o666)
    assert Kept(app, tmp_path / "kept")._there == {}


def test_where_nothing_can_be_kept_all_is_found(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept").write_text("a file where the folder would be")
    assert len(scanned(app).uses) == 2

    # A key within the app would be the app's.
    monkeypatch.setenv("XDG_STATE_HOME", str(app))
    assert len(scan(app, kept=tmp_path / "kept2").uses) == 2
    assert not (tmp_path / "kept2").exists()


def test_several_at_once(app: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: scanned(app), range(16)))

    assert all(each == found[0] for each in found)
    assert [each.name for each in (app.parent / "kept").iterdir()] == [file_of(app).name]
    assert file_of(app).stat().st_mode & 0o777 == 0o600


def test_many_files_are_parsed_in_processes_that_get_no_secret(
    app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_MANY_FILES", 2)
    monkeypatch.setattr(gathering, "_MANY_BYTES", 0)
    monkeypatch.setattr(gathering, "_cores", lambda: 2)
    monkeypatch.setenv("CLERK_SECRET_KEY", "sk_test_secret")
    monkeypatch.setattr(looking, "look", pytest.fail)
    given: list[dict[str, str]] = []
    real = gathering.subprocess.Popen

    def started(words: list[str], env: dict[str, str], **more: Any) -> object:
        if words[0] == sys.executable:
            given.append(env)
        return real(words, env=env, **more)

    monkeypatch.setattr(gathering.subprocess, "Popen", started)

    found = scan(app)

    assert [use.slug for use in found.uses] == ["pro", "sso"]
    assert given == [{"LC_ALL": "C.UTF-8"}] * 2


@pytest.mark.parametrize(
    "starts", ["import os; os._exit(3)", "print('no json')", "print('[[], 0]')"]
)
def test_what_a_process_does_not_answer_is_read_here(
    app: Path, monkeypatch: pytest.MonkeyPatch, starts: str
) -> None:
    monkeypatch.setattr(gathering, "_MANY_FILES", 2)
    monkeypatch.setattr(gathering, "_MANY_BYTES", 0)
    monkeypatch.setattr(gathering, "_cores", lambda: 2)
    monkeypatch.setattr(gathering, "_STARTS", starts)

    assert [use.slug for use in scan(app).uses] == ["pro", "sso"]


def test_the_oldest_app_is_forgotten(app: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    for number in range(15):
        (folder / f"{number}.json").write_text("")
        os.utime(folder / f"{number}.json", (number, number))

    scanned(app)

    left = {each.stem for each in folder.glob("*.json")}
    assert len(left) == 10
    assert not left & {str(number) for number in range(6)}
