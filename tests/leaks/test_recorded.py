"""The search after each test covers every place that it claims to cover."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local.github.github import TOKEN
from local.project import PASSPHRASE
from local.world import World, seed
from local.world.svix.forms import signing_secret
from tests.engine.live import read_instance
from tests.leaks.recorded import RECORDER, SHOWS, TAKES

SAY = "import sys; print(sys.stdin.read())"
COMPLAIN = "import sys; sys.stderr.write(sys.stdin.read())"


def test_what_a_command_prints_is_searched() -> None:
    subprocess.run(
        [sys.executable, "-c", SAY],
        input=f"x {seed.PLATFORM_KEY}\n",
        text=True,
        capture_output=True,
        check=True,
    )

    (leak,) = RECORDER.leaks({})
    assert leak.endswith("the platform key (as it is)")
    assert "the output of" in leak
    assert RECORDER.leaks({}) == []


def test_what_a_command_complains_of_is_searched_in_bytes_too() -> None:
    said = f"Bearer {seed.VERCEL_TOKEN}".encode()
    with subprocess.Popen(
        [sys.executable, "-c", COMPLAIN], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.communicate(said)

    assert [leak.rpartition(": ")[2] for leak in RECORDER.leaks({})] == [
        "the Vercel token (as it is)"
    ]


def test_a_file_that_a_command_prints_to_is_searched(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        subprocess.run(
            [sys.executable, "-c", SAY], input=PASSPHRASE, text=True, stdout=log, check=True
        )

    assert "the passphrase" in RECORDER.leaks({})[0]


def test_how_a_command_is_called_is_searched_and_the_value_not_repeated() -> None:
    subprocess.run([sys.executable, "-c", "pass", f"--token={TOKEN}"], check=True)

    (leak,) = RECORDER.leaks({})
    assert "the arguments of" in leak
    assert "the GitHub token (as it is)" in leak
    assert TOKEN not in leak


def test_the_test_s_own_output_and_log_are_searched() -> None:
    found = RECORDER.leaks({"Captured log call": f"DEBUG {seed.PLATFORM_KEY}"})

    assert found == ["Captured log call: the platform key (as it is)"]


def test_what_a_world_gives_out_is_planted() -> None:
    made = signing_secret()
    cut_short = made.removeprefix("whsec_")[:20]

    assert RECORDER.leaks({"out": f"the secret {cut_short}…"}) == [
        "out: a signing secret (its first 16 characters)"
    ]


def test_the_keys_of_a_fresh_world_are_planted() -> None:
    with World() as world:
        key = read_instance(world).secret_key

        assert RECORDER.leaks({"out": key})[0].startswith("out: a secret key")


@pytest.mark.parametrize("table", [SHOWS, TAKES])
def test_what_is_meant_to_hold_a_secret_has_a_reason(table: tuple[object, ...]) -> None:
    assert all(getattr(each, "reason", "") for each in table)


def test_a_test_that_leaks_fails(tmp_path: Path) -> None:
    top = Path(__file__).resolve().parents[2]
    leaking = tmp_path / "test_it.py"
    leaking.write_text(
        "from local.world import seed\n"
        "def test_leaks(): print(seed.PLATFORM_KEY)\n"
        "def test_does_not(): print('ak_…')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "-p", "no:cacheprovider",
         "-p", "tests.conftest", "--rootdir", str(tmp_path), str(leaking)],
        cwd=top,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip

    assert ran.returncode == 1, ran.stdout
    assert "A secret escaped" in ran.stdout
    assert "2 passed, 1 error" in ran.stdout
    RECORDER.leaks({})  # the run shows the test's output, as pytest does
