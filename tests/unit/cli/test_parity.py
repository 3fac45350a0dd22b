"""Which two stacks `clerkstack parity` takes."""

from __future__ import annotations

import pytest

from clerkstack.cli.parity import _check
from clerkstack.problems import ClerkstackError
from tests.unit.parity.snapshots import settings


def test_two_instances_of_one_application_need_no_word(capsys: pytest.CaptureFixture[str]) -> None:
    _check({"dev": settings("development"), "prod": settings("production")})

    assert capsys.readouterr().err == ""


def test_different_applications_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    other = settings("development", application_id="app_2")

    _check({"dev": settings("development"), "other": other})

    told = "dev and other belong to different applications: app_1, app_2\n"
    assert capsys.readouterr().err == told


def test_one_instance_twice_is_refused() -> None:
    with pytest.raises(ClerkstackError, match="nothing to compare"):
        _check({"dev": settings("development"), "dev2": settings("development")})
