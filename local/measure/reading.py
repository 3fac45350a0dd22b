"""Run in a process of its own: `python -m local.measure.reading FOLDER FILE [KEPT]` searches an
app's code as `clerkstack check` does, and writes what it found and its peak of memory into the
file, as JSON. What is found is kept in the folder KEPT, where one is named.

It imports as little as can be besides: what it costs is measured.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from clerkstack.app.modules import Modules
from clerkstack.app.scan import scan
from clerkstack.app.wiring import wiring
from local.measure.proc import peak_mebibytes


def main(folder: str, file: str, kept: str | None = None) -> None:
    """Search, and write."""
    root = Path(folder).resolve()
    modules = Modules(root)
    found = scan(root, modules=modules, kept=None if kept is None else Path(kept))
    wiring(root, found.names, found.says, modules)
    reading = {
        "files": found.files,
        "checks": len(found.uses),
        "mebibytes": peak_mebibytes(os.getpid()) or 0.0,
    }
    Path(file).write_text(json.dumps(reading))


if __name__ == "__main__":
    main(*sys.argv[1:])
