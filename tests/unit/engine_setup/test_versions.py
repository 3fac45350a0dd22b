from __future__ import annotations

import re

import pytest

from local.machine.engine import versions
from local.machine.engine.places import PROJECT


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.259.0\n", (3, 259, 0)),
        ("3.272.1-dev.0+abc", (3, 272, 1)),
        ("go1.26.6", (1, 26, 6)),
        ("go1.27", (1, 27, 0)),
        ("warning: old\nv3.1.2", (3, 1, 2)),
    ],
)
def test_a_version_is_read_from_what_a_program_prints(
    text: str, version: tuple[int, int, int]
) -> None:
    assert versions.parse(text) == version


@pytest.mark.parametrize("text", ["", "\n", "unknown", "vdev"])
def test_text_without_a_version_gives_none(text: str) -> None:
    assert versions.parse(text) is None


def test_the_built_versions_are_those_of_the_module_files() -> None:
    engine = (PROJECT / "local/machine/engine/cli/go.mod").read_text()
    host = (PROJECT / "local/machine/engine/host/go.mod").read_text()

    assert f"github.com/pulumi/pulumi/pkg/v3 v{versions.BUILT} " in engine
    assert f"github.com/pulumi/pulumi/sdk/v3 v{versions.BUILT} " in engine
    assert f"github.com/pulumi/pulumi/sdk/v3 v{versions.BUILT_HOST} " in host


def test_the_official_version_is_the_built_one_and_not_older_than_the_python_sdk() -> None:
    pinned = re.search(
        r"^pulumi==(\S+)$", (PROJECT / "requirements.in").read_text(), flags=re.MULTILINE
    )

    assert pinned is not None
    assert versions.OFFICIAL == versions.BUILT
    official, sdk = versions.parse(versions.OFFICIAL), versions.parse(pinned[1])
    assert official is not None
    assert sdk is not None
    assert official >= sdk


def test_a_built_engine_would_be_new_enough_itself() -> None:
    built = versions.parse(versions.BUILT)

    assert built is not None
    assert built >= versions.MINIMUM
