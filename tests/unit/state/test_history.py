"""Which earlier states a backend has, and which of them are complete."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clerkstack.problems import ClerkstackError
from clerkstack.state.failures import BackendFailed
from clerkstack.state.history import Folder, earlier_states, store_of

BEGIN = datetime(2026, 11, 25, 12, tzinfo=UTC)
HISTORY = ".pulumi/history/app/dev/dev-{}.checkpoint.json"
BACKUP = ".pulumi/backups/app/dev/dev.{}.json"


def at(seconds: float) -> int:
    """Return a moment in the form of the engine's file names."""
    return int((BEGIN + timedelta(seconds=seconds)).timestamp()) * 10**9


def checkpoint(resources: int = 1, **more: object) -> bytes:
    urns = [{"urn": f"urn:{number}"} for number in range(resources)]
    latest = {"manifest": {"time": "t"}, "resources": urns}
    return json.dumps({"version": 3, "checkpoint": {"latest": latest}, **more}).encode()


class Kept:
    """A store of these files, in this order."""

    def __init__(self, files: dict[str, bytes], written: datetime = BEGIN) -> None:
        self._files, self._written = files, written

    def files(self) -> Iterator[tuple[str, datetime]]:
        for key in self._files:
            yield key, self._written

    def read(self, key: str) -> bytes:
        return self._files[key]


def test_the_newest_comes_first_and_the_same_once() -> None:
    store = Kept(
        {
            HISTORY.format(at(10)): checkpoint(1),
            HISTORY.format(at(30)): checkpoint(3),
            BACKUP.format(at(30)): checkpoint(3),
            HISTORY.format(at(20)): checkpoint(2),
            HISTORY.format(at(20)).replace("checkpoint", "history"): b"{}",
            HISTORY.format(at(20)) + ".attrs": b"{}",
        }
    )

    assert [earlier_state.resources for earlier_state in earlier_states(store, "app", "dev")] == [
        3,
        2,
        1,
    ]


def test_the_one_before_a_change_of_the_state_alone_is_known() -> None:
    store = Kept(
        {HISTORY.format(at(10)): checkpoint(1), ".pulumi/stacks/app/dev.json.bak": checkpoint(2)},
        written=BEGIN + timedelta(seconds=60),
    )

    newest, older = earlier_states(store, "app", "dev")

    assert (newest.key, newest.resources, older.resources) == (
        ".pulumi/stacks/app/dev.json.bak",
        2,
        1,
    )


def test_versions_of_a_bucket_are_taken_in_the_order_of_the_list() -> None:
    key = ".pulumi/stacks/app/dev.json?versionId={}"
    store = Kept(
        {
            HISTORY.format(at(0)): checkpoint(9),
            **{key.format(name): checkpoint(size) for name, size in (("b", 3), ("a", 2), ("c", 1))},
        }
    )

    assert [earlier_state.resources for earlier_state in earlier_states(store, "app", "dev")] == [
        3,
        2,
        1,
        9,
    ]


def test_other_stacks_are_left_out() -> None:
    store = Kept(
        {
            ".pulumi/history/app/dev2/dev2-1764072000000000000.checkpoint.json": checkpoint(),
            ".pulumi/history/other/dev/dev-1764072000000000000.checkpoint.json": checkpoint(),
            ".pulumi/stacks/app/dev.json": checkpoint(),
            ".pulumi/stacks/app/dev2.json.bak": checkpoint(),
        }
    )

    assert earlier_states(store, "app", "dev") == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "damaged"),
        (bytes(100), "damaged"),
        (b"[]", "damaged"),
        (checkpoint()[:-3], "damaged"),
        (gzip.compress(checkpoint())[:-9], "damaged"),
        (b'{"version":3,"checkpoint":{"stack":"dev"}}', "nothing was ever deployed"),
        (b'{"version":3,"checkpoint":{"latest":{"manifest":{},"resources":[]}}}', "damaged"),
        (b"\x28\xb5\x2f\xfd....", "zstd"),
    ],
    ids=("empty", "zeros", "a list", "cut", "cut gzip", "made", "no manifest", "zstd"),
)
def test_what_can_not_be_read_is_named(content: bytes, why: str) -> None:
    [state] = earlier_states(Kept({HISTORY.format(at(1)): content}), "app", "dev")

    assert state.state is None
    assert why in state.why


def test_a_compressed_one_and_what_it_needs_of_the_engine_come_whole() -> None:
    content = gzip.compress(checkpoint(2, features=["refreshBeforeUpdate"]))

    [state] = earlier_states(Kept({HISTORY.format(at(1)) + ".gz": content}), "app", "dev")

    assert state.state is not None
    assert (state.state.exported["version"], state.state.exported["features"]) == (
        3,
        ["refreshBeforeUpdate"],
    )
    assert len(state.state.entries) == 2


def test_a_destroyed_stack_is_one_of_no_resources() -> None:
    content = b'{"version":3,"checkpoint":{"latest":{"manifest":{"time":"t"}}}}'

    [state] = earlier_states(Kept({HISTORY.format(at(1)): content}), "app", "dev")

    assert (state.state is not None, state.resources) == (True, 0)


def test_a_bucket_without_credentials_is_asked_for_with_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The engine, which words it differently, has not been called yet."""
    pytest.importorskip("boto3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    bucket = store_of("s3://state?region=eu-central-1&endpoint=http://127.0.0.1:9", None)

    with pytest.raises(BackendFailed, match="There are no AWS credentials: set AWS_PROFILE"):
        list(bucket.files())


def test_a_copy_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(ClerkstackError, match="not a copy of a backend"):
        store_of("gs://bucket", tmp_path)
    (tmp_path / ".pulumi").mkdir()

    assert isinstance(store_of("gs://bucket", tmp_path), Folder)
    with pytest.raises(ClerkstackError, match="--history"):
        store_of("gs://bucket", None)
