"""Renews the generated sections of pages whose prose is written by hand.

A section is between two Markdown comments, `<!-- measured: ups -->` and `<!-- /measured: ups -->`,
and is replaced completely. The first word names the generator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


class NoSection(Exception):
    """The page lacks the comments around a section."""


@dataclass(frozen=True)
class Sections:
    """The sections of one generator."""

    maker: str

    def begin(self, name: str) -> str:
        """Return the line before a section."""
        return f"<!-- {self.maker}: {name} -->"

    def end(self, name: str) -> str:
        """Return the line after a section."""
        return f"<!-- /{self.maker}: {name} -->"

    def written(self, text: str, made: Mapping[str, str]) -> str:
        """Return the page with its sections replaced.

        Raises:
            NoSection: the page lacks one of them.
        """
        for name, section in made.items():
            start, end = self._place(text, name)
            text = text[:start] + section + text[end:]
        return text

    def section_in(self, text: str, name: str) -> str:
        """Return a section of the page.

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
    """Return a Markdown table; pipes in cells are escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    cells = [[cell.replace("|", r"\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
