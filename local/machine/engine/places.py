"""The files of the set-up. Everything that it creates is under `.local/`, which git ignores."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, kw_only=True)
class Places:
    """Folders and files of one project. `recipes` holds the committed module and lock files."""

    project: Path = PROJECT
    recipes: Path = PROJECT / "local" / "machine" / "engine"

    @property
    def local(self) -> Path:
        return self.project / ".local"

    @property
    def engine(self) -> Path:
        return self.local / "engine"

    @property
    def built(self) -> Path:
        """The engine built from Go modules."""
        return self.engine / "built"

    @property
    def official(self) -> Path:
        """The engine of the official release."""
        return self.engine / "official"

    @property
    def stamp(self) -> Path:
        return self.engine / "stamp.json"

    @property
    def lock(self) -> Path:
        return self.engine / "lock"

    @property
    def pulumi_home(self) -> Path:
        return self.local / "pulumi-home"

    @property
    def state(self) -> Path:
        return self.local / "state"

    @property
    def stack_lock(self) -> Path:
        """The lock of commands that prepare the world and the stack `local`."""
        return self.local / "stack.lock"

    @property
    def env_file(self) -> Path:
        return self.local / "env.sh"

    @property
    def venv_bin(self) -> Path:
        return self.project / ".venv" / "bin"

    @property
    def stand_ins(self) -> Path:
        """The stand-in provider plugins: on PATH only with an engine built here."""
        return self.project / "local" / "machine" / "plugins" / "bin"


def which(name: str, search: str, places: Places) -> Path | None:
    """Find a program on the PATH `search`, without the folders that this set-up fills itself."""
    own = places.engine.resolve()
    folders = [
        folder
        for folder in search.split(os.pathsep)
        if folder and own not in (Path(folder).resolve(), *Path(folder).resolve().parents)
    ]
    found = shutil.which(name, path=os.pathsep.join(folders)) if folders else None
    return Path(found) if found else None
