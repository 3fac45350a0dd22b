"""Runs commands in this process, with a simulated engine that knows given stacks and starts
nothing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from clerkstack.cli import main
from clerkstack.live.session import Session
from clerkstack.settings.models import Connection
from clerkstack.state import engine
from clerkstack.state.process import Ran
from local.project import SECRETS

ENCRYPTED = (*SECRETS, "clerkstack:secretKey")


@dataclass
class EngineOfMemory:
    """Stacks by name: their settings, without prefix, and the resources of their state."""

    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    resources: dict[str, list[Any]] = field(default_factory=dict)
    ran: list[tuple[str, ...]] = field(default_factory=list)
    encrypted: frozenset[str] = frozenset(ENCRYPTED)
    lists: bool = False
    """Whether `stack ls` lists them; if not, there is no other stack."""

    def answer(
        self, words: tuple[str, ...], _given: str | None, _variables: Mapping[str, str], *_: Any
    ) -> Ran:
        """Return what `pulumi` would print."""
        self.ran.append(words)
        stack = words[words.index("--stack") + 1] if "--stack" in words else None
        if stack is not None and stack not in self.settings:
            return Ran(255, "", f"error: no stack named '{stack}' found")
        said: Any = {}
        if words[0] == "config" and stack is not None:
            said = self._config(stack)
        elif words[:2] == ("stack", "export"):
            said = {"version": 3, "deployment": {"resources": self.resources.get(stack or "", [])}}
        elif words[:2] == ("stack", "ls"):
            names = self.settings if self.lists else ()
            said = [{"name": name, "resourceCount": 1} for name in names]
        elif words[0] == "about":
            said = {"backend": {"url": "file:///nowhere"}, "cliAbout": {"version": "v3.274.1"}}
        return Ran(0, json.dumps(said), "")

    def _config(self, stack: str) -> dict[str, Any]:
        given = {f"clerkstack:{key}": value for key, value in self.settings[stack].items()}
        texts = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in {**SECRETS, **given}.items()
        }
        return {key: {"value": v, "secret": key in self.encrypted} for key, v in texts.items()}


def install(monkeypatch: pytest.MonkeyPatch, folder: Path) -> EngineOfMemory:
    """Replace the engine's command. PATH then has a file in the folder, which is never run."""
    found = EngineOfMemory()
    binaries = folder / "bin"
    binaries.mkdir()
    (binaries / "pulumi").touch(0o755)
    monkeypatch.setenv("PATH", str(binaries), prepend=os.pathsep)
    monkeypatch.setattr(engine, "start", found.answer)
    return found


@contextmanager
def sessions_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close connections after a command, as the end of its process would."""
    opened: list[Session] = []
    begin = Session.__init__

    def noted(session: Session, connection: Connection) -> None:
        begin(session, connection)
        opened.append(session)

    monkeypatch.setattr(Session, "__init__", noted)
    yield
    for session in opened:
        session.close()


def ended(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run a command as a person types it; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["clerkstack", *words])
    with pytest.raises(SystemExit) as exited:
        main()
    code = exited.value.code
    return code if isinstance(code, int) else 0
