"""Finds the hosts from which npm fetches packages, without starting it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT = "registry.npmjs.org"
_REGISTRY = re.compile(r"^\s*(?:@[^:\s]+:)?registry\s*=\s*[\"']?(\S+?)[\"']?\s*$", re.MULTILINE)


def registries(project: Path, environ: Mapping[str, str]) -> list[str]:
    """Return the hosts of the registries in the .npmrc files and the shell, and npm's own."""
    files = [project / ".npmrc", project / "example" / ".npmrc"]
    named = environ.get("npm_config_userconfig") or environ.get("NPM_CONFIG_USERCONFIG")
    if named or environ.get("HOME"):
        files.append(Path(named or Path(environ["HOME"], ".npmrc")))
    found = [environ.get(name, "") for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY")]
    for file in files:
        try:
            found += _REGISTRY.findall(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
    hosts = (_host(url) for url in found)
    return list(dict.fromkeys([DEFAULT, *filter(None, hosts)]))


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
