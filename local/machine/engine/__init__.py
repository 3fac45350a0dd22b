"""Sets up the Pulumi engine. Standard library only: it may run before the virtual environment
exists.

It tries three sources in this order: a recent `pulumi` on PATH, the official release, a build from
Go modules. A stamp file remembers the first that works, so that later calls are free.
"""

from __future__ import annotations

from local.machine.engine.choice import Engine, EngineSetupError, ensure
from local.machine.engine.places import Places
from local.machine.engine.variables import shell_exports, variables

__all__ = ["Engine", "EngineSetupError", "Places", "ensure", "shell_exports", "variables"]
