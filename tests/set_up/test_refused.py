"""Real clients before a registry that refuses: they retry if that can help, and report it."""

from __future__ import annotations

import pytest

from local.machine import again
from local.machine.steps import CommandFailed
from tests.set_up.conftest import Client
from tests.set_up.registry import Refusal, Registry

RESET = "reset by peer|RESET|aborted|closed without a reply"
TOLD = ("403", "429", "503", RESET)


def test_it_is_had_after_refusals_of_every_kind_and_each_is_reported(
    client: Client, registry: Registry
) -> None:
    registry.refuses, registry.to = [403, 429, 503, "reset"], client.things[1]

    client.run()

    assert all(each.exists() for each in client.there)
    said = client.said_again()
    assert len(said) == len(TOLD)
    for line, words in zip(said, TOLD, strict=True):
        assert any(word in line for word in words.split("|")), line
    assert said[0].endswith("; again in 0.013 s")
    assert said[3].endswith("; again in 0.1 s")


def test_what_was_fetched_before_a_refusal_is_not_fetched_again(
    client: Client, registry: Registry
) -> None:
    registry.refuses, registry.to = [503, 503], client.things[1]

    client.run()

    assert registry.refused == [client.things[1]] * 2
    assert registry.served.count(client.things[0]) == 1


@pytest.mark.parametrize("client", ["pip", "uv"], indirect=True)
@pytest.mark.parametrize(("kind", "word"), [(403, "403"), ("reset", RESET)])
def test_a_refused_index_is_tried_again(
    client: Client, registry: Registry, kind: Refusal, word: str
) -> None:
    """pip says that there is no such version, and the real cause only in its log."""
    registry.refuses, registry.to = [kind], "/simple/first/"

    client.run()

    assert all(each.exists() for each in client.there)
    [said] = client.said_again()
    assert any(each in said for each in word.split("|")), said


def test_refused_for_ever_ends_with_what_was_refused_and_by_what(
    client: Client, registry: Registry
) -> None:
    registry.for_ever, registry.to = 503, client.things[1]

    with pytest.raises(again.Refused) as caught:
        client.run(patience=0)

    assert str(caught.value).startswith("the thing cannot be fetched, refused once, at last with: ")
    assert "503" in caught.value.refusal
    assert client.said_again() == []


def test_a_thing_that_is_not_there_is_asked_for_once(client: Client, registry: Registry) -> None:
    for path in (client.things[1], "/simple/second/"):
        registry.files.pop(path, None)

    with pytest.raises(CommandFailed) as caught:
        client.run()

    assert not isinstance(caught.value, again.Refused)
    assert client.said_again() == []


def test_a_thing_that_is_another_one_is_not_asked_for_again(
    client: Client, registry: Registry
) -> None:
    registry.files[client.things[1]] = registry.files[client.things[0]]

    with pytest.raises(CommandFailed) as caught:
        client.run()

    assert not isinstance(caught.value, again.Refused)
    assert client.said_again() == []
