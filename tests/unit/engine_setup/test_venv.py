"""`python3 -m local.machine.venv` with a fake Python: nothing is installed anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.machine.engine.places import PROJECT
from local.machine.venv import LOCK, pin_of, pip_settings, uv_settings
from tests.unit.engine_setup.test_interrupt import alive

RUN = """
import sys
from pathlib import Path
from local.machine import venv
sys.executable = sys.argv[2]
sys.exit(venv.main(Path(sys.argv[1])))
"""

# `-m venv` makes a folder whose Python records the calls of its pip; $WAIT delays both.
PYTHON = """#!/bin/sh
echo "venv $4" >> "$JOURNAL"
[ -z "$VENV_WAITS" ] || { echo $$ > "$VENV_WAITS.pid"; read line < "$VENV_WAITS"; }
rm -rf "$4"
mkdir -p "$4/bin"
cp "$0.inside" "$4/bin/python"
printf '#!%s\\n' "$4/bin/python" > "$4/bin/pip"
"""

INSIDE = """#!/bin/sh
[ "$3" != config ] || exit 0
top=$(cd "$(dirname "$0")/.." && pwd)
case "$1" in
-c) echo "${PREFIX-$top}" ;;
*)
    [ -z "$PIP_WAITS" ] || { echo $$ > "$PIP_WAITS"; exec sleep 600; }
    for last; do :; done
    echo "pip $PIP_REQUIRE_VIRTUALENV $(basename "$last")" >> "$JOURNAL" ;;
