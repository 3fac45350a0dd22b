"""Text from others in GitHub's Markdown: shown as it is, never interpreted.

A name or a message may hold mentions, links, HTML, table pipes or code fences. GitHub interprets
none of them inside code, so such text is always put there
(https://github.github.com/gfm/#code-spans, https://github.github.com/gfm/#fenced-code-blocks).
"""

from __future__ import annotations

import re

from clerkstack.report.values import NOTHING
from clerkstack.safe import visible

LONGEST_CELL = 200  # characters
LONGEST_MESSAGE = 2_000  # characters
# GitHub splits a table at its pipes before it looks for code, and `\|` is ambiguous after a
# backslash: so a pipe in the text is replaced by a look-alike.
PIPE = "│"


def code(text: str, longest: int = LONGEST_CELL) -> str:
    """The text as a code span that is safe in a table; a dash if it is empty."""
    line = " ".join(visible(shortened(text, longest)).split()).replace("|", PIPE)
    if not line:
        return NOTHING
    fence = "`" * (_longest_run(line, "`") + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def block(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """The text as a code block with its line breaks."""
    lines = [visible(line).rstrip() for line in shortened(text.strip(), longest).splitlines()]
    body = "\n".join(lines)
    fence = "`" * max(3, _longest_run(body, "`") + 1)
    return f"{fence}text\n{body}\n{fence}"


def row(*cells: str) -> str:
    """A table row of cells that are already Markdown."""
    return f"| {' | '.join(cells)} |"


def heading(*titles: str) -> list[str]:
    """The first two rows of a table."""
    return [row(*titles), row(*("---" for _ in titles))]


def shortened(text: str, longest: int) -> str:
    """The text, cut off if it is too long."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _longest_run(text: str, character: str) -> int:
    return max(map(len, re.findall(f"{character}+", text)), default=0)
