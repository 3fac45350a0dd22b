"""What all tests share: nothing fails because the machine is busy, and no secret escapes."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings

from clerkstack import safe
from clerkstack.app import looking, onepass, uses
from local.machine.plugins import OUTLIVES
from tests import durations, kms, trust
from tests.absent import pytest_terminal_summary as pytest_terminal_summary
from tests.forks import Forks
from tests.leaks import recorded

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
# Five seconds otherwise: a machine may stand still for longer.
httpx.Timeout.__init__(DEFAULT_TIMEOUT_CONFIG, 180.0)

recorded.install()
trust.install()

# Until all tests are collected: of what is imported nothing becomes garbage.
gc.disable()

UNIT = Path(__file__).parent / "unit"
PYTHON_OF_THE_HOST = str(Path(__file__).parent / "bin" / "python-of-the-host")
os.environ["PULUMI_PYTHON_CMD"] = PYTHON_OF_THE_HOST
# A plugin goes on after its engine was killed; tests leave none behind for minutes.
os.environ.setdefault(OUTLIVES, "5")
# The engine lives for seconds: collecting its garbage, or waking threads that then look for work,
# takes more than it gives.
os.environ |= {"GOGC": "off", "GOMEMLIMIT": "2GiB", "GOMAXPROCS": "1"}


@pytest.fixture(autouse=True)
def _unhurried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found in an app's code depends on no clock, but where a test is about it."""
    if request.node.get_closest_marker("limits") is None:
        for module in (looking, onepass, uses):
            monkeypatch.setattr(module, "SECONDS", 100.0)


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """The process that is forked for the Python processes of deployments."""
    started = Forks(tmp_path_factory.mktemp("forks"))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def sealing() -> Iterator[kms.Kms]:
    """The KMS that encrypts the secrets of stacks."""
    started = kms.Kms()
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def _nothing_stays_hidden() -> Iterator[None]:
    """What a test hides is hidden in that test alone: a process has few secrets, a run of all tests
    would have thousands, and look for each in every text."""
    before = {*safe._secrets}
    yield
    safe._secrets.intersection_update(before)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with engine tests, which are the longest, and end with unit tests, whose files are the
    shortest, so that all workers end together."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    if item.get_closest_marker("engine") is not None:
        return 0
    return 2 if item.path.is_relative_to(UNIT) else 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Schedule by file."""
    from tests.scheduling import ByFile

    return ByFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """All tests are there to the end: no collection of garbage looks through them."""
    gc.collect()
    gc.freeze()
    gc.enable()


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
            report.longrepr = "A secret escaped:\n" + "\n".join(f"  {leak}" for leak in leaks)
    return report
