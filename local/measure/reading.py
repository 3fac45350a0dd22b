"""Run as a separate process: `python -m local.measure.reading FOLDER FILE [KEPT]` searches an app's
code like `clerkstack check`, and writes the number of checks and its peak memory to the file, as
JSON. KEPT is the cache folder, if any.

It imports as little else as possible, because its cost is measured.
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
    """Search the app and write the result."""
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
