"""A base class for what a `with` statement closes."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Closing:
    """Base of classes that hold connections: `with` calls `close` at its end."""

    def close(self) -> None:
        """Close the connections."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
