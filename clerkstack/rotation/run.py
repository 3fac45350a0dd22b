"""The sequence of a rotation. Each step may be the last one that a run does: the next run goes on.

What is noted before a step is what the next run needs to go on: before the mint the old secrets,
after it the new ones, in one write with the state's own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from pydantic import SecretStr

from clerkstack.declared.variables import TARGETS
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import (
    MILLISECONDS,
    WORDS,
    Entry,
    Kind,
    Running,
    Side,
    fingerprint,
    now,
)
from clerkstack.rotation.keeping import Keeper
from clerkstack.rotation.proof import NotProved, Prover
from clerkstack.rotation.services import SECONDS_OF_HOUR, Services
from clerkstack.rotation.stacks import Known, targets, variables_missing
from clerkstack.rotation.wishes import Wish, aborting, begun
from clerkstack.settings import Settings
from clerkstack.settings.projects import Project

HOUR = SECONDS_OF_HOUR * MILLISECONDS
CLAIM, PREFLIGHT, MINT, STORE, ROLL_OUT, PROVE, RECORD = STEPS = (
    "claim",
    "preflight",
    "mint",
    "store",
    "roll out",
    "prove",
    "record",
)


class Engine(Protocol):
    """The engine, on one stack, and what it deploys to."""

    def expect_nothing(self, urns: Sequence[str]) -> None:
        """See that an update of these resources would change nothing.

        Raises:
            ClerkstackError: it would, or can't be made.
        """

    def roll_out(self, urns: Sequence[str]) -> None:
        """Update these resources, and build the apps again.

        Raises:
            ClerkstackError: the update failed.
        """

    def is_deployed(self, project: Project) -> bool:
        """Whether a deployment of a project's app runs."""


