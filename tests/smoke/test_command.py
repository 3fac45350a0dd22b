"""`clerkstack smoke` as a person runs it: its output, its exit codes, its signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import address
from tests.clock import wait_until
from tests.smoke.deployment import HOST, URL, Deployment, deployment

TOP = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def there() -> Iterator[Deployment]:
    with deployment(proxy=True) as made:
        yield made


@pytest.fixture(autouse=True)
def _as_before(there: Deployment) -> Iterator[None]:
    yield
    there.world.clear_faults()
    there.world.route(HOST, there.app.address)


def environment(there: Deployment | None) -> dict[str, str]:
    variables = {**os.environ, "NO_COLOR": "1"}
    for name in ("CLERK_SECRET_KEY", "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", "CLERK_API_URL"):
        variables.pop(name, None)
    if there is not None:
        variables |= {
            "CLERK_SECRET_KEY": there.instance.secret,
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY": there.instance.publishable_key,
            # The run addresses Clerk and the app by their real hosts, and the proxy leads here.
            **address.variables(there.world.urls),
        }
    return variables


def command(*words: str) -> list[str]:
    return [str(TOP / "bin" / "clerkstack"), "smoke", *words]


def run(there: Deployment | None, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
        cwd=TOP,
        env=environment(there),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_a_url_and_the_shells_keys_are_enough(there: Deployment) -> None:
    ran = run(there, "--url", URL)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    *lines, last = ran.stdout.splitlines()
    assert [line[:6].strip() for line in lines] == ["ok"] * 10
    assert last.startswith(f"{URL}: all 10 steps passed, in ")
    assert "sign-up …" in ran.stderr
    assert there.instance.secret not in ran.stdout + ran.stderr


def test_a_failed_step_is_reported_and_ends_with_1(there: Deployment) -> None:
    there.world.fault(
        kind="status", status=422, service="clerk", method="POST", path="/v1/api_keys$", times=1
    )

    ran = run(there, "--url", URL, "--json")

    shown = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert shown["ok"] is False
    assert [step["name"] for step in shown["steps"] if step["ran"] and not step["ok"]] == [
        "mint API key"
    ]
    assert there.left() == []


def test_a_service_that_failed_ends_with_3(there: Deployment) -> None:
    there.world.fault(
        kind="status", status=503, service="clerk", method="POST", path="/v1/sign_in_tokens"
    )

    ran = run(there, "--url", URL)

    assert ran.returncode == 3, ran.stdout
    assert "FAILED  sign-in" in ran.stdout
    assert ran.stdout.splitlines()[-1].endswith("failed: sign-in.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Name the deployment: --stack NAME, or --url URL."),
        (("--url", "app.example.com"), "--url must be a URL"),
        (("--url", "https://app.example.com"), "CLERK_SECRET_KEY and NEXT_PUBLIC_CLERK_"),
    ],
)
def test_bad_input_ends_with_2(words: tuple[str, ...], said: str) -> None:
    ran = run(None, *words)

    assert ran.returncode == 2
    assert said in ran.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_removes_what_was_made(there: Deployment, number: signal.Signals) -> None:
    started = started_run(there, number)

    out, _ = started.communicate(timeout=180)

    assert started.returncode == 130, out
    assert "clean-up" in out
    assert "interrupted" in out.splitlines()[-1]
    assert there.left() == []


def test_what_a_killed_run_left_is_removed_by_the_next(there: Deployment) -> None:
    started = started_run(there, signal.SIGKILL)
    started.communicate(timeout=180)
    assert there.left() != []

    ran = run(there, "--url", URL, "--clean-up")
    again = run(there, "--url", URL, "--clean-up")

    assert ran.returncode == 0, ran.stderr
    assert "user user_" in ran.stdout
    assert again.stdout == "There is nothing from a smoke run.\n"
    assert there.left() == []


def started_run(there: Deployment, number: signal.Signals) -> subprocess.Popen[str]:
    """Start a run that waits for a webhook that never comes, and send it a signal."""
    there.world.route(HOST, None)
    started = subprocess.Popen(
        command("--url", URL, "--wait", "30"),
        cwd=TOP,
        env=environment(there),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_until(lambda: there.instance.people.organizations)
    started.send_signal(number)
    return started
