"""Addresses of backends."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkstack.state.backends import same, secrets_provider, settled
from clerkstack.state.failures import remedy_of


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        ("s3://state?region=a&endpoint=http://h:1", "s3://state/?endpoint=h:1", True),
        ("s3://state/team/", "s3://state/team?region=a", True),
        ("s3://state", "s3://state/team", False),
        ("s3://state", "gs://state", False),
        ("s3://state", "s3://state?endpoint=http://127.0.0.1:9000", False),
        ("file:///tmp/a/../b", "file:///tmp/b/", True),
        ("file:///tmp/a", "file:///tmp/b", False),
        ("file://~", "file:///tmp/b", False),
    ],
)
def test_the_same_place_in_other_words(one: str, other: str, are: bool) -> None:
    assert same(one, other) is are


def test_an_address_that_means_the_same_everywhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    assert settled("file://state") == f"file://{tmp_path}/state"
    assert settled("s3://state/?region=a") == "s3://state/?region=a"


def test_what_encrypts_a_stack(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    assert secrets_provider(file) == "passphrase"
    file.write_text("encryptionsalt: v1:a\n")
    assert secrets_provider(file) == "passphrase"
    file.write_text("secretsprovider: awskms://alias/a?region=b\n")
    assert secrets_provider(file) == "awskms://alias/a?region=b"


def test_what_is_no_failure_of_a_service_has_no_remedy() -> None:
    assert remedy_of("error: incorrect passphrase") is None
    assert remedy_of("operation error KMS: Decrypt, AccessDeniedException: no") is not None
