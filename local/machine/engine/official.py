"""Provides the official engine: from PATH, or the release."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local.machine.engine import release, versions
from local.machine.engine.places import Places, which
from local.machine.engine.release import Unusable
from local.machine.steps import CommandFailed, Steps

__all__ = [
    "Unusable",
    "bring_plugins",
    "engine_environ",
    "install",
    "on_path",
    "plugins_missing",
    "version_of",
]


def engine_environ(environ: Mapping[str, str], places: Places) -> dict[str, str]:
    """Return variables that keep the engine from looking for updates and writing to the home
    folder."""
    return {
        **environ,
        "PULUMI_HOME": str(places.pulumi_home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def version_of(pulumi: Path, environ: Mapping[str, str], places: Places) -> str:
    """Return the version that a `pulumi` reports. Raise Unusable if it cannot run or reports
    none."""
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
    """Return the `pulumi` on PATH and its version. Raise Unusable if there is no recent one."""
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


def install(
    environ: Mapping[str, str],
    places: Places,
    workshop: Path,
    steps: Steps,
    limit: float = release.REACH_LIMIT,
) -> tuple[Path, str]:
    """Install the official release into the project's own folder; return (pulumi, version).

    Touches neither the user's home nor a shell profile. Raises Unusable if it cannot be fetched.
    """
    steps.say(f"official release, Pulumi {versions.OFFICIAL}, its hash checked")
    root = release.fetch(environ, places, workshop, limit)
    version = version_of(root / "bin" / "pulumi", environ, places)
    if not (root / "bin" / "pulumi-language-python").exists():
        raise Unusable("the official release brought no pulumi-language-python")
    root.replace(places.official)
    return places.official / "bin" / "pulumi", version


def bring_plugins(pulumi: Path, environ: Mapping[str, str], places: Places, steps: Steps) -> None:
    """Let the engine fetch the plugins of the locked packages. A later run that may not fetch
    plugins can then use no others that a state names. Raises Unusable if one cannot be fetched."""
    for words in plugins_missing(places, environ):
        steps.say(f"plugin {words[1]} {words[2]}")
        command = [str(pulumi), "plugin", "install", *words]
        try:
            steps.run(command, environ=environ, cwd=places.project, limit=600)
        except (CommandFailed, OSError) as error:
            raise Unusable(f"plugin {words[1]} {words[2]} cannot be fetched: {error}") from error


def plugins_missing(places: Places, environ: Mapping[str, str]) -> list[list[str]]:
    """Return arguments of `pulumi plugin install` for the plugins that the SDKs in the virtual
    environment name and the engine lacks. A plugin on PATH is enough, as for the engine."""
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
