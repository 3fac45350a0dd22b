"""What all tests share: nothing fails because the machine is busy, and no secret escapes."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests import durations
from tests.leaks import recorded

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

recorded.install()


def pytest_configure(config: pytest.Config) -> None:
    """Record how long everything takes, where everything runs."""
    durations.install(config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test whose commands, output or log show a planted secret fails."""
    report = yield
    if report.when == "teardown":
        leaks = recorded.RECORDER.leaks(dict(report.sections))
        if leaks and report.passed:
            report.outcome = "failed"
            report.longrepr = "A secret escaped:\n" + "\n".join(f"  {each}" for each in leaks)
    return report
