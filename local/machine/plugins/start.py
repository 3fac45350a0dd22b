"""Starts one plugin by name, fast, for the launchers in ``bin/``.

Importing the complete ``pulumi`` package costs about 0.2 s, but a plugin needs only the generated
protocol modules. So the two parent packages are registered as empty packages first.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from pathlib import Path


def main() -> None:
    """Serve the plugin named by the first argument until the engine ends it."""
    here = Path(__file__).resolve().parent
    # Python puts the script's folder first on the path, where it would hide other modules.
    sys.path[:] = [str(here.parents[2])] + [e for e in sys.path if Path(e).resolve() != here]
    name = sys.argv.pop(1)
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        sys.exit(
            f"pulumi-resource-{name}: the Python on PATH ({sys.executable}) has no Pulumi SDK. "
            "Put the bin folder of the project's virtual environment first on PATH."
        )
    package = Path(spec.submodule_search_locations[0])
    for module, path in (("pulumi", package), ("pulumi.runtime", package / "runtime")):
        shell = types.ModuleType(module)
        shell.__path__ = [str(path)]
        sys.modules[module] = shell
    importlib.import_module(f"local.machine.plugins.{name}.provider").serve()


if __name__ == "__main__":
    main()
