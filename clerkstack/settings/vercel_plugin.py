"""Checks that Vercel's plugin sends to the address in `clerkstack:urls.vercel`.

Vercel's plugin has no setting for the address. Only the shell's variable `VERCEL_API_URL` can
change it, and the official plugin ignores even that. If the two addresses differ, one part of a run
would send the stack's token, keys and values to one place and the other part to another.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clerkstack.hosts import host_of
from clerkstack.settings.broken import Broken
from clerkstack.settings.urls import is_loopback

if TYPE_CHECKING:
    from clerkstack.settings.models import Settings

ADDRESS = "VERCEL_API_URL"
VERCEL = "https://api.vercel.com"
PLUGIN = "pulumi-resource-vercel"
LAUNCHER_SIZE = 65_536  # bytes; the official plugin is a native program of many megabytes


def led_astray(settings: Settings, shell: Mapping[str, str]) -> Iterator[Broken]:
    """Why the plugin would send to another address than the settings say; `shell` is the shell's
    environment."""
    declared, leads = settings.urls.vercel, shell.get(ADDRESS) or ""
    if not settings.components.environment:
        return
    if _same(declared, leads or VERCEL):
        if not _same(declared, VERCEL) and not _follows(shell):
            yield Broken(
                ("urls", "vercel"),
                f"is {_shown(declared)}, but Vercel's plugin in this shell does not follow "
                f"{ADDRESS}: it sends the token to {VERCEL}",
                "Remove it; or use a plugin that follows it (for the local stacks: source "
                ".local/env.sh)",
            )
        return
    if leads:
        why = f"{ADDRESS} in this shell sends Vercel's plugin to {_shown(leads)}"
        remedy = f"Unset {ADDRESS}, or use a new shell"
    else:
        why = f"without {ADDRESS} in this shell, Vercel's plugin sends the token to {VERCEL}"
        remedy = (
            f"Remove it; or set {ADDRESS} to the same (for the local stacks: source .local/env.sh)"
        )
    yield Broken(("urls", "vercel"), f"is {_shown(declared)}, and {why}", remedy)


def _follows(shell: Mapping[str, str]) -> bool:
    """Whether the plugin that the engine starts follows `VERCEL_API_URL`: it is on PATH and its
    launcher names the variable, or all its traffic goes through a proxy on this machine."""
    return _names_address(shell) or _behind_local_proxy(shell)


def _names_address(shell: Mapping[str, str]) -> bool:
    if shell.get("PULUMI_IGNORE_AMBIENT_PLUGINS", "").lower() not in ("", "0", "false"):
        return False
    found = shutil.which(PLUGIN, path=shell.get("PATH", ""))
    if found is None:
        return False
    try:
        with Path(found).open("rb") as launcher:
            return ADDRESS.encode() in launcher.read(LAUNCHER_SIZE)
    except OSError:
        return False


def _behind_local_proxy(shell: Mapping[str, str]) -> bool:
    proxy = shell.get("HTTPS_PROXY") or shell.get("https_proxy") or ""
    excepted = shell.get("NO_PROXY") or shell.get("no_proxy") or ""
    vercel = urlsplit(VERCEL).hostname or ""
    past = any(
        host == "*" or vercel == host or vercel.endswith(f".{host}")
        for host in (part.strip().lstrip(".").lower() for part in excepted.split(","))
        if host
    )
    return bool(proxy) and is_loopback(host_of(proxy)) and not past


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _shown(url: str) -> str:
    """Without user and password."""
    return re.sub(r"(?<=//)[^/?#]*@", "", url)
