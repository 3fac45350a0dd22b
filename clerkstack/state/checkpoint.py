"""What a kill can do to a checkpoint in a file backend (`file://`).

The engine replaces the checkpoint in one move, but writes the attributes beside it
(`<stack>.json.attrs`) in place. A run that is killed in between leaves them empty or cut off, and
from then on every command ends with "failed to load checkpoint: EOF", although the checkpoint
itself is whole. The attributes are not needed: a checkpoint without them is read as usual.
"""

from __future__ import annotations

import json
from pathlib import Path

from clerkstack.state.backends import folder_of
from clerkstack.state.locks import Owner, locks_in


def drop_cut_off_attributes(backend: str, stack: str) -> list[Path]:
    """Remove the attributes of a stack's checkpoint where they cannot be read.

    Args:
        backend: the backend's address, as `pulumi whoami --verbose --json` gives it. Where it is
            not a `file://` one, there is nothing to do.
        stack: the stack's name, without project and organization. A stack of that name in another
            project of the same backend is treated alike: attributes that cannot be read serve
            nobody.

    Returns:
        The files that were removed.
    """
    cut_off = cut_off_attributes(backend, stack)
    for file in cut_off:
        file.unlink()
    return cut_off


def cut_off_attributes(backend: str, stack: str) -> list[Path]:
    """The attributes of a stack's checkpoint that cannot be read, as `drop_cut_off_attributes`
    finds them."""
    folder = folder_of(backend)
    if folder is None:
        return []
    # The checkpoint may be compressed: <stack>.json.gz, <stack>.json.zst.
    found = [
        file
        for compression in ("", ".gz", ".zst")
        for file in folder.glob(f".pulumi/stacks/*/{stack}.json{compression}.attrs")
    ]
    return [file for file in found if _is_cut_off(file)]


def locks_of(backend: str, stack: str) -> list[Owner]:
    """Who has a stack locked; nobody where the backend is no `file://` one. As with the attributes,
    a stack of that name in another project of the same backend counts too."""
    folder = folder_of(backend)
    return [] if folder is None else locks_in(folder, stack)


def _is_cut_off(attributes: Path) -> bool:
    try:
        json.loads(attributes.read_bytes())
    except ValueError:
        return True
    return False
