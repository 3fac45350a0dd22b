"""`python3 -m local.machine.venv`: make `.venv` with the locked packages. Standard library only."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from local.machine import again
from local.machine.engine.golang import can_be_written
from local.machine.steps import CommandFailed, Describe, Steps, alone, interruptible

PROJECT = Path(__file__).resolve().parents[2]
LOCK = "requirements-dev.lock"
CHECKED = ("--require-hashes", "--only-binary", ":all:", "-r")
OWN = ("--no-deps", "--no-build-isolation", "--editable")
TITLE = "the packages"

# Variables that would lead uv to another Python than that of `.venv`.
_ELSEWHERE = ("CONDA_PREFIX", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_BREAK_SYSTEM_PACKAGES")


def main(project: Path = PROJECT) -> int:
    """Create or renew `.venv` if it does not match the lock file. Return exit code 0 if it does."""
    interruptible()
    folder = project / ".venv"
    if folder.is_symlink():
        # It belongs to another project: do not change what is installed there.
        print(f"{folder} is a link to {folder.resolve()}. Remove the link.", file=sys.stderr)
        return 1
    wanted = _wanted(project)
    if _stamp(project) == wanted:
        return 0
    steps = Steps("python")
    try:
        with alone(project / ".local" / "venv.lock", steps):
            if _stamp(project) != wanted:
                _stamp_file(project).unlink(missing_ok=True)
                _make(project, steps)
                _stamp_file(project).write_text(wanted)
    except (CommandFailed, OSError) as error:
        print(f"The virtual environment cannot be made: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the next call goes on from here", file=sys.stderr)
        return 130
    return 0


def _wanted(project: Path) -> str:
    """Return a digest of everything that decides the contents of `.venv`, including the folder's
    path, which its scripts contain."""
    parts = [(project / name).read_bytes() for name in (LOCK, "pyproject.toml")]
    return hashlib.sha256(b"".join([*parts, os.fsencode(project.resolve())])).hexdigest()


def _stamp_file(project: Path) -> Path:
    return project / ".venv" / "clerkstack-lock"


def _stamp(project: Path) -> str | None:
    file = _stamp_file(project)
    return file.read_text() if file.exists() else None


def _make(project: Path, steps: Steps) -> None:
    folder = project / ".venv"
    if not _is_at_home(folder):
        steps.say(f"virtual environment in {folder.name}")
        try:
            command = (sys.executable, "-m", "venv", "--clear", str(folder))
            steps.run(command, environ=os.environ, cwd=project)
        except CommandFailed as error:
            hint = "on Debian and Ubuntu it needs the package python3-venv"
            raise OSError(f"`python3 -m venv` failed ({hint}):\n{error.tail}") from error
    workshop = project / ".local" / "venv-workshop"
    shutil.rmtree(workshop, ignore_errors=True)
    workshop.mkdir(parents=True)
    try:
        _Installer(project, steps, workshop).install()
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    steps.say("packages are installed")


def _is_at_home(folder: Path) -> bool:
    """Whether pip exists and installs into this folder, and the scripts were created for it."""
    look = [str(folder / "bin" / "python"), "-c", "import pip, sys; print(sys.prefix)"]
    try:
        run = subprocess.run(look, capture_output=True, text=True, timeout=30, check=False)
        prefix = Path(run.stdout.strip())
        starts = (folder / "bin" / "pip").read_text().splitlines()[:2]
        return (
            run.returncode == 0
            and prefix.samefile(folder)
            and any(f"{folder / 'bin'}{os.sep}" in line for line in starts)
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False


@dataclass
class _Installer:
    """Installs the locked packages with uv, which pip installs first, or else with pip."""

    project: Path
    steps: Steps
    workshop: Path

    def install(self) -> None:
        pin = pin_of("uv", (self.project / LOCK).read_text())
        if pin is None or not self._with_uv(pin):
            self.steps.say(f"packages of {LOCK}, hashes checked")
            self._pip(*CHECKED, str(self.project / LOCK), part=TITLE)
            self._pip(*OWN, str(self.project), part=self.project.name)

    def _with_uv(self, pin: str) -> bool:
        """Install with uv; return whether that worked. Raises Refused."""
        uv = self.project / ".venv" / "bin" / "uv"
        try:
            if not _is_version(uv, pin):
                self.steps.say("uv, which installs the others")
                only = self.workshop / "uv.lock"
                only.write_text(pin)
                self._pip(*CHECKED, str(only), part="uv")
            self.steps.say(f"packages of {LOCK} with uv, hashes checked")
            self._uv(uv, *CHECKED, str(self.project / LOCK), part=TITLE)
            self._uv(uv, *OWN, str(self.project), part=self.project.name)
        except again.Refused:
            raise
        except (CommandFailed, OSError) as error:
            # Whatever the reason (no wheel for this machine, a setting that only pip has), pip
            # installs the packages or reports the error.
            self.steps.say(f"not with uv, with pip ({' '.join(str(error).split())[:300]})")
            return False
        return True

    def _pip(self, *arguments: str, part: str) -> None:
        log = self.workshop / "pip.log"
        again.run(
            self.steps,
            [
                *(self._python, "-m", "pip", "install"),
                *("--disable-pip-version-check", "--no-input"),
                *arguments,
            ],
            part=part,
            environ={**self._environ(), "PIP_LOG": str(log)},
            cwd=self.project,
            describe=_pip_progress(),
            log=log,
        )

    def _uv(self, uv: Path, *arguments: str, part: str) -> None:
        again.run(
            self.steps,
            [str(uv), "pip", "install", *arguments],
            part=part,
            environ={**self._environ(), **uv_settings(self._settings, os.environ)},
            cwd=self.project,
            describe=_uv_progress(),
        )

    @cached_property
    def _settings(self) -> dict[str, str]:
        told = subprocess.run(
            [self._python, "-m", "pip", "config", "list"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return pip_settings(told.stdout)

    @property
    def _python(self) -> str:
        return str(self.project / ".venv" / "bin" / "python")

    def _environ(self) -> dict[str, str]:
        # Even if the folder is damaged meanwhile, install nothing into the Python that created it.
        made = {key: value for key, value in os.environ.items() if key not in _ELSEWHERE}
        made |= {"PIP_REQUIRE_VIRTUALENV": "1", "VIRTUAL_ENV": str(self.project / ".venv")}
        # Like pip: otherwise each process compiles anew where it may not write bytecode.
        made.setdefault("UV_COMPILE_BYTECODE", "1")
        if _caches_nothing(self._settings, made):
            # A retry must not start from scratch.
            made |= {"PIP_NO_CACHE_DIR": "0", "PIP_CACHE_DIR": str(self.workshop / "pip")}
            made["UV_CACHE_DIR"] = str(self.workshop / "uv")
            made.pop("UV_NO_CACHE", None)
        return made


def pin_of(package: str, lock: str) -> str | None:
    """Return the lines of one package in a lock file, including hashes."""
    found = re.search(rf"^{re.escape(package)}==.*\n(?:[ \t].*\n)*", lock, flags=re.MULTILINE)
    return found[0] if found else None


def pip_settings(listed: str) -> dict[str, str]:
    """Return the settings in the output of `pip config list` with pip's precedence: variables, then
    the section `install`, then `global`."""
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in found:
            with suppress(ValueError, SyntaxError):
                found[section][name] = str(ast.literal_eval(value))
    return {**found["global"], **found["install"], **found[":env:"]}


def uv_settings(pip: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return variables with which uv uses the same indexes as pip. The user's own uv settings stay.

    Variables, not arguments: a URL may contain a password, and everybody can see arguments.
    """
    several = {name: text.split() for name, text in pip.items()}
    made = {
        "UV_DEFAULT_INDEX": pip.get("index-url", ""),
        "UV_INDEX": " ".join(several.get("extra-index-url", [])),
        # pip ignores a missing folder, and uv fails.
        "UV_FIND_LINKS": ",".join(
            at for at in several.get("find-links", []) if "://" in at or Path(at).exists()
        ),
        "UV_INSECURE_HOST": " ".join(several.get("trusted-host", [])),
        "UV_NO_INDEX": "1" if _is_true(pip.get("no-index", "")) else "",
        "UV_HTTP_TIMEOUT": pip.get("timeout", pip.get("default-timeout", "")),
        # Like pip: use all indexes; the hash decides which file is right.
        "UV_INDEX_STRATEGY": "unsafe-best-match" if several.get("extra-index-url") else "",
    }
    if environ.get("UV_INDEX_URL"):
        del made["UV_DEFAULT_INDEX"]
    if environ.get("UV_EXTRA_INDEX_URL"):
        del made["UV_INDEX"]
    own = {name: value for name, value in made.items() if value and not environ.get(name)}
    others = {
        "SSL_CERT_FILE": pip.get("cert", ""),
        "SSL_CLIENT_CERT": pip.get("client-cert", ""),
        "HTTP_PROXY": pip.get("proxy", ""),
        "HTTPS_PROXY": pip.get("proxy", ""),
    }
    return own | {name: value for name, value in others.items() if value}


