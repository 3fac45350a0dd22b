"""`clerkstack comment` obeys what GitHub says, and at most shows what the artifact says."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import typer

from clerkstack.cli.comment import comment
from clerkstack.clients.errors import Forbidden
from clerkstack.problems import ClerkstackError
from clerkstack.review.archive import MOST_BYTES
from clerkstack.review.comment import MARKER
from clerkstack.review.document import document
from clerkstack.review.pull_request import reviewed_run
from clerkstack.review.stacks import Review
from local.github import Github
from local.github.github import BARE_TOKEN, READ_TOKEN, TOKEN
from tests.engine.reviewed import OTHER_REPOSITORY, RUN, ended, variables_of
from tests.unit.review.test_comment import assert_harmless, everywhere
from tests.unit.review.test_document import OCCASION


@pytest.fixture
def github() -> Iterator[Github]:
    with Github() as running:
        running.repository.pull_requests |= {8, 9}
        yield running


def content(*reviews: Review) -> str:
    return json.dumps(document(reviews or (Review("dev"),), OCCASION))


@pytest.fixture
def run(github: Github, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command as the workflow does when another run has ended."""

    def running(told: dict[str, Any] | None = None, *, token: str = TOKEN, **options: Any) -> None:
        for name in [each for each in os.environ if each.startswith(("GITHUB_", "GH_"))]:
            monkeypatch.delenv(name)
        variables = variables_of(tmp_path, github, told or ended(github))
        for name, value in {**variables, "GITHUB_TOKEN": token}.items():
            monkeypatch.setenv(name, value)
        comment(**{"file": None, "number": None, "commit": "", "author": None, **options})

    return running


def test_the_artifact_becomes_the_comment_and_the_next_one_renews_it(
    github: Github, run: Any
) -> None:
    github.leave(content())
    run()
    github.leave(content(everywhere("pro")))
    run()

    (posted,) = github.comments()
    assert posted.edits == 1
    assert posted.body.startswith(MARKER)
    assert "Commit `feed0123feed`" in posted.body
    assert "0123abc" not in posted.body  # the artifact's own claim
    assert_harmless(posted.body)
    # Of two attempts' artifacts the newer one counts.
    at = f"/repos/{github.repository.name}"
    newest = github.repository.artifacts[-1].id
    assert github.requests[-4:] == [
        f"GET {at}/actions/runs/{RUN}/artifacts",
        f"GET {at}/actions/artifacts/{newest}/zip",
        f"GET {at}/issues/7/comments",
        f"PATCH {at}/issues/comments/{posted.id}",
    ]


def test_the_token_goes_to_github_alone(github: Github, run: Any) -> None:
    github.leave(content())
    run()

    assert len(github.at_files) == 1
    assert "authorization" not in github.at_files[0]
    assert not any(TOKEN in value for value in github.at_files[0].values())


def test_what_is_left_out_is_in_the_summary_of_the_reviewing_run(github: Github, run: Any) -> None:
    github.leave(content(everywhere("long", 300)))
    run()

    (posted,) = github.comments()
    assert f"https://github.test/{github.repository.name}/actions/runs/{RUN}" in posted.body
    assert len(posted.body) <= 65_536


def test_each_workflow_keeps_its_own_comment(github: Github, run: Any) -> None:
    for workflow in ("pull-request", "preview-production", "pull-request", "preview-production"):
        github.leave(content())
        run(ended(github, workflow=workflow))

    assert len(github.comments()) == 2
    assert [each.edits for each in github.comments()] == [1, 1]


def pull(number: int, *, head: str = "feed0123feed", of: int = 42, to: int = 42) -> dict[str, Any]:
    return {
        "number": number,
        "head": {"sha": head, "repo": {"id": of}},
        "base": {"sha": "ba5e", "repo": {"id": to}},
    }


@pytest.mark.parametrize(
    ("more", "commented"),
    [
        ({}, [7]),
        ({"pull_requests": [pull(7), pull(8)]}, [7, 8]),
        ({"path": ".github/workflows/pull-request.yml@refs/heads/main"}, [7]),
        # A newer commit has been pushed meanwhile.
        ({"pull_requests": [pull(7, head="another")]}, []),
        # The same branch has a pull request in a fork; its number is another pull request's here.
        ({"pull_requests": [pull(9, to=OTHER_REPOSITORY), pull(7)]}, [7]),
        ({"pull_requests": [pull(9, of=OTHER_REPOSITORY)]}, []),
        ({"pull_requests": []}, []),
        ({"head_repository": {"id": OTHER_REPOSITORY}}, []),
        ({"head_repository": None}, []),
    ],
)
def test_github_says_which_pull_request_it_is(
    github: Github, run: Any, more: dict[str, Any], commented: list[int]
) -> None:
    github.leave(content())
    run(ended(github, **more))

    assert sorted(each.number for each in github.repository.comments.values()) == commented
    if not commented:
        assert github.requests == []


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"pull_request": {"number": 7, "head": {"sha": "feed0123feed"}}},
        {"workflow_run": {"id": RUN}},
        {"workflow_run": "99", "repository": {"id": 42}},
    ],
)
def test_a_run_that_another_did_not_start_is_reported(tmp_path: Path, told: dict[str, Any]) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(told))

    with pytest.raises(ClerkstackError, match="not started by the end of another"):
        reviewed_run({"GITHUB_EVENT_PATH": str(file)})


