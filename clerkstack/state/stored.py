"""Reads a file backend (`file://`) without the engine.

Each command of the engine is a process that takes 0.1 s of CPU; an update would start two of them
to find the other stacks of its instance, and each command of this project one or more. The engine
replaces a state atomically, so a reader never sees half of one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clerkstack.backend import project_name
from clerkstack.state.backends import folder_of
from clerkstack.state.checkpoint import ATTRIBUTES, is_cut_off
from clerkstack.state.model import State

STACKS = ".pulumi/stacks"
META = ".pulumi/meta.yaml"
BY_PROJECT = "version: 1"
"""The content of the backend's own file if each project has a folder for its stacks."""
ORGANIZATION = "organization"
"""The organization in the full name of a stack in a backend other than Pulumi Cloud."""
BESIDE = (ATTRIBUTES, ".bak")
"""The suffixes of files that the engine writes next to a state."""


class OtherForm(Exception):
    """A file has an unknown form."""


@dataclass(frozen=True)
class Stored:
    """A stack in the backend: the time of its last update, and its exported state with secrets
    encrypted."""

    updated: str
    state: State


def stored_stacks(backend: str) -> dict[str, Stored] | None:
    """Return all stacks of a file backend, by the names that the engine gives them in this folder.

    Returns:
        None if it is not a file backend, or has a file of an unknown form: then ask the engine.
    """
    try:
        return {
            _name(file): _read(file)
            for project in sorted(_stacks(backend).iterdir())
            for file in sorted(project.iterdir())
            if not file.name.endswith(BESIDE)
        }
    except (OSError, ValueError, OtherForm):
        return None


def stored_state(backend: str, stack: str) -> State | None:
    """Return the state of one stack of a file backend, by a name that the engine accepts in this
    folder; None as above, and if there is no such stack."""
    *outer, name = stack.split("/")
    project = project_name() if not outer else outer[-1]
    if project is None or outer not in ([], [ORGANIZATION, project]):
        return None
    try:
        return _read(_stacks(backend) / project / f"{name}.json").state
    except (OSError, ValueError, OtherForm):
        return None


def _stacks(backend: str) -> Path:
    folder = folder_of(backend)
    if folder is None or (folder / META).read_text(encoding="utf-8").strip() != BY_PROJECT:
        raise OtherForm
    return folder / STACKS


def _name(file: Path) -> str:
    """Return the short name in this folder's project, the full one in another."""
    project, stack = file.parent.name, file.stem
    # The engine escapes names that a file can't have.
    if file.suffix != ".json" or "__0x" in project + stack:
        raise OtherForm
    return stack if project == project_name() else f"{ORGANIZATION}/{project}/{stack}"


def _read(file: Path) -> Stored:
    attributes = file.with_name(f"{file.name}{ATTRIBUTES}")
    # If a kill truncated them, the engine refuses the state, and a command that runs it repairs
    # them.
    if attributes.exists() and is_cut_off(attributes):
        raise OtherForm
    document = _object(json.loads(file.read_bytes()))
    latest = _object(_object(document.get("checkpoint")).get("latest"))
    entries = latest.get("resources") or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise OtherForm
    form = ("version", "features")
    exported: dict[str, Any] = {key: document[key] for key in form if key in document}
    if not isinstance(exported.get("version"), int):
        raise OtherForm
    updated = str(_object(latest.get("manifest")).get("time") or "")
    return Stored(updated, State({**exported, "deployment": latest or None}))


def _object(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise OtherForm
    return value
