"""Where a stack's state is kept: the engine's backends, by their addresses."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from ruamel.yaml import YAML

from clerkstack.backend import PROJECT_FILE
from clerkstack.cli.engine import pulumi
from clerkstack.problems import ClerkstackError

Answer = TypeVar("Answer")
FILE = "file://"
BACKEND = "PULUMI_BACKEND_URL"
PASSPHRASE = "passphrase"
PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"
NO_STACK = "no stack named"

# What the engine says where a service fails, and what to do about it.
MENDS = (
    ("NoSuchBucket", "Make the bucket first, or correct its name and region: docs/team.md."),
    ("get credentials", "There are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
     "AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`."),
    ("NotFoundException", "KMS does not know the key: look at its id and region."),
    ("DisabledException", "The key is disabled: enable it in KMS."),
    ("KMSInvalidStateException", "The key is disabled or about to be deleted: look at KMS."),
    ("InvalidAccessKeyId", "AWS does not know these credentials."),
    ("UnrecognizedClientException", "AWS does not know these credentials."),
    ("InvalidSignatureException", "AWS does not know these credentials."),
    ("SignatureDoesNotMatch", "AWS does not know these credentials."),
    ("AccessDenied", "These credentials may not do that: docs/team.md lists the rights."),
    ("ExpiredToken", "The credentials have expired: sign in again."),
    ("connection refused", "Nothing answers at that address."),
    ("no such host", "There is no such host."),
    ("PULUMI_ACCESS_TOKEN must be set", "Sign in to Pulumi Cloud first, or write a backend's whole "
     "address: s3://…, file://…."),
    ("SlowDown", "S3 asks for a pause."),
    ("InternalError", "The service failed."),
    ("exceeded maximum number of attempts", "The service does not answer."),
)  # fmt: skip


class BackendFailed(ClerkstackError):
    """A backend or a secrets provider failed: the same command can be run again."""


def current_backend() -> str:
    """The address of the backend that this shell uses.

    Raises:
        BackendFailed: it can't be reached.
    """
    shown = json.loads(asked(lambda: pulumi("whoami", "--verbose", "--json")))
    return str(shown.get("url", ""))


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


def asked(act: Callable[[], Answer]) -> Answer:
    """Have something done in a backend.

    Raises:
        BackendFailed: a service failed, with what to do about it.
    """
    try:
        return act()
    except ClerkstackError as failure:
        mend = mend_of(str(failure))
        if mend is None:
            raise
        raise BackendFailed(f"{failure}\n{mend} Then run this again.") from None


def mend_of(said: str) -> str | None:
    """What to do about what a backend or a secrets provider said, None where it is no failure of
    one."""
    return next((mend for word, mend in MENDS if word in said), None)


def secrets_provider(config: Path) -> str:
    """What encrypts a stack's secrets, as its config file says."""
    try:
        document = YAML(typ="safe").load(config) or {}
    except OSError:
        return PASSPHRASE
    return str(document.get("secretsprovider", PASSPHRASE))
