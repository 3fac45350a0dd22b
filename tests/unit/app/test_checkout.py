"""One commit of a repository, fetched once: no prompts, no hooks, nothing that git executes."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from clerkstack.app.checkout import at_path, fetched
from clerkstack.app.git import GitFailed, git
from clerkstack.problems import InputError
from clerkstack.state.locks import is_alive
from tests.clock import wait_until


def run(folder: Path, *words: str) -> str:
    """git with a name, and without the machine's configuration."""
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        **{f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")},
    }  # fmt: skip
    ran = subprocess.run(
        ["git", "-C", str(folder), *words],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Three commits: on main, with the tag v1, and on a branch with a slash in its name."""
    folder = tmp_path / "app.git"
    folder.mkdir()
    run(folder, "init", "--quiet", "--initial-branch=main")
    for number, after in enumerate(
        ([], ["tag", "-a", "v1", "-m", "one"], ["checkout", "-b", "x/y"])
    ):
        (folder / "plans.ts").write_text(f"export const N = {number}\n")
        run(folder, "add", ".")
        run(folder, "commit", "--quiet", "-m", str(number))
        if after:
            run(folder, *after)
    run(folder, "checkout", "--quiet", "x/y")
    (folder / "plans.ts").write_text("export const N = 'branch'\n")
    run(folder, "commit", "--quiet", "-am", "branch")
    run(folder, "checkout", "--quiet", "main")
    return folder


def test_a_branch_a_tag_and_a_commit_are_fetched(repository: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = run(repository, "rev-list", "--max-parents=0", "main")

    texts = {
        ref: (fetched(str(repository), ref, cache=cache).folder / "plans.ts").read_text()
        for ref in (None, "main", "x/y", "v1", first)
    }

    assert texts[None] == texts["main"] == "export const N = 2\n"
    assert texts["x/y"] == "export const N = 'branch'\n"
    assert texts["v1"] == "export const N = 1\n"
    assert texts[first] == "export const N = 0\n"
    assert fetched(str(repository), "v1", cache=cache).commit == run(
        repository, "rev-parse", "v1^{commit}"
    )


def test_a_url_is_fetched_without_history_and_only_once(repository: Path, tmp_path: Path) -> None:
    cache, told = tmp_path / "cache", []
    url = f"file://{repository}"

    found = fetched(url, "main", cache=cache, progress=told.append)
    again = fetched(url, "main", cache=cache, progress=told.append)

    assert found == again
    assert run(found.folder, "rev-list", "--count", "HEAD") == "1"
    assert sum("fetching" in step for step in told) == 1
    assert [each.name for each in cache.iterdir()] == [found.folder.name]


def test_a_newer_commit_is_another_checkout(repository: Path, tmp_path: Path) -> None:
    before = fetched(str(repository), "main", cache=tmp_path / "cache")
    (repository / "plans.ts").write_text("export const N = 3\n")
    run(repository, "commit", "--quiet", "-am", "3")

    after = fetched(str(repository), "main", cache=tmp_path / "cache")

    assert before.commit != after.commit
    assert (before.folder / "plans.ts").read_text() == "export const N = 2\n"
    assert (after.folder / "plans.ts").read_text() == "export const N = 3\n"


def test_what_is_older_than_a_day_is_removed(repository: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    old = fetched(str(repository), "v1", cache=cache).folder
    os.utime(old, (time.time() - 90_000,) * 2)

    fetched(str(repository), "main", cache=cache)

    assert not old.exists()


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("gone", "is gone, which is not a branch or tag of the repository"),
        ("y", "is y, which is not a branch or tag of the repository"),
        ("abc1234", "For a commit, write all 40 digits"),
        ("0" * 39 + "1", "which is not a commit of the repository"),
    ],
)
def test_what_it_does_not_have_is_reported(
    repository: Path, tmp_path: Path, ref: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        fetched(str(repository), ref, cache=tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


def test_a_repository_that_is_not_there_is_a_failure_of_git(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="git ls-remote failed"):
        fetched(f"file://{tmp_path}/gone", "main", cache=tmp_path / "cache")


def test_nothing_of_the_repository_or_its_hooks_is_run(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, hooks = tmp_path / "ran", tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (hooks / name).chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(f"[core]\n\thooksPath = {hooks}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    run(repository, "-c", "protocol.file.allow=always", "submodule", "add", "./", "sub")
    run(repository, "commit", "--quiet", "-am", "with a submodule")

    found = fetched(str(repository), "main", cache=tmp_path / "cache")

    assert not ran.exists()
    assert list((found.folder / "sub").iterdir()) == []


def test_a_repository_around_does_not_matter(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    (tmp_path / "plain").mkdir()

    assert at_path(str(tmp_path / "plain")).commit is None
    assert at_path(str(repository)).commit == run(repository, "rev-parse", "HEAD")


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="which does not exist"):
        at_path(str(tmp_path / "gone"))


def script(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Put a script on PATH as git."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_what_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "bin", monkeypatch, "sleep 60 & echo $! > pid; wait")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(GitFailed, match=r"git fetch took longer than 0\.3 seconds"):
        git("fetch", folder=tmp_path, longest=0.3)

    child = int((tmp_path / "pid").read_text())
    wait_until(lambda: not is_alive(child))


def test_nobody_is_asked_and_no_credentials_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(
        tmp_path / "bin",
        monkeypatch,
        'echo "$GIT_TERMINAL_PROMPT/$SSH_ASKPASS_REQUIRE/$GIT_ASKPASS" >&2\n'
        'echo "fatal: could not read https://me:hunter2@git.example/app" >&2\n'
        "if [ -t 0 ] || (: < /dev/tty) 2> /dev/null; then echo terminal >&2; fi; exit 128",
    )

    with pytest.raises(GitFailed) as caught:
        git("ls-remote", folder=tmp_path)

    assert "0/never/\n" in str(caught.value)
    assert "https://…@git.example/app" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "terminal" not in str(caught.value)


def test_git_gets_none_of_the_stacks_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "PULUMI_CONFIG",
        "PULUMI_CONFIG_PASSPHRASE",
        "CLERK_SECRET_KEY",
        "VERCEL_API_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AZURE_CLIENT_SECRET",
        "GOOGLE_CREDENTIALS",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
    ):
        monkeypatch.setenv(name, "hunter2")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/of/the/agent")
    script(tmp_path / "bin", monkeypatch, "env")

    told = git("ls-remote", folder=tmp_path)

    assert "hunter2" not in told
    assert "SSH_AUTH_SOCK=/of/the/agent" in told


def test_without_git_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(GitFailed, match="git is not on PATH"):
        git("status", folder=tmp_path)
