"""Where the local world is: what Pulumi.local.yaml says of it, what the engine has to know."""

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
    """The control port behind the addresses in a stack's file: the one before Clerk's."""
    urls = _read(stack_file).get("config", {}).get(KEY, {})
    port = urlsplit(str(urls.get("platform", ""))).port
    return port - 1 if port else None


def settings(urls: Urls) -> dict[str, str]:
    """The addresses as a stack's settings have them (`clerkstack:urls`)."""
    return {
        "platform": urls.clerk,
        "backend": urls.clerk,
        "frontend": urls.frontend,
        "svix": urls.svix,
        "vercel": urls.vercel,
    }


def declare(stack_file: Path, urls: Urls) -> bool:
    """Write the addresses into a stack's file; whether it said something else before."""
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
    """What brings the Vercel plugin, and who visits the app, to the local world.

    The stand-in plugin takes a base URL. The official one has no setting for that, and the app has
    a host that no name server knows: both go through the world's proxy, which answers for Vercel's
    host and for the app's, and passes nothing on.
    """
    return {
        "VERCEL_API_URL": urls.vercel,
        "HTTPS_PROXY": urls.proxy or "",
        "SSL_CERT_FILE": urls.ca_file or "",
        # Whatever the user has there: an exception for Vercel would lead past the proxy.
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
    }


def shell_file(home: Path) -> Path:
    """Sourced by .local/env.sh while the world runs."""
    return home / "env.sh"


def write_shell_file(home: Path, exports: Mapping[str, str], registries: Iterable[str]) -> None:
    """Let a person's shell know the same. npm goes to its registries as it did before: through the
    person's own proxy, or through none."""
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
    yaml.width = 4096  # encrypted values stay on their line
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
