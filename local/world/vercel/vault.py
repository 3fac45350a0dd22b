"""The values of variables by digest, for builds; no answer and no state shows them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from local.world.vercel.models import digest


class Vault:
    """All values that were ever written, including sensitive ones.

    They are outside of the state, which has only their digests, so that no reader of the state can
    show one. With a file they outlive the process; only the file's owner may read it.
    """

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._file: Path | None = None

    def open(self, file: Path) -> None:
        """Load the values from the file, and store new ones there."""
        self._file = file
        if file.exists():
            self._values |= json.loads(file.read_text())

    def put(self, value: str) -> None:
        """Store a value."""
        key = digest(value)
        if self._values.get(key) == value:
            return
        self._values[key] = value
        if self._file is not None:
            draft = self._file.with_name(f".{self._file.name}.new")
            with os.fdopen(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
            ) as out:
                json.dump(self._values, out)
            draft.replace(self._file)

    def opened(self, digests: Mapping[str, str]) -> dict[str, str]:
        """Return the values of variables.

        Raises:
            LookupError: values are unknown; the message names their variables.
        """
        unknown = sorted(key for key, each in digests.items() if each not in self._values)
        if unknown:
            raise LookupError(f"the values of {', '.join(unknown)} are not known any more")
        return {key: self._values[each] for key, each in digests.items()}
