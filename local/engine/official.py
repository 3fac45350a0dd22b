"""The official engine: one that is already on PATH, or the one its installer brings."""

from __future__ import annotations

import json
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from local.engine import versions
from local.engine.places import Places, which
from local.steps import CommandFailed, Steps

INSTALLER = "https://get.pulumi.com/install.sh"
"""The script the official documentation names; the Python SDK's Automation API runs it with the
same options (PulumiCommand.install)."""

INSTALLER_VARIABLE = "CLERKSTACK_INSTALLER_URL"
REACH_LIMIT = 3.0
"""Seconds within which the installer must answer, name look-up included."""


class Unusable(Exception):
    """This way does not lead to an engine here; the text says why."""


def engine_environ(environ: Mapping[str, str], places: Places) -> dict[str, str]:
    """Variables under which the engine asks nobody for updates and writes nothing at home."""
    return {
        **environ,
        "PULUMI_HOME": str(places.pulumi_home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def version_of(pulumi: Path, environ: Mapping[str, str], places: Places) -> str:
    """Version a `pulumi` names itself. Raises Unusable when it cannot be run or names none."""
    try:
        run = subprocess.run(
            [str(pulumi), "version"],
            env=engine_environ(environ, places),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unusable(f"{pulumi} cannot be run ({type(error).__name__})") from error
    version = versions.parse(run.stdout)
    if run.returncode != 0 or version is None:
        raise Unusable(f"{pulumi} does not name its version")
    return versions.show(version)


def on_path(environ: Mapping[str, str], places: Places) -> tuple[Path, str]:
    """The `pulumi` on PATH and its version. Raises Unusable when there is none that will do."""
    search = environ.get("PATH", "")
    pulumi = which("pulumi", search, places)
    if pulumi is None:
        raise Unusable("there is no `pulumi` on PATH")
    version = version_of(pulumi, environ, places)
    if (versions.parse(version) or (0, 0, 0)) < versions.MINIMUM:
        wanted = versions.show(versions.MINIMUM)
        raise Unusable(f"{pulumi} is {version}, at least {wanted} is needed")
    beside = [pulumi.parent, pulumi.resolve().parent]
    host = "pulumi-language-python"
    if which(host, search, places) is None and not any((at / host).exists() for at in beside):
        raise Unusable(f"{pulumi} comes without {host}")
    return pulumi, version


def fetch_installer(url: str, limit: float = REACH_LIMIT) -> bytes:
    """The installer's text. Raises Unusable unless a shell script comes within `limit` seconds."""
    answer: list[bytes] = []
    problem: list[str] = ["no answer in time"]

    def fetch() -> None:
        try:
            with urllib.request.urlopen(url, timeout=limit) as response:
                answer.append(response.read(1_000_000))
        except (OSError, ValueError, urllib.error.URLError) as error:
            problem[0] = str(getattr(error, "reason", error))

    # The time limit of urlopen leaves out the name look-up, which can hang much longer.
    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(limit)
    if not answer:
        raise Unusable(f"the installer cannot be reached ({problem[0]})")
    if not answer[0].startswith(b"#!"):
        raise Unusable("the installer's address answers with something that is no script")
    return answer[0]


def install(
    environ: Mapping[str, str], places: Places, workshop: Path, steps: Steps
) -> tuple[Path, str]:
    """Run the official installer into the project's own folder; (pulumi, version).

    Neither the user's home nor a shell profile is touched. Raises Unusable.
    """
    text = fetch_installer(environ.get(INSTALLER_VARIABLE, INSTALLER))
    steps.say(f"official installer, Pulumi {versions.OFFICIAL}")
    script = workshop / "install.sh"
    script.write_bytes(text)
    script.chmod(0o700)
    root = workshop / "official"
    command = [
        str(script), "--no-edit-path", "--install-root", str(root), "--version", versions.OFFICIAL,
    ]  # fmt: skip
    home = {**environ, "HOME": str(workshop)}
    try:
        steps.run(command, environ=home, cwd=workshop, limit=900)
    except (CommandFailed, OSError) as error:
        raise Unusable(f"the official installer failed: {error}") from error
    pulumi = root / "bin" / "pulumi"
    version = version_of(pulumi, environ, places)
    if not (root / "bin" / "pulumi-language-python").exists():
        raise Unusable("the official installer brought no pulumi-language-python")
    root.replace(places.official)
    return places.official / "bin" / "pulumi", version


def plugins_missing(places: Places, environ: Mapping[str, str]) -> list[list[str]]:
    """Words for `pulumi plugin install`: what the SDKs in the virtual environment name and the
    engine does not have yet. A plugin on PATH counts as there, as it does for the engine."""
    missing = []
    for facts in places.venv_bin.parent.glob("lib/*/site-packages/*/pulumi-plugin.json"):
        plugin = json.loads(facts.read_text())
        if not plugin["resource"]:
            continue
        name, version = plugin["name"], plugin["version"]
        here = places.pulumi_home / "plugins" / f"resource-{name}-v{version}"
        if here.exists() or which(f"pulumi-resource-{name}", environ.get("PATH", ""), places):
            continue
        server = ["--server", plugin["server"]] if "server" in plugin else []
        missing.append(["resource", name, version, *server])
    return sorted(missing)
