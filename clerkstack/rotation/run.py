"""The sequence of a rotation. A run may end after any step: the next run continues.

Each step first records what the next run needs to continue: before the mint the old secrets, after
it the new ones, in the same write as the state's own.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from pydantic import SecretStr

from clerkstack.desired.secret_kinds import WORDS, Kind
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import (
    MILLISECONDS,
    MILLISECONDS_OF_HOUR,
    Copy,
    Entry,
    Other,
    Running,
    Side,
    fingerprint,
    now,
)
from clerkstack.rotation.journal_store import Held, JournalStore
from clerkstack.rotation.other_holders import in_words
from clerkstack.rotation.proof import Prover
from clerkstack.rotation.requests import (
    HOURS,
    SCHEDULED,
    RotationRequest,
    aborting,
    start_or_resume,
)
from clerkstack.rotation.services import Services
from clerkstack.rotation.stacks import StackSecrets, targets, variables_gone, variables_missing
from clerkstack.rotation.survey import REFUSED, Survey
from clerkstack.settings.models import Settings
from clerkstack.settings.projects import Project
from clerkstack.settings.targets import TARGETS
from clerkstack.texts import counted

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
    """The engine for one stack, and the deployments at Vercel."""

    def foresee(self, urns: Sequence[str], *, unchanged: bool) -> None:
        """Preview exactly the update that `roll_out` makes, with the policies.

        Raises:
            Refused: it would be refused, or, with `unchanged`, it would change more than the
                secrets.
        """

    def roll_out(self, urns: Sequence[str]) -> None:
        """Update these resources, and rebuild the apps.

        Raises:
            ClerkstackError: the update failed.
        """

    def is_deployed(self, project: Project) -> bool:
        """Whether a project's app has a deployment."""

    def build(self, project_id: str, team_id: str | None, target: str, branch: str | None) -> None:
        """Rebuild the newest deployment of a target, of a branch or of a custom environment.

        Raises:
            ClerkstackError: the build failed.
        """


class Unseen(ClerkstackError):
    """Somebody else holds a secret, and nobody has taken responsibility for it."""


class Refused(ClerkstackError):
    """The update that gives the app the new secrets would be refused, so none is minted."""


