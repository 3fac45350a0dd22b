"""The resource for Vercel's variables, without the hundred other resources of its package.

The package's `__init__` imports every one of them, which takes longer than this whole program.
The engine needs them only for values that are resources, and no value here is one of Vercel's.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any


def _alone(package: str, module: str) -> Any:
    """Import a module without running its package's `__init__`. A later import of the package
    still gets all of it."""
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
