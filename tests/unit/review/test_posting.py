"""One comment per review, whoever else comments and however many runs there are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Unpack

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.errors import ApiError, UnexpectedAnswer, Unreachable
from clerkstack.clients.github import GithubClient
from clerkstack.clients.http import Options
from clerkstack.review.comment import MARKER
from clerkstack.review.posting import ACTIONS_USER, author_of, post
from local.github import Github
from local.github.github import TOKEN
from local.github.state import Holder

OURS = f"{MARKER}\nthe review"


@pytest.fixture
def github() -> Iterator[Github]:
    with Github() as running:
        yield running


def client(github: Github, token: str = TOKEN, **options: Unpack[Options]) -> GithubClient:
    return GithubClient(
        token=SecretStr(token), base_url=github.url, repository=github.repository.name, **options
    )


def test_the_first_run_makes_it_and_the_next_ones_renew_it(github: Github) -> None:
    with client(github) as ours:
        first = post(ours, 7, OURS, ACTIONS_USER)
        second = post(ours, 7, f"{MARKER}\nrenewed", ACTIONS_USER)

    assert first.id == second.id
    assert [comment.body for comment in github.comments()] == [f"{MARKER}\nrenewed"]


def test_it_is_found_behind_pages_of_others(github: Github) -> None:
    for index in range(230):
        github.repository.add(7, "somebody", f"comment {index}")
    with client(github) as ours:
        post(ours, 7, OURS, ACTIONS_USER)
        post(ours, 7, OURS, ACTIONS_USER)

    assert len(github.comments()) == 231


def test_what_others_wrote_is_left_alone(github: Github) -> None:
    foreign = github.repository.add(7, "mallory", f"{MARKER}\nnot the review")
    quoting = github.repository.add(7, ACTIONS_USER, f"another workflow quotes {MARKER}")
    with client(github) as ours:
        post(ours, 7, OURS, ACTIONS_USER)
        post(ours, 7, OURS, ACTIONS_USER)

    assert (foreign.edits, quoting.edits) == (0, 0)
    assert [comment.body for comment in github.comments()][2:] == [OURS]


def test_two_runs_at_once_leave_one_comment(github: Github) -> None:
    meeting = threading.Barrier(2, timeout=180)

    class Late(GithubClient):
        def create_comment(self, number: int, body: str):  # type: ignore[no-untyped-def]
            # Both have searched, and found none.
            meeting.wait()
            return super().create_comment(number, body)

    def run() -> None:
        with Late(
            token=SecretStr(TOKEN), base_url=github.url, repository=github.repository.name
        ) as ours:
            post(ours, 7, OURS, ACTIONS_USER)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [comment.body for comment in github.comments()] == [OURS]


def test_what_a_killed_run_left_is_removed(github: Github) -> None:
    kept = github.repository.add(7, ACTIONS_USER, f"{MARKER}\nold")
    github.repository.add(7, ACTIONS_USER, f"{MARKER}\nof a run that was killed")
    with client(github) as ours:
        post(ours, 7, OURS, ACTIONS_USER)

    assert [(comment.id, comment.body) for comment in github.comments()] == [(kept.id, OURS)]


def test_with_another_apps_token_there_is_one_comment_too(github: Github) -> None:
    github.repository.holders["ghs_other"] = Holder("sendero-bot[bot]")
    with client(github, "ghs_other") as ours:
        for _ in range(3):
            post(ours, 7, OURS, ACTIONS_USER)

    assert [comment.login for comment in github.comments()] == ["sendero-bot[bot]"]


def test_a_persons_token_says_whose_it_is(github: Github) -> None:
    github.repository.holders["ghp_hers"] = Holder("ada", installation=False)
    with client(github, "ghp_hers") as ours:
        assert author_of(ours, in_actions=False) == "ada"
    with client(github) as ours:
        assert author_of(ours, in_actions=False) == ""
        assert author_of(ours, in_actions=True) == ACTIONS_USER


class BadDay(httpx.BaseTransport):
    """GitHub that fails once: at the request of that number, in that way."""

    def __init__(self, number: int, way: str) -> None:
        self._inner = httpx.HTTPTransport()
        self._left, self._way = number, way
        self.failed = ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left != -1:
            return self._inner.handle_request(request)
        self.failed = request.method
        if self._way == "not connected":
            raise httpx.ConnectError("refused")
        if self._way.isdecimal():
            return httpx.Response(int(self._way), json={"message": "not now"}, request=request)
        answer = self._inner.handle_request(request)
        answer.read()
        if self._way == "answer lost":
            raise httpx.ReadError("lost")
        return httpx.Response(200, text="<html>", request=request)

    def close(self) -> None:
        self._inner.close()


WAYS = [
    "not connected",
    "answer lost",
    "answer of a proxy",
    "401",
    "403",
    "404",
    "429",
    "500",
    "502",
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("before", [0, 1, 2])
def test_after_any_bad_day_one_more_run_leaves_one_comment(
    github: Github, before: int, number: int, way: str
) -> None:
    # With the two comments of a killed run, the faults hit each of the three writes.
    for _ in range(before):
        github.repository.add(7, ACTIONS_USER, f"{MARKER}\nold")
    bad = BadDay(number, way)
    with (
        client(github, transport=bad, sleep=lambda _seconds: None) as ours,
        suppress(ApiError, Unreachable, UnexpectedAnswer),
    ):
        post(ours, 7, f"{MARKER}\non a bad day", ACTIONS_USER)
    with client(github) as ours:
        post(ours, 7, OURS, ACTIONS_USER)

    assert [comment.body for comment in github.comments()] == [OURS]


def test_the_bad_days_meet_every_write(github: Github) -> None:
    met = set()
    for before in (0, 2):
        for number in range(4):
            github.repository.comments.clear()
            for _ in range(before):
                github.repository.add(7, ACTIONS_USER, f"{MARKER}\nold")
            bad = BadDay(number, "502")
            with (
                client(github, transport=bad, sleep=lambda _seconds: None) as ours,
                suppress(ApiError, Unreachable),
            ):
                post(ours, 7, OURS, ACTIONS_USER)
            met.add(bad.failed)

    assert met >= {"GET", "POST", "PATCH", "DELETE"}
