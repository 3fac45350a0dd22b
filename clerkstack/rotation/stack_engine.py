"""The engine and Vercel for a rotation of one stack.

A killed rotation may have left a running engine, or its lock: `state.locks` waits for it, or
recovers the stack.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from clerkstack.desired.resource_types import COMMAND_TYPE
from clerkstack.desired.rolling_out import environment_of as rolling_out
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.events import more_than_values, news, reasons, seen
from clerkstack.rotation.run import Refused
from clerkstack.settings.targets import DEPLOYED
from clerkstack.settings.vercel_plugin import ADDRESS
from clerkstack.state.backends import folder_of
from clerkstack.state.engine import EVENTS, ForeignCode, current_backend, export, import_state, run
from clerkstack.state.failures import failure
from clerkstack.state.locks import HalfDone, Locked, locks_in, when_unlocked
from clerkstack.state.process import Commands, Ran

if TYPE_CHECKING:
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings.models import Settings
    from clerkstack.settings.projects import Project
    from clerkstack.state.model import State

Result = TypeVar("Result")


class RollOutFailed(ClerkstackError):
    """`pulumi up` failed."""


class StackEngine:
    """The state and the updates of one stack."""

    def __init__(
        self,
        stack: str,
        settings: Settings,
        live: LiveInstance | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`live` has the deployments, which only a rotation reads. `progress` is called with each
        step of an update."""
        self._stack, self._settings, self._live = stack, settings, live
        self._progress = progress
        # As last read or written; it is checked before the engine runs code from it.
        self._state: State | None = None

    def change(self, change: Callable[[State], None]) -> State:
        """Read the state with its secrets shown, change it, write it back, and return it.

        Nothing is written if `change` changes nothing.
        """

        def once() -> State:
            state = export(self._stack, show_secrets=True)
            self._refuse_half_done(state)
            before = state.text()
            change(state)
            if state.text() != before:
                import_state(self._stack, state)
            self._state = state
            return state

        return self._unlocked(once)

    def _refuse_half_done(self, state: State) -> None:
        """Refuse an import that would lose something: the engine drops the pending operations of an
        update. Those of a roll-out are only repeated.

        Raises:
            HalfDone: an update is running, or was killed.
        """
        if any(
            each.kind in ("creating", "deleting") and each.resource.type != COMMAND_TYPE
            for each in state.pending
        ):
            raise self._half_done()

    def _half_done(self) -> HalfDone:
        return HalfDone(
            f"An update of {self._stack} is running, or was killed. Wait for it to end; after "
            f"a kill, run: bin/clerkstack recover --stack {self._stack}, then this."
        )

    def foresee(self, urns: Sequence[str], *, unchanged: bool) -> None:
        """Preview exactly the update that `roll_out` makes, with the policies.

        Raises:
            Refused: it would be refused, or, with `unchanged`, it would change more than the
                secrets.
        """
        try:
            lines = self._watched("preview", urns, quiet=True)
        except (ForeignCode, RollOutFailed) as refused:
            raise Refused(f"The update that would roll it out is refused. {refused}") from None
        if unchanged and (more := list(more_than_values(seen(lines)))):
            raise Refused(
                f"It would change more than the secrets: {', '.join(more)}. Bring the stack up to "
                f"date first: pulumi up --stack {self._stack}"
            )

    def roll_out(self, urns: Sequence[str]) -> None:
        """Update these resources, and rebuild the apps.

        Raises:
            RollOutFailed: the update failed; with the reasons that the engine gave.
        """
        self._watched("up", urns, "--yes", "--skip-preview")
        for project in self._settings.vercel_projects:
            if not project.redeploy and project.deployed is not None:
                self._build_again(project, project.deployed)

    def _watched(
        self, word: str, urns: Sequence[str], *options: str, quiet: bool = False
    ) -> list[str]:
        """Update only these resources, or preview exactly that update, so that both are judged
        alike. Report its news unless `quiet`; return all lines.

        Raises:
            ForeignCode: the state holds code that is not this project's.
            RollOutFailed: it failed.
        """
        targets = [each for urn in urns for each in ("--target", urn)]
        words = (word, "--json", "--stack", self._stack, *targets, *options)
        variables = {**EVENTS, **rolling_out(urns)}

        def once() -> list[str]:
            # The owner of a lock may have written the state: then it is read again.
            state, self._state = self._state, None
            on_line = (lambda _line: None) if quiet else _News(self._progress)
            ran = run(*words, variables=variables, state=state, on_line=on_line)
            lines = _lines(ran)
            if ran.code:
                error = failure(word, ran)
                if isinstance(error, Locked):
                    raise error
                raise RollOutFailed(f"pulumi {word} failed:\n{reasons(lines)}")
            self._state = state if word == "preview" else None
            return lines

        return self._unlocked(once)

    def is_deployed(self, project: Project) -> bool:
        """Return whether a project's app has a deployment."""
        known = self._settings.components.environment and self._settings.vercel_token is not None
        if not known or self._live is None:
            return True  # elsewhere, by others
        return self._live.deployment(project, project.deploys_to) is not None

    def build(self, project_id: str, team_id: str | None, target: str, branch: str | None) -> None:
        """Rebuild the newest deployment of a target, of a branch or of a custom environment.

        Raises:
            RollOutFailed: the build failed.
        """
        own = target in DEPLOYED.values()
        words = ["--target" if own else "--custom-environment", target]
        self._redeploy(project_id, team_id, [*words, *(["--branch", branch] if branch else [])])

    def _build_again(self, project: Project, target: str) -> None:
        """Build although the stack leaves building to others: a rotation needs the build."""
        self._redeploy(project.project_id, project.team_id, ["--target", target])

    def _redeploy(self, project_id: str, team_id: str | None, options: Sequence[str]) -> None:
        words = [sys.executable, "-m", "clerkstack", "redeploy", "--project", project_id, *options]
        words += ["--team", team_id] if team_id else []
        token = self._settings.vercel_token
        known = {ADDRESS: self._settings.urls.vercel}
        if token is not None:
            known["VERCEL_API_TOKEN"] = token.get_secret_value()
        ran = Commands().run(words, variables=known, on_line=_News(self._progress))
        if ran.code:
            raise RollOutFailed(f"clerkstack redeploy failed:\n{reasons(_lines(ran))}")

    def _unlocked(self, act: Callable[[], Result]) -> Result:
        """Act as soon as nobody else is working on the stack."""
        return when_unlocked(act, self, self._progress)

    def is_over(self) -> bool:
        """Return whether no process of this machine is working on the stack, as far as known.

        Raises:
            HalfDone: this backend does not show it.
        """
        folder = folder_of(current_backend())
        if folder is None:
            raise self._half_done()
        return all(owner.is_gone for owner in locks_in(folder, self._stack.rpartition("/")[2]))

    def recover(self) -> None:
        """Recover the stack in a separate process; this one keeps its own settings."""
        self._progress("a killed run left the stack unfinished: recovering it")
        words = [sys.executable, "-m", "clerkstack", "recover", "--stack", self._stack]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise ClerkstackError(f"The stack cannot be recovered:\n{ran.stderr.strip()}")


class _News:
    """Reports the news in each line, once."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress, self._reported = progress, set[str]()

    def __call__(self, line: str) -> None:
        new = news(line.rstrip())
        if new and new not in self._reported:
            self._reported.add(new)
            self._progress(new)


def _lines(ran: Ran) -> list[str]:
    """Return the output of a command in lines."""
    printed = [*ran.out.splitlines(), *ran.err.splitlines()]
    return [line.rstrip() for line in printed if line.strip()]
