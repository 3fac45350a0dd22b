"""GitHub's client: pages, limits, and what it never sends to another host."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.errors import (
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorized,
    Unprocessable,
    Unreachable,
)
from clerkstack.clients.github import GithubClient
from local.github import Github
from local.github.github import READ_TOKEN, TOKEN

REPOSITORY = "sendero/deployment"


@pytest.fixture
def github() -> Iterator[Github]:
    with Github() as running:
        yield running


def client(github: Github, token: str = TOKEN, slept: list[float] | None = None) -> GithubClient:
    return GithubClient(
        token=SecretStr(token),
        base_url=github.url,
        repository=REPOSITORY,
        sleep=(slept if slept is not None else []).append,
    )


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_every_page_is_read(github: Github, count: int) -> None:
    for index in range(count):
        github.repository.add(7, "somebody", f"comment {index}")

    with client(github) as ours:
        found = ours.list_comments(7)

    assert [comment.body for comment in found] == [f"comment {index}" for index in range(count)]
    assert len(github.requests) == max(1, -(-count // 100))


def test_the_next_page_is_never_asked_of_another_host() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        page = int(request.url.params.get("page", 1))
        link = f'<https://thief.test/elsewhere?page={page + 1}&per_page=100>; rel="next"'
        return httpx.Response(200, json=[{"id": page}], headers={"Link": link} if page < 3 else {})

    ours = GithubClient(
        token=SecretStr(TOKEN),
        base_url="https://api.github.test",
        repository=REPOSITORY,
        transport=httpx.MockTransport(answer),
    )

    assert [comment.id for comment in ours.list_comments(7)] == [1, 2, 3]
    assert {(each.url.host, each.url.path) for each in seen} == {
        ("api.github.test", f"/repos/{REPOSITORY}/issues/7/comments")
    }
    assert {each.headers["X-GitHub-Api-Version"] for each in seen} == {"2022-11-28"}


def test_a_page_that_comes_back_for_ever_ends() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, json=[{"id": 1}], headers={"Link": '<https://x.test/?page=2>; rel="next"'}
        )

    ours = GithubClient(
        token=SecretStr(TOKEN),
        base_url="https://api.github.test",
        repository=REPOSITORY,
        transport=httpx.MockTransport(answer),
    )

    assert len(ours.list_comments(7)) == 1


def test_a_comment_is_made_changed_and_removed(github: Github) -> None:
    with client(github) as ours:
        made = ours.create_comment(7, "one")
        changed = ours.update_comment(made.id, "two")
        before = [comment.body for comment in github.comments()]
        ours.delete_comment(made.id)

    assert (made.body, changed.body, changed.id) == ("one", "two", made.id)
    assert made.user is not None
    assert made.user.login == "github-actions[bot]"
    assert before == ["two"]
    assert github.comments() == []


LIMITS: list[tuple[int, dict[str, str], Callable[[float], bool]]] = [
    (429, {"retry_after": "3"}, lambda waited: waited == 3),
    # A secondary limit may be a 403.
    (403, {"retry_after": "5"}, lambda waited: waited == 5),
    (403, {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1"}, lambda waited: waited == 1),
    (503, {}, lambda waited: waited < 2),
]


@pytest.mark.parametrize(("status", "headers", "fits"), LIMITS)
def test_a_limit_is_waited_for(
    github: Github, status: int, headers: dict[str, str], fits: Callable[[float], bool]
) -> None:
    github.refuse(status, "You have exceeded a rate limit", **headers)
    slept: list[float] = []

    with client(github, slept=slept) as ours:
        assert ours.list_comments(7) == []

    assert len(slept) == 1
    assert fits(slept[0]), slept


def test_a_limited_new_comment_is_made_once(github: Github) -> None:
    github.refuse(403, "You have exceeded a secondary rate limit", retry_after="1")

    with client(github) as ours:
        ours.create_comment(7, "one")

    assert len(github.comments()) == 1


def test_a_limit_that_lasts_longer_is_reported(github: Github) -> None:
    github.refuse(429, "slow down", x_ratelimit_remaining="0", x_ratelimit_reset="99999999999")
    slept: list[float] = []

    with client(github, slept=slept) as ours, pytest.raises(RateLimited):
        ours.list_comments(7)

    assert slept == []


def test_a_refusal_is_no_limit(github: Github) -> None:
    slept: list[float] = []

    with client(github, READ_TOKEN, slept) as ours, pytest.raises(Forbidden) as refused:
        ours.create_comment(7, "one")

    assert slept == []
    assert "pull-requests: write" in str(refused.value)
    assert READ_TOKEN not in str(refused.value)


def test_a_wrong_token_is_reported_without_it(github: Github) -> None:
    with client(github, "ghp_wrongwrongwrong") as ours, pytest.raises(Unauthorized) as refused:
        ours.list_comments(7)

    assert "GITHUB_TOKEN" in str(refused.value)
    assert "ghp_wrongwrongwrong" not in str(refused.value) + repr(ours)


def test_a_comment_that_is_too_long_is_refused(github: Github) -> None:
    with client(github) as ours:
        ours.create_comment(7, "x" * 65_536)
        with pytest.raises(Unprocessable):
            ours.create_comment(7, "x" * 65_537)


def elsewhere(*answers: httpx.Response, at: str = "https://files.test/blob") -> httpx.MockTransport:
    """GitHub, which redirects to another host, and that host's answers."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "api.github.test":
            return httpx.Response(302, headers={"Location": at})
        assert "authorization" not in request.headers
        return left.pop(0) if len(left) > 1 else left[0]

    return httpx.MockTransport(answer)


def fetching(transport: httpx.MockTransport) -> GithubClient:
    return GithubClient(
        token=SecretStr(TOKEN),
        base_url="https://api.github.test",
        repository=REPOSITORY,
        transport=transport,
        sleep=lambda _seconds: None,
    )


def test_an_artifact_is_fetched_from_where_github_leads_without_the_token() -> None:
    with fetching(elsewhere(httpx.Response(200, content=b"x" * 10))) as ours:
        assert ours.artifact(1, 10) == b"x" * 10


def test_of_a_longer_one_no_more_is_read_than_shows_that_it_is_too_long() -> None:
    given = 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b"x" * 1000

    with fetching(elsewhere(httpx.Response(200, content=endless()))) as ours:
        assert len(ours.artifact(1, 10_000)) == 10_001
    assert given < 100


def test_a_packed_answer_is_not_unpacked_without_end() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    answer = httpx.Response(200, content=bomb, headers={"Content-Encoding": "gzip"})
    with fetching(elsewhere(answer)) as ours:
        assert len(ours.artifact(1, 10_000)) == 10_001


def test_an_error_of_the_other_host_is_reported_and_repeated() -> None:
    bad, good = httpx.Response(503), httpx.Response(200, content=b"ok")
    with fetching(elsewhere(bad, good)) as ours:
        assert ours.artifact(1, 10) == b"ok"
    with (
        fetching(elsewhere(httpx.Response(404, text="<Error/>"))) as ours,
        pytest.raises(NotFound, match="download artifact"),
    ):
        ours.artifact(1, 10)


@pytest.mark.parametrize("at", ["file:///etc/passwd", "https://api.github.test/round"])
def test_it_does_not_lead_to_a_file_or_in_a_circle(at: str) -> None:
    with fetching(elsewhere(httpx.Response(200), at=at)) as ours, pytest.raises(Unreachable):
        ours.artifact(1, 10)
