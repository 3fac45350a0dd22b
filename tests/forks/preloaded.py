"""The project's own modules, imported once by the process that is forked.

A fork that imports them gets these, where the copy of the project that it works in has the same
files as the project itself: of one size and time, as copies are. Where a test has changed a file,
all are imported from the copy.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

PACKAGES = ("clerkstack", "components", "policies")
PLUGINS = ("local.machine.plugins.command.provider", "local.machine.plugins.vercel.provider")
"""The stand-in plugins, which are run from where they are and never from a copy."""
MAIN = 'if __name__ == "__main__":'


class Preloaded(MetaPathFinder, Loader):
    """Finds the modules for whoever imports them next."""

    def __init__(self, top: Path) -> None:
        """Import every module of the packages in that folder, and forget them; and the plugins."""
        self._top = str(top)
        self._modules: dict[str, ModuleType] = {}
        before = set(sys.modules)
        sys.path.insert(0, str(top))
        for name in (*PACKAGES, *_below(top), *PLUGINS):
            importlib.import_module(name)
        sys.path.remove(str(top))
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in PACKAGES:
                module = sys.modules.pop(name)
                # What is run as a process of its own is imported as its main module.
                if MAIN not in Path(module.__file__ or "").read_text():
                    self._modules[name] = module
        self._files = dict(_files(str(top)))
        # Constants, and what they are defaults of.
        self._paths = [
            (names, name, str(value)[len(self._top) :])
            for module in self._modules.values()
            for names in (vars(module), *_defaults(module))
            for name, value in names.items()
            if isinstance(value, Path) and value.is_relative_to(top)
        ]

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """For the first of the packages that is imported: all of them, if they are what this
        process would import."""
        if name not in PACKAGES or not self._modules:
            return None
        modules, self._modules = self._modules, {}
        found = PathFinder.find_spec(name, sys.path)
        if found is None or found.origin is None:
            return None
        here = str(Path(found.origin).parents[1])
        if dict(_files(here)) != self._files:
            return None
        for module in modules.values():
            self._move(module, here)
        for names, name_of_path, path in self._paths:
            names[name_of_path] = Path(here + path)
        sys.modules.update(modules)
        spec = modules[name].__spec__
        assert spec is not None
        spec.loader = self
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module as it is."""
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """It has run already."""

    def _move(self, module: ModuleType, here: str) -> None:
        """Have the module say that it is the copy's. Nothing is made anew: each thing that is
        written to is memory that a fork has to copy."""
        names = vars(module)
        spec = names["__spec__"]
        file = names["__file__"] = spec.origin = here + names["__file__"][len(self._top) :]
        if spec.submodule_search_locations is not None:
            names["__path__"] = spec.submodule_search_locations = [file.rpartition("/")[0]]


def _defaults(module: ModuleType) -> Iterator[dict[str, Any]]:
    return (
        value.__kwdefaults__
        for value in vars(module).values()
        if isinstance(value, FunctionType) and value.__kwdefaults__
    )


def _below(top: Path) -> Iterator[str]:
    for package in PACKAGES:
        for each in pkgutil.walk_packages([str(top / package)], f"{package}."):
            if not each.name.endswith("__main__"):
                yield each.name


def _files(top: str) -> Iterator[tuple[str, tuple[int, int]]]:
    # Each fork asks for all of them: no `pathlib`.
    folders = [f"{top}/{name}" for name in PACKAGES if os.path.isdir(f"{top}/{name}")]  # noqa: PTH112
    while folders:
        with os.scandir(folders.pop()) as found:
            for each in found:
                if each.is_dir():
                    if each.name != "__pycache__":
                        folders.append(each.path)
                elif each.name.endswith(".py"):
                    status = each.stat()
                    yield each.path[len(top) :], (status.st_size, status.st_mtime_ns)
