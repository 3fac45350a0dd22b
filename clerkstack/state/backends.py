"""Where a stack's state is kept: the engine's backends, by their addresses."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from clerkstack.backend import PROJECT_FILE
from clerkstack.backend import backend as backend_of_shell
from clerkstack.handwritten.nodes import compose, text_at
from clerkstack.problems import ClerkstackError
from clerkstack.state.engine import pulumi

FILE = "file://"
BACKEND = "PULUMI_BACKEND_URL"
PASSPHRASE = "passphrase"
PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"


def current_backend() -> str:
    """The address of the backend that this shell uses; the engine is asked only where it cannot be
    found without it.

    Raises:
        BackendFailed: it cannot be reached.
    """
    known = backend_of_shell()
    return known or str(json.loads(pulumi("whoami", "--verbose", "--json")).get("url", ""))


def folder_of(backend: str) -> Path | None:
    """The folder of a `file://` backend, None of any other."""
    if not backend.startswith(FILE):
        return None
    parts = urlsplit(backend)
    return Path(unquote(parts.netloc + parts.path)).expanduser().absolute()


def settled(backend: str) -> str:
    """An address that means the same in every working directory."""
    folder = folder_of(backend)
    return backend.rstrip("/") if folder is None else FILE + str(folder)


def same(one: str, other: str) -> bool:
    """Whether two addresses are of the same place, in whichever words."""
    return _place(one) == _place(other)


def _place(backend: str) -> tuple[str, ...]:
    folder = folder_of(backend)
    if folder is not None:
        return (str(folder.resolve()),)
    parts = urlsplit(backend)
    endpoint = parse_qs(parts.query).get("endpoint", [""])[-1].rpartition("://")[2]
    return parts.scheme, parts.netloc, parts.path.strip("/"), endpoint


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


def config_file(stack: str) -> Path:
    """The stack's config, from the project's folder."""
    return Path(f"Pulumi.{stack.rpartition('/')[2]}.yaml")


def secrets_provider(config: Path) -> str:
    """What encrypts a stack's secrets, as its config file says."""
    try:
        document = compose(config.read_text(encoding="utf-8"))
    except OSError:
        return PASSPHRASE
    named = text_at(document, "secretsprovider")
    return PASSPHRASE if named is None else named
