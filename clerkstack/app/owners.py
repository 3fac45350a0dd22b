"""Which constant of its file a value is written in."""

from __future__ import annotations

from pathlib import Path

from clerkstack.app.evaluate import Constant
from clerkstack.app.modules import Modules
from clerkstack.app.source import Module

_Span = tuple[tuple[int, int], tuple[int, int], str]


class Owners:
    """The constants of all modules by where they are written."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        # Of each file: from where to where each constant is written.
        self._spans: dict[Path, list[_Span]] = {}

    def owner(self, value: Constant) -> tuple[Module, str] | None:
        """The module and the name of the constant, if it is written in one."""
        module = self._modules.read(value.file)
        if module.file not in self._spans:
            self._spans[module.file] = [
                (module.place(node), module.place_after(node), name)
                for name, node in {**module.constants, **module.enums}.items()
            ]
        for start, end, name in self._spans[module.file]:
            if start <= (value.line, value.column) < end:
                return module, name
        return None
