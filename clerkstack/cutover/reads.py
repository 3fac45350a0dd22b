"""Reads that are made once and remembered, with their evidence; also one that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from clerkstack.checks.finding import Evidence
from clerkstack.clients.errors import (
    ApiError,
    ReadOnly,
    UnexpectedAnswer,
    Unreachable,
    UnusableKey,
)
from clerkstack.failures import ResourceFailed
from clerkstack.safe import safe

Value = TypeVar("Value")


class Unread(Exception):
    """Something could not be read; the text says why, and holds no secret."""

    def __init__(self, why: str, *, unreachable: bool = False) -> None:
        self.unreachable = unreachable
        super().__init__(why)


class Reads:
    """What was read so far. `tell` is given the name of each read as it begins; `hidden` are
    secrets that no text may hold."""

    def __init__(
        self,
        hidden: Iterable[str],
        *,
        tell: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        self.now = now
        self.opened = ExitStack()
        self._tell = tell
        self._held: dict[str, tuple[Any, Evidence]] = {}
        self._used: dict[str, Evidence] = {}
        self._secrets = {*hidden}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.opened.close()

    @property
    def count(self) -> int:
        """How many things were asked for."""
        return len(self._held)

    def begin(self) -> None:
        """The next point begins."""
        self._used = {}

    def used(self) -> tuple[Evidence, ...]:
        """What the point has asked for, read for it or before."""
        return tuple(self._used.values())

    def clean(self, value: Any) -> Any:
        """A text, or JSON, as it may be shown, without any secret that is known."""
        return safe(value, hidden=sorted(self._secrets, key=len, reverse=True))

    def hide(self, *secrets: str) -> None:
        """Values that no text may hold, from now on."""
        self._secrets |= {*secrets}

    def once(self, name: str, where: str, words: str, fetch: Callable[[], Value]) -> Value:
        """Read something by its operation's name, or give what was read before.

        Raises:
            Unread: it can't be read, now or before.
        """
        if name not in self._held:
            self._tell(words)
            at = self.now().replace(microsecond=0)
            value = self._tried(fetch)
            operation = name.split(" http")[0]
            evidence = Evidence(operation, where, at, failed=isinstance(value, Unread))
            self._held[name] = (value, evidence)
        held, self._used[name] = self._held[name]
        if isinstance(held, Unread):
            raise held
        found: Value = held
        return found

    def _tried(self, fetch: Callable[[], Value]) -> Value | Unread:
        try:
            return fetch()
        except ReadOnly:
            return Unread("CLERKSTACK_READ_ONLY is set, and this would send something")
        except Unreachable as error:
            return Unread(self.clean(str(error)), unreachable=True)
        except (ApiError, UnexpectedAnswer, UnusableKey, ResourceFailed, ValueError) as error:
            return Unread(self.clean(str(error)))