@dataclass
class Rotator:
    """Rotates the secrets of one stack.

    `progress` is called with each step as it starts, and, without a step, with other messages.
    `confirm` is called before a mint that ends the old secrets at once, and raises if the answer is
    no.
    """

    settings: Settings
    journal_store: JournalStore
    engine: Engine
    services_of: Callable[[StackSecrets], Services]
    prover: Prover
    survey: Survey
    progress: Callable[[str, str], None]
    confirm: Callable[[Running], None]

    def rotate(self, request: RotationRequest) -> Entry:
        """Rotate, or continue what an earlier run started.

        Raises:
            Held: somebody else is running it.
            NothingOld: there is nothing to do.
            Refused: the update that rolls them out would be refused. Nothing was minted.
            Unseen: other holders of the secrets would be locked out. Nothing was sent.
            NotProved: the app does not use the new secrets, and the old ones were left alone.
            ClerkstackError: it cannot be done, or failed; nothing that was done is lost.
        """
        self.progress(CLAIM, "recording the rotation in the state")
        known, running, resumed = self.journal_store.claim(
            lambda known: start_or_resume(request, known, self.settings, self.journal_store.stack)
        )
        with self._at_work(known, running) as services:
            if resumed:
                self.progress(
                    "", f"continuing the rotation that {running.who} started: {_words(running)}"
                )
            if running.aborting:
                self.progress(MINT, "checking which secrets are valid")
                self._look_for_mints(running, services)
                if self._can_go_back(running, services):
                    return self._back(running, services)
                self.progress(
                    "", f"the old {WORDS['clerk']} has ended: continuing with the new one"
                )
                self._keep_on(running)
            untouched = resumed and self._is_untouched(running, services)
            if untouched and running.emergency:
                # Nobody has confirmed that the old secrets end at once.
                self.journal_store.drop(running)
                return self.rotate(request)
            self._take_on(running, request.seen_to)
            # A rotation that did not search for other holders is started again, to miss none.
            fresh = not resumed or (untouched and not running.looked)
            if fresh:
                self._prepare(known, running, services, request)
            elif untouched:
                self._foresee_or_drop(running)
            if not running.minted:
                self._mint(running, services, look_first=not fresh)
            if not running.looked:
                self._look_late(known, running, request)
            return self._forward(running, services, fresh=fresh)

    def abort(self) -> Entry:
        """Go back to the old secrets while they are valid.

        Raises:
            Held, NotProved: as `rotate`.
            Refused: the update that rolls them out would be refused. Nothing was changed.
            ClerkstackError: there is nothing to abort, or the old secret has expired.
        """
        self.progress(CLAIM, "recording in the state that the rotation is aborted")
        known, running, _ = self.journal_store.claim(aborting)
        with self._at_work(known, running) as services:
            self.progress(MINT, "checking which secrets are valid")
            self._look_for_mints(running, services)
            if self._can_go_back(running, services):
                return self._back(running, services)
            self._keep_on(running)
            raise ClerkstackError(
                f"The old {WORDS['clerk']} is no longer valid, so there is no way back. To "
                f"continue: bin/clerkstack rotate --stack {self.journal_store.stack}"
            )

    # -- the steps ---------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _at_work(self, known: StackSecrets, running: Running) -> Iterator[Services]:
        """Open the services; whatever fails inside, let go of the rotation."""
        services = self.services_of(known)
        try:
            yield services
        except BaseException:
            self._let_go(running)
            raise
        finally:
            services.close()
            self.survey.close()

    def _prepare(
        self, known: StackSecrets, running: Running, services: Services, request: RotationRequest
    ) -> None:
        """Check that it can work; otherwise drop the claim, since nothing was sent."""
        try:
            if running.emergency:
                if "webhook" in running.sides:
                    services.reach_svix(running)
                # A key that ends while its successor can't be rolled out locks everybody out.
                self.progress("", "checking that the new ones can be rolled out")
                self._foresee(running, unchanged=False)
                self.confirm(running)
                return
            self._preflight(known, running, request)
        except (ClerkstackError, KeyboardInterrupt):
            self.journal_store.drop(running)
            raise
        if running.copies or running.others:
            # Recorded for the next run, in case this one is killed after the mint.
            self.journal_store.keep(running)
        else:
            self.journal_store.still_mine(running)

    def _is_untouched(self, running: Running, services: Services) -> bool:
        """Whether an earlier run ended before it minted anything."""
        sides = running.sides
        if any(side.new is not None for side in sides.values()):
            return False
        return all(services.found(kind, running) is None for kind in sides)

    def _foresee(self, running: Running, *, unchanged: bool) -> None:
        """Check that the roll-out of the secrets would not be refused.

        Raises:
            Refused: it would.
        """
        urns = self._targets(running)
        if not urns:
            return
        stack = self.journal_store.stack
        if gone := list(variables_gone(self.journal_store.state)):
            raise Refused(
                f"An update of {stack} was not finished, so the app would be built without "
                f"{', '.join(gone)}. Finish it first: pulumi up --stack {stack}"
            )
        try:
            self.engine.foresee(urns, unchanged=unchanged)
        except Refused as refused:
            if running.returning:
                raise
            raise Refused(f"{refused}\nNothing was sent.") from None

    def _foresee_or_drop(self, running: Running) -> None:
        """The same for a rotation that an earlier run claimed; the claim is dropped if the roll-out
        would be refused, since nothing was sent."""
        try:
            self._foresee(running, unchanged=True)
        except ClerkstackError:
            self.journal_store.drop(running)
            raise

    def _preflight(self, known: StackSecrets, running: Running, request: RotationRequest) -> None:
        self.progress(PREFLIGHT, "checking that it can be rolled out and proved")
        projects = self.settings.vercel_projects
        missing = list(variables_missing(self.journal_store.state, list(running.sides), projects))
        if missing:
            raise ClerkstackError(
                f"{self.journal_store.stack} does not declare {', '.join(missing)}, so an app "
                "that uses these variables would be locked out. Declare them "
                "(clerkstack:environment), or rotate only the other secret with --secret."
            )
        self._look(known, running, request)
        if left := [other for other in running.others if other.named is None]:
            raise Unseen(_refusal(self.journal_store.stack, running, left))
        self._foresee(running, unchanged=True)
        deployed = self._deployed()
        if deployed:
            old = {kind: side.old for kind, side in running.sides.items()}
            for odd in self.prover.look(old, deployed):
                self.progress("", f"warning: {odd} It will be rebuilt with the new ones.")
        else:
            self.progress("", "warning: no deployment is running yet, so nothing can be proved")
        for project in projects if deployed else ():
            if project not in deployed:
                self.progress(
                    "",
                    f"warning: {project.prefix}no deployment is running yet, so nothing can "
                    "be proved there",
                )

    def _look(self, known: StackSecrets, running: Running, request: RotationRequest) -> None:
        """Find who else holds the old secrets, and record it."""
        secrets = {kind: side.old for kind, side in running.sides.items()}
        findings = self.survey.look(known, self.journal_store.state, secrets)
        carried = {copy.variable_id: copy for copy in running.copies}
        running.copies = list({**carried, **{c.variable_id: c for c in findings.copies}}.values())
        running.others, running.looked = findings.others, True
        self._take_on(running, request.seen_to)
        for note in findings.notes:
            self.progress("", f"warning: {note}")
        for copy in running.copies:
            self.progress("", f"also written: {copy.name}, a copy of the {WORDS[copy.kind]}")
        for line in in_words(running.others):
            self.progress("", line)
        known_names = {other.name for other in running.others}
        for name in request.seen_to:
            if name not in known_names:
                self.progress("", f"warning: {name} is not another holder, or no longer one")

    def _look_late(self, known: StackSecrets, running: Running, request: RotationRequest) -> None:
        """The same after the mint, where nothing may delay the roll-out: the old secrets expire by
        themselves."""
        try:
            self._look(known, running, request)
        except ClerkstackError as failure:
            self.progress("", f"warning: who else holds the old secrets is unknown. {failure}")
            return
        if running.copies or running.others:
            self.journal_store.keep(running)

    def _take_on(self, running: Running, names: Sequence[str]) -> None:
        for other in running.others:
            if other.name in names:
                other.named = other.named or now()

    def _mint(self, running: Running, services: Services, *, look_first: bool) -> None:
        hours = counted(running.overlap_hours, "hour")
        ends = "end now" if running.emergency else f"stay valid for {hours}"
        self.progress(MINT, f"new: {_words(running)}; the old ones {ends}")
        try:
            for kind, side in running.sides.items():
                if side.new is not None:
                    continue
                began = now()
                if look_first and (minted := services.found(kind, running)) is not None:
                    # The time of an earlier run's mint is unknown, but not before the run started.
                    side.new, began = minted, running.started
                else:
                    side.new = services.minted(kind, running)
                running.replaces = None  # the replaced rotation can no longer be resumed
                side.minted, side.old_ends = now(), self._end(kind, side, began)
        except ClerkstackError:
            self._after_refusal(running, services)
            raise
        for kind, side in running.sides.items():
            self.progress("", f"{WORDS[kind]}: {fingerprint(side.old)} → {fingerprint(_new(side))}")
        if running.emergency and "clerk" in running.sides:
            alive = services.counts(running.sides["clerk"].old)
            still = "warning: Clerk still accepts the old secret key"
            self.progress("", still if alive else "Clerk no longer accepts the old secret key")
        if running.emergency and "webhook" in running.sides:
            until = self.journal_store.journal.signs_until
            if until is not None:
                end = f"{datetime.fromtimestamp(until / MILLISECONDS, UTC):%Y-%m-%d %H:%M} UTC"
                self.progress(
                    "",
                    f"warning: Svix accepts the old signing secret until {end}: an earlier "
                    "rotation set that end. Only a new endpoint ends it sooner",
                )
        self.progress(STORE, "writing the new secrets to the state")
        try:
            self.journal_store.keep(running, secrets=_secrets(running))
        except Held as held:
            raise Held(
                f"{held} Meanwhile this run minted a {_words(running)}, which will end others "
                "that are in use. Once that run has ended, rotate again: bin/clerkstack "
                f"rotate --stack {self.journal_store.stack}"
            ) from None

    def _end(self, kind: Kind, side: Side, began: int) -> int:
        """When the old secret expires; one that an abort went back to keeps its earlier end."""
        end = began + side.overlap_hours * MILLISECONDS_OF_HOUR
        return min(end, self.journal_store.journal.doomed.get(kind, end))

    def _after_refusal(self, running: Running, services: Services) -> None:
        """Record and roll out what was minted before the refusal: the old secret expires by itself,
        however long the other mint is refused. A rotation that minted nothing is dropped; one whose
        outcome is unknown is left for the next run."""
        minted = _secrets(running)
        if minted:
            self.journal_store.keep(running, secrets=minted)
            words = " and ".join(WORDS[kind] for kind in minted)
            self.progress("", f"warning: only the {words} was minted, and it alone is rolled out")
            try:
                self._rolled_out(running, minted, look=True)
            except ClerkstackError as failure:
                self.progress("", f"warning: {failure}")
            return
        try:
            untouched = self._is_untouched(running, services)
        except ClerkstackError:
            return
        if untouched:
            self.journal_store.drop(running)

    def _forward(self, running: Running, services: Services, *, fresh: bool) -> Entry:
        """Everything after the mint; each step is safe to repeat."""
        if not fresh:
            self._settle(running, services)
        if not self.journal_store.holds(_secrets(running)):
            self.journal_store.keep(running, secrets=_secrets(running))
        deployment = self._rolled_out(running, _secrets(running), look=not fresh)
        self.progress(RECORD, "recording that it is done")
        rotated = {kind: side.minted or now() for kind, side in running.sides.items()}
        return self.journal_store.conclude(running, "done", deployment=deployment, rotated=rotated)

    def _settle(self, running: Running, services: Services) -> None:
        """Use the secrets that Clerk and Svix show now: since an earlier run minted, an abort may
        have started, or somebody may have rotated elsewhere. No expiring secret is rolled out."""
        for kind, side in running.sides.items():
            try:
                valid = services.shown(kind, running)
            except ClerkstackError as failure:
                if running.returning:
                    raise
                self.progress("", f"warning: which {WORDS[kind]} is valid is unknown. {failure}")
                continue
            if valid == side.new:
                continue
            if kind == "webhook" and valid == side.old:
                self.progress("", f"Svix signs with the new {WORDS[kind]} again")
                services.sign_with(_new(side), running)
                continue
            self.progress(
                "",
                f"warning: somebody rotated the {WORDS[kind]} elsewhere: {fingerprint(valid)} "
                f"is valid, and is used instead of {fingerprint(_new(side))}",
            )
            for copy in running.copies:
                if copy.kind == kind:
                    copy.held = [*copy.held, fingerprint(_new(side))]
            side.new, side.minted = valid, now()

    def _look_for_mints(self, running: Running, services: Services) -> None:
        """Find secrets that were minted but not recorded."""
        for kind, side in running.sides.items():
            if side.new is None and (minted := services.found(kind, running)) is not None:
                side.new, side.minted = minted, now()
                side.old_ends = self._end(kind, side, running.started)

    def _can_go_back(self, running: Running, services: Services) -> bool:
        """Whether the old secrets are still valid: Svix accepts an old one again, Clerk does
        not."""
        clerk = running.sides.get("clerk")
        return clerk is None or clerk.new is None or services.counts(clerk.old)

    def _keep_on(self, running: Running) -> None:
        """Undo an abort that is impossible. The state gets the secret key that stays valid."""
        running.aborting = False
        self.journal_store.keep(running, secrets=_lasting(running))

    def _back(self, running: Running, services: Services) -> Entry:
        """Go back to the old secrets, if new ones were minted."""
        sides = running.sides
        if not any(side.new for side in sides.values()):
            if running.replaces is not None:
                # The rotation that it replaced is aborted instead.
                self.journal_store.drop(running)
                return self.abort()
            self.progress(RECORD, "nothing was minted")
            return self.journal_store.conclude(running, "aborted")
        try:
            self._foresee(running, unchanged=False)
        except ClerkstackError:
            if not running.returning:
                self.journal_store.keep_on(running)
            raise
        if not running.returning:
            running.returning = True
            self.journal_store.keep(running)
        if "webhook" in sides and sides["webhook"].new is not None:
            services.sign_with(sides["webhook"].old, running)
        old = {kind: side.old for kind, side in sides.items()}
        self.progress(STORE, "writing the old secrets to the state")
        self.journal_store.keep(running, secrets=old)
        try:
            return self._gone_back(running, old)
        except (ClerkstackError, KeyboardInterrupt):
            # Until the next run, the state keeps the secrets that stay valid: somebody may deploy
            # in between, and Clerk's old key expires.
            with contextlib.suppress(ClerkstackError):
                self.journal_store.keep(running, secrets=_lasting(running))
            raise

    def _gone_back(self, running: Running, old: Mapping[Kind, SecretStr]) -> Entry:
        """Roll the old secrets out, and record the end."""
        sides, clerk = running.sides, running.sides.get("clerk")
        for other in running.others:
            if other.done is not None and "webhook" in other.kinds:
                self.progress("", f"warning: {other.name} was given the new {WORDS['webhook']}")
        deployment = self._rolled_out(running, old, look=True)
        self.progress(RECORD, "recording that it was aborted")
        doomed: dict[Kind, int] = {}
        if clerk is not None and clerk.new is not None and clerk.old_ends:
            doomed["clerk"] = clerk.old_ends
        rotated = {kind: side.since for kind, side in sides.items() if side.since}
        return self.journal_store.conclude(
            running, "aborted", deployment=deployment, rotated=rotated, doomed=doomed
        )

    def _rolled_out(
        self, running: Running, secrets: Mapping[Kind, SecretStr], *, look: bool
    ) -> str | None:
        urns = self._targets(running, list(secrets))
        if urns or running.copies:
            self.progress(ROLL_OUT, "writing the variables, and building the app with them")
        # Before the app is built: a build gets the variables at that time.
        written, failure = self._write_copies(running, secrets, look=look)
        if urns:
            self.engine.roll_out(urns)
        else:
            self.progress(
                "",
                "warning: this stack declares no variables; give the new secrets to the app "
                "yourself: pulumi stack export --show-secrets",
            )
        self._build(running, written)
        if failure is not None:
            self.journal_store.keep(running)
            raise failure
        deployed = self._deployed()
        if not deployed:
            return None
        apps = " and ".join(project.app_url for project in deployed)
        self.progress(PROVE, f"checking that {apps} {'uses' if len(deployed) == 1 else 'use'} them")
        return self.prover.prove(secrets, deployed)

    def _deployed(self) -> list[Project]:
        """The projects whose app runs with the stack's variables."""
        projects = (one for one in self.settings.vercel_projects if one.deployed)
        return [project for project in projects if self.engine.is_deployed(project)]

    def _write_copies(
        self, running: Running, secrets: Mapping[Kind, SecretStr], *, look: bool
    ) -> tuple[list[Copy], ClerkstackError | None]:
        """Write the other variables of the stack's projects. Returns those that have the secret
        now, and the error to raise once the app is built. What Vercel refuses is left to people, so
        that it does not block every run. If the old secret is already invalid, nothing delays the
        app."""
        back, written, failure = running.aborting, [], None
        for copy in (c for c in running.copies if c.left is None and c.kind in secrets):
            new = running.sides[copy.kind].new
            if back and new is None:
                continue
            held = [fingerprint(new)] if back and new is not None else copy.held
            # A copy that an earlier rotation may have written.
            look_first = look or len(copy.held) > 1
            try:
                left = self.survey.write(copy, secrets[copy.kind], held=held, look=look_first)
            except ClerkstackError as failed:
                if not running.emergency:
                    raise
                failure = failed
                # The next build will not have it: the next run makes another one.
                copy.builds, copy.built = [*copy.builds, *copy.built], []
                continue
            if left is None:
                self.progress("", f"{copy.name} {'put back' if back else 'written'}")
                written.append(copy)
                continue
            self.progress("", f"warning: {copy.name} was not changed: {left}")
            if not back:
                copy.left = left
                if left.startswith(REFUSED):
                    self._leave(running, copy, left)
        return written, failure

    def _build(self, running: Running, copies: Sequence[Copy]) -> None:
        """Rebuild what the roll-out does not: custom environments and branches, each once."""
        done: set[tuple[str, str, str | None]] = set()
        for copy in copies:
            for target in copy.builds:
                key = (copy.project_id, target, copy.branch)
                if key in done:
                    continue
                done.add(key)
                where = f"{target}:{copy.branch}" if copy.branch else target
                self.progress("", f"{where} is being rebuilt")
                try:
                    self.engine.build(copy.project_id, copy.team_id, target, copy.branch)
                except ClerkstackError as failure:
                    self.progress("", f"warning: {where} cannot be rebuilt: {failure}")
                    self._leave(running, copy, f"its deployment of {where} cannot be rebuilt")

    def _leave(self, running: Running, copy: Copy, why: str) -> None:
        if copy.name not in {other.name for other in running.others}:
            running.others.append(
                Other(kinds=[copy.kind], name=copy.name, finding="holds", why=why)
            )

    def _targets(self, running: Running, kinds: Sequence[Kind] | None = None) -> list[str]:
        deployed = TARGETS[self.settings.instance]
        return targets(self.journal_store.state, kinds or list(running.sides), deployed)

    def _let_go(self, running: Running) -> None:
        """Release the rotation, so that the next run need not wait until this process counts as
        dead."""
        # It may be finished or taken over, or the state can't be reached.
        with contextlib.suppress(ClerkstackError):
            self.journal_store.let_go(running)


