"""What stands in a file backend (`file://`), read without the engine.

Each of the engine's commands is a process that takes 0.1 s of CPU; an update starts two of them to
see what other stacks of its instance have, and each command of this project one or more. The engine
writes a state in one move, so that who reads never sees half of one.
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
"""What the backend's own file says where the stacks are in a folder for each project."""
ORGANIZATION = "organization"
"""What stands for one in the full name of a stack in a backend other than Pulumi Cloud."""
BESIDE = (ATTRIBUTES, ".bak")
"""How the files end that the engine writes beside a state."""


class OtherForm(Exception):
    """A file is not of a form that is known here."""


@dataclass(frozen=True)
class Stored:
    """A stack as the backend has it: the time of its last update, and its state as it is exported,
    secrets encrypted."""

    updated: str
    state: State


def stored_stacks(backend: str) -> dict[str, Stored] | None:
    """All stacks of a file backend, by the names that the engine gives them in this folder.

    Returns:
        None where the backend is none of files, or has a file of another form than is known here:
        the engine knows them all.
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
    """The state of one stack of a file backend, by a name that the engine takes in this folder;
    None as above, and where there is no such stack."""
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
    """Short in this folder's project, in full in another one."""
    project, stack = file.parent.name, file.stem
    # The engine escapes what a file can't be called.
    if file.suffix != ".json" or "__0x" in project + stack:
        raise OtherForm
    return stack if project == project_name() else f"{ORGANIZATION}/{project}/{stack}"


def _read(file: Path) -> Stored:
    attributes = file.with_name(f"{file.name}{ATTRIBUTES}")
    # Where a kill cut them off the engine refuses the state, and whoever asks it mends them.
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
