"""Pages whose prose is written by hand and whose tables a program makes.

A section stands between two lines that Markdown does not show, `<!-- measured: ups -->` and
`<!-- /measured: ups -->`, and is replaced as a whole. The first word names who makes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


class NoSection(Exception):
    """The page lacks the lines that a section stands between."""


@dataclass(frozen=True)
class Sections:
    """The sections of one maker."""

    maker: str

    def begin(self, name: str) -> str:
        """The line before a section."""
        return f"<!-- {self.maker}: {name} -->"

    def end(self, name: str) -> str:
        """The line after it."""
        return f"<!-- /{self.maker}: {name} -->"

    def written(self, text: str, made: Mapping[str, str]) -> str:
        """The page with its sections replaced.

        Raises:
            NoSection: the page lacks one of them.
        """
        for name, section in made.items():
            start, end = self._place(text, name)
            text = text[:start] + section + text[end:]
        return text

    def section_in(self, text: str, name: str) -> str:
        """A section as the page has it.

        Raises:
            NoSection: there is none of that name.
        """
        start, end = self._place(text, name)
        return text[start:end]

    def _place(self, text: str, name: str) -> tuple[int, int]:
        begin, end = self.begin(name), self.end(name)
        form = rf"^{re.escape(begin)}\n(.*?)^{re.escape(end)}$"
        found = re.search(form, text, re.MULTILINE | re.DOTALL)
        if found is None:
            raise NoSection(f"The page needs the lines {begin} and {end}.")
        return found.span(1)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a pipe in a cell is escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    cells = [[cell.replace("|", r"\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