def _is_true(text: str) -> bool:
    return text.strip().lower() in ("1", "true", "yes", "on", "y", "t")


def _caches_nothing(pip: Mapping[str, str], environ: Mapping[str, str]) -> bool:
    """Whether the user has disabled the cache, or there is no place for one."""
    if _is_true(pip.get("no-cache-dir", "")) or _is_true(environ.get("UV_NO_CACHE", "")):
        return True
    named = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME", "")) / ".cache")
    return not can_be_written(named)


def _is_version(uv: Path, pin: str) -> bool:
    """Whether it is the uv of the lock file."""
    try:
        run = subprocess.run(
            [str(uv), "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0 and run.stdout.split()[1:2] == [pin.split()[0].partition("==")[2]]


def _pip_progress() -> Describe:
    count = 0

    def describe(line: str) -> str | None:
        nonlocal count
        if line.startswith("Installing "):
            return f"{count} packages fetched, installing them"
        if not line.startswith("Collecting "):
            return None
        count += 1
        return f"{count} packages fetched, {line.split()[1].split('==')[0]}"

    return describe


def _uv_progress() -> Describe:
    """Describe the output of uv, which names packages that take a while."""

    def describe(line: str) -> str | None:
        found = re.match(r"\s*(Downloading|Downloaded|Resolved|Prepared|Building|Built) (.*)", line)
        return f"{found[1].lower()} {found[2]}" if found else None

    return describe


if __name__ == "__main__":
    sys.exit(main())
