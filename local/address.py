"""The addresses of the local world, in Pulumi.local.yaml and in the engine's environment."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML

from local.machine.engine.variables import LOOPBACK
from local.world.store import Urls

KEY = "clerkstack:urls"


def declared_port(stack_file: Path) -> int | None:
    """Return the control port that belongs to the addresses in a stack's file: the one before
    Clerk's."""
    urls = _read(stack_file).get("config", {}).get(KEY, {})
    port = urlsplit(str(urls.get("platform", ""))).port
    return port - 1 if port else None


def settings(urls: Urls) -> dict[str, str]:
    """Return the addresses in the form of a stack's settings (`clerkstack:urls`)."""
    return {
        "platform": urls.clerk,
        "backend": urls.clerk,
        "frontend": urls.frontend,
        "svix": urls.svix,
        "vercel": urls.vercel,
    }


def declare(stack_file: Path, urls: Urls) -> bool:
    """Write the addresses into a stack's file; return whether it changed."""
    addresses = settings(urls)
    document = _read(stack_file)
    config = document.setdefault("config", {})
    if config.get(KEY) == addresses:
        return False
    config.setdefault(KEY, {}).update(addresses)
    draft = stack_file.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as out:
        _yaml().dump(document, out)
    draft.replace(stack_file)
    return True


def variables(urls: Urls) -> dict[str, str]:
    """Return the variables that lead the Vercel plugin and requests to the app to the local world.

    The stand-in plugin takes a base URL. The official one has no such setting, and no name server
    knows the app's host: both use the world's proxy, which answers for Vercel's host and the app's,
    and forwards nothing else.
    """
    return {
        "VERCEL_API_URL": urls.vercel,
        "HTTPS_PROXY": urls.proxy or "",
        "SSL_CERT_FILE": urls.ca_file or "",
        # Replaces the user's value: an exception for Vercel would bypass the proxy.
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
    }


def shell_file(home: Path) -> Path:
    """Return the file that .local/env.sh sources while the world runs."""
    return home / "env.sh"


def write_shell_file(home: Path, exports: Mapping[str, str], registries: Iterable[str]) -> None:
    """Write the variables for a person's shell. npm keeps its way to its registries: through the
    person's own proxy, or without one."""
    hosts = shlex.quote(",".join((LOOPBACK, *registries)))
    lines = [
        ': "${CLERKSTACK_USERS_PROXY=${HTTPS_PROXY-${https_proxy-}}}"',
        "export CLERKSTACK_USERS_PROXY",
        'if [ -n "$CLERKSTACK_USERS_PROXY" ]; then',
        '    export npm_config_https_proxy="${npm_config_https_proxy:-$CLERKSTACK_USERS_PROXY}"',
        "else",
        f"    export npm_config_noproxy={hosts}",
        "fi",
    ]
    lines += [f"export {key}={shlex.quote(value)}" for key, value in exports.items()]
    shell_file(home).write_text("\n".join(lines) + "\n")


def _read(stack_file: Path) -> Any:
    if not stack_file.exists():
        return {}
    return _yaml().load(stack_file.read_text(encoding="utf-8")) or {}


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 4096  # keep encrypted values on one line
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
