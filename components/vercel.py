"""Vercel's variables as a resource, without the hundred other resources of its package.

The package's own `__init__` imports every one of them, which takes longer than all that this
program does. It is for values that are resources themselves: none of Vercel's are here.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any


def _alone(package: str, module: str) -> Any:
    """A module of a package whose `__init__` is not run; whoever imports the package later has
    all of it."""
    spec = find_spec(package)
    if spec is None or package in sys.modules:
        return import_module(f"{package}.{module}")
    sys.modules[package] = module_from_spec(spec)
    try:
        return import_module(f"{package}.{module}")
    finally:
        del sys.modules[package]


if TYPE_CHECKING:
    from pulumiverse_vercel import ProjectEnvironmentVariable
else:
    ProjectEnvironmentVariable = _alone(
        "pulumiverse_vercel", "project_environment_variable"
    ).ProjectEnvironmentVariable

__all__ = ["ProjectEnvironmentVariable"]