esac
"""


@dataclass
class Checkout:
    root: Path
    folder: Path

    def start(self, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(self.folder), str(self.root / "python")],
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(PROJECT),
                "JOURNAL": str(self.root / "journal"),
                **environ,
            },
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, **environ: str) -> int:
        with self.start(**environ) as process:
            process.communicate(timeout=180)
        return process.returncode

    def journal(self) -> list[str]:
        """Return what was done since the last call."""
        file = self.root / "journal"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    def made(self) -> list[str]:
        """Return the journal's entries of a virtual environment made from nothing."""
        return [f"venv {self.folder / '.venv'}", *self.renewed()]

    def renewed(self) -> list[str]:
        return [f"pip 1 {LOCK}", f"pip 1 {self.folder.name}"]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    made = Checkout(tmp_path, tmp_path / "a checkout")
    made.folder.mkdir()
    for name in (LOCK, "pyproject.toml"):
        (made.folder / name).write_text("first")
    for name, text in (("python", PYTHON), ("python.inside", INSIDE)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return made


def test_it_is_made_once_and_renewed_when_the_lock_changes(checkout: Checkout) -> None:
    assert checkout.run() == 0
    assert checkout.journal() == checkout.made()

    assert checkout.run() == 0
    assert checkout.journal() == []

    (checkout.folder / LOCK).write_text("second")
    assert checkout.run() == 0
    assert checkout.journal() == checkout.renewed()


def test_a_second_set_up_waits_for_the_first_and_finds_its_work_done(checkout: Checkout) -> None:
    pipe = checkout.root / "pipe"
    os.mkfifo(pipe)
    os.mkfifo(f"{pipe}.pid")
    first = checkout.start(VENV_WAITS=str(pipe))
    Path(f"{pipe}.pid").read_text()  # the first one is running

    second = checkout.start()
    assert second.stderr is not None
    said = second.stderr.readline()
    pipe.write_text("go on\n")
    first.communicate(timeout=180)
    second.communicate(timeout=180)

    assert "another set-up is at work in this folder; waiting for it" in said
    assert (first.returncode, second.returncode) == (0, 0)
    assert checkout.journal() == checkout.made()


def test_a_python_that_installs_elsewhere_is_not_used(checkout: Checkout) -> None:
    checkout.run()
    (checkout.folder / LOCK).write_text("second")
    checkout.journal()

    checkout.run(PREFIX="/usr")

    assert checkout.journal() == checkout.made()


def test_a_link_to_the_environment_of_another_project_is_left_alone(checkout: Checkout) -> None:
    checkout.run()
    checkout.journal()
    beside = Checkout(checkout.root, checkout.root / "beside")
    beside.folder.mkdir()
    for name in (LOCK, "pyproject.toml"):
        (beside.folder / name).write_text("second")
    (beside.folder / ".venv").symlink_to(checkout.folder / ".venv")

    assert beside.run() == 1
    assert beside.journal() == []


@pytest.mark.parametrize("bring", [Path.rename, lambda old, new: copy(old, new)])
def test_a_checkout_that_was_moved_or_copied_gets_its_own(
    checkout: Checkout, bring: Callable[[Path, Path], object]
) -> None:
    checkout.run()
    checkout.journal()
    moved = Checkout(checkout.root, checkout.root / "moved")
    bring(checkout.folder, moved.folder)

    assert moved.run() == 0
    assert moved.journal() == moved.made()
    assert moved.run() == 0
    assert moved.journal() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_pip_and_the_next_call_goes_on(
    checkout: Checkout, number: signal.Signals
) -> None:
    pipe = checkout.root / "pipe"
    os.mkfifo(pipe)
    setup = checkout.start(PIP_WAITS=str(pipe))
    pip = int(pipe.read_text())

    setup.send_signal(number)
    _, said = setup.communicate(timeout=180)

    assert setup.returncode == 130
    assert "the next call goes on from here" in said
    assert not alive(pip)
    checkout.journal()
    assert checkout.run() == 0
    assert checkout.journal() == checkout.renewed()


def test_what_was_interrupted_is_not_taken_for_done_when_the_lock_is_back(
    checkout: Checkout,
) -> None:
    checkout.run()
    (checkout.folder / LOCK).write_text("second")
    (checkout.folder / ".venv/bin/python").write_text(INSIDE.replace("*)", "*) exit 1"))
    assert checkout.run() == 1
    (checkout.folder / ".venv/bin/python").write_text(INSIDE)
    (checkout.folder / LOCK).write_text("first")
    checkout.journal()

    assert checkout.run() == 0
    assert checkout.journal() == checkout.renewed()


PIN = "uv==1.2.3 \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd\n"

# What its pip installs as uv: records the target of an installation, and can fail.
UV = """#!/bin/sh
[ "$1" = --version ] && { echo "uv ${UV_IS-1.2.3} (a machine)"; exit 0; }
for last; do :; done
echo "uv $VIRTUAL_ENV $(basename "$last")" >> "$JOURNAL"
[ -z "$UV_FAILS" ] || { echo "error: $UV_FAILS"; exit 2; }
"""


@pytest.fixture
def with_uv(checkout: Checkout) -> Checkout:
    (checkout.folder / LOCK).write_text(f"a==1 \\\n    --hash=sha256:00\n{PIN}zope==2\n")
    bring = f"""    case "$last" in */uv.lock) cat > "$top/bin/uv" <<'END'
{UV}END
    chmod +x "$top/bin/uv" ;; esac
esac
"""
    inside = INSIDE.rpartition("esac\n")[0].rstrip().removesuffix(";;") + "\n" + bring
    (checkout.root / "python.inside").write_text(inside)
    return checkout


def by_uv(checkout: Checkout) -> list[str]:
    into = checkout.folder / ".venv"
    return [f"uv {into} {LOCK}", f"uv {into} {checkout.folder.name}"]


def test_pip_brings_uv_and_uv_the_rest(with_uv: Checkout) -> None:
    assert with_uv.run(CONDA_PREFIX="/elsewhere", UV_PYTHON="/elsewhere") == 0

    made = [f"venv {with_uv.folder / '.venv'}", "pip 1 uv.lock"]
    assert with_uv.journal() == [*made, *by_uv(with_uv)]
    assert not (with_uv.folder / ".local" / "venv-workshop").exists()


def test_uv_is_fetched_again_only_where_another_one_is_pinned(with_uv: Checkout) -> None:
    with_uv.run()
    with_uv.journal()
    lock = with_uv.folder / LOCK

    lock.write_text(lock.read_text() + "zuv==1\n")
    assert with_uv.run() == 0
    assert with_uv.journal() == by_uv(with_uv)

    lock.write_text(lock.read_text() + "zuv==2\n")
    assert with_uv.run(UV_IS="1.2.2") == 0
    assert with_uv.journal() == ["pip 1 uv.lock", *by_uv(with_uv)]


@pytest.mark.parametrize("why", ["no wheel for this machine", "invalid peer certificate"])
def test_where_uv_does_not_do_pip_does_all(with_uv: Checkout, why: str) -> None:
    with with_uv.start(UV_FAILS=why) as process:
        _, said = process.communicate(timeout=180)

    assert process.returncode == 0
    assert with_uv.journal()[-2:] == with_uv.renewed()
    assert f"error: {why}" in said


def test_a_pin_is_taken_out_of_the_lock_with_its_hashes() -> None:
    assert pin_of("uv", f"a==1\n{PIN}uvicorn==2\n") == PIN
    assert pin_of("uv", PIN) == PIN
    assert pin_of("uv", "uvicorn==2 \\\n    --hash=sha256:ab\n") is None


def test_the_pin_of_the_project_is_there() -> None:
    pin = pin_of("uv", (PROJECT / LOCK).read_text())

    assert pin is not None
    assert pin.count("--hash=sha256:") > 10


LISTED = """\
:env:.extra-index-url='https://a/simple https://b/simple'
:env:.timeout='9'
global.cert='/etc/ca.pem'
global.find-links='/nowhere /tmp\\nhttps://links/x'
global.index-url='https://me:secret@global/simple'
global.trusted-host='a\\nb'
install.index-url='https://me:secret@install/simple'
download.index-url='https://other/simple'
wrong
"""


def test_uv_asks_whom_pip_asks() -> None:
    assert uv_settings(pip_settings(LISTED), {}) == {
        "UV_DEFAULT_INDEX": "https://me:secret@install/simple",
        "UV_INDEX": "https://a/simple https://b/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/tmp,https://links/x",
        "UV_INSECURE_HOST": "a b",
        "UV_HTTP_TIMEOUT": "9",
        "SSL_CERT_FILE": "/etc/ca.pem",
    }
    assert uv_settings({"no-index": "true", "proxy": "http://p"}, {}) == {
        "UV_NO_INDEX": "1",
        "HTTP_PROXY": "http://p",
        "HTTPS_PROXY": "http://p",
    }
    assert uv_settings(pip_settings(""), {}) == {}


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_what_the_user_has_set_for_uv_stays(name: str) -> None:
    made = uv_settings({"index-url": "https://pip/simple"}, {name: "https://uv/simple"})

    assert made == {}


@pytest.mark.parametrize("wish", ["PIP_NO_CACHE_DIR", "UV_NO_CACHE"])
def test_without_a_cache_one_is_kept_between_the_tries_alone(with_uv: Checkout, wish: str) -> None:
    asks = '[ -d "$top" ] && echo "$PIP_CACHE_DIR $UV_CACHE_DIR ${UV_NO_CACHE-}" > "$JOURNAL.cache"'
    inside = with_uv.root / "python.inside"
    told = "no-cache-dir='1'" if wish.startswith("PIP") else ""
    lines = inside.read_text().replace("exit 0", f'{{ echo ":env:.{told}"; exit 0; }}', 1)
    inside.write_text(lines.replace("*)\n", f"*)\n    {asks}\n", 1))

    assert with_uv.run(**{wish: "1"}, HOME=str(with_uv.root)) == 0

    workshop = with_uv.folder / ".local" / "venv-workshop"
    said = (with_uv.root / "journal.cache").read_text()
    assert said == f"{workshop / 'pip'} {workshop / 'uv'} \n"
    assert not workshop.exists()


def copy(old: Path, new: Path) -> None:
    subprocess.run(["cp", "-a", str(old), str(new)], check=True)
