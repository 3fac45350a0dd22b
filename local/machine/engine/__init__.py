"""Set-up of the Pulumi engine. Standard library only: it may run before the virtual environment.

Three ways, in this order: a `pulumi` on PATH that is new enough, the official release, a build
from Go modules. The first that works is remembered in a stamp, so that later calls cost nothing.
"""

from __future__ import annotations

from local.machine.engine.choice import Engine, EngineSetupError, ensure
from local.machine.engine.places import Places
from local.machine.engine.variables import shell_exports, variables

__all__ = ["Engine", "EngineSetupError", "Places", "ensure", "shell_exports", "variables"]
