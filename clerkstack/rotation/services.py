"""What a rotation sends to Clerk and Svix: mint, read, go back.

A mint is not repeated blindly: if its answer was lost, the currently valid secret is read; if it is
not the old one, it is the one that was minted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from typing import TYPE_CHECKING

from pydantic import SecretStr

from clerkstack.clients.errors import ApiError, UnexpectedAnswer, Unreachable
from clerkstack.desired.secret_kinds import WORDS, Kind
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import Running, fingerprint
from clerkstack.settings.models import Settings

if TYPE_CHECKING:
    from clerkstack.clients.svix import SvixClient
    from clerkstack.live.session import Session

SECONDS_OF_HOUR = 3600
MINTS = 3
PAUSE = 1.0  # seconds


class Services:
    """Clerk and Svix, for one instance and its endpoint.

    `key` is the secret key in the state; if it is no longer valid, the one that the Platform API
    shows is used. `before` returns the fingerprints of secrets that the rotation under way did not
    mint.
    """

    def __init__(
        self,
        settings: Settings,
        session: Session,
        *,
        instance_id: str,
        endpoint_id: str | None,
        key: SecretStr | None,
        before: Callable[[Kind], Collection[str]] = lambda _: (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._session = settings, session
        self._instance_id, self._endpoint_id, self._key = instance_id, endpoint_id, key
        self._before, self._sleep = before, sleep
        self._svix: SvixClient | None = None
        self._closing = ExitStack()
        self._closing.callback(session.close)

    def close(self) -> None:
        """Close the connections."""
        self._closing.close()

    # -- the secrets ------------------------------------------------------------------------------

    def minted(self, kind: Kind, running: Running) -> SecretStr:
        """The new secret: minted now, or by an earlier request without an answer.

        Raises:
            ApiError, Unreachable, UnexpectedAnswer: it is unknown whether there is one.
        """
        mint = self._mint_key if kind == "clerk" else self._mint_signing_secret
        for attempt in range(MINTS):
            try:
                return mint(running)
            except (ApiError, Unreachable, UnexpectedAnswer) as failure:
                if not _may_have_minted(failure):
                    raise
                if (minted_before := self.found(kind, running)) is not None:
                    return minted_before
                if attempt == MINTS - 1:
                    raise
                self._sleep(PAUSE)
        raise AssertionError

    def found(self, kind: Kind, running: Running) -> SecretStr | None:
        """The secret that this rotation minted without recording it, None if it minted none.

        A secret of an earlier rotation is not one; nor is any secret while the old one is still
        valid that the mint should have ended. A signing secret that a replaced rotation may have
        minted is ignored: a leaked old one must end.
        """
        side, valid = running.sides[kind], self.shown(kind, running)
        if valid == side.old or fingerprint(valid) in self._before(kind):
            return None
        if side.overlap_hours:
            return valid
        if kind == "clerk":
            return None if self.counts(side.old) else valid
        replaced = running.replaces.sides.get(kind) if running.replaces else None
        return None if replaced is not None and replaced.new is None else valid

    def shown(self, kind: Kind, running: Running) -> SecretStr:
        """The secret that Clerk or Svix shows now."""
        if kind == "webhook":
            return self._open_svix(running).signing_secret(self._endpoint())
        settings = self._settings
        instance = self._session.instance(settings.application_id, settings.instance, fresh=True)
        if instance is None or instance.secret_key is None:
            raise ClerkstackError(
                f"The Platform API shows no secret key of {self._instance_id}: the key "
                "clerkstack:platformKey needs the scope applications:manage."
            )
        return instance.secret_key

    def counts(self, key: SecretStr) -> bool:
        """Whether Clerk accepts a secret key as one of this instance (GetInstance)."""
        try:
            return self._session.instance_of(key) == self._instance_id
        except ApiError as error:
            if error.status == 401:
                return False
            raise

    def sign_with(self, secret: SecretStr, running: Running) -> None:
        """Make an old signing secret the current one again. The present one stays valid for the
        overlap, at least an hour: the app uses it until it is rebuilt."""
        svix = self._open_svix(running)
        if svix.signing_secret(self._endpoint()) == secret:
            return
        seconds = max(running.sides["webhook"].overlap_hours, 1) * SECONDS_OF_HOUR
        svix.rotate_signing_secret(self._endpoint(), overlap_seconds=seconds, secret=secret)
        if svix.signing_secret(self._endpoint()) != secret:
            raise UnexpectedAnswer(
                f"Svix accepted the old {WORDS['webhook']} again but does not show it. Check "
                "the dashboard page Webhooks, then run the same command again."
            )

    def reach_svix(self, running: Running) -> None:
        """Connect to Svix before the key that is needed for it may expire."""
        self._open_svix(running)

    # -- inside -----------------------------------------------------------------------------------

    def _mint_key(self, running: Running) -> SecretStr:
        """PlatformRotateInstanceSecretKeys, then GetInstance: a new key that is not valid yet, or
        was not kept, is treated like one whose answer was lost."""
        settings = self._settings
        made = self._session.platform.rotate_secret_keys(
            settings.application_id,
            settings.instance,
            overlap_hours=running.sides["clerk"].overlap_hours,
            reason=running.reason,
        )
        if made.instance_id != self._instance_id:
            raise UnexpectedAnswer(
                f"Clerk rotated the secret key of {made.instance_id}, but the stack manages "
                f"{self._instance_id}."
            )
        if not self.counts(made.secret_key):
            raise UnexpectedAnswer(
                f"Clerk accepted the rotation but does not accept the new {WORDS['clerk']}. "
                "Run the same command again."
            )
        return made.secret_key

    def _mint_signing_secret(self, running: Running) -> SecretStr:
        """v1.endpoint.rotate-secret, then v1.endpoint.get-secret, which shows the new secret."""
        svix, endpoint = self._open_svix(running), self._endpoint()
        svix.rotate_signing_secret(
            endpoint, overlap_seconds=running.sides["webhook"].overlap_hours * SECONDS_OF_HOUR
        )
        made = svix.signing_secret(endpoint)
        if made == running.sides["webhook"].old:
            raise UnexpectedAnswer(
                f"Svix accepted the rotation but still shows the old {WORDS['webhook']}. Run the "
                "same command again."
            )
        return made

    def _endpoint(self) -> str:
        assert self._endpoint_id is not None
        return self._endpoint_id

    def _open_svix(self, running: Running) -> SvixClient:
        if self._svix is None:
            self._svix = self._closing.enter_context(self._session.svix(self._link(running)))
        return self._svix

    def _link(self, running: Running) -> str:
        """The link to the instance's Svix app (GenerateSvixAuthURL), with whichever key is
        valid."""
        side = running.sides.get("clerk")
        for key in (side.new, side.old) if side else (self._key,):
            if key is None:
                continue
            with self._session.backend_with(key) as backend:
                try:
                    return backend.svix_url()
                except ApiError as error:
                    if error.status != 401:
                        raise
        application, environment = self._settings.application_id, self._settings.instance
        with self._session.backend(application, environment) as backend:
            return backend.svix_url()


def _may_have_minted(failure: Exception) -> bool:
    """Whether the request may have been processed although there was no good answer."""
    if isinstance(failure, ApiError):
        return failure.status >= 500
    return not isinstance(failure, Unreachable) or failure.sent
