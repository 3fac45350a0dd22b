"""The Pulumi backend of this shell, found as the engine finds it but without starting it.

PULUMI_BACKEND_URL comes first, then `backend.url` in the project's file, then the backend that
somebody logged in to (pulumi/pulumi, pkg/workspace/creds.go, GetCurrentCloudURL).
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from clerkstack.handwritten.nodes import Node, NotYamlError, compose, text_at

PROJECT_FILE = Path("Pulumi.yaml")
CLOUD = ("http://", "https://")


def backend() -> str:
    """The address of the backend in use; empty if unknown."""
    return os.environ.get("PULUMI_BACKEND_URL") or _of_project() or _signed_in()


def is_cloud() -> bool:
    """Whether that is Pulumi Cloud, or a service like it."""
    return backend().startswith(CLOUD)


def project_name() -> str | None:
    """The name of this folder's project, None if there is none."""
    return text_at(_project(), "name")


def read_json(file: Path) -> dict[str, Any]:
    """The object in a JSON file; an empty one if it cannot be read."""
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _of_project() -> str:
    return text_at(_project(), "backend", "url") or ""


def _signed_in() -> str:
    home = os.environ.get("PULUMI_HOME") or "~/.pulumi"
    folder = Path(os.environ.get("PULUMI_CREDENTIALS_PATH") or home).expanduser()
    return str(read_json(folder / "credentials.json").get("current") or "")


def _project() -> Node | None:
    """The project's file, parsed again only when it changes: many callers ask for it."""
    try:
        changed = PROJECT_FILE.stat().st_mtime_ns
    except OSError:
        return None
    return _read(PROJECT_FILE.resolve(), changed)


@cache
def _read(file: Path, _changed: int) -> Node | None:
    try:
        return compose(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, NotYamlError, RecursionError):
        return None
