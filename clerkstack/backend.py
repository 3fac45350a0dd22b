"""Where this shell's stacks are kept, found as the engine finds it and without asking the engine.

The shell says it (PULUMI_BACKEND_URL), else the project's file (`backend.url`), else whoever signed
in (pulumi/pulumi, pkg/workspace/creds.go, GetCurrentCloudURL).
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
    """The address of the backend in use; empty where it is not known."""
    return os.environ.get("PULUMI_BACKEND_URL") or _of_project() or _signed_in()


def is_cloud() -> bool:
    """Whether that is Pulumi Cloud, or a service like it."""
    return backend().startswith(CLOUD)


def project_name() -> str | None:
    """The name of this folder's project, None where there is none."""
    return text_at(_project(), "name")


def read_json(file: Path) -> dict[str, Any]:
    """An object out of a file; an empty one where it cannot be read."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _of_project() -> str:
    return text_at(_project(), "backend", "url") or ""


def _signed_in() -> str:
    home = os.environ.get("PULUMI_HOME") or "~/.pulumi"
    folder = Path(os.environ.get("PULUMI_CREDENTIALS_PATH") or home).expanduser()
    return str(read_json(folder / "credentials.json").get("current") or "")


def _project() -> Node | None:
    """What the project's file says. It is asked for once for each stack and each note."""
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
