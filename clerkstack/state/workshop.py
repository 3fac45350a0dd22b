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
    """A copy of the project with only its name and one stack's config, for engine commands that
    write to the config: the project's own file stays as it is."""

    folder: Path
    stack: str

    @property
    def config(self) -> Path:
        """The copy of the stack's config, with encrypted secrets."""
        return self.folder / config_file(self.stack)

    def pulumi(self, *words: str, backend: str | None = None, given: str | None = None) -> str:
        """Run an engine command on the copy's stack; see `engine.pulumi`."""
        variables = {} if backend is None else {BACKEND: backend}
        if file := os.environ.get(PASSPHRASE_FILE):
            variables[PASSPHRASE_FILE] = str(Path(file).absolute())
        options = ("--stack", self.stack, "--cwd", str(self.folder))
        return pulumi(*words, *options, given=given, variables=variables)

    def init(self, *, backend: str | None = None) -> None:
        """Create the stack but keep its config: creating a stack would replace the key with which
        the config's secrets are encrypted."""
        before = self.config.read_bytes()
        self.pulumi("stack", "init", backend=backend)
        self.config.write_bytes(before)


@contextmanager
def workshop(stack: str) -> Iterator[Workshop]:
    """A copy of this folder's project file and of the stack's config.

    Raises:
        ClerkstackError: one of them is missing.
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
