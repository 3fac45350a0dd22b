"""Repairs a checkpoint in a file backend (`file://`) after a kill.

The engine replaces the checkpoint atomically, but writes the attributes beside it
(`<stack>.json.attrs`) in place. A run that is killed meanwhile leaves them empty or cut off, and
then every command fails with "failed to load checkpoint: EOF", although the checkpoint itself is
complete. The attributes are not needed: a checkpoint without them is read as usual.
"""

from __future__ import annotations

import json
from pathlib import Path

from clerkstack.state.backends import folder_of
from clerkstack.state.locks import Owner, locks_in

ATTRIBUTES = ".attrs"
"""How the file ends that the engine writes beside a checkpoint."""


def drop_cut_off_attributes(backend: str, stack: str) -> list[Path]:
    """Remove the attributes of a stack's checkpoint if they cannot be read.

    Args:
        backend: the backend's address, as in `pulumi whoami --verbose --json`. If it is not a
            `file://` backend, there is nothing to do.
        stack: the stack's name, without project and organization. A stack of that name in another
            project of the same backend is treated alike: nobody needs unreadable attributes.

    Returns:
        The files that were removed.
    """
    cut_off = cut_off_attributes(backend, stack)
    for file in cut_off:
        file.unlink()
    return cut_off


def cut_off_attributes(backend: str, stack: str) -> list[Path]:
    """The unreadable attributes of a stack's checkpoint; see `drop_cut_off_attributes`."""
    folder = folder_of(backend)
    if folder is None:
        return []
    # The checkpoint may be compressed: <stack>.json.gz, <stack>.json.zst.
    unreadable = [
        file
        for compression in ("", ".gz", ".zst")
        for file in folder.glob(f".pulumi/stacks/*/{stack}.json{compression}{ATTRIBUTES}")
    ]
    return [file for file in unreadable if is_cut_off(file)]


def locks_of(backend: str, stack: str) -> list[Owner]:
    """Who has a stack locked; nobody if the backend is not a `file://` one. As with the attributes,
    a stack of that name in another project of the same backend counts too."""
    folder = folder_of(backend)
    return [] if folder is None else locks_in(folder, stack)


def is_cut_off(attributes: Path) -> bool:
    """Whether a checkpoint's attributes cannot be read."""
    try:
        json.loads(attributes.read_bytes())
    except ValueError:
        return True
    return False
