"""The engine and Vercel, as a rotation of one stack uses them.

A rotation that was killed may have left the engine at work, or its lock. A lock is waited for, and
told in the end; one whose process was on this machine and is gone is taken away.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from clerkstack.cli.backends import current_backend, folder_of
from clerkstack.cli.checkpoint import drop_what_a_kill_cut_off, locks_of
from clerkstack.cli.engine import (
    UNREADABLE,
    ForeignCode,
    exported_stack,
    import_state,
    refuse_foreign_code,
    resources_of,
)
from clerkstack.cli.events import EVENTS, more_than_values, news, reasons, seen
from clerkstack.cli.say import say
from clerkstack.desired.variables import DEPLOYED
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.people import is_alive
from clerkstack.rotation.rolling_out import environment_of as rolling_out
from clerkstack.rotation.run import Refused
from clerkstack.rotation.stacks import COMMAND, Resources
from clerkstack.settings.vercel_plugin import ADDRESS

if TYPE_CHECKING:
    from clerkstack.settings import Settings
    from clerkstack.settings.projects import Project

OWNER = re.compile(r"@(?P<host>\S+), process (?P<pid>\d+)$")
LOCKED = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\)")
SECONDS_FOR_A_LOCK = 900.0
PAUSE = 0.5
Result = TypeVar("Result")


class RollOutFailed(ClerkstackError):
    """`pulumi up` failed."""


class HalfDone(ClerkstackError):
    """The state has what an update began, and not how that ended."""


class StackEngine:
    """The state and the updates of one stack."""

    def __init__(self, stack: str, settings: Settings) -> None:
        self._stack, self._settings = stack, settings
        self._deployed: dict[Project, bool] = {}

    def change(self, change: Callable[[Resources], None]) -> Resources:
        """Read the state with its secrets shown, change it, write it back; the resources.

        Nothing is written where `change` leaves them as they are.
        """

        def once() -> Resources:
            exported = exported_stack(self._stack, show_secrets=True)
            self._refuse_half_done(exported)
            resources = resources_of(exported)
            before = json.dumps(resources)
            change(resources)
            if json.dumps(resources) != before:
                import_state(self._stack, exported)
            return resources

        return self._unlocked(once)

    def _refuse_half_done(self, exported: Mapping[str, Any]) -> None:
        """See that an import forgets nothing: the engine drops what an update has begun to make or
        to remove. What a roll-out begins, it only does again.

        Raises:
            HalfDone: an update goes on, or was killed.
        """
        operations = (exported.get("deployment") or {}).get("pending_operations") or []
        if any(
            each.get("type") in ("creating", "deleting") and each["resource"]["type"] != COMMAND
            for each in operations
        ):
            raise self._half_done()

    def _half_done(self) -> HalfDone:
        return HalfDone(
            f"An update of {self._stack} goes on, or was killed. Wait for it; after a kill: "
            f"bin/clerkstack recover --stack {self._stack}, then this."
        )

    def foresee(self, urns: Sequence[str], *, unchanged: bool) -> None:
        """Preview the very update that `roll_out` makes, with all who judge it.

        Raises:
            Refused: it would be refused, or, where the rest is to be `unchanged`, change more than
                the secrets.
        """
        words, variables = self._update("preview", urns)
        try:
            refuse_foreign_code(self._stack)
            lines = self._unlocked(lambda: _watched(words, variables, quiet=True))
        except (ForeignCode, RollOutFailed) as failure:
            raise Refused(f"The update that rolls it out is refused. {failure}") from None
        if unchanged and (more := list(more_than_values(seen(lines)))):
            raise Refused(
                f"It would change more than the secrets: {', '.join(more)}. Bring the stack up to "
                f"date first: pulumi up --stack {self._stack}"
            )

    def roll_out(self, urns: Sequence[str]) -> None:
        """Update these resources, and build the apps again.

        Raises:
            RollOutFailed: the update failed; with the reasons that the engine gave.
        """
        words, variables = self._update("up", urns)
        refuse_foreign_code(self._stack)
        self._unlocked(lambda: _watched([*words, "--yes", "--skip-preview"], variables))
        for project in self._settings.vercel_projects:
            if not project.redeploy and project.deployed is not None:
                self._build_again(project, project.deployed)

    def _update(self, word: str, urns: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        """The update of these resources and no others, as words and variables of the engine's: of
        a preview those of the update, so that the two are judged alike."""
        targets = [each for urn in urns for each in ("--target", urn)]
        words = ["pulumi", word, "--json", "--non-interactive", "--stack", self._stack, *targets]
        return words, {**EVENTS, **rolling_out(urns)}

    def is_deployed(self, project: Project) -> bool:
        """Whether a deployment of a project's app runs."""
        if project not in self._deployed:
            self._deployed[project] = self._looked_for(project)
        return self._deployed[project]

    def _looked_for(self, project: Project) -> bool:
        from clerkstack.clients.vercel import VercelClient

        token = self._settings.vercel_token
        if not self._settings.components.environment or token is None:
            return True  # somewhere, and by others
        with VercelClient(
            token=token, base_url=self._settings.urls.vercel, team_id=project.team_id
        ) as vercel:
            return vercel.latest_deployment(project.project_id, project.deploys_to) is not None

    def build(self, project_id: str, team_id: str | None, target: str, branch: str | None) -> None:
        """Build the newest deployment of a target, of a branch or of a custom environment again.

        Raises:
            RollOutFailed: the build failed.
        """
        own = target in DEPLOYED.values()
        words = ["--target" if own else "--custom-environment", target]
        self._redeploy(project_id, team_id, [*words, *(["--branch", branch] if branch else [])])

    def _build_again(self, project: Project, target: str) -> None:
        """The stack leaves building to somebody else; a rotation can't."""
        self._redeploy(project.project_id, project.team_id, ["--target", target])

    def _redeploy(self, project_id: str, team_id: str | None, options: Sequence[str]) -> None:
        words = [sys.executable, "-m", "clerkstack", "redeploy", "--project", project_id, *options]
        words += ["--team", team_id] if team_id else []
        token = self._settings.vercel_token
        known = {ADDRESS: self._settings.urls.vercel}
        if token is not None:
            known["VERCEL_API_TOKEN"] = token.get_secret_value()
        _watched(words, known)

    def _unlocked(self, act: Callable[[], Result]) -> Result:
        """Act, once nobody else is at work on the stack."""
        deadline = time.monotonic() + SECONDS_FOR_A_LOCK
        told: set[int] = set()
        mended = False
        while True:
            try:
                return act()
            except ClerkstackError as failure:
                said = str(failure)
                if UNREADABLE in said and not mended:
                    mended = True
                    drop_what_a_kill_cut_off(self._stack)
                    continue
                if isinstance(failure, HalfDone) and self._is_over():
                    self._recover()
                    continue
                if isinstance(failure, HalfDone) and time.monotonic() < deadline:
                    time.sleep(PAUSE)
                    continue
                lock = LOCKED.search(said)
                if lock is None:
                    raise
                pid, here = int(lock["pid"]), lock["host"] == socket.gethostname()
                if time.monotonic() > deadline:
                    raise
            if here and not is_alive(pid):
                # A killed run's. It may have left more than the lock.
                self._recover()
            elif pid not in told:
                told.add(pid)
                where = "" if here else f" of {lock['host']}"
                say(f"        waiting for pulumi, process {pid}{where}, to end", err=True)
            time.sleep(PAUSE)

    def _is_over(self) -> bool:
        """Whether nobody of this machine is at work on the stack, as far as that can be seen.

        Raises:
            HalfDone: it can't be seen in this backend.
        """
        backend = current_backend()
        if folder_of(backend) is None:
            raise self._half_done()
        name = self._stack.rpartition("/")[2]
        locks = [OWNER.search(each) for each in locks_of(backend, name)]
        return not any(
            lock and (lock["host"] != socket.gethostname() or is_alive(int(lock["pid"])))
            for lock in locks
        )

    def _recover(self) -> None:
        say("        a killed run left the stack half-done: recovering it", err=True)
        words = [sys.executable, "-m", "clerkstack", "recover", "--stack", self._stack]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise ClerkstackError(f"The stack can't be recovered:\n{ran.stderr.strip()}")


def _watched(
    words: Sequence[str], variables: Mapping[str, str], *, quiet: bool = False
) -> list[str]:
    """Run to the end, its news told as they come unless `quiet`; all lines. Ctrl-C reaches it once,
    through here.

    Raises:
        RollOutFailed: it failed.
    """
    lines: list[str] = []
    told: set[str] = set()
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", **variables},
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if text := line.rstrip():
                    lines.append(text)
                if not quiet and (new := news(text)) and new not in told:
                    told.add(new)
                    say(f"        {new}", err=True)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            raise
    if process.returncode:
        raise RollOutFailed(f"{words[0]} {words[1]} failed:\n{reasons(lines)}")
    return lines
