"""The project's sources as syntax trees, for tests of the code's style.

A tree is many times as large as its file, so none is cached.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[1]


def files(*folders: str) -> list[Path]:
    """Return the sources below folders of the project."""
    return [file for folder in folders for file in sorted((TOP / folder).rglob("*.py"))]


def nodes(file: Path, *, naming: tuple[str, ...] = ()) -> Iterator[ast.AST]:
    """Yield the nodes of a source, parents first, without contexts and positions.

    Args:
        file: the source.
        naming: words of which a source must contain one; otherwise it is not parsed.
    """
    source = file.read_text(encoding="utf-8")
    if naming and not re.search(rf"\b({'|'.join(naming)})\b", source):
        return
    waiting: list[ast.AST] = [ast.parse(source)]
    for node in waiting:
        yield node
        for value in vars(node).values():
            if isinstance(value, list):
                waiting += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                waiting.append(value)
