"""The engine's backends, which keep the states of stacks, by their addresses."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from clerkstack.handwritten.nodes import compose, text_at

FILE = "file://"
BACKEND = "PULUMI_BACKEND_URL"
PASSPHRASE = "passphrase"
PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"


def folder_of(backend: str) -> Path | None:
    """The folder of a `file://` backend, None for any other."""
    if not backend.startswith(FILE):
        return None
    parts = urlsplit(backend)
    return Path(unquote(parts.netloc + parts.path)).expanduser().absolute()


def settled(backend: str) -> str:
    """The address made independent of the working directory."""
    folder = folder_of(backend)
    return backend.rstrip("/") if folder is None else FILE + str(folder)


def same(one: str, other: str) -> bool:
    """Whether two addresses mean the same backend, however they are written."""
    return _place(one) == _place(other)


def _place(backend: str) -> tuple[str, ...]:
    folder = folder_of(backend)
    if folder is not None:
        return (str(folder.resolve()),)
    parts = urlsplit(backend)
    endpoint = parse_qs(parts.query).get("endpoint", [""])[-1].rpartition("://")[2]
    return parts.scheme, parts.netloc, parts.path.strip("/"), endpoint


def config_file(stack: str) -> Path:
    """The path of the stack's config in the project's folder."""
    return Path(f"Pulumi.{stack.rpartition('/')[2]}.yaml")


def secrets_provider(config: Path) -> str:
    """A stack's secrets provider, according to its config file."""
    try:
        document = compose(config.read_text(encoding="utf-8"))
    except OSError:
        return PASSPHRASE
    named = text_at(document, "secretsprovider")
    return PASSPHRASE if named is None else named
