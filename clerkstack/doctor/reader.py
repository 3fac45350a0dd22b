"""What the doctor reads of a stack with the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from clerkstack.state.checkpoint import cut_off_attributes, locks_of
from clerkstack.state.engine import export
from clerkstack.state.failures import UnknownStack
from policies.config_file import load_rules
from policies.judge import FOLDER
from policies.registry import BY_ID

if TYPE_CHECKING:
    from clerkstack.doctor.machine import Machine
    from clerkstack.settings.models import Settings
    from clerkstack.state.locks import Owner
    from clerkstack.state.model import State

Found = TypeVar("Found")


class StackReader:
    """Reads a stack with the engine."""

    def __init__(
        self, stack: str, machine: Machine, read_settings: Callable[[str], Settings]
    ) -> None:
        self._stack, self._machine, self._read_settings = stack, machine, read_settings
        self.unknown = False  # whether the backend was seen to have no such stack

    def settings(self) -> Settings:
        return self._noting(lambda: self._read_settings(self._stack))

    def exported(self) -> State:
        return self._noting(lambda: export(self._stack, show_secrets=True))

    def _noting(self, read: Callable[[], Found]) -> Found:
        try:
            return read()
        except UnknownStack:
            self.unknown = True
            raise

    def cut_off(self) -> list[str]:
        url = str(self._machine.backend.get("url", ""))
        return [file.name for file in cut_off_attributes(url, self._stack.rpartition("/")[2])]

    def locks(self) -> list[Owner]:
        url = str(self._machine.backend.get("url", ""))
        return locks_of(url, self._stack.rpartition("/")[2])

    def max_days(self) -> int:
        return int(load_rules(FOLDER / "config.yaml").of(BY_ID["secret-age"])["max_days"])