@pytest.mark.parametrize(
    "more",
    [
        {"event": "push"},
        {"event": "workflow_dispatch"},
        {"path": ".github/workflows/../../x.yml"},
        {"path": ".github/workflows/--> @everyone.yml"},
        {"id": "99"},
        {"pull_requests": [pull(7) | {"number": "7"}]},
    ],
)
def test_a_run_of_another_kind_is_refused(github: Github, run: Any, more: dict[str, Any]) -> None:
    github.leave(content())

    with pytest.raises(ClerkstackError):
        run(ended(github, **more))
    assert github.requests == []


def link() -> bytes:
    packed = BytesIO()
    info = zipfile.ZipInfo("review.json")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(info, "/proc/self/environ")
    return packed.getvalue()


HOSTILE = {
    "huge": b"\0" * (MOST_BYTES + 1),
    "no archive": b"<html>",
    "a link": link(),
}


@pytest.mark.parametrize("archive", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_artifact_is_not_shown(github: Github, run: Any, archive: bytes) -> None:
    github.repository.leave(RUN, "review", archive)

    with pytest.raises(ClerkstackError, match="not read"):
        run()
    assert github.comments() == []


@pytest.mark.parametrize("file", ["../review.json", "/etc/passwd", "review.md"])
def test_a_file_of_another_name_is_not_read(github: Github, run: Any, file: str) -> None:
    github.leave(content(), file=file)

    with pytest.raises(ClerkstackError, match="not read"):
        run()
    assert github.comments() == []


def test_what_is_larger_than_github_says_is_cut_off(
    github: Github, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clerkstack.review.archive.MOST_BYTES", 10_000)
    github.repository.leave(RUN, "review", b"\0" * 9_999)
    monkeypatch.setattr(
        "local.github.routes.artifact_body",
        lambda _api, _name, each: {"id": each.id, "name": "review", "size_in_bytes": 5},
    )
    github.repository.artifacts[0] = type(github.repository.artifacts[0])(
        1001, RUN, "review", b"\0" * 5_000_000
    )

    with pytest.raises(ClerkstackError, match="larger than 10000 bytes"):
        run()
    assert github.comments() == []


@pytest.mark.parametrize("expired", [False, True])
def test_a_run_that_left_none_is_no_failure(github: Github, run: Any, expired: bool) -> None:
    if expired:
        github.repository.leave(RUN, "review", b"", expired=True)
    github.leave(content(), run=RUN + 1)  # of another run
    run()

    assert github.comments() == []


@pytest.mark.parametrize(
    ("token", "right"), [(READ_TOKEN, "pull-requests: write"), (BARE_TOKEN, "actions: read")]
)
def test_a_token_that_may_not_is_reported(github: Github, run: Any, token: str, right: str) -> None:
    github.leave(content())

    with pytest.raises(Forbidden, match=right):
        run(token=token)


def test_a_file_goes_where_the_caller_says(github: Github, run: Any, tmp_path: Path) -> None:
    file = tmp_path / "review.json"
    file.write_text(content())
    run(file=file, number=8, commit="abc")

    (posted,) = github.repository.comments.values()
    assert (posted.number, "`abc`" in posted.body) == (8, True)


def test_neither_a_link_nor_a_pipe_is_opened(github: Github, run: Any, tmp_path: Path) -> None:
    target, linked, pipe = (tmp_path / name for name in ("target", "link.json", "pipe.json"))
    target.write_text(content())
    linked.symlink_to(target)
    os.mkfifo(pipe)

    for file in (linked, pipe, Path("/dev/zero"), tmp_path, tmp_path / "nothing.json"):
        with pytest.raises(ClerkstackError, match=file.name):
            run(file=file, number=8)
    assert github.repository.comments == {}


@pytest.mark.parametrize("options", [{"file": Path("review.json")}, {"number": 7}])
def test_a_file_and_its_pull_request_belong_together(run: Any, options: dict[str, Any]) -> None:
    with pytest.raises((ClerkstackError, typer.BadParameter), match="must be given together"):
        run(**options)