def _refusal(stack: str, running: Running, left: Sequence[Other]) -> str:
    """What to do about other holders, with the requested command to continue."""
    words = ["--secret", *running.sides] if len(running.sides) == 1 else []
    words += [] if running.reason == SCHEDULED else ["--reason", running.reason]
    words += [] if running.overlap_hours == HOURS else ["--overlap", f"{running.overlap_hours}h"]
    words += [word for other in running.others for word in ("--holder-done", other.name)]
    command = shlex.join(words)
    lines = "\n".join(f"  {line}" for line in in_words(left))
    return (
        "Others hold the secrets to be rotated, and would be refused when the old ones "
        f"end:\n{lines}\nNothing was sent. Make sure that each receives the new secret before "
        f"then, and name them: bin/clerkstack rotate --stack {stack} {command}\nUntil the old "
        "secrets end, `rotate --status` and `doctor` list those that are not reported as "
        f"done: bin/clerkstack rotate --stack {stack} --status --holder-done NAME"
    )


def _secrets(running: Running) -> dict[Kind, SecretStr]:
    """The new secrets that are minted."""
    return {kind: side.new for kind, side in running.sides.items() if side.new is not None}


def _lasting(running: Running) -> dict[Kind, SecretStr]:
    """The secrets that stay valid if an abort stops: the old signing secret, the new secret key."""
    return {kind: secret for kind, secret in _secrets(running).items() if kind == "clerk"}


def _new(side: Side) -> SecretStr:
    assert side.new is not None
    return side.new


def _words(running: Running) -> str:
    return " and ".join(WORDS[kind] for kind in running.sides)
