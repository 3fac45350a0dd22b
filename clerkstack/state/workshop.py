"""A copy of a project to work in, so that the project's own files stay as they are."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clerkstack.backend import PROJECT_FILE
from clerkstack.problems import ClerkstackError
from clerkstack.state.backends import BACKEND, PASSPHRASE_FILE, config_file
from clerkstack.state.engine import pulumi


@dataclass(frozen=True)
class Workshop:
    """A project of nothing but its name and one stack's config, to run the engine's commands in
    that write to the config: the project's own file stays as it is."""

    folder: Path
    stack: str

    @property
    def config(self) -> Path:
        """The stack's config in it; its secrets are encrypted."""
        return self.folder / config_file(self.stack)

    def pulumi(self, *words: str, backend: str | None = None, given: str | None = None) -> str:
        """Run the engine's command on the stack in it; see `engine.pulumi`."""
        variables = {} if backend is None else {BACKEND: backend}
        if file := os.environ.get(PASSPHRASE_FILE):
            variables[PASSPHRASE_FILE] = str(Path(file).absolute())
        options = ("--stack", self.stack, "--cwd", str(self.folder))
        return pulumi(*words, *options, given=given, variables=variables)

    def init(self, *, backend: str | None = None) -> None:
        """Make the stack. Its config stays: making a stack would replace a key that the secrets in
        it are encrypted with."""
        before = self.config.read_bytes()
        self.pulumi("stack", "init", backend=backend)
        self.config.write_bytes(before)


@contextmanager
def workshop(stack: str) -> Iterator[Workshop]:
    """A copy of this folder's project file and of the stack's config.

    Raises:
        ClerkstackError: one of them is not there.
    """
    with tempfile.TemporaryDirectory(prefix="clerkstack-") as made:
        folder = Path(made)
        for file in (PROJECT_FILE, config_file(stack)):
            try:
                shutil.copy(file, folder / file.name)
            except OSError as error:
                why = f"{file}: {error.strerror}. Run this in the project's folder."
                raise ClerkstackError(why) from None
        yield Workshop(folder, stack)
