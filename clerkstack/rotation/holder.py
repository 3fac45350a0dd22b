"""Who runs a rotation: for the history, and to allow only one run at a time."""

from __future__ import annotations

import fcntl
import getpass
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clerkstack.rotation.journal import MILLISECONDS, Holder, now
from clerkstack.rotation.journal_store import Held
from clerkstack.state.locks import is_alive

LEASE = 30 * 60 * MILLISECONDS
"""How long a silent process of another machine is assumed to be working, in milliseconds."""
FOLDER = Path(".clerkstack")


def who() -> str:
    """Who runs this: in a workflow, GitHub's actor and the run; else the user."""
    actor, run = os.environ.get("GITHUB_ACTOR"), os.environ.get("GITHUB_RUN_ID")
    if actor and run:
        place = os.environ.get("GITHUB_REPOSITORY", "")
        return f"{actor}, {place} run {run}"
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def myself() -> Holder:
    """This process as a rotation's holder, from now on."""
    return Holder(who=who(), host=socket.gethostname(), pid=os.getpid(), until=now() + LEASE)


def is_at_it(holder: Holder) -> bool:
    """Whether a holder is still working: its process runs, or may run on another machine."""
    if holder.host != socket.gethostname():
        return holder.until > now()
    if holder.pid == os.getpid():
        return False
    if not is_alive(holder.pid):
        return False
    try:
        command = Path(f"/proc/{holder.pid}/cmdline").read_bytes()
    except OSError:
        return not Path("/proc/self").exists()
    # The process id may have been reused; a new process shows no start time yet.
    return not command or b"rotate" in command.split(b"\0")


@contextmanager
def alone(stack: str) -> Iterator[None]:
    """Lock the rotation of a stack in this folder; the system releases the lock when the process
    ends.

    Raises:
        Held: another process has it.
    """
    FOLDER.mkdir(exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9._-]", "-", stack)
    with (FOLDER / f"rotate-{name}.lock").open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.seek(0)
            by = held.read().strip() or "another run"
            raise Held(
                f"{by} is already rotating the secrets of {stack}. Wait for it with --wait "
                "SECONDS, or check it with --status."
            ) from None
        held.truncate(0)
        held.write(str(myself()))
        held.flush()
        yield
