"""Checks of this machine: Python, the engine, its plugins, the backend."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from clerkstack.app.git import GitFailed, git, head_of
from clerkstack.checks.finding import Finding
from clerkstack.doctor import approvals as environments
from clerkstack.doctor.model import Check, failed, ok, warning
from clerkstack.texts import counted

OLDEST = (3, 11)
PLUGINS = ("vercel", "command")
LANGUAGE = "pulumi-language-python"
# In a backend's address: postgres://user:password@host/states?sslpassword=…
_SECRETS = re.compile(r"(?<=://)[^/?#]*(?=@)|(?<=word=|cret=|oken=|_key=)[^&#]+", re.I)
PASSPHRASE = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


@dataclass
class Machine:
    """This machine. `pulumi` runs the engine's command and returns its output."""

    pulumi: Callable[..., str]
    find: Callable[[str], str | None] = shutil.which
    folder: Path = field(default_factory=Path.cwd)
    version: tuple[int, ...] = field(default_factory=lambda: tuple(sys.version_info[:2]))
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @cached_property
    def backend(self) -> dict[str, Any]:
        """Who is logged in, and where."""
        shown: dict[str, Any] = json.loads(self.pulumi("whoami", "--verbose", "--json"))
        return shown


def python(machine: Machine) -> Finding:
    """The language runs."""
    message = f"{platform.python_version()}, {sys.executable}"
    if machine.version < OLDEST:
        return failed(message, f"Python {'.'.join(map(str, OLDEST))} or newer is needed.")
    return ok(message)


def engine(machine: Machine) -> Finding:
    """The engine runs."""
    where = machine.find("pulumi")
    if where is None:
        return failed(
            "pulumi is not on PATH",
            "Install it (https://www.pulumi.com/docs/iac/download-install/), or in a checkout that "
            "`make up` has set up: source .local/env.sh",
        )
    return ok(f"{machine.pulumi('version').strip()}, {where}")


def plugins(machine: Machine) -> Finding:
    """The plugins are installed or can be fetched; the language host can't be fetched."""
    if not machine.find(LANGUAGE):
        return failed(
            f"{LANGUAGE} is not on PATH",
            "It is part of Pulumi's installation: install pulumi again, or add its folder to PATH",
        )
    installed = {plugin["name"]: plugin.get("version") for plugin in _installed(machine)}
    messages, missing = [], []
    for name in PLUGINS:
        if machine.find(f"pulumi-resource-{name}"):
            messages.append(f"{name} from PATH")
        elif name in installed:
            messages.append(f"{name} {installed[name]}")
        else:
            missing.append(name)
    if missing:
        return warning(
            f"{' and '.join(missing)} not installed",
            "The next preview fetches them, or: pulumi install",
        )
    return ok(", ".join(messages))


def backend(machine: Machine) -> Finding:
    """The shell has a backend, and is logged in to it."""
    shown = machine.backend
    address = _SECRETS.sub("…", str(shown.get("url", "?")))
    return ok(f"{address}, as {shown.get('user', '?')}")


def checkout(machine: Machine) -> Finding:
    """The checkout has no uncommitted changes."""
    try:
        if git("rev-parse", "--is-inside-work-tree", folder=machine.folder).strip() != "true":
            return ok("not in a git checkout")
        # Untracked files (reports, logs) are not deployed.
        words = ("status", "--porcelain", "--untracked-files=no")
        changed = git(*words, folder=machine.folder).splitlines()
    except GitFailed:
        return ok("not in a git checkout")
    commit = head_of(machine.folder)
    head = commit[:12] if commit else "no commit yet"
    if changed:
        return warning(
            f"{head}, with {counted(len(changed), 'uncommitted file')}",
            "A deploy from here would match no commit: see git status",
        )
    return ok(f"{head}, nothing changed")


def approvals(machine: Machine) -> Finding:
    """No GitHub workflow deploys to production without an approval."""
    environ, folder = machine.environ, machine.folder
    repository = environments.repository_of(environ, folder)
    token = environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN")
    if not (repository and token):
        return environments.approvals(repository, folder, None)
    from pydantic import SecretStr

    from clerkstack.clients.github import GithubClient

    api = environ.get("GITHUB_API_URL") or "https://api.github.com"
    with GithubClient(token=SecretStr(token), base_url=api, repository=repository) as github:
        return environments.approvals(repository, folder, github)


def passphrase_set() -> bool:
    """Whether this shell has a passphrase or the file with it."""
    return any(name in os.environ for name in PASSPHRASE)


def _installed(machine: Machine) -> list[dict[str, Any]]:
    listed = json.loads(machine.pulumi("plugin", "ls", "--json") or "[]")
    return [plugin for plugin in listed or [] if isinstance(plugin, dict)]


CHECKS = (
    Check("python", python),
    Check("checkout", checkout),
    Check("approvals", approvals),
    Check("engine", engine),
    Check("plugins", plugins, ("engine",)),
    Check("backend", backend, ("engine",)),
)