@dataclass
class Rotator:
    """Rotates the secrets of one stack.

    `tell` gets each step as it begins, and, without a step, what else is worth saying. `confirm` is
    asked before secrets that end at once are minted, and raises where the answer is no.
    """

    settings: Settings
    keeper: Keeper
    engine: Engine
    services_of: Callable[[Known], Services]
    prover: Prover
    tell: Callable[[str, str], None]
    confirm: Callable[[Running], None]

    def rotate(self, wish: Wish) -> Entry:
        """Rotate, or go on with what an earlier run began.

        Raises:
            Held: somebody else is at it.
            NothingOld: there is nothing to do.
            NotProved: the app does not use the new secrets, and the old ones were left alone.
            ClerkstackError: it can't be done, or has failed; nothing that was done is lost.
        """
        self.tell(CLAIM, "noting the rotation in the state")
        known, running, resumed = self.keeper.claim(
            lambda known: begun(wish, known, self.settings, self.keeper.stack)
        )
        services = self.services_of(known)
        try:
            if resumed:
                self.tell("", f"going on with what {running.who} began: {_words(running)}")
            if running.aborting:
                return self._back(running, services)
            if resumed and self._is_unconfirmed(running, services):
                self.keeper.drop(running)
                return self.rotate(wish)
            if not resumed:
                self._prepare(running, services)
            if not running.minted:
                self._mint(running, services, look_first=resumed)
            return self._forward(running, services)
        except BaseException:
            self._let_go(running)
            raise
        finally:
            services.close()

    def abort(self) -> Entry:
        """Go back to the old secrets while they live.

        Raises:
            Held, NotProved: as `rotate`.
            ClerkstackError: there is nothing to go back from, or the old secret counts no more.
        """
        self.tell(CLAIM, "noting in the state that the rotation is aborted")
        known, running, _ = self.keeper.claim(aborting)
        services = self.services_of(known)
        try:
            return self._back(running, services)
        except BaseException:
            self._let_go(running)
            raise
        finally:
            services.close()

    # -- the steps ---------------------------------------------------------------------------------

    def _prepare(self, running: Running, services: Services) -> None:
        """See that it can work; take the claim back where it can't: nothing was sent."""
        try:
            if running.emergency:
                if "webhook" in running.sides:
                    services.reach_svix(running)
                self.confirm(running)
                return
            self._preflight(running)
        except (ClerkstackError, KeyboardInterrupt):
            self.keeper.drop(running)
            raise
        self.keeper.still_mine(running)

    def _is_unconfirmed(self, running: Running, services: Services) -> bool:
        """Whether a run ended before it was told that the old secrets may end at once: nothing is
        minted then, and nobody has answered for it."""
        if not running.emergency or running.aborting:
            return False
        sides = running.sides.items()
        return all(side.new is None and services.shown(k, running) == side.old for k, side in sides)

    def _preflight(self, running: Running) -> None:
        self.tell(PREFLIGHT, "looking whether it can be rolled out and proved")
        projects = self.settings.vercel_projects
        missing = list(variables_missing(self.keeper.resources, list(running.sides), projects))
        if missing:
            raise ClerkstackError(
                f"{self.keeper.stack} does not declare {', '.join(missing)}: whoever has these "
                "variables would be locked out. Declare them (clerkstack:environment), or rotate "
                "the other secret with --secret."
            )
        self.engine.expect_nothing(self._targets(running))
        deployed = self._deployed()
        if deployed:
            old = {kind: side.old for kind, side in running.sides.items()}
            for odd in self.prover.look(old, deployed):
                self.tell("", f"warning: {odd} It is built again with the new ones.")
        else:
            self.tell("", "warning: no deployment runs yet, so that nothing can be proved")
        for project in projects if deployed else ():
            if project not in deployed:
                self.tell(
                    "", f"warning: {project.prefix}no deployment runs yet that could be proved"
                )

    def _mint(self, running: Running, services: Services, *, look_first: bool) -> None:
        ends = "end now" if running.emergency else f"live on for {running.overlap_hours} hours"
        self.tell(MINT, f"new: {_words(running)}; the old ones {ends}")
        try:
            for kind, side in running.sides.items():
                if side.new is not None:
                    continue
                # When an earlier run minted is not known: not before it began.
                began = running.started if look_first else now()
                side.new = services.minted(kind, running, look_first=look_first)
                running.replaces = None  # there is no way back to before
                side.minted, side.old_ends = now(), began + side.overlap_hours * HOUR
        except ClerkstackError:
            self._after_refusal(running, services)
            raise
        for kind, side in running.sides.items():
            self.tell("", f"{WORDS[kind]}: {fingerprint(side.old)} → {fingerprint(_new(side))}")
        if running.emergency and "clerk" in running.sides:
            alive = services.counts(running.sides["clerk"].old)
            still = "warning: Clerk takes the old secret key still"
            self.tell("", still if alive else "Clerk takes the old secret key no more")
        if running.emergency and "webhook" in running.sides:
            until = self.keeper.journal.signs_until(running.sides["webhook"].old)
            if until is not None:
                end = f"{datetime.fromtimestamp(until / MILLISECONDS, UTC):%Y-%m-%d %H:%M} UTC"
                self.tell(
                    "",
                    f"warning: Svix takes the old signing secret until {end} still: an earlier "
                    "rotation gave it that end, and was gone back from. Only a new endpoint ends "
                    "it sooner",
                )
        self.tell(STORE, "the new secrets into the state")
        self.keeper.keep(running, secrets=_secrets(running))

    def _after_refusal(self, running: Running, services: Services) -> None:
        """What is there already is noted, so that the next run knows it. A rotation that minted
        nothing is none; one whose end is not known is gone on with."""
        if any(side.new for side in running.sides.values()):
            self.keeper.keep(running)
            return
        try:
            untouched = all(services.shown(k, running) == s.old for k, s in running.sides.items())
        except ClerkstackError:
            return
        if untouched:
            self.keeper.drop(running)

    def _forward(self, running: Running, services: Services) -> Entry:
        """Everything after the mint; each of it may be done twice."""
        clerk = running.sides.get("clerk")
        if clerk is not None and not services.counts(_new(clerk)):
            raise NotProved(
                f"Clerk does not take the new {WORDS['clerk']}: somebody rotated again meanwhile, "
                "with no overlap. Rotate with --overlap 0: that begins anew."
            )
        deployment = self._rolled_out(running, _secrets(running))
        self.tell(RECORD, "noting that it is done")
        rotated = {kind: side.minted or now() for kind, side in running.sides.items()}
        return self.keeper.conclude(running, "done", deployment=deployment, rotated=rotated)

    def _back(self, running: Running, services: Services) -> Entry:
        """Back to the old secrets, where new ones were minted."""
        self.tell(MINT, "looking which secrets count")
        sides = running.sides
        for kind, side in sides.items():
            if side.new is None and (there := services.shown(kind, running)) != side.old:
                side.new, side.minted = there, now()
                side.old_ends = running.started + side.overlap_hours * HOUR
        if not any(side.new for side in sides.values()):
            self.tell(RECORD, "nothing was minted")
            return self.keeper.conclude(running, "aborted")
        clerk = sides.get("clerk")
        if clerk is not None and not services.counts(clerk.old):
            running.aborting = False
            self.keeper.keep(running)
            raise ClerkstackError(
                f"The old {WORDS['clerk']} counts no more: there is no way back. Go on: "
                f"bin/clerkstack rotate --stack {self.keeper.stack}"
            )
        if "webhook" in sides and sides["webhook"].new is not None:
            services.go_back(running)
        old = {kind: side.old for kind, side in sides.items()}
        self.tell(STORE, "the old secrets into the state")
        self.keeper.keep(running, secrets=old)
        deployment = self._rolled_out(running, old)
        self.tell(RECORD, "noting that it was aborted")
        doomed: dict[Kind, int] = {}
        if clerk is not None and clerk.new is not None and clerk.old_ends:
            doomed["clerk"] = clerk.old_ends
        rotated = {kind: side.since for kind, side in sides.items() if side.since}
        return self.keeper.conclude(
            running, "aborted", deployment=deployment, rotated=rotated, doomed=doomed
        )

    def _rolled_out(self, running: Running, secrets: Mapping[Kind, SecretStr]) -> str | None:
        urns = self._targets(running)
        if urns:
            self.tell(ROLL_OUT, "the variables, and the app built with them")
            self.engine.roll_out(urns)
        else:
            self.tell(
                "",
                "warning: this stack declares no variables; bring the new ones to the "
                "app yourself: pulumi stack export --show-secrets",
            )
        deployed = self._deployed()
        if not deployed:
            return None
        apps = " and ".join(project.app_url for project in deployed)
        self.tell(PROVE, f"that {apps} {'uses' if len(deployed) == 1 else 'use'} them")
        return self.prover.prove(secrets, deployed)

    def _deployed(self) -> list[Project]:
        """The projects whose app runs with the stack's variables."""
        there = (each for each in self.settings.vercel_projects if each.deployed)
        return [project for project in there if self.engine.is_deployed(project)]

    def _targets(self, running: Running) -> list[str]:
        deployed = TARGETS[self.settings.instance]
        return targets(self.keeper.resources, list(running.sides), deployed)

    def _let_go(self, running: Running) -> None:
        """Whoever comes next need not wait until this process is believed to be dead."""
        # It may be over, or somebody else's; or the state can't be reached.
        with contextlib.suppress(ClerkstackError):
            self.keeper.let_go(running)


def _secrets(running: Running) -> dict[Kind, SecretStr]:
    return {kind: _new(side) for kind, side in running.sides.items()}


def _new(side: Side) -> SecretStr:
    assert side.new is not None
    return side.new


def _words(running: Running) -> str:
    return " and ".join(WORDS[kind] for kind in running.sides)
