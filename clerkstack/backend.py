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
    name = _project().get("name")
    return None if name is None else str(name)


def read_json(file: Path) -> dict[str, Any]:
    """An object out of a file; an empty one where it can't be read."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _of_project() -> str:
    of_project = _project().get("backend")
    return str(of_project.get("url") or "") if isinstance(of_project, dict) else ""


def _signed_in() -> str:
    home = os.environ.get("PULUMI_HOME") or "~/.pulumi"
    folder = Path(os.environ.get("PULUMI_CREDENTIALS_PATH") or home).expanduser()
    return str(read_json(folder / "credentials.json").get("current") or "")


def _project() -> dict[str, Any]:
    """What the project's file says. It is asked for once for each stack and each note."""
    try:
        changed = PROJECT_FILE.stat().st_mtime_ns
    except OSError:
        return {}
    return _read(PROJECT_FILE.resolve(), changed)


@cache
def _read(file: Path, _changed: int) -> dict[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        found = YAML(typ="safe").load(file)
    except (OSError, YAMLError):
        return {}
    return found if isinstance(found, dict) else {}
