"""Runs the emulator as a server on loopback, and lets a test control it."""

from __future__ import annotations

import io
import socket
import zipfile
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.github.routes import application, files_of, refusal
from local.github.state import Comment, Holder, Repository
from local.world.listeners import Listeners, listen

ACTIONS = "github-actions[bot]"
TOKEN = "ghs_emulatedtokenofajob00000000000000000"
READ_TOKEN = "ghs_emulatedtokenofaforksjob0000000000000"
BARE_TOKEN = "ghs_emulatedtokenwithoutactionsread00000"


class Github:
    """A running emulator of one repository with one pull request."""

    def __init__(self, repository: str = "sendero/deployment", number: int = 7) -> None:
        self.repository = Repository(repository, {number})
        self.repository.holders = {
            TOKEN: Holder(ACTIONS),
            READ_TOKEN: Holder(ACTIONS, writes=False),
            BARE_TOKEN: Holder(ACTIONS, reads_actions=False),
        }
        self.number = number
        self.requests: list[str] = []
        self._refusals: deque[Response] = deque()
        self._listener: socket.socket = listen(0)
        port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.at_files: list[Mapping[str, str]] = []
        files = listen(0)
        api = application(self.repository, f"http://127.0.0.1:{files.getsockname()[1]}")
        self._listeners = Listeners(
            {self._listener: self._watched(api), files: files_of(self.repository, self.at_files)}
        )

    def comments(self) -> list[Comment]:
        """The comments of the pull request, oldest first."""
        return self.repository.of(self.number)

    def leave(self, content: bytes | str, *, run: int = 99, file: str = "review.json") -> None:
        """Keep a file as the artifact `review` of a run, as actions/upload-artifact does."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(file, content)
        self.repository.leave(run, "review", packed.getvalue())

    def refuse(self, status: int, message: str, **headers: str) -> None:
        """Refuse the next request; headers are named with _ for -."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        self._refusals.append(refusal(status, message, named))

    def variables(self, *, token: str = TOKEN) -> dict[str, str]:
        """The variables of the shell that lead a command to this server."""
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.url,
            "GITHUB_REPOSITORY": self.repository.name,
            "GITHUB_TOKEN": token,
        }

    def __enter__(self) -> Self:
        self._listeners.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listeners.stop()

    def _watched(self, inner: ASGIApp) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            self.requests.append(f"{scope['method']} {scope['path']}")
            answer = self._refusals.popleft() if self._refusals else inner
            await answer(scope, receive, send)

        return app
